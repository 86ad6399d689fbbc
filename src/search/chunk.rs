use crate::markdown;
use crate::model::PagePath;
use std::ops::Range;
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chunk {
    pub index: usize,
    pub heading_path: Vec<String>,
    pub section: String,
    pub anchor: String,
    pub lines: Range<usize>,
    pub bytes: Range<usize>,
    pub text: String,
    pub prefix: usize,
    pub page_word_count: usize,
    pub total: usize,
}
impl Chunk {
    pub fn section_path(&self) -> &str {
        let prefix = self.text.get(..self.prefix).unwrap_or_default();
        prefix.strip_prefix('[').and_then(|rest| rest.strip_suffix("] ")).unwrap_or_default()
    }
}
pub fn chunks(path: &PagePath, text: &str, _count: &dyn Fn(&str) -> usize, _max: usize) -> Vec<Chunk> {
    let title = markdown::front_matter(text).title().unwrap_or_else(|| path.as_str().to_owned());
    let mut out: Vec<Chunk> = Vec::new();
    let (mut line, mut byte) = (1, 0);
    let mut open: Option<Chunk> = None;
    for l in text.split_inclusive('\n') {
        if l.starts_with('#') || open.is_none() {
            out.extend(open.take());
            let heads: Vec<String> = l.strip_prefix("# ").map(|h| h.trim().to_owned()).into_iter().collect();
            let p =
                format!("[{}] ", std::iter::once(title.clone()).chain(heads.clone()).collect::<Vec<_>>().join(" > "));
            open = Some(Chunk {
                index: out.len(),
                section: String::new(),
                anchor: heads.first().map(|h| h.to_lowercase()).unwrap_or_default(),
                heading_path: heads,
                lines: line..line,
                bytes: byte..byte,
                prefix: p.len(),
                text: p,
                page_word_count: markdown::word_count(text),
                total: 0,
            });
        }
        line += 1;
        byte += l.len();
        if let Some(c) = &mut open {
            if !l.starts_with('#') {
                c.text.push_str(l);
            }
            c.lines.end = line;
            c.bytes.end = byte;
        }
    }
    out.extend(open);
    let n = out.len();
    for c in &mut out {
        c.total = n;
    }
    out
}
