use rmcp::handler::server::tool::schema_for_input;
use rmcp::model::JsonObject;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::failure::Failure;

/// Names that models try instead of ours. One counts only where the tool has the parameter
/// and it was not given; the first that fits is taken.
const ALIASES: &[(&str, &str)] = &[
    ("file", "filename"),
    ("file_name", "filename"),
    ("attachment", "filename"),
    ("name", "filename"),
    ("page", "path"),
    ("title", "path"),
    ("name", "path"),
    ("note", "path"),
    ("note_path", "path"),
    ("page_path", "path"),
    ("file_path", "path"),
    ("text", "content"),
    ("body", "content"),
    ("markdown", "content"),
    ("old_text", "old_string"),
    ("old_str", "old_string"),
    ("old", "old_string"),
    ("new_text", "new_string"),
    ("new_str", "new_string"),
    ("new", "new_string"),
    ("rev", "revision"),
    ("base_revision", "revision"),
    ("message", "commit_message"),
    ("summary", "commit_message"),
    ("heading", "section"),
    ("q", "query"),
    ("search", "query"),
    ("folder", "prefix"),
    ("tags", "tag"),
    ("since", "updated_since"),
    ("n", "limit"),
    ("count", "limit"),
    ("max_results", "limit"),
];

/// Reads a tool's arguments, forgivingly: models mix up names and types.
pub(super) fn parse<T: DeserializeOwned + JsonSchema + 'static>(mut given: JsonObject) -> Result<T, Failure> {
    let schema = schema_for_input::<T>().map_err(Failure::invalid)?;
    let known = schema.get("properties").and_then(Value::as_object);
    let known = |name: &str| known.is_some_and(|properties| properties.contains_key(name));
    for (alias, name) in ALIASES {
        if !known(alias)
            && known(name)
            && !given.contains_key(*name)
            && let Some(value) = given.remove(*alias)
        {
            given.insert((*name).to_owned(), value);
        }
    }
    serde_json::from_value(Value::Object(given)).map_err(Failure::invalid)
}

/// A text that may be left out; empty or null is left out as well.
#[derive(Clone, Debug, Default)]
pub(super) struct OptionalText(Option<String>);

/// A whole number that may be left out; digits in a text count.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Count(Option<i64>);

impl OptionalText {
    pub(super) fn get(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl Count {
    /// The number brought into `least..=most`, or `default`.
    pub(super) fn clamp(self, default: usize, least: usize, most: usize) -> usize {
        self.0.map_or(default, |n| usize::try_from(n.max(0)).unwrap_or(usize::MAX).clamp(least, most))
    }
}

fn text<E: serde::de::Error>(value: Value) -> Result<String, E> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(E::custom(format_args!("expected a string, not {}", kind(&other)))),
    }
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

impl<'de> Deserialize<'de> for OptionalText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match Value::deserialize(deserializer)? {
            Value::Null => None,
            Value::Array(items) if items.len() <= 1 => items.into_iter().next().map(text).transpose()?,
            value => Some(text(value)?),
        };
        Ok(Self(text.filter(|text| !text.trim().is_empty())))
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let number = match &value {
            Value::Null => return Ok(Self(None)),
            Value::String(text) if text.trim().is_empty() => return Ok(Self(None)),
            Value::String(text) => text.trim().parse().ok(),
            Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
            _ => None,
        };
        number
            .map(|number| Self(Some(number)))
            .ok_or_else(|| serde::de::Error::custom(format_args!("expected a whole number, not {value}")))
    }
}

/// JSON has one kind of number: `3.0` is 3. What does not fit saturates.
#[allow(clippy::cast_possible_truncation)]
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0).then_some(number as i64)
}

macro_rules! schema {
    ($type:ident, $name:literal) => {
        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": $name })
            }
        }
    };
}
schema!(OptionalText, "string");
schema!(Count, "integer");

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Deserialize, JsonSchema, Debug)]
    #[serde(deny_unknown_fields)]
    struct Example {
        path: String,
        #[serde(default)]
        revision: OptionalText,
        #[serde(default)]
        limit: Count,
    }

    fn example(given: Value) -> Result<Example, Failure> {
        let Value::Object(given) = given else { panic!("not an object: {given}") };
        parse(given)
    }

    #[test]
    fn what_models_send_instead_is_understood() {
        let read = example(json!({"title": "Home", "revision": "1234567", "limit": "30"})).unwrap();
        assert_eq!(
            (read.path.as_str(), read.revision.get(), read.limit.clamp(10, 1, 20)),
            ("Home", Some("1234567"), 20)
        );
        let absent = example(json!({"path": "Home", "revision": " ", "limit": null})).unwrap();
        assert_eq!((absent.revision.get(), absent.limit.clamp(10, 1, 20)), (None, 10));
        assert_eq!(example(json!({"path": "Home", "limit": 3.0})).unwrap().limit.clamp(10, 1, 20), 3);
        assert_eq!(example(json!({"path": "Home", "limit": -3})).unwrap().limit.clamp(10, 1, 20), 1);
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_name() {
        let refused = |given| example(given).unwrap_err().text().to_owned();
        assert_eq!(refused(json!({})), "Invalid request: missing field `path`");
        assert!(refused(json!({"path": "Home", "foo": 1})).starts_with("Invalid request: unknown field `foo`"));
        // Both names: which one is meant is not for us to say.
        assert!(refused(json!({"path": "Home", "title": "x"})).contains("unknown field `title`"));
        assert!(refused(json!({"path": ["Home", "x"]})).contains("invalid type: sequence, expected a string"));
        assert!(refused(json!({"path": 5})).contains("invalid type: integer `5`, expected a string"));
        assert!(refused(json!({"path": "Home", "limit": "many"})).contains("expected a whole number"));
    }
}
