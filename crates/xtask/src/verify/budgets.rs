//! Are the times in the manifests those of mesh/README.md's table of hops, and does each caller wait longer than its callee?

use serde_json::Value;

use super::bundle::Bundle;
use super::shop::{label, list};

/// Where the table begins.
const HEAD: &str = "| hop |";
/// The hops, each with the one around it.
const HOPS: [(&str, Option<&str>); 4] = [
    ("ingress to api-gateway", None),
    ("api-gateway to order-service", Some("ingress to api-gateway")),
    ("api-gateway to user-service", Some("ingress to api-gateway")),
    ("order-service to user-service", Some("api-gateway to order-service")),
];
/// The gateway's own limit for a call, `UPSTREAM_TIMEOUT_MS`, is a guard behind all of these.
const GUARD_MS: u64 = 10_000;

/// Which cell of the table a rule must keep to: the hop, the column, the object, the rule in it.
///
/// HTTPRoutes have a name for each rule or are one rule; one that knows no kinds of requests keeps to the reads.
const RULES: [(&str, usize, &str, &str); 17] = [
    ("ingress to api-gateway", 0, "VirtualService/api-gateway", "repeatable"),
    ("ingress to api-gateway", 2, "VirtualService/api-gateway", "writes"),
    ("ingress to api-gateway", 0, "HTTPRoute/api-gateway", ""),
    ("ingress to api-gateway", 0, "HTTPRoute/api-gateway-repeatable", ""),
    ("ingress to api-gateway", 2, "HTTPRoute/api-gateway-writes", ""),
    ("api-gateway to order-service", 0, "VirtualService/order-service", "reads"),
    ("api-gateway to order-service", 1, "VirtualService/order-service", "repeatable-writes"),
    ("api-gateway to order-service", 2, "VirtualService/order-service", "writes"),
    ("api-gateway to order-service", 0, "HTTPRoute/order-service", ""),
    ("api-gateway to order-service", 0, "HTTPRoute/order-service-reads", ""),
    ("api-gateway to order-service", 1, "HTTPRoute/order-service-repeatable-writes", ""),
    ("api-gateway to order-service", 2, "HTTPRoute/order-service-writes", ""),
    ("api-gateway to user-service", 0, "VirtualService/user-service", "reads"),
    ("api-gateway to user-service", 2, "VirtualService/user-service", "writes"),
    ("api-gateway to user-service", 0, "HTTPRoute/user-service-reads", ""),
    ("api-gateway to user-service", 2, "HTTPRoute/user-service-others", ""),
    ("order-service to user-service", 0, "VirtualService/user-service", "reads-for-order-service"),
];

/// What a cell says, in milliseconds.
#[derive(Clone, Copy, Debug)]
struct Budget {
    whole: u64,
    attempt: Attempt,
}

/// How long one attempt may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attempt {
    /// As long as all together.
    Whole,
    /// So long.
    Ms(u64),
    /// The language has no word for it: the standard channel of the Gateway API cannot state retries.
    Unspeakable,
}

/// Rules that keep to no cell, and cells that do not nest.
pub fn check(bundles: &[Bundle], page: &str) -> Vec<String> {
    let mut findings = nesting(page);
    for bundle in bundles.iter().filter(|bundle| bundle.name.starts_with("mesh/")) {
        for (hop, column, object, rule) in RULES {
            let Some(wanted) = cell(page, hop, column) else {
                findings.push(format!("mesh/README.md: the table of hops has no budget {column} of {hop}"));
                continue;
            };
            let found = bundle.objects.iter().filter(|(_, it)| label(it) == object);
            for (place, found) in found.flat_map(|(place, it)| budgets(it, rule).into_iter().map(move |b| (place, b))) {
                if !found.is_some_and(|found| found.keeps_to(wanted)) {
                    findings.push(format!("{place}: {object} {rule} has {found:?}, the table of hops {wanted:?}"));
                }
            }
        }
    }
    findings.sort();
    findings.dedup();
    findings
}

impl Budget {
    fn keeps_to(self, wanted: Self) -> bool {
        self.whole == wanted.whole && (self.attempt == wanted.attempt || self.attempt == Attempt::Unspeakable)
    }
}

impl From<Option<u64>> for Attempt {
    fn from(ms: Option<u64>) -> Self {
        ms.map_or(Self::Whole, Self::Ms)
    }
}

