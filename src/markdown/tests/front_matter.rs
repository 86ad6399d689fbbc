use serde_json::json;

use crate::markdown::{FrontMatter, front_matter};

fn fields(text: &str) -> serde_json::Value {
    front_matter(text).fields.map_or(serde_json::Value::Null, serde_json::Value::Object)
}

#[test]
fn a_mapping_between_two_fences_is_front_matter() {
    for (text, body) in [
        ("---\ntitle: T\n---\nbody\n", "body\n"),
        ("---\r\ntitle: T\r\n---\r\nbody\r\n", "body\r\n"),
        ("---  \ntitle: T\n--- \t\nbody", "body"),
        ("---\ntitle: T\n---", ""),
        ("\u{feff}---\ntitle: T\n---\n\nbody", "\nbody"),
    ] {
        let front = front_matter(text);
        assert_eq!(front.title().as_deref(), Some("T"), "{text:?}");
        assert_eq!(front.body, body, "{text:?}");
        assert_eq!(&text[front.body_offset..], body, "{text:?}");
    }
}

#[test]
fn everything_else_is_text() {
    for text in [
        "",
        "---",
        "---\n",
        "---\n---\nbody",
        "---\n- a\n- b\n---\nbody",
        "---\njust text\n---\nbody",
        "---\ntitle: T\nno end",
        "---\ntitle: [\n---\nbody",
        "---\na: b: c\n---\nbody",
        "---yaml\ntitle: T\n---\n",
        "----\ntitle: T\n----\n",
        " ---\ntitle: T\n---\n",
        "\n---\ntitle: T\n---\n",
        "---\ntitle: T\n---trailing\nbody",
    ] {
        assert_eq!(front_matter(text), FrontMatter { fields: None, body: text, body_offset: 0 }, "{text:?}");
    }
}

#[test]
fn values_keep_their_types_and_dates_stay_as_written() {
    assert_eq!(
        fields(
            "---\ndate: 2024-05-01\nat: 2024-05-01T10:00:00Z\nhour: 12:30:45\nn: 3\nf: 1.5\nb: true\nno: no\nnil: ~\n\
             list: [1, x]\nmap: {a: {b: c}}\nquoted: \"5\"\ninf: .inf\n---\n"
        ),
        json!({
            "date": "2024-05-01", "at": "2024-05-01T10:00:00Z", "hour": "12:30:45", "n": 3, "f": 1.5, "b": true,
            "no": "no", "nil": null, "list": [1, "x"], "map": {"a": {"b": "c"}}, "quoted": "5",
            "inf": ".inf",
        })
    );
}

#[test]
fn keys_of_any_type_become_text() {
    assert_eq!(
        fields("---\n1: a\ntrue: b\n~: c\n1.5: d\n2024-05-01: e\n[x, 1]: f\n---\n"),
        json!({"1": "a", "true": "b", "null": "c", "1.5": "d", "2024-05-01": "e", "[\"x\",1]": "f"})
    );
    assert_eq!(fields("---\na: 1\na: 2\n---\n"), json!({"a": 2}));
}

#[test]
fn title_tags_and_category_tolerate_any_type() {
    let of = |yaml: &str| {
        let text = format!("---\n{yaml}\n---\n");
        let front = front_matter(&text);
        assert!(front.fields.is_some(), "{yaml}");
        (front.title(), front.tags(), front.category())
    };
    let tags = |tags: &[&str]| tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        of("title: 42\ntags: [a, 1, null, b, a, [x], ' ']\ncategory: true"),
        (Some("42".into()), tags(&["a", "1", "b"]), Some("true".into()))
    );
    assert_eq!(of("title: [x]\ntags: a, b ,,c\ncategory: {a: b}"), (None, tags(&["a", "b", "c"]), None));
    assert_eq!(of("title: ~\ntags: ~\ncategory: ''"), (None, tags(&[]), None));
    assert_eq!(of("tags: 2024"), (None, tags(&["2024"]), None));
}

#[test]
fn hostile_yaml_is_text() {
    let deep_flow = format!("---\na: {}{}\n---\n", "[".repeat(500), "]".repeat(500));
    let deep_block: String =
        (0..500).map(|level| format!("{}a:\n", " ".repeat(level))).collect::<String>() + &" ".repeat(500) + "b: c\n";
    let deep_block = format!("---\n{deep_block}---\n");
    let laughs: String =
        (1..20).map(|n| format!("l{n}: &l{n} [{}]\n", vec![format!("*l{}", n - 1); 10].join(","))).collect();
    let laughs = format!("---\nl0: &l0 [lol]\n{laughs}---\n");
    let aliases = format!("---\na: &a x\nb: [{}]\n---\n", vec!["*a"; 5000].join(","));
    let huge = format!("---\na: {}\n---\n", "x".repeat(100_000));
    let many = format!("---\na: [{}]\n---\n", vec!["1"; 30_000].join(","));
    let merges = format!("---\na: &a {{x: 1}}\n{}---\n", "<<: *a\n".repeat(500));
    for (name, text) in [
        ("flow", deep_flow),
        ("block", deep_block),
        ("laughs", laughs),
        ("aliases", aliases),
        ("huge", huge),
        ("many", many),
        ("merges", merges),
    ] {
        assert_eq!(front_matter(&text).fields, None, "{name}");
    }
}
