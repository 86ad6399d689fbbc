use std::ops::Range;

use serde_json::{Map, Value};

use super::front_matter::{enclosed, front_matter};

/// Why properties could not be changed line by line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FrontMatterError {
    #[error("the page begins with front matter that is not a YAML mapping; correct it first")]
    Broken,
    #[error("the front matter is written in a way that cannot be changed key by key; edit the page's text instead")]
    Intricate,
}

/// Sets and removes properties at the top of a page. Only the lines of these keys change:
/// comments, order and the spelling of all others stay. A page without front matter gets
/// one; one that would be left empty is removed.
///
/// # Errors
/// [`FrontMatterError`]; the result always reads back as exactly what was asked for.
pub fn set_properties(text: &str, set: &Map<String, Value>, unset: &[String]) -> Result<String, FrontMatterError> {
    let before = front_matter(text);
    let mut wanted = before.fields.clone().unwrap_or_default();
    for key in unset {
        wanted.remove(key);
    }
    wanted.extend(set.iter().map(|(key, value)| (key.clone(), value.clone())));

    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let edited = match (enclosed(text), before.fields) {
        (None, _) if wanted.is_empty() => return Ok(text.to_owned()),
        (None, _) => {
            let lines: String =
                wanted.iter().map(|(key, value)| line(&scalar_text(key), value, "", line_end)).collect();
            format!("---{line_end}{lines}---{line_end}{text}")
        }
        (Some(_), None) => return Err(FrontMatterError::Broken),
        (Some((yaml, body)), Some(_)) => {
            let rest = text.get(body..).unwrap_or_default();
            let has_comment = yaml.lines().any(|line| line.starts_with('#'));
            if wanted.is_empty() && !has_comment {
                rest.to_owned()
            } else {
                let start = text.find(yaml).filter(|_| !yaml.is_empty()).unwrap_or(body);
                let closing = text.get(start + yaml.len()..body).unwrap_or_default();
                let head = text.get(..start).unwrap_or_default();
                format!("{head}{}{closing}{rest}", edit(yaml, set, unset, line_end))
            }
        }
    };
    let after = front_matter(&edited);
    let kept = after.body == before.body;
    if after.fields.unwrap_or_default() == wanted && kept { Ok(edited) } else { Err(FrontMatterError::Intricate) }
}

fn edit(yaml: &str, set: &Map<String, Value>, unset: &[String], line_end: &str) -> String {
    let blocks = blocks(yaml);
    let mut edited = String::with_capacity(yaml.len() + 64);
    let mut at = 0;
    for (key, block) in &blocks {
        edited.push_str(yaml.get(at..block.start).unwrap_or_default());
        at = block.end;
        let old = yaml.get(block.clone()).unwrap_or_default();
        if let Some(value) = set.get(key) {
            let written = colon(old).and_then(|at| old.get(..at)).unwrap_or(old);
            edited.push_str(&line(written, value, comment(old), line_end));
        } else if !unset.contains(key) {
            edited.push_str(old);
        }
    }
    edited.push_str(yaml.get(at..).unwrap_or_default());
    for (key, value) in set {
        if !blocks.iter().any(|(known, _)| known == key) {
            edited.push_str(&line(&scalar_text(key), value, "", line_end));
        }
    }
    edited
}

/// The lines of each top-level key, without the blank lines and comments that follow.
fn blocks(yaml: &str) -> Vec<(String, Range<usize>)> {
    let mut blocks: Vec<(String, Range<usize>)> = Vec::new();
    let mut at = 0;
    for line in yaml.split_inclusive('\n') {
        let start = at;
        at += line.len();
        if let Some(key) = key(line) {
            blocks.push((key, start..at));
        } else if !line.trim().is_empty()
            && !line.starts_with('#')
            && let Some((_, block)) = blocks.last_mut()
        {
            block.end = at;
        }
    }
    blocks
}

/// The key that a line of a mapping begins with.
fn key(line: &str) -> Option<String> {
    // A dash begins an item, and a question mark a long key, where a space follows.
    let is_item =
        line.strip_prefix(['-', '?']).is_some_and(|rest| rest.starts_with(char::is_whitespace) || rest.is_empty());
    if is_item || line.starts_with([' ', '\t', '#', '[', ']', '{', '}', '\r', '\n']) {
        return None;
    }
    let line = line.trim_end();
    let end = colon(line)?;
    let written = line.get(..end)?.trim_end();
    let fields = front_matter(&format!("---\n{written}: 1\n---\n")).fields?;
    fields.into_iter().next().map(|(key, _)| key)
}

/// Where the colon behind a line's key is; a quoted key may hold others.
fn colon(line: &str) -> Option<usize> {
    let quote = line.chars().next().filter(|first| matches!(first, '"' | '\''));
    let quoted = match quote {
        Some(quote) => {
            let mut escaped = false;
            let end = line.char_indices().skip(1).find(|(_, c)| {
                let ends = *c == quote && !escaped;
                escaped = quote == '"' && *c == '\\' && !escaped;
                ends
            });
            end.map_or(line.len(), |(at, _)| at)
        }
        None => 0,
    };
    let is_colon = |at: &usize| {
        line.get(at + 1..).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
    };
    line.match_indices(':').map(|(at, _)| at).filter(|at| *at >= quoted).find(is_colon)
}

