use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Longest front matter that is read, in bytes. What is longer is text.
const MAX_BYTES: usize = 64 * 1024;
/// Deepest nesting of lists and mappings.
const MAX_DEPTH: usize = 32;
/// Most values, aliases expanded.
const MAX_NODES: usize = 10_000;

/// The properties at the top of a page, and what follows them.
#[derive(Clone, PartialEq, Debug)]
pub struct FrontMatter<'t> {
    /// `None` when the page has no front matter: then the body is the whole text.
    pub fields: Option<Map<String, Value>>,
    pub body: &'t str,
    /// Where the body starts in the text, in bytes.
    pub body_offset: usize,
}

/// Reads the YAML mapping between two lines `---` at the very start of `text`.
///
/// Anything else there (a list, broken YAML, YAML beyond the limits, no closing line) is no
/// front matter but text. Keys that are not strings are written out as text.
#[must_use]
pub fn front_matter(text: &str) -> FrontMatter<'_> {
    let absent = FrontMatter { fields: None, body: text, body_offset: 0 };
    let Some((yaml, body_offset)) = enclosed(text) else { return absent };
    let (Some(Value::Object(fields)), Some(body)) = (parse(yaml), text.get(body_offset..)) else { return absent };
    FrontMatter { fields: Some(fields), body, body_offset }
}

impl FrontMatter<'_> {
    /// The `title`, whatever scalar it was written as; none when it is absent or empty.
    #[must_use]
    pub fn title(&self) -> Option<String> {
        self.scalar("title")
    }

    /// The `category`, whatever scalar it was written as; none when it is absent or empty.
    #[must_use]
    pub fn category(&self) -> Option<String> {
        self.scalar("category")
    }

    /// The `tags`, from a list or a comma-separated text, without empty ones and repetitions.
    #[must_use]
    pub fn tags(&self) -> Vec<String> {
        let mut tags: Vec<String> = Vec::new();
        let mut add = |tag: &str| {
            let tag = tag.trim();
            if !tag.is_empty() && !tags.iter().any(|known| known == tag) {
                tags.push(tag.to_owned());
            }
        };
        match self.fields.as_ref().and_then(|fields| fields.get("tags")) {
            Some(Value::Array(items)) => items.iter().filter_map(scalar).for_each(|tag| add(&tag)),
            Some(value) => scalar(value).unwrap_or_default().split(',').for_each(add),
            None => {}
        }
        tags
    }

    pub(super) fn scalar(&self, key: &str) -> Option<String> {
        let text = scalar(self.fields.as_ref()?.get(key)?)?;
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }
}

/// A value as the text a reader would call it by. Lists and mappings have none.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The text between the fences and the offset of what follows the closing one.
pub(super) fn enclosed(text: &str) -> Option<(&str, usize)> {
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut lines = text.get(mark..)?.split_inclusive('\n');
    let opening = lines.next()?;
    if !is_fence(opening) || !opening.ends_with('\n') {
        return None;
    }
    let start = mark + opening.len();
    let mut end = start;
    for line in lines {
        if is_fence(line) {
            return Some((text.get(start..end)?, end + line.len()));
        }
        end += line.len();
        if end - start > MAX_BYTES {
            return None;
        }
    }
    None
}

fn is_fence(line: &str) -> bool {
    line.strip_prefix("---").is_some_and(|rest| rest.chars().all(|c| matches!(c, ' ' | '\t' | '\r' | '\n')))
}

fn parse(yaml: &str) -> Option<Value> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: 4 * MAX_NODES,
            max_nodes: MAX_NODES,
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_documents: 1,
            max_aliases: 100,
            max_anchors: 100,
            max_recorded_anchor_events: MAX_NODES,
            max_recorded_anchor_bytes: MAX_BYTES,
            max_total_scalar_bytes: 4 * MAX_BYTES,
            max_merge_keys: 100,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAX_NODES,
            max_replay_stack_depth: 8,
        },
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::LastWins,
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::AsString,
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options::<Yaml>(yaml, options).ok().map(|yaml| yaml.0)
}

/// YAML as JSON. `serde_json::Value` itself refuses keys that are not strings.
struct Yaml(Value);

impl<'de> serde::Deserialize<'de> for Yaml {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(deserializer.deserialize_any(AnyValue)?))
    }
}

struct AnyValue;

impl<'de> DeserializeSeed<'de> for AnyValue {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_i128<E>(self, value: i128) -> Result<Value, E> {
        Ok(Value::String(value.to_string()))
    }
    fn visit_u128<E>(self, value: u128) -> Result<Value, E> {
        Ok(Value::String(value.to_string()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or_else(|| Value::String(value.to_string()), Value::Number))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(AnyValue)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = access.next_key_seed(AnyValue)? {
            let key = match key {
                Value::String(text) => text,
                other => other.to_string(),
            };
            fields.insert(key, access.next_value_seed(AnyValue)?);
        }
        Ok(Value::Object(fields))
    }
}
