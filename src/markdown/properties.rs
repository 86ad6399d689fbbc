//! The front matter as readers see it: a closed panel.

use serde_json::{Map, Value};

use super::sanitize::Seal;

/// The panel, for the sanitizer; none when there is nothing to show.
pub(super) fn panel(fields: &Map<String, Value>, seal: &Seal) -> Option<String> {
    if fields.is_empty() {
        return None;
    }
    let mut html = format!("<details class=\"{}properties\">\n<summary>Properties</summary>\n", seal.as_str());
    push_fields(fields, &mut html);
    html.push_str("</details>\n");
    Some(html)
}

/// Front matter is nested 32 levels deep at most.
fn push_fields(fields: &Map<String, Value>, html: &mut String) {
    html.push_str("<dl>\n");
    for (key, value) in fields {
        html.push_str("<dt>");
        push_escaped(key, html);
        html.push_str("</dt>\n<dd>");
        push_value(value, html);
        html.push_str("</dd>\n");
    }
    html.push_str("</dl>\n");
}

fn push_value(value: &Value, html: &mut String) {
    match value {
        Value::Null => {}
        Value::Bool(flag) => html.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => html.push_str(&number.to_string()),
        Value::String(text) => push_escaped(text, html),
        Value::Object(fields) => push_fields(fields, html),
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            html.push_str("<ul>\n");
            for item in items {
                html.push_str("<li>");
                push_value(item, html);
                html.push_str("</li>\n");
            }
            html.push_str("</ul>\n");
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    html.push_str(", ");
                }
                push_value(item, html);
            }
        }
    }
}

pub(super) fn push_escaped(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            _ => html.push(c),
        }
    }
}
