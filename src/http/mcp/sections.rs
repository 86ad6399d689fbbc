/// Sections listed when one is not found.
const MOST_LISTED: usize = 200;

/// The text of a failed lookup.
pub(super) fn not_found(query: &str, available: &[String]) -> String {
    if available.is_empty() {
        return format!("Section not found: '{query}'. This page has no sections.");
    }
    let mut text = format!("Section not found: '{query}'. Available sections:");
    for path in available.iter().take(MOST_LISTED) {
        text.push_str("\n  - ");
        text.push_str(path);
    }
    if available.len() > MOST_LISTED {
        text.push_str(&format!("\n  (and {} more)", available.len() - MOST_LISTED));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_lookup_lists_what_there_is() {
        assert_eq!(not_found("x", &[]), "Section not found: 'x'. This page has no sections.");
        assert_eq!(
            not_found("x", &["A".to_owned(), "A > B".to_owned()]),
            "Section not found: 'x'. Available sections:\n  - A\n  - A > B"
        );
    }
}