/// What waits longer than whoever waits for it.
fn nesting(page: &str) -> Vec<String> {
    let whole = |hop| (0..3).filter_map(|column| cell(page, hop, column)).map(|it| it.whole).max().unwrap_or_default();
    let around = |outer: Option<&'static str>| outer.map_or(GUARD_MS, whole);
    let late = HOPS.into_iter().filter(|(hop, outer)| whole(hop) >= around(*outer));
    late.map(|(hop, outer)| format!("mesh/README.md: {hop} waits as long as {}", outer.unwrap_or("a process")))
        .collect()
}

/// `3 s, 1 s an attempt` of the table.
fn cell(page: &str, hop: &str, column: usize) -> Option<Budget> {
    let mut rows = page.lines().skip_while(|line| !line.starts_with(HEAD)).take_while(|line| line.starts_with('|'));
    let row = rows.find(|row| row.starts_with(&format!("| {hop} |")))?;
    let text = row.split('|').nth(2 + column)?.trim();
    let mut times = text.split(", ").map(|time| time.trim_end_matches(" an attempt"));
    Some(Budget { whole: ms(times.next()?)?, attempt: times.next().and_then(ms).into() })
}

/// The budgets of an object's rules of this name.
fn budgets(object: &Value, name: &str) -> Vec<Option<Budget>> {
    let text = |value: &Value| value.as_str().and_then(ms);
    if object["kind"] == "VirtualService" {
        let rules = list(&object["spec"]["http"]).filter(|rule| rule["name"] == name);
        let budget = |rule: &Value| {
            Some(Budget { whole: text(&rule["timeout"])?, attempt: text(&rule["retries"]["perTryTimeout"]).into() })
        };
        return rules.map(budget).collect();
    }
    let noted = &object["metadata"]["annotations"];
    if let Some(whole) = text(&noted["timeout.linkerd.io/request"]) {
        return vec![Some(Budget { whole, attempt: text(&noted["retry.linkerd.io/timeout"]).into() })];
    }
    let budget = |whole| Budget { whole, attempt: Attempt::Unspeakable };
    let rule = |rule: &Value| text(&rule["timeouts"]["request"]).map(budget);
    list(&object["spec"]["rules"]).map(rule).collect()
}

/// `2400ms`, `3s`, or as people write it, `2.4 s`.
fn ms(time: &str) -> Option<u64> {
    let (number, unit) = time.split_at(time.find(|c: char| !c.is_ascii_digit() && c != '.')?);
    let number: f64 = number.parse().ok()?;
    match unit.trim() {
        "ms" => Some(number.round() as u64),
        "s" => Some((number * 1000.0).round() as u64),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PAGE: &str = "\
| hop | reads | writes with a key | other writes |
|---|---|---|---|
| ingress to api-gateway | 6 s | 6 s | 6 s |
| api-gateway to order-service | 3 s, 1 s an attempt | 5 s, 2.4 s an attempt | 5 s |
| api-gateway to user-service | 2 s, 0.8 s an attempt | | 2 s |
| order-service to user-service | 2 s | | |
";

    fn found(object: Value) -> usize {
        check(&[Bundle { name: "mesh/o".to_owned(), objects: vec![("x".to_owned(), object)] }], PAGE).len()
    }

    #[test]
    fn a_rule_that_keeps_to_no_cell_is_found() {
        let rule = |timeout: &str, attempt: &str| {
            let retries = json!({"perTryTimeout": attempt});
            let rules = json!([{"name": "reads", "timeout": timeout, "retries": retries}]);
            found(json!({"kind": "VirtualService", "metadata": {"name": "order-service"}, "spec": {"http": rules}}))
        };
        assert_eq!((rule("3s", "1s"), rule("60s", "1s"), rule("3s", "3s"), rule("3s", "")), (0, 1, 1, 1));
        let route = |time: &str| {
            let spec = json!({"rules": [{"timeouts": {"request": time}}]});
            found(json!({"kind": "HTTPRoute", "metadata": {"name": "api-gateway"}, "spec": spec}))
        };
        assert_eq!((route("6s"), route("600s")), (0, 1));
    }

    #[test]
    fn a_callee_that_is_waited_for_too_long_is_found() {
        assert_eq!(nesting(PAGE), [""; 0]);
        assert_eq!(nesting(&PAGE.replace("| 3 s, 1 s an attempt | 5 s", "| 3 s | 6 s")).len(), 1);
        assert_eq!(nesting(&PAGE.replace("ingress to api-gateway | 6 s", "ingress to api-gateway | 12 s")).len(), 1);
    }

    #[test]
    fn times_are_read_as_meshes_and_people_write_them() {
        assert_eq!(
            [ms("2400ms"), ms("3s"), ms("0.8 s"), ms("2.4 s"), ms("5"), ms("")],
            [Some(2400), Some(3000), Some(800), Some(2400), None, None]
        );
    }
}
