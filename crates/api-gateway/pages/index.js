// The live page: asks the gateway, reads from each answer who made it, and draws the last hundred.
"use strict";

const PERIOD_MS = 500;
const PATIENCE_MS = 5000;
const REMEMBERED = 100;
const MARKS = 36;

const SERVICES = [
  { name: "api-gateway", role: "the way in; asks the two services", place: "gateway" },
  { name: "user-service", role: "keeps the users", place: "services" },
  { name: "order-service", role: "keeps the orders; comes in releases", place: "services" },
];
const CALLS = [
  { path: "/api/users/1", service: "user-service" },
  { path: "/api/orders/1", service: "order-service" },
  { path: "/api/users/1/overview", service: "order-service" },
];

const byId = (id) => document.getElementById(id);
const canary = byId("canary");
let running = true;

// Asking.

async function ask(call) {
  if (!running || document.hidden || call.waiting) return;
  call.waiting = true;
  const started = performance.now();
  const answer = await answerTo(call.path);
  call.waiting = false;
  answer.milliseconds = Math.round(performance.now() - started);
  remember(call, answer);
  drawCall(call);
  SERVICES.forEach(drawService);
  if (running) drawVerdict();
}

async function answerTo(path) {
  const headers = canary.value && canary.validity.valid ? { "x-canary": canary.value } : {};
  try {
    const response = await fetch(path, { headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    const body = await response.json().catch(() => null);
    return {
      status: response.status,
      failed: !response.ok,
      message: response.ok ? "" : body?.error?.message ?? "an answer without a message",
      degraded: (response.ok && body?.degraded) || [],
      fault: response.headers.get("x-fault-injected"),
      hops: hops(response.headers.get("x-served-by")),
    };
  } catch (error) {
    const late = error.name === "TimeoutError";
    const message = late ? `no answer within ${PATIENCE_MS / 1000} s` : "the gateway cannot be reached";
    return { status: late ? "late" : "none", failed: true, message, degraded: [], fault: null, hops: [] };
  }
}

// "user-service/v1/pod-a, api-gateway/v1/pod-b", one entry a process on the way.
function hops(header) {
  return (header ?? "").split(",").filter(Boolean).map((entry) => {
    const [service, version, ...pod] = entry.trim().split("/");
    return { service, version, pod: pod.join("/") };
  });
}

// Remembering.

function remember(call, answer) {
  keep(call.answers, answer);
  for (const hop of answer.hops) {
    const service = SERVICES.find((service) => service.name === hop.service);
    if (service) keep(service.hops, hop);
  }
}

function keep(list, item) {
  list.push(item);
  if (list.length > REMEMBERED) list.shift();
}

function counted(items, key) {
  const counts = new Map();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return [...counts].sort(([left], [right]) => left.localeCompare(right));
}

// Drawing. Only textContent: what an answer says is never markup.

function element(name, text, properties = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(properties)) made.setAttribute(key, value);
  return made;
}

function color(version) {
  return version === "v1" || version === "v2" ? version : "other";
}

function drawService(service) {
  const { node, hops } = service;
  const shares = counted(hops, (hop) => hop.version);
  node.querySelector(".bar").replaceChildren(...shares.map(([version, count]) => {
    const part = element("i", "", { "data-mark": color(version) });
    part.style.flexGrow = count;
    return part;
  }));
  const texts = shares.map(([version, count]) =>
    element("span", `${version} ${Math.round((100 * count) / hops.length)} %`, { "data-text": color(version) }));
  node.querySelector(".shares").replaceChildren(...(texts.length ? texts : [element("span", "no answer")]));
  const pods = counted(hops, (hop) => `${hop.pod}/${hop.version}`);
  node.querySelector("tbody").replaceChildren(...pods.map(([key, count]) => {
    const row = element("tr", "");
    const split = key.lastIndexOf("/");
    row.append(element("td", key.slice(0, split)), element("td", key.slice(split + 1)), element("td", count, { class: "number" }));
    return row;
  }));
  node.toggleAttribute("data-failed", isFailing(service));
}

function isFailing(service) {
  const last = (call) => call.answers.at(-1);
  if (CALLS.some((call) => last(call)?.degraded.includes(service.name))) return true;
  return CALLS.some((call) => {
    const answer = last(call);
    if (!answer?.failed || answer.status < 500) return false;
    return service.name === "api-gateway" ? !answer.hops.length : call.service === service.name && !call.path.endsWith("/overview");
  });
}

function drawCall(call) {
  const { node, answers } = call;
  const last = answers.at(-1);
  const status = node.querySelector(".status");
  status.textContent = last.status;
  status.toggleAttribute("data-failed", last.failed);
  const sorted = answers.map((answer) => answer.milliseconds).sort((left, right) => left - right);
  node.querySelector(".latency").textContent = `${last.milliseconds} ms (median ${sorted[sorted.length >> 1]})`;
  node.querySelector(".marks").replaceChildren(...answers.slice(-MARKS).map((answer) =>
    element("i", "", { "data-mark": mark(call, answer) })));
  const note = node.querySelector(".note");
  note.textContent = explanation(last);
  note.toggleAttribute("data-failed", last.failed);
}

function mark(call, answer) {
  if (answer.failed) return "failed";
  if (answer.degraded.length) return "degraded";
  return color(answer.hops.find((hop) => hop.service === call.service)?.version);
}

function explanation(answer) {
  const parts = [];
  if (answer.failed) parts.push(`Failed: ${answer.message}`);
  if (answer.degraded.length) parts.push(`Degraded: the answer came without ${answer.degraded.join(", ")}`);
  if (answer.fault) parts.push(`Fault injected on purpose: ${answer.fault}`);
  return parts.join(" - ");
}

function drawVerdict() {
  const all = CALLS.flatMap((call) => call.answers);
  const failed = all.filter((answer) => answer.failed);
  const degraded = all.filter((answer) => answer.degraded.length).length;
  const faults = all.filter((answer) => answer.fault).length;
  const parts = [];
  if (failed.length) {
    const kinds = counted(failed, (answer) => String(answer.status)).map(([status, count]) => `${status} \u00d7 ${count}`);
    parts.push(`${failed.length} failed (${kinds.join(", ")})`);
  }
  if (degraded) parts.push(`${degraded} degraded: a service did not answer, the rest was shown`);
  if (faults) parts.push(`${faults} with a fault injected on purpose`);
  const text = parts.length ? `Of the last ${all.length} answers: ${parts.join("; ")}.` : `All of the last ${all.length} answers are complete.`;
  say(text, failed.length ? "failed" : parts.length ? "warn" : "good");
}

function say(text, state) {
  const verdict = byId("verdict");
  verdict.textContent = text;
  // Counts change all the time; only a change for the better or worse is worth speaking.
  if (verdict.dataset.state !== state) byId("spoken").textContent = text;
  verdict.dataset.state = state;
}

// Controls.

function run(on) {
  running = on;
  byId("run").textContent = on ? "Stop" : "Start";
  if (!on) say("Stopped. Nothing is asked.", "");
}

function choose(value) {
  canary.value = value;
  showChoice();
}

function showChoice() {
  for (const button of document.querySelectorAll("[data-canary]")) {
    button.setAttribute("aria-pressed", String(button.dataset.canary === canary.value));
  }
}

function fromTemplate(id, into) {
  const node = byId(id).content.firstElementChild.cloneNode(true);
  byId(into).append(node);
  return node;
}

function start() {
  for (const call of CALLS) call.answers = [];
  for (const service of SERVICES) {
    service.hops = [];
    service.node = fromTemplate("node", service.place);
    service.node.querySelector("h2").textContent = service.name;
    service.node.querySelector(".role").textContent = service.role;
    drawService(service);
  }
  CALLS.forEach((call, position) => {
    call.node = fromTemplate("call", "calls");
    call.node.querySelector("h3").textContent = `GET ${call.path}`;
    // Staggered, so that the answers come one by one.
    setTimeout(() => setInterval(ask, PERIOD_MS, call), (position * PERIOD_MS) / CALLS.length);
  });
  byId("run").addEventListener("click", () => run(!running));
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
  canary.addEventListener("input", showChoice);
  for (const button of document.querySelectorAll("[data-canary]")) {
    button.addEventListener("click", () => choose(button.dataset.canary));
  }
  showChoice();
}

start();
