//! Finds the lines of embeddings, for `blocks`.

use std::ops::Range;

use super::blocks::{Fence, Mark, Prefix, Role, Scanner};
use super::embedding::{self, Kind, MAX_OPTIONS, Setting};

/// An embedding that has not been closed.
pub(super) struct OpenEmbedding {
    kind: Kind,
    /// The number of the mark that opens it.
    mark: usize,
    /// How many quotes it stands in.
    quotes: usize,
    /// Whether only options have come.
    in_options: bool,
    /// The sign of the code that is open in it, and how often it is repeated.
    code: Option<(char, usize)>,
}

impl Scanner<'_> {
    /// Marks what a line says of an embedding; whether it says something.
    pub(super) fn embedding(&mut self, number: usize, prefix: &Prefix, rest: &str, indented: bool) -> bool {
        let quotes = prefix.quotes.len();
        while let Some(left) = self.open.pop_if(|open| open.quotes > quotes) {
            self.unclosed.push(left.mark);
        }
        let place = prefix.text..prefix.text + rest.len();
        if let Some(open) = self.open.last_mut().filter(|open| open.quotes == quotes) {
            if open.in_code(rest) {
                return false;
            }
            if open.in_options && rest.trim().is_empty() {
                return true;
            }
            let line = if open.in_options { embedding::option_line(rest) } else { None };
            open.in_options = line.is_some();
            if let Some(line) = line {
                let (kind, mark) = (open.kind, open.mark);
                return self.options(number, place, kind, mark, line.settings, line.closes);
            }
            if rest.trim() == "}}" {
                self.open.pop();
                self.mark(number, place, Role::Close(Fence::Braces));
                return true;
            }
        }
        if !indented && let Some((mut embedding, closes)) = embedding::opening(rest) {
            let kind = embedding.kind;
            let settings = std::mem::take(&mut embedding.options);
            let mark = self.marks.len();
            let role = Role::Embed { embedding: Box::new(embedding), shown: None, closes };
            self.with_value(number, place, kind, role, &settings);
            self.add(mark, mark, number, prefix.text, settings);
            if !closes {
                self.open.push(OpenEmbedding { kind, mark, quotes, in_options: true, code: None });
            }
            return true;
        }
        if let Some(at) = embedding::closing(rest)
            && let Some(open) = self.open.pop_if(|open| open.quotes == quotes)
        {
            let opened = self.marks.get(open.mark).map_or(0, |mark| mark.line);
            let end = prefix.text + rest.trim_end().len();
            self.mark(number, prefix.text + at..end, Role::Tail(opened));
            return true;
        }
        false
    }

    /// Marks a line of options and gives them to the embedding that the mark `owner` opens.
    fn options(
        &mut self,
        number: usize,
        place: Range<usize>,
        kind: Kind,
        owner: usize,
        settings: Vec<Setting>,
        closes: bool,
    ) -> bool {
        let already = match self.marks.get(owner).map(|mark| &mark.role) {
            Some(Role::Embed { embedding, .. }) => embedding.options.len(),
            _ => 0,
        };
        if already + settings.len() > MAX_OPTIONS {
            return false;
        }
        let mark = self.marks.len();
        let start = place.start;
        self.with_value(number, place, kind, Role::Options { shown: None, closes }, &settings);
        self.add(mark, owner, number, start, settings);
        if closes {
            self.open.pop();
        }
        true
    }

    /// Masks a line but for the value of one option, which the parser reads as a heading's text.
    fn with_value(&mut self, number: usize, place: Range<usize>, kind: Kind, role: Role, settings: &[Setting]) {
        let rest = self.text(number).get(place.clone()).unwrap_or_default();
        let shown = embedding::parsed_value(kind, rest, settings);
        let mut role = role;
        if let Role::Embed { shown: slot, .. } | Role::Options { shown: slot, .. } = &mut role {
            *slot = shown;
        }
        let Some(setting) = shown.and_then(|index| settings.get(index)) else {
            self.mark(number, place, role);
            return;
        };
        let value = place.start + setting.place.start..place.start + setting.place.end;
        self.mark(number, place.start..value.start, role);
        if value.end < place.end {
            self.mark(number, value.end..place.end, Role::Blank);
        }
    }

    /// Gives options to the embedding that the mark `owner` opens; those of the line that the
    /// mark `line` stands for, which begins at `start`.
    fn add(&mut self, line: usize, owner: usize, number: usize, start: usize, settings: Vec<Setting>) {
        let offset = self.lines.get(number).copied().unwrap_or_default() + start;
        let Some(Mark { role: Role::Embed { embedding, .. }, .. }) = self.marks.get_mut(owner) else { return };
        let already = embedding.options.len();
        embedding.options.extend(settings.into_iter().map(|mut setting| {
            setting.place = setting.place.start + offset..setting.place.end + offset;
            setting
        }));
        if let Some(Mark { role: Role::Embed { shown, .. } | Role::Options { shown, .. }, .. }) =
            self.marks.get_mut(line)
        {
            *shown = shown.map(|index| index + already);
        }
    }

    /// The marks, without those of embeddings that nothing closes: these are text.
    pub(super) fn closed(mut self) -> Vec<Mark> {
        self.unclosed.extend(self.open.iter().map(|open| open.mark));
        if self.unclosed.is_empty() {
            return self.marks;
        }
        self.unclosed.sort_unstable();
        let mut closed = Vec::with_capacity(self.marks.len());
        // What number each mark has in the end.
        let mut numbers = Vec::with_capacity(self.marks.len());
        let mut text = false;
        for (number, mut mark) in self.marks.into_iter().enumerate() {
            numbers.push(closed.len());
            // Options and blanks belong to the embedding that was opened last.
            let stays = match &mut mark.role {
                Role::Embed { .. } => {
                    text = self.unclosed.binary_search(&number).is_ok();
                    !text
                }
                Role::Options { .. } | Role::Blank => !text,
                Role::Inside(of) => {
                    *of = numbers.get(*of).copied().unwrap_or(usize::MAX);
                    true
                }
                _ => true,
            };
            if stays {
                closed.push(mark);
            }
        }
        closed
    }
}

impl OpenEmbedding {
    /// Whether a line begins, ends, or is code.
    fn in_code(&mut self, line: &str) -> bool {
        let sign = line.chars().next().unwrap_or_default();
        let count = if matches!(sign, '`' | '~') { line.chars().take_while(|c| *c == sign).count() } else { 0 };
        match self.code {
            Some((open, least)) => {
                if sign == open && count >= least && line.trim_end().chars().count() == count {
                    self.code = None;
                }
                true
            }
            None if count >= 3 => {
                (self.code, self.in_options) = (Some((sign, count)), false);
                true
            }
            None => false,
        }
    }
}
