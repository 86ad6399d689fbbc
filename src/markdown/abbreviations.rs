//! `*[HTML]: Hyper Text`: what a word is short for, wherever it stands in the text.

use std::collections::HashMap;

use comrak::nodes::{Node, NodeValue};

use super::document::Document;

/// Most abbreviations of a page, and their longest name and meaning, in bytes.
const MAX_COUNT: usize = 500;
const MAX_NAME: usize = 60;
const MAX_MEANING: usize = 500;
/// Most of them that start with the same letter: each is compared at each word that does.
const MAX_ALIKE: usize = 50;

/// What a page's abbreviations mean, by their first letter, the longest first.
#[derive(Default)]
pub(super) struct Abbreviations {
    known: HashMap<char, Vec<(String, String)>>,
}

impl Abbreviations {
    /// Reads the paragraphs that consist of definitions, and takes them out of the tree: they are
    /// not shown. The plain text of the page still has them.
    pub(super) fn take(document: &Document<'_>) -> Self {
        let mut found = Self::default();
        if !document.text.contains("*[") {
            return found;
        }
        let definitions: Vec<(Node<'_>, Vec<(String, String)>)> = document
            .root
            .children()
            .filter(|node| matches!(node.data().value, NodeValue::Paragraph))
            .filter_map(|node| {
                let source = document.text.get(document.range(node.data().sourcepos)?)?;
                Some((node, source.lines().map(definition).collect::<Option<_>>()?))
            })
            .take(MAX_COUNT)
            .collect();
        let mut count = 0;
        for (node, definitions) in definitions {
            node.detach();
            for (name, meaning) in definitions {
                let Some(first) = name.chars().next().filter(|_| count < MAX_COUNT) else { break };
                let alike = found.known.entry(first).or_default();
                if alike.len() < MAX_ALIKE && alike.iter().all(|(known, _)| *known != name) {
                    alike.push((name, meaning));
                    count += 1;
                }
            }
        }
        for alike in found.known.values_mut() {
            alike.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        }
        found
    }

    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// A text in pieces, each with its meaning if it is an abbreviation.
    pub(super) fn pieces<'t>(&self, text: &'t str) -> Vec<(&'t str, Option<&str>)> {
        let mut pieces = Vec::new();
        let (mut done, mut in_word) = (0, false);
        for (at, c) in text.char_indices() {
            let starts = !in_word && at >= done;
            in_word = c.is_alphanumeric();
            if !starts {
                continue;
            }
            let Some(alike) = self.known.get(&c) else { continue };
            let rest = text.get(at..).unwrap_or_default();
            let whole = |name: &str| {
                let after = rest.get(name.len()..).and_then(|after| after.chars().next());
                rest.starts_with(name)
                    && !(name.ends_with(char::is_alphanumeric) && after.is_some_and(char::is_alphanumeric))
            };
            if let Some((name, meaning)) = alike.iter().find(|(name, _)| whole(name)) {
                pieces.push((text.get(done..at).unwrap_or_default(), None));
                pieces.push((rest.get(..name.len()).unwrap_or_default(), Some(meaning.as_str())));
                done = at + name.len();
            }
        }
        pieces.push((text.get(done..).unwrap_or_default(), None));
        pieces
    }
}

/// Name and meaning of a line.
fn definition(line: &str) -> Option<(String, String)> {
    let (name, meaning) = line.trim().strip_prefix("*[")?.split_once("]:")?;
    let (name, meaning) = (name.trim(), meaning.trim());
    let fits = !name.is_empty() && !name.contains(['[', ']']) && name.len() <= MAX_NAME && meaning.len() <= MAX_MEANING;
    fits.then(|| (name.to_owned(), meaning.to_owned()))
}
