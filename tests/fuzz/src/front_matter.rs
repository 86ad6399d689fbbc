use serde_json::{Map, Value};

use crate::markdown::{front_matter as read, set_properties};

/// The properties of a page, read and changed. The first line of the text is what is set: `key=value`.
pub fn front_matter(input: &str) {
    let (change, text) = input.split_once('\n').unwrap_or(("key=value", input));
    let front = read(text);
    assert_eq!(text.get(front.body_offset..), Some(front.body));
    assert!(front.title().is_none_or(|title| !title.is_empty()));
    assert!(front.category().is_none_or(|category| !category.is_empty()));
    assert!(front.tags().iter().all(|tag| !tag.is_empty() && tag.trim() == tag), "{:?}", front.tags());

    let (key, value) = change.split_once('=').unwrap_or((change, ""));
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    let set: Map<String, Value> = [(key.to_owned(), value.clone())].into_iter().collect();
    let Ok(changed) = set_properties(text, &set, &[]) else { return };
    let after = read(&changed);
    assert_eq!(after.body, front.body, "{changed:?}");
    let mut wanted = front.fields.clone().unwrap_or_default();
    wanted.extend(set.clone());
    assert_eq!(after.fields, Some(wanted), "{changed:?}");
    // What was not changed stays as it is written.
    if front.fields.is_some() {
        let kept = text.lines().filter(|line| line.starts_with('#')).count();
        assert!(changed.lines().filter(|line| line.starts_with('#')).count() >= kept, "a comment is gone: {changed:?}");
    }
    assert_eq!(set_properties(&changed, &set, &[]).as_ref(), Ok(&changed), "the same again");

    if let Ok(without) = set_properties(&changed, &Map::new(), &[key.to_owned()]) {
        let fields = read(&without).fields.unwrap_or_default();
        assert!(!fields.contains_key(key), "{without:?}");
        assert_eq!(read(&without).body, front.body, "{without:?}");
    }
}
