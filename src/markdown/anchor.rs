use std::collections::{HashMap, HashSet};

use unicode_normalization::UnicodeNormalization;

/// The anchor of a heading: lower case, letters without their accents, words joined by `-`,
/// punctuation dropped. Letters that have no ASCII base are kept, so that a heading in any
/// script has an anchor of its own. `Überschrift & mehr!` gives `uberschrift-mehr`.
///
/// An anchor is its own anchor, so that a link may name either the heading or the anchor.
#[must_use]
pub fn anchor(title: &str) -> String {
    let mut anchor = String::with_capacity(title.len());
    let mut gap = false;
    for c in title.nfc() {
        if c.is_whitespace() || c == '-' {
            gap = true;
            continue;
        }
        let mut letters = String::new();
        letters.extend(std::iter::once(c).nfkd().filter(|c| c.is_ascii_alphanumeric() || *c == '_'));
        if letters.is_empty() && c.is_alphanumeric() {
            letters.extend(c.to_lowercase());
        }
        if letters.is_empty() {
            continue;
        }
        if gap && !anchor.is_empty() {
            anchor.push('-');
        }
        gap = false;
        letters.make_ascii_lowercase();
        anchor.push_str(&letters);
    }
    // What was dropped may have stood between marks that combine in another order.
    let anchor: String = anchor.nfc().collect();
    if anchor.is_empty() { "section".to_owned() } else { anchor }
}

/// Gives each heading of a page an anchor that no other has: a repeated one gets `-1`, `-2`.
#[derive(Default)]
pub(super) struct Anchors {
    taken: HashSet<String>,
    repeated: HashMap<String, usize>,
}

impl Anchors {
    pub(super) fn assign(&mut self, title: &str) -> String {
        let base = anchor(title);
        let mut candidate = base.clone();
        while self.taken.contains(&candidate) {
            let count = self.repeated.entry(base.clone()).or_default();
            *count += 1;
            candidate = format!("{base}-{count}");
        }
        self.taken.insert(candidate.clone());
        candidate
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn anchors_are_readable_in_every_script() {
        for (title, expected) in [
            ("head 1.1 bold", "head-11-bold"),
            ("Überschrift & mehr!", "uberschrift-mehr"),
            ("  snake_case -- and  dashes- ", "snake_case-and-dashes"),
            ("安装 指南", "安装-指南"),
            ("3.1 日本語", "31-日本語"),
            ("Привет, Мир", "привет-мир"),
            ("ﬁne ①", "fine-1"),
            ("!!!", "section"),
            ("", "section"),
        ] {
            assert_eq!(anchor(title), expected, "{title:?}");
        }
        let marks = anchor("\u{610}!\u{16ff0}");
        assert_eq!(anchor(&marks), marks);
    }

    #[test]
    fn repeated_headings_get_numbers_that_are_free() {
        let mut anchors = Anchors::default();
        let given = ["a", "a", "a-1", "a", "A"].map(|title| anchors.assign(title));
        assert_eq!(given, ["a", "a-1", "a-1-1", "a-2", "a-3"]);
    }

    proptest! {
        #[test]
        fn an_anchor_is_its_own_anchor(title in "\\PC{0,40}") {
            let once = anchor(&title);
            prop_assert_eq!(anchor(&once), once);
        }
    }
}
