// Reads /openapi.json, shows each operation, makes its curl, and sends it.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];
const SHOWN = ["x-served-by", "x-request-id", "x-fault-injected", "retry-after"];
// What a type does not say and a service checks.
const EXAMPLES = { email: "ada@example.com", currency: "EUR", name: "Ada", sku: "TEA-100" };

const byId = (id) => document.getElementById(id);
const token = byId("token");
let spec;

// Only textContent: no text becomes markup.
function element(name, text = "", properties = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(properties)) made.setAttribute(key, value);
  return made;
}

// Schemas.

function resolved(schema = {}) {
  if (!schema.$ref) return schema;
  return schema.$ref.split("/").slice(1).reduce((found, step) => found?.[step], spec) ?? {};
}

function typeOf(schema = {}) {
  const { type, format, items, enum: values, oneOf, anyOf, $ref } = schema;
  if ($ref) return $ref.split("/").pop();
  if (values) return values.map((value) => JSON.stringify(value)).join(" or ");
  if (items) return `list of ${typeOf(items)}`;
  if (oneOf ?? anyOf) return (oneOf ?? anyOf).map(typeOf).join(" or ");
  return [[type ?? "anything"].flat().join(" or "), format && `(${format})`].filter(Boolean).join(" ");
}

// Depth ends schemas that contain themselves.
function example(schema, name = "", depth = 0) {
  const { type, items, properties, oneOf, anyOf, ...found } = resolved(schema);
  const given = found.example ?? found.default ?? found.const ?? found.enum?.[0];
  if (given !== undefined) return given;
  if (depth > 6) return null;
  const within = (part, key) => example(part, key, depth + 1);
  if (properties) return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, within(value, key)]));
  if (items) return [within(items, name)];
  if (oneOf ?? anyOf) return within((oneOf ?? anyOf)[0], name);
  const kind = [type].flat()[0];
  if (kind === "integer" || kind === "number") return found.minimum ?? 1;
  if (kind === "boolean") return false;
  return kind === "string" ? EXAMPLES[name] ?? "text" : null;
}

// "lines[].unit_price.currency: string", one row a field.
function fieldRows(schema, prefix = "", depth = 0) {
  const object = resolved(schema);
  if (object.items) return fieldRows(object.items, `${prefix}[]`, depth + 1);
  if (!object.properties || depth > 4) return [];
  return Object.entries(object.properties).flatMap(([name, property]) => {
    const path = prefix ? `${prefix}.${name}` : name;
    const required = object.required?.includes(name) ? "" : ", optional";
    const about = property.description ? ` - ${property.description}` : "";
    return [[path, `${typeOf(property)}${required}${about}`], ...fieldRows(property, path, depth + 1)];
  });
}

function addRows(table, entries) {
  for (const entry of entries) table.insertRow().append(...entry.map((text) => element("td", text)));
}

// One operation.

function media(content) {
  const [type] = Object.keys(content ?? {});
  return type ? { type, schema: content[type].schema } : null;
}

function show(path, method, operation) {
  const node = byId("operation").content.firstElementChild.cloneNode(true);
  const part = (name) => node.querySelector(`.${name}`);
  node.id = operation.operationId;
  node.dataset.search = `${method} ${path} ${operation.summary}`.toLowerCase();
  part("method").textContent = method.toUpperCase();
  part("method").dataset.method = method;
  part("path").textContent = path;
  part("lock").textContent = needsToken(operation) ? "needs a token" : "";
  part("summary").textContent = operation.summary;
  node.addEventListener("toggle", () => fill(node, part, { path, method, operation }), { once: true });
  return node;
}

const needsToken = (operation) => (operation.security ?? spec.security)?.length > 0;

function fill(node, part, call) {
  const { operation } = call;
  part("description").textContent = operation.description;
  call.fields = (operation.parameters ?? []).map((parameter) => addParameter(part("fields"), node.id, parameter));
  call.body = media(operation.requestBody?.content);
  if (call.body) addBody(part("fields"), node.id, call.body);
  addRows(part("responses"), Object.entries(operation.responses ?? {}).map(([status, { description, content }]) => {
    const schema = media(content)?.schema;
    return [status, description + (schema ? `: ${typeOf(schema.properties?.data ?? schema)}` : "")];
  }));
  const draw = () => { part("curl").textContent = curl(call); };
  part("try").addEventListener("input", draw);
  part("try").addEventListener("submit", (event) => { event.preventDefault(); send(call, part); });
  part("copy").addEventListener("click", () => copy(part));
  draw();
}

