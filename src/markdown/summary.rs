use super::front_matter::front_matter;
use super::plain::plain;
use super::wikilink::LinkOrder;

/// Bytes of a page that are looked at.
const READ: usize = 8 << 10;
/// Longest summary, in characters.
const LONGEST: usize = 200;

/// The first words of a page on one line, for previews of links and search engines: the front
/// matter's `description` or `summary` if it has one, else its text without headings. Empty
/// when there are none.
#[must_use]
pub fn summary(text: &str, order: LinkOrder) -> String {
    let front = front_matter(text);
    if let Some(given) = ["description", "summary"].iter().find_map(|key| front.scalar(key)) {
        return shortened(given.split_whitespace());
    }
    let end = (0..=READ.min(front.body.len())).rev().find(|end| front.body.is_char_boundary(*end)).unwrap_or(0);
    let plain = plain(front.body.get(..end).unwrap_or_default(), order);
    let mut at = 0;
    let mut parts = Vec::new();
    for (_, heading) in &plain.headings {
        parts.push(plain.text.get(at..heading.start).unwrap_or_default());
        at = heading.end;
    }
    parts.push(plain.text.get(at..).unwrap_or_default());
    shortened(parts.iter().flat_map(|part| part.split_whitespace()))
}

/// Words up to the longest summary, with an ellipsis where it ends early.
fn shortened<'t>(words: impl Iterator<Item = &'t str>) -> String {
    let mut summary = String::new();
    let mut length = 0;
    for word in words {
        let letters = word.chars().count();
        if length + 1 + letters > LONGEST {
            if length == 0 {
                summary.extend(word.chars().take(LONGEST));
            }
            summary.push('…');
            break;
        }
        if length > 0 {
            summary.push(' ');
        }
        summary.push_str(word);
        length = length + letters + 1;
    }
    summary
}

#[cfg(test)]
mod tests {
    use super::LinkOrder;

    fn summary(text: &str) -> String {
        super::summary(text, LinkOrder::default())
    }

    #[test]
    fn a_summary_is_the_first_words_without_markup_and_headings() {
        assert_eq!(summary("# Meta\n\n**strong** [text](x).\n\n## More\n\nand more"), "strong text. and more");
        assert_eq!(summary("---\ntitle: x\ndescription: ' Given  here '\n---\nText"), "Given here");
        assert_eq!(summary("# Only a heading"), "");
        assert_eq!(summary(""), "");
        let long = summary(&"word ".repeat(5_000));
        assert!(long.ends_with("word…") && long.chars().count() <= 201, "{long}");
        assert_eq!(summary(&"\u{e9}".repeat(20_000)).chars().count(), 201);
    }
}
