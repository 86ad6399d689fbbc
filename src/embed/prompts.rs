//! What a model wants in front of a text, where its directory does not say it.

/// Put in front of a query and of a passage; empty for none. Each that is not ends with a space.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Prompts {
    pub(crate) query: String,
    pub(crate) passage: String,
}

/// The instruction of the English models of the bge, arctic-embed and mxbai families, from their model cards.
const ENGLISH_INSTRUCTION: &str = "Represent this sentence for searching relevant passages: ";
/// That of the Chinese models of the bge family, from their model cards.
const CHINESE_INSTRUCTION: &str = "为这个句子生成表示以用于检索相关文章：";

impl Prompts {
    /// What the family of a model wants that is called by one of `names`; nothing for those that are not known.
    pub(crate) fn of_family<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        let names: Vec<String> = names.map(str::to_lowercase).collect();
        let words: Vec<&str> = names.iter().flat_map(|name| name.split(|c: char| !c.is_ascii_alphanumeric())).collect();
        let has = |word: &str| words.contains(&word);
        let (query, passage) = if has("e5") {
            ("query: ", "passage: ")
        } else if has("bge") && has("zh") {
            (CHINESE_INSTRUCTION, "")
        } else if has("bge") || has("mxbai") || (has("arctic") && has("embed")) {
            (ENGLISH_INSTRUCTION, "")
        } else {
            ("", "")
        };
        Self { query: query.to_owned(), passage: passage.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_known_by_a_word_of_its_name() {
        let of = |name: &str| Prompts::of_family(name.split('/'));
        let both = |query: &str, passage: &str| Prompts { query: query.to_owned(), passage: passage.to_owned() };
        assert_eq!(of("intfloat/multilingual-e5-small"), both("query: ", "passage: "));
        assert_eq!(of("models--intfloat--e5-small-v2/snapshots/ab12"), both("query: ", "passage: "));
        assert_eq!(of("BAAI/bge-small-en-v1.5"), both(ENGLISH_INSTRUCTION, ""));
        assert_eq!(of("bge-small-zh-v1.5"), both(CHINESE_INSTRUCTION, ""));
        assert_eq!(of("Snowflake/snowflake-arctic-embed-xs"), both(ENGLISH_INSTRUCTION, ""));
        for none in ["all-MiniLM-L12-v2", "gte-small", "", "face5", "abgel"] {
            assert_eq!(of(none), Prompts::default(), "{none}");
        }
    }
}
