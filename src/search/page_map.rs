//! Where in a page's text its words and sections are: stored beside the text, so that an
//! excerpt is found from the positions that tantivy knows, without reading the text.

use std::ops::Range;

use tantivy::tokenizer::{TextAnalyzer, TokenStream};

use super::SectionRef;

/// After so many words the place of the next one is written down.
pub(super) const STRIDE: usize = 64;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PageMap {
    /// Where in the text, in bytes, every 64th word starts.
    places: Vec<usize>,
    sections: Vec<StoredSection>,
    /// Lines of the file.
    lines: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StoredSection {
    pub(super) level: u8,
    pub(super) title: String,
    pub(super) anchor: String,
    /// Of the heading in the file, counted from 1.
    pub(super) line: usize,
    /// The number of its first word in the text.
    pub(super) word: usize,
}

impl PageMap {
    /// `starts` says where in the text the headings are.
    pub(super) fn new(
        text: &str,
        mut sections: Vec<StoredSection>,
        starts: &[usize],
        lines: usize,
        words: &mut TextAnalyzer,
    ) -> Self {
        let mut places = Vec::new();
        let mut next = 0;
        let mut word = 0;
        let mut stream = words.token_stream(text);
        while stream.advance() {
            let at = stream.token().offset_from;
            if word % STRIDE == 0 {
                places.push(at);
            }
            while starts.get(next).is_some_and(|start| *start <= at) {
                if let Some(section) = sections.get_mut(next) {
                    section.word = word;
                }
                next += 1;
            }
            word += 1;
        }
        for section in sections.iter_mut().skip(next) {
            section.word = word;
        }
        Self { places, sections, lines }
    }

    /// The bytes of the text in which these words are, and up to 64 more on both sides.
    pub(super) fn around(&self, words: Range<usize>, text: &str) -> Range<usize> {
        let first = (words.start / STRIDE).saturating_sub(1);
        let last = words.end / STRIDE + 2;
        let place = |at: usize| self.places.get(at).copied();
        let start = if first == 0 { 0 } else { place(first).unwrap_or_default() };
        start..place(last).unwrap_or(text.len())
    }

    /// The number of the first word that [`Self::around`] these words begins with.
    pub(super) fn first_around(&self, word: usize) -> usize {
        (word / STRIDE).saturating_sub(1) * STRIDE
    }

    /// The section that a word is in; none before the first heading.
    pub(super) fn section_at(&self, word: usize) -> Option<usize> {
        self.sections.partition_point(|section| section.word <= word).checked_sub(1)
    }

    /// A section by its number: its own text, without the sections below it.
    pub(super) fn section(&self, number: usize) -> Option<SectionRef> {
        let own = self.sections.get(number)?;
        let mut titles = vec![own.title.clone()];
        let mut level = own.level;
        for above in self.sections.get(..number)?.iter().rev() {
            if above.level < level {
                level = above.level;
                titles.push(above.title.clone());
            }
        }
        titles.reverse();
        let end = self.sections.get(number + 1).map_or(self.lines + 1, |next| next.line);
        Some(SectionRef { titles, anchor: own.anchor.clone(), lines: own.line..end.max(own.line + 1) })
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.places.len() * 2 + self.sections.len() * 40 + 8);
        push(&mut bytes, self.lines);
        push(&mut bytes, self.places.len());
        let mut before = 0;
        for place in &self.places {
            push(&mut bytes, place.saturating_sub(before));
            before = *place;
        }
        push(&mut bytes, self.sections.len());
        for section in &self.sections {
            bytes.push(section.level);
            push(&mut bytes, section.line);
            push(&mut bytes, section.word);
            for text in [&section.title, &section.anchor] {
                push(&mut bytes, text.len());
                bytes.extend_from_slice(text.as_bytes());
            }
        }
        bytes
    }

    /// None when the bytes are not those of [`Self::encode`].
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let lines = take(&mut rest)?;
        let count = take(&mut rest)?;
        let mut places = Vec::with_capacity(count.min(rest.len()));
        let mut place = 0_usize;
        for _ in 0..count {
            place = place.checked_add(take(&mut rest)?)?;
            places.push(place);
        }
        let count = take(&mut rest)?;
        let mut sections = Vec::with_capacity(count.min(rest.len()));
        for _ in 0..count {
            let (level, after) = rest.split_first()?;
            rest = after;
            let (line, word) = (take(&mut rest)?, take(&mut rest)?);
            let (title, anchor) = (take_text(&mut rest)?, take_text(&mut rest)?);
            sections.push(StoredSection { level: *level, title, anchor, line, word });
        }
        rest.is_empty().then_some(Self { places, sections, lines })
    }
}

/// Seven bits a byte, the lowest first; all but the last have the eighth.
fn push(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Option<usize> {
    let mut number = 0_usize;
    for shift in (0..usize::BITS).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= usize::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn take_text(bytes: &mut &[u8]) -> Option<String> {
    let length = take(bytes)?;
    let (text, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    std::str::from_utf8(text).ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::super::page::IndexedPage;
    use super::*;
    use crate::model::{LinkOrder, PagePath};

    fn map_of(text: &str) -> PageMap {
        IndexedPage::read(&PagePath::parse("P").unwrap(), text, LinkOrder::default()).map
    }

    #[test]
    fn words_are_in_the_sections_of_their_headings() {
        let map = map_of("---\na: b\n---\nbefore it\n\n# One\n\ntwo three\n\n## Deep *er*\n\nfour\n\n# Two\n");
        assert_eq!(
            [0, 1, 2, 4, 5, 7, 8].map(|word| map.section_at(word)),
            [None, None, Some(0), Some(0), Some(1), Some(1), Some(2)]
        );
        let section = map.section(1).unwrap();
        assert_eq!(
            (section.titles.join(" > "), section.anchor.as_str(), section.lines),
            ("One > Deep er".to_owned(), "deep-er", 10..14)
        );
        assert_eq!(map.section(2).unwrap().lines, 14..15);
        assert_eq!(map.section(3), None);
    }

    #[test]
    fn what_is_stored_comes_back_and_damage_does_not() {
        let text =
            format!("# T\u{e9} \u{65}\u{301}\n\n{}\n\n## \u{6771}\n\n{}", "word ".repeat(1_000), "w ".repeat(70));
        let map = map_of(&text);
        let bytes = map.encode();
        assert_eq!(PageMap::decode(&bytes), Some(map.clone()));
        for cut in 0..bytes.len() {
            assert_eq!(PageMap::decode(&bytes[..cut]), None, "{cut}");
        }
        assert_eq!(PageMap::decode(&[0xff; 40]), None);
        let page = IndexedPage::read(&PagePath::parse("P").unwrap(), &text, LinkOrder::default());
        let range = map.around(640..641, &page.body);
        assert!(page.body[range.clone()].split_whitespace().count() <= 3 * STRIDE && range.start > 0);
        assert_eq!(map.first_around(640), 576);
    }
}
