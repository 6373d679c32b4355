//! JSON that people read.

use exeunt_event::json::Value;
use exeunt_version::LenientNumbers;

/// What is on one line at most.
const WIDTH: usize = 80;

/// A value over as many lines as it takes, the first without indentation.
pub(super) fn pretty(value: &Value<'_>, indent: usize) -> String {
    let short = on_one_line(value);
    if indent + short.len() <= WIDTH || is_scalar(value) {
        return short;
    }
    let (open, close, items) = match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| pretty(item, indent + 2)).collect();
            ('[', ']', items)
        }
        Value::Object(object) => {
            let member = |(key, value): (&str, &Value<'_>)| {
                format!(
                    "{}: {}",
                    on_one_line(&Value::from(key.to_owned())),
                    pretty(value, indent + 2)
                )
            };
            ('{', '}', object.iter().map(member).collect())
        }
        _ => return short,
    };
    let spaces = " ".repeat(indent);
    let items: Vec<_> = items.into_iter().map(|item| format!("{spaces}  {item}")).collect();
    format!("{open}\n{}\n{spaces}{close}", items.join(",\n"))
}

fn is_scalar(value: &Value<'_>) -> bool {
    !matches!(value, Value::Array(_) | Value::Object(_))
}

fn on_one_line(value: &Value<'_>) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(on_one_line).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(object) if object.is_empty() => "{}".to_owned(),
        Value::Object(object) => {
            let member = |(key, value): (&str, &Value<'_>)| {
                format!("{}: {}", on_one_line(&Value::from(key.to_owned())), on_one_line(value))
            };
            let members: Vec<_> = object.iter().map(member).collect();
            format!("{{ {} }}", members.join(", "))
        }
        scalar => scalar.to_canonical(LenientNumbers::Value),
    }
}

#[cfg(test)]
mod tests {
    use exeunt_event::json::parse_any;

    use super::*;

    #[test]
    fn what_is_short_is_on_one_line_and_the_rest_is_indented() {
        let written = |text: &str| pretty(&parse_any(text.as_bytes()).unwrap().value, 2);
        assert_eq!(written(r#"{"b":[1,"2"],"a":{}}"#), r#"{ "a": {}, "b": [1, "2"] }"#);
        let long = "x".repeat(WIDTH);
        let text = format!(r#"{{"long":["{long}"],"short":1}}"#);
        let expected =
            format!("{{\n    \"long\": [\n      \"{long}\"\n    ],\n    \"short\": 1\n  }}");
        assert_eq!(written(&text), expected);
    }
}