/// The comment at the end of a key that stands on one line.
fn comment(block: &str) -> &str {
    let block = block.trim_end();
    if block.contains('\n') {
        return "";
    }
    let value = colon(block).and_then(|at| block.get(at + 1..)).unwrap_or_default().trim_start();
    let plain = match value.chars().next() {
        Some('"') => value.rfind('"').and_then(|at| value.get(at..)),
        Some('\'') => value.rfind('\'').and_then(|at| value.get(at..)),
        Some('[') => value.rfind(']').and_then(|at| value.get(at..)),
        Some('{') => value.rfind('}').and_then(|at| value.get(at..)),
        _ => Some(value),
    };
    plain.and_then(|text| text.find(" #").and_then(|at| text.get(at..))).unwrap_or_default()
}

fn line(key: &str, value: &Value, comment: &str, line_end: &str) -> String {
    format!("{key}: {}{comment}{line_end}", value_text(value))
}

fn value_text(value: &Value) -> String {
    match value {
        Value::String(text) => scalar_text(text),
        Value::Array(items) => {
            let items: Vec<String> = items
                .iter()
                .map(|item| match item {
                    Value::String(text) if !text.contains([',', '[', ']', '{', '}']) => scalar_text(text),
                    other => other.to_string(),
                })
                .collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

/// A text without quotes where YAML reads it as that text, else as JSON writes it.
fn scalar_text(text: &str) -> String {
    let reads_back = !text.contains(['\n', '\r', '#', ':'])
        && front_matter(&format!("---\nkey: {text}\n---\n"))
            .fields
            .is_some_and(|fields| fields.get("key") == Some(&text.into()));
    if reads_back { text.to_owned() } else { Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn changed(text: &str, set: &Value, unset: &[&str]) -> Result<String, FrontMatterError> {
        let unset: Vec<String> = unset.iter().map(|key| (*key).to_owned()).collect();
        set_properties(text, set.as_object().unwrap(), &unset)
    }

    const PAGE: &str =
        "---\n# about\ntitle: 'Old'  # shown\n\ntags:\n- a\n- b\n# about status\nstatus: draft\n---\n# Page\n";

    #[test]
    fn only_the_lines_of_the_keys_change() {
        let edited = changed(PAGE, &json!({"title": "New", "tags": ["x", "y z"]}), &[]).unwrap();
        let expected =
            "---\n# about\ntitle: New  # shown\n\ntags: [x, y z]\n# about status\nstatus: draft\n---\n# Page\n";
        // The blank before a comment is the comment's.
        assert_eq!(edited.replace("New #", "New  #"), expected);
        let edited = changed(PAGE, &json!({"rank": 3}), &["tags", "missing"]).unwrap();
        let expected = "---\n# about\ntitle: 'Old'  # shown\n\n# about status\nstatus: draft\nrank: 3\n---\n# Page\n";
        assert_eq!(edited, expected);
    }

    #[test]
    fn front_matter_comes_and_goes() {
        assert_eq!(changed("# Page\n", &json!({"a": true}), &[]).unwrap(), "---\na: true\n---\n# Page\n");
        assert_eq!(changed("---\na: 1\n---\n# Page\n", &json!({}), &["a"]).unwrap(), "# Page\n");
        assert_eq!(changed("# Page\n", &json!({}), &["a"]).unwrap(), "# Page\n");
        assert_eq!(
            changed("---\r\na: 1\r\n---\r\nx", &json!({"b": 2}), &[]).unwrap(),
            "---\r\na: 1\r\nb: 2\r\n---\r\nx"
        );
    }

    #[test]
    fn every_value_reads_back_as_it_was_set() {
        let values = json!({
            "a": "yes: no", "b": "# no comment", "c": "true", "d": "12", "e": "", "f": " x ", "g": "two\nlines",
            "h": ["a, b", "c", 1, null, "- d"], "i": {"k": [1, {"l": "m"}]}, "j": 1.5, "k k": null, "l": "[[Link]]", "m": "@at"
        });
        for text in ["# Page\n", PAGE] {
            let edited = changed(text, &values, &[]).unwrap();
            let fields = front_matter(&edited).fields.unwrap();
            for (key, value) in values.as_object().unwrap() {
                assert_eq!(fields.get(key), Some(value), "{key} in {edited}");
            }
        }
    }

    #[test]
    fn a_key_may_begin_with_dashes() {
        let once = changed("text\n", &json!({"--": ""}), &[]).unwrap();
        assert_eq!(changed(&once, &json!({"--": ""}), &[]).unwrap(), once);
    }

    #[test]
    fn a_key_may_hold_colons_and_quotes() {
        for key in ["a: b", "a \"b\": c", "it's: so", "#x: y", "a\\\": b"] {
            let once = changed("---\nx: 1\n---\nbody\n", &json!({key: "one"}), &[]).unwrap();
            let again = changed(&once, &json!({key: "two"}), &[]).unwrap();
            assert_eq!(again, once.replace("one", "two"), "{key}");
            assert_eq!(changed(&again, &json!({}), &[key]).unwrap(), "---\nx: 1\n---\nbody\n", "{key}");
        }
        assert_eq!(
            changed("---\n'a: b': 1 # c\n---\n", &json!({"a: b": 2}), &[]).unwrap(),
            "---\n'a: b': 2 # c\n---\n"
        );
    }

    #[test]
    fn what_cannot_be_changed_by_lines_is_refused() {
        assert_eq!(changed("---\n- a\n---\n", &json!({"a": 1}), &[]), Err(FrontMatterError::Broken));
        assert_eq!(changed("---\n{a: 1, b: 2}\n---\n", &json!({"a": 2}), &[]), Err(FrontMatterError::Intricate));
    }
}
