//! Values separated by a character, as RFC 4180 has them: a value in quotes may hold the
//! separator, line breaks, and quotes written twice.

/// Most cells that are read of one file.
pub(super) const MAX_CELLS: usize = 50_000;
/// Most rows that are read of one file, the head included.
pub(super) const MAX_ROWS: usize = 5_001;

/// A table, and whether there is more of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Table {
    pub(super) rows: Vec<Vec<String>>,
    pub(super) cut: bool,
}

/// Reads a table. Rows need not be of one length; blank lines are no rows.
pub(super) fn read(text: &str, delimiter: char, quote: char) -> Table {
    let mut table = Table::default();
    let (mut row, mut value) = (Vec::new(), String::new());
    let (mut quoted, mut begun, mut cells) = (false, false, 0);
    let mut rest = text.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(c) = rest.next() {
        if quoted {
            if c != quote {
                value.push(c);
            } else if rest.peek() == Some(&quote) {
                value.extend(rest.next());
            } else {
                quoted = false;
            }
            continue;
        }
        if c == quote && value.is_empty() {
            (quoted, begun) = (true, true);
        } else if c == delimiter {
            row.push(std::mem::take(&mut value));
            cells += 1;
            begun = true;
        } else if matches!(c, '\n' | '\r') {
            if begun || !value.is_empty() {
                row.push(std::mem::take(&mut value));
                cells += 1;
                table.rows.push(std::mem::take(&mut row));
            }
            begun = false;
            if table.rows.len() >= MAX_ROWS {
                table.cut = rest.any(|c| !c.is_whitespace());
                return table;
            }
        } else {
            value.push(c);
        }
        if cells >= MAX_CELLS {
            table.cut = true;
            return table;
        }
    }
    if begun || !value.is_empty() {
        row.push(value);
        table.rows.push(row);
    }
    table
}

/// The character that separates values, by the first line: the most frequent of those in use.
pub(super) fn delimiter(text: &str) -> char {
    let line = text.trim_start_matches(['\u{feff}', '\n', '\r']).lines().next().unwrap_or_default();
    let count = |wanted: char| line.chars().filter(|c| *c == wanted).count();
    // Of equally frequent ones, the last wins.
    ['|', ',', '\t', ';'].into_iter().filter(|c| count(*c) > 0).max_by_key(|c| count(*c)).unwrap_or(';')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        read(text, ';', '"').rows
    }

    #[test]
    fn quotes_hold_separators_and_line_breaks() {
        assert_eq!(rows("a;\"b;\"\"c\"\"\n d\";e\r\n\r\nf;;"), [vec!["a", "b;\"c\"\n d", "e"], vec!["f", "", ""]]);
        assert_eq!(rows("\u{feff}a\n\"\"\nb\"c"), [["a"], [""], ["b\"c"]]);
        assert_eq!(rows(""), Vec::<Vec<String>>::new());
        assert_eq!(rows("\"open;\n"), [["open;\n"]]);
    }

    #[test]
    fn the_separator_is_guessed_from_the_first_line() {
        for (text, expected) in
            [("a,b;c\n;;;", ';'), ("a,b,c;d", ','), ("a\tb", '\t'), ("a", ';'), ("\n\na|b", '|'), ("", ';')]
        {
            assert_eq!(delimiter(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_large_table_is_cut() {
        let table = read(&"a;b\n".repeat(10_000), ';', '"');
        assert_eq!((table.rows.len(), table.cut), (MAX_ROWS, true));
        let wide = read(&";".repeat(200_000), ';', '"');
        assert!(wide.cut && wide.rows.is_empty());
        let exact = read(&"a\n".repeat(MAX_ROWS), ';', '"');
        assert_eq!((exact.rows.len(), exact.cut), (MAX_ROWS, false));
    }
}
