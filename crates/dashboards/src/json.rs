//! JSON for people: keys sorted, two spaces, and whatever fits on a line on one line, so that a change of a panel is a
//! short diff.

use serde_json::Value;

const LINE: usize = 110;

/// The text of a document, with a newline at its end.
pub fn write(value: &Value) -> String {
    let mut text = String::new();
    put(&mut text, value, 0);
    text.push('\n');
    text
}

fn put(text: &mut String, value: &Value, depth: usize) {
    let short = one_line(value);
    if depth > 0 && short.len() + 2 * depth <= LINE && !holds_panels(value) {
        return text.push_str(&short);
    }
    match value {
        Value::Object(map) => {
            let mut keys: Vec<_> = map.iter().collect();
            keys.sort_by_key(|(key, _)| key.as_str());
            let each = keys.into_iter().map(|(key, value)| (format!("{}: ", Value::from(key.as_str())), value));
            list(text, ('{', '}'), each, depth);
        }
        Value::Array(items) => list(text, ('[', ']'), items.iter().map(|item| (String::new(), item)), depth),
        _ => text.push_str(&short),
    }
}

fn list<'a>(
    text: &mut String,
    (open, close): (char, char),
    each: impl Iterator<Item = (String, &'a Value)>,
    depth: usize,
) {
    text.push(open);
    for (at, (key, value)) in each.enumerate() {
        text.push_str(if at == 0 { "\n" } else { ",\n" });
        text.push_str(&"  ".repeat(depth + 1));
        text.push_str(&key);
        put(text, value, depth + 1);
    }
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
    text.push(close);
}

/// A row of a board is short, and still stands on lines of its own.
fn holds_panels(value: &Value) -> bool {
    value.get("gridPos").is_some()
}

fn one_line(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<_> = map.iter().collect();
            keys.sort_by_key(|(key, _)| key.as_str());
            let pairs: Vec<_> =
                keys.iter().map(|(key, value)| format!("{}: {}", Value::from(key.as_str()), one_line(value))).collect();
            if pairs.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", pairs.join(", ")) }
        }
        Value::Array(items) => format!("[{}]", items.iter().map(one_line).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_sorted_and_short_values_share_a_line() {
        let value = json!({"b": {"y": 1, "x": [1, 2]}, "a": "t"});
        assert_eq!(write(&value), "{\n  \"a\": \"t\",\n  \"b\": { \"x\": [1, 2], \"y\": 1 }\n}\n");
        assert_eq!(serde_json::from_str::<Value>(&write(&value)).expect("it is JSON"), value);
    }
}
