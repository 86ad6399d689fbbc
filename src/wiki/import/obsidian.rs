//! What Obsidian writes differently from this wiki, beside its links.

use std::ops::Range;

/// Kinds of callouts, and the alert that each becomes. Others become notes.
const CALLOUTS: &[(&str, &str)] = &[
    ("tip", "TIP"),
    ("hint", "TIP"),
    ("success", "TIP"),
    ("check", "TIP"),
    ("done", "TIP"),
    ("important", "IMPORTANT"),
    ("question", "IMPORTANT"),
    ("help", "IMPORTANT"),
    ("faq", "IMPORTANT"),
    ("warning", "WARNING"),
    ("caution", "WARNING"),
    ("attention", "WARNING"),
    ("bug", "CAUTION"),
    ("danger", "CAUTION"),
    ("error", "CAUTION"),
    ("failure", "CAUTION"),
    ("fail", "CAUTION"),
    ("missing", "CAUTION"),
];

/// What has to change in a page: callouts become alerts, `%%comments%%` HTML comments. Code stays.
pub(super) fn edits(text: &str) -> Vec<(Range<usize>, String)> {
    let mut edits = Vec::new();
    let mut fence: Option<String> = None;
    let mut comment: Option<usize> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let bare = line.trim_start_matches([' ', '\t', '>']);
        if comment.is_none()
            && let Some(mark) = fence_mark(bare)
        {
            match &fence {
                Some(open) if mark.starts_with(open.as_str()) => fence = None,
                Some(_) => {}
                None => fence = Some(mark.to_owned()),
            }
            continue;
        }
        if fence.is_some() {
            continue;
        }
        if let Some(edit) = callout(line) {
            edits.push((start + edit.0.start..start + edit.0.end, edit.1));
            continue;
        }
        for place in marks(line) {
            let place = start + place;
            match comment.take() {
                None => comment = Some(place),
                Some(open) => {
                    edits.push((open..open + 2, "<!--".to_owned()));
                    edits.push((place..place + 2, "-->".to_owned()));
                }
            }
        }
    }
    edits
}

/// The characters of a fence that opens or closes code.
fn fence_mark(line: &str) -> Option<&str> {
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = line.len() - line.trim_start_matches(mark).len();
    line.get(..length).filter(|_| length >= 3)
}

/// `> [!info]- Title` becomes `> [!NOTE] Title`.
fn callout(line: &str) -> Option<(Range<usize>, String)> {
    let bare = line.trim_start_matches([' ', '\t', '>']);
    let start = line.len() - bare.len();
    if !line.get(..start)?.contains('>') {
        return None;
    }
    let (kind, rest) = bare.strip_prefix("[!")?.split_once(']')?;
    if kind.is_empty() || kind.contains(['[', '`']) {
        return None;
    }
    let name = kind.split('|').next().unwrap_or_default().trim().to_lowercase();
    let folded = rest.starts_with(['-', '+']);
    let end = start + 2 + kind.len() + 1 + usize::from(folded);
    if matches!(name.as_str(), "quote" | "cite") {
        // A quotation is one already.
        return Some((start..end, String::new()));
    }
    let alert = CALLOUTS.iter().find(|(callout, _)| *callout == name).map_or("NOTE", |(_, alert)| alert);
    Some((start..end, format!("[!{alert}]")))
}

/// Where `%%` stands in a line, outside of `code`.
fn marks(line: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut in_code = false;
    let mut skip = 0;
    for (at, c) in line.char_indices() {
        if at < skip {
            continue;
        }
        if c == '`' {
            in_code = !in_code;
        } else if !in_code && line.get(at..).is_some_and(|rest| rest.starts_with("%%")) {
            found.push(at);
            skip = at + 2;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(text: &str) -> String {
        let mut text = text.to_owned();
        for (place, new) in edits(&text).into_iter().rev() {
            text.replace_range(place, &new);
        }
        text
    }

    #[test]
    fn callouts_become_alerts_and_comments_stay_hidden() {
        for (text, expected) in [
            ("> [!info] Read this\n> text\n", "> [!NOTE] Read this\n> text\n"),
            ("> [!tip]- Folded\n", "> [!TIP] Folded\n"),
            ("> > [!bug]+\n", "> > [!CAUTION]\n"),
            ("> [!quote] Ada\n> said\n", ">  Ada\n> said\n"),
            ("> [!unheard-of]\n", "> [!NOTE]\n"),
            ("[!tip] no quotation\n", "[!tip] no quotation\n"),
            ("a %%hidden%% b\n", "a <!--hidden--> b\n"),
            ("%%\nseveral\nlines\n%%\n", "<!--\nseveral\nlines\n-->\n"),
            ("`a %% b` and %% alone\n", "`a %% b` and %% alone\n"),
            ("```\n> [!info]\n%%x%%\n```\n", "```\n> [!info]\n%%x%%\n```\n"),
            ("````\n```\n%%x%%\n````\n%%y%%\n", "````\n```\n%%x%%\n````\n<!--y-->\n"),
        ] {
            assert_eq!(converted(text), expected, "{text}");
        }
    }
}