function addParameter(fields, id, { name, in: place, required, schema, description }) {
  const input = element("input", "", { id: `${id}-${name}`, autocomplete: "off" });
  if (place === "path") input.value = example(schema, name);
  const field = element("div", "", { class: "field" });
  const about = [typeOf(schema), `in ${place}`, required ? "" : "optional", description].filter(Boolean).join(", ");
  field.append(element("label", name, { for: input.id }), input, element("span", about, { class: "type" }));
  fields.append(field);
  return { name, place, input };
}

function addBody(fields, id, body) {
  const area = element("textarea", "", { id: `${id}-body`, spellcheck: "false" });
  area.value = JSON.stringify(example(body.schema), null, 2);
  area.rows = Math.min(area.value.split("\n").length + 1, 20);
  body.input = area;
  const table = element("table");
  addRows(table, fieldRows(body.schema));
  fields.append(element("label", `Body: ${typeOf(body.schema)}`, { for: area.id }), area, table);
}

function request(call) {
  const filled = call.fields.map(({ name, place, input }) => [name, input.value, place]).filter(([, value]) => value);
  const at = (wanted) => filled.filter(([, , place]) => place === wanted).map(([name, value]) => [name, value]);
  const path = at("path").reduce((path, [name, value]) => path.replace(`{${name}}`, encodeURIComponent(value)), call.path);
  const query = new URLSearchParams(at("query")).toString();
  const headers = at("header");
  if (call.body) headers.push(["content-type", call.body.type]);
  return { target: path + (query && `?${query}`), headers, body: call.body?.input.value };
}

const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

// The token stays out of what is copied into tickets and chats.
function curl(call) {
  const { target, headers, body } = request(call);
  const lines = [`curl -i -X ${call.method.toUpperCase()} ${quoted(location.origin + target)}`];
  if (needsToken(call.operation)) lines.push('-H "authorization: Bearer $TOKEN"');
  lines.push(...headers.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`));
  if (body) lines.push(`-d ${quoted(body)}`);
  return lines.join(" \\\n  ");
}

async function send(call, part) {
  const { target, headers, body } = request(call);
  if (token.value) headers.push(["authorization", `Bearer ${token.value.trim()}`]);
  const started = performance.now();
  part("answer").hidden = false;
  try {
    const response = await fetch(target, { method: call.method.toUpperCase(), headers, body, cache: "no-store" });
    const text = await response.text();
    const facts = SHOWN.filter((name) => response.headers.has(name)).map((name) => `${name}: ${response.headers.get(name)}`);
    part("result").textContent = [`${response.status} in ${Math.round(performance.now() - started)} ms`, ...facts].join(" · ");
    part("body").textContent = pretty(text);
  } catch (error) {
    part("result").textContent = `No answer: ${error.message}`;
    part("body").textContent = "";
  }
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text || "(no body)";
  }
}

// The clipboard is only there on https and localhost; a selection always works.
async function copy(part) {
  getSelection().selectAllChildren(part("curl"));
  const copied = navigator.clipboard?.writeText(part("curl").textContent) ?? Promise.reject();
  part("done").textContent = await copied.then(() => "Copied.", () => "Selected.");
}

// The page.

function list() {
  const groups = new Map();
  for (const [path, item] of Object.entries(spec.paths)) {
    for (const method of METHODS.filter((method) => item[method])) {
      const tag = item[method].tags?.[0] ?? "other";
      groups.set(tag, [...(groups.get(tag) ?? []), show(path, method, item[method])]);
    }
  }
  byId("operations").replaceChildren();
  for (const [tag, nodes] of groups) {
    const section = element("section");
    section.append(element("h2", tag), ...nodes);
    byId("operations").append(section);
  }
}

function filter() {
  const words = byId("filter").value.toLowerCase().split(/\s+/);
  for (const node of document.querySelectorAll(".operation")) {
    node.hidden = !words.every((word) => node.dataset.search.includes(word));
  }
  for (const section of byId("operations").children) {
    section.hidden = !section.querySelector(".operation:not([hidden])");
  }
}

function openFromAddress() {
  const node = byId(location.hash.slice(1));
  if (node?.matches(".operation")) node.open = true;
  node?.scrollIntoView();
}

async function start() {
  try {
    // Descriptions mark code in Markdown; the page shows text.
    spec = JSON.parse((await (await fetch("/openapi.json")).text()).replaceAll("`", ""));
    byId("title").textContent = `${spec.info.title} ${spec.info.version}`;
    byId("about").textContent = spec.info.description;
    list();
    openFromAddress();
  } catch (error) {
    byId("operations").replaceChildren(element("p", `The description cannot be read: ${error.message}`));
  }
}

byId("filter").addEventListener("input", filter);
byId("settings").addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", openFromAddress);
start();
