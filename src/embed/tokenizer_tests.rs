//! The fast path against `tokenizers`, and what both are bounded by.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // a test may stop at a surprise

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// A `tokenizer.json` as models of BERT's family have it, with a vocabulary that cuts most Latin words.
fn bert(lowercase: bool, strip_accents: &Value, clean: bool, more: &[&str]) -> Vec<u8> {
    let mut pieces: Vec<String> = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map(str::to_owned).to_vec();
    for c in ('a'..='y').chain('A'..='F').chain('0'..='9').chain("éàüßñøæλпи한가ヤ京野!,.#[]ªſ\u{1100}\u{1161}".chars())
    {
        pieces.push(c.to_string());
        pieces.push(format!("##{c}"));
    }
    pieces
        .extend(["the", "##ing", "embed", "##ding", "wiki", "##s", "naive", "over", "##view", "##"].map(str::to_owned));
    pieces.extend(more.iter().map(|piece| (*piece).to_owned()));
    let vocab: serde_json::Map<String, Value> =
        pieces.iter().enumerate().map(|(id, piece)| (piece.clone(), json!(id))).collect();
    let special = |id: u32, content: &str| {
        json!({"id": id, "special": true, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
               "normalized": false})
    };
    json!({
        "version": "1.0",
        "truncation": {"max_length": 16, "strategy": "LongestFirst", "stride": 0},
        "padding": {"strategy": {"Fixed": 32}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
                    "pad_type_id": 0, "pad_token": "[PAD]"},
        "added_tokens": [special(0, "[PAD]"), special(1, "[UNK]"), special(2, "[CLS]"), special(3, "[SEP]")],
        "normalizer": {"type": "BertNormalizer", "clean_text": clean, "handle_chinese_chars": true,
                       "strip_accents": strip_accents, "lowercase": lowercase},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
        "decoder": null,
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": vocab},
    })
    .to_string()
    .into_bytes()
}

/// What `tokenizers` makes of a text: everything, framed.
fn reference(json: &[u8]) -> Crate {
    let mut reference = Crate::from_bytes(json).unwrap();
    reference.with_padding(None);
    reference.with_truncation(None).unwrap();
    reference.set_encode_special_tokens(true);
    reference
}

fn fast(json: &[u8]) -> Tokenizer {
    let tokenizer = Tokenizer::from_json(json, 1 << 20, false).unwrap();
    assert!(matches!(tokenizer.cutter, Cutter::WordPiece(_)));
    tokenizer
}

static BOTH: LazyLock<(Tokenizer, Crate)> = LazyLock::new(|| {
    let json = bert(true, &Value::Null, true, &[]);
    (fast(&json), reference(&json))
});

/// Texts that are hard for one reason each.
const HARD: &[&str] = &[
    "",
    " ",
    "\u{0}\u{1}\u{7f}\u{80}",
    "The naïve café, embeddings!",
    "THE Wiki's Overview\u{2014}a\u{00A0}b\u{3000}c\u{2028}d\u{85}e\u{b}f\u{c}g",
    "a\u{200b}b\u{200d}c\u{feff}d\u{e000}e\u{fffd}f\u{ad}g",
    "[CLS] the [SEP] [MASK] ##ing ##",
    "京都の野球 ヤヤ 한글 가나 \u{F900}\u{FA1F}\u{2F800}\u{20000}\u{2CEAF}",
    "e\u{301}e\u{327}\u{301} \u{301}e a\u{302e}\u{302f}\u{301}b \u{1D15E}\u{1D165}\u{1D16D}",
    "İstanbul ISTANBUL ıstanbul ẞ ß ﬁ Ω \u{212A} \u{212B} ſ Σίσυφος ΣΙΣΥΦΟΣ",
    "\u{37e}\u{387}\u{1fef}\u{2329}\u{232a} ¿¡«»„“ `^$+=|~<>",
    "\u{1F600}\u{1F469}\u{200D}\u{1F680} \u{10FFFF} \u{E0001} \u{0378}",
    "\u{0958}\u{0f43}\u{0f73}\u{0344}\u{1f71} \u{2000}\u{2001} \u{180e}x",
];

fn long_texts() -> Vec<String> {
    let mut texts = vec!["e\u{301}\u{327}".repeat(200), "naïve café ".repeat(300)];
    for length in [99, 100, 101, 128, 129, 1000] {
        texts.push("a".repeat(length));
        texts.push(format!("the {} the", "é".repeat(length)));
        texts.push("z".repeat(length));
        texts.push("a\u{302e}".repeat(length / 2));
    }
    texts
}

#[test]
fn the_fast_path_cuts_as_tokenizers_does() {
    for (lowercase, strip) in [(true, Value::Null), (false, Value::Null), (true, json!(false)), (false, json!(true))] {
        for clean in [true, false] {
            let json = bert(lowercase, &strip, clean, &[]);
            let (fast, reference) = (fast(&json), reference(&json));
            let texts = HARD.iter().map(|text| (*text).to_owned()).chain(long_texts());
            for text in texts {
                let wanted = reference.encode_fast(text.as_str(), true).unwrap();
                assert_eq!(fast.encode("", &text).unwrap(), wanted.get_ids(), "{text:?} {lowercase} {strip} {clean}");
                assert_eq!(fast.count(&text) + 2, wanted.len(), "{text:?}");
            }
        }
    }
}

/// Every character there is, between two letters.
#[test]
fn the_fast_path_treats_every_character_as_tokenizers_does() {
    let (fast, reference) = &*BOTH;
    let all: Vec<char> = ('\u{0}'..='\u{323af}').chain('\u{e0000}'..='\u{e01ff}').collect();
    for some in all.chunks(512) {
        let text: String = some.iter().flat_map(|c| ['a', *c, 'b', ' ']).collect();
        let wanted = reference.encode_fast(text.as_str(), true).unwrap();
        assert_eq!(fast.encode("", &text).unwrap(), wanted.get_ids(), "U+{:04X} and after", some[0] as u32);
    }
}

proptest! {
    #[test]
    fn any_text_is_cut_as_tokenizers_does(
        text in proptest::collection::vec(
            prop_oneof![
                4 => "[a-z ]{1,12}",
                2 => any::<char>().prop_map(String::from),
                1 => proptest::sample::select(HARD).prop_map(str::to_owned),
                1 => "[\u{300}-\u{36f}\u{302a}-\u{302f}\u{1d165}-\u{1d172}]{1,4}",
                1 => "[A-Z0-9#.,!\\[\\]\\-']{1,8}",
            ],
            0..40,
        ).prop_map(|parts| parts.concat())
    ) {
        let (fast, reference) = &*BOTH;
        let wanted = reference.encode_fast(text.as_str(), true).unwrap();
        prop_assert_eq!(fast.encode("", &text).unwrap(), wanted.get_ids());
    }
}

#[test]
fn a_vocabulary_with_marks_that_stay_is_left_to_tokenizers() {
    let json = bert(true, &Value::Null, true, &["a\u{302e}"]);
    assert!(matches!(Tokenizer::from_json(&json, 64, false).unwrap().cutter, Cutter::General { .. }));
}

#[test]
fn long_texts_lose_their_end_and_keep_their_frame() {
    let json = bert(true, &Value::Null, true, &[]);
    let (short, whole) = (Tokenizer::from_json(&json, 8, false).unwrap(), fast(&json));
    let text = "the wiki's overview, embedding naive cafés";
    let all = whole.encode("", text).unwrap();
    let cut = short.encode("", text).unwrap();
    assert_eq!(cut.len(), 8);
    assert_eq!(cut[..7], all[..7]);
    assert_eq!(cut[7], 3);
    let prefixed = short.encode("the: ", text).unwrap();
    assert_eq!(
        prefixed,
        whole.encode("", &format!("the: {text}")).unwrap()[..7].iter().copied().chain([3]).collect::<Vec<_>>()
    );
    assert!(Tokenizer::from_json(&json, 2, false).is_err());
}

/// As multilingual models of BERT's architecture have it: a Unigram model over words that begin with a mark.
fn unigram() -> Vec<u8> {
    let mut vocab = vec![json!(["<s>", 0.0]), json!(["<pad>", 0.0]), json!(["</s>", 0.0]), json!(["<unk>", 0.0])];
    for piece in ["\u{2581}", "\u{2581}wiki", "s", "\u{2581}the", "e", "t", "h", "w", "i", "k", "\u{2581}query", ":"] {
        vocab.push(json!([piece, -(piece.len() as f64)]));
    }
    let special = |id: u32, content: &str| {
        json!({"id": id, "special": true, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
               "normalized": false})
    };
    json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [special(0, "<s>"), special(1, "<pad>"), special(2, "</s>"), special(3, "<unk>")],
        "normalizer": null,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "WhitespaceSplit"}, {"type": "Metaspace", "replacement": "\u{2581}", "prepend_scheme": "always", "split": true}]},
        "post_processor": {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                       {"SpecialToken": {"id": "</s>", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]},
                               "</s>": {"id": "</s>", "ids": [2], "tokens": ["</s>"]}}},
        "decoder": null,
        "model": {"type": "Unigram", "unk_id": 3, "vocab": vocab, "byte_fallback": false},
    })
    .to_string()
    .into_bytes()
}

#[test]
fn other_tokenizers_are_used_in_parts_that_join_without_a_seam() {
    let json = unigram();
    let tokenizer = Tokenizer::from_json(&json, 40, false).unwrap();
    assert!(matches!(tokenizer.cutter, Cutter::General { .. }));
    let text = "the wikis   the\n wiki ".repeat(2000);
    let wanted = reference(&json).encode_fast(text.as_str(), true).unwrap();
    let wanted = wanted.get_ids();
    assert_eq!(tokenizer.count(&text) + 2, wanted.len());
    let ids = tokenizer.encode("", &text).unwrap();
    assert_eq!(ids.len(), 40);
    assert_eq!(ids[..39], wanted[..39]);
    assert_eq!(ids[39], 2);
    let together = reference(&json).encode_fast("query: wiki", true).unwrap();
    assert_eq!(tokenizer.encode("query: ", "wiki").unwrap(), together.get_ids());
}

#[test]
fn a_hostile_text_costs_what_is_read_of_it() {
    let hostile =
        [" ", "a", "\u{0}", "\u{301}", "the ", "\u{302e}", "野"].map(|text| text.repeat((16 << 20) / text.len()));
    let started = std::time::Instant::now();
    let fast = Tokenizer::from_json(&bert(true, &Value::Null, true, &[]), 256, false).unwrap();
    let general = Tokenizer::from_json(&unigram(), 256, false).unwrap();
    for text in &hostile {
        assert!(fast.encode("", text).unwrap().len() <= 256);
        assert!(general.encode("", text).unwrap().len() <= 256);
    }
    // `tokenizers` alone takes five seconds and two gigabytes for each.
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
    assert_eq!(fast.count(&hostile[1]), 1);
    assert_eq!(fast.count(&hostile[4]), (16 << 20) / 4);
}

#[test]
fn what_is_no_tokenizer_is_refused() {
    for json in [&b""[..], b"{}", b"[1]", b"{\"model\":{\"type\":\"WordPiece\"}}", &[0xff; 40]] {
        assert!(Tokenizer::from_json(json, 64, false).unwrap_err().starts_with("not a tokenizer: "));
    }
}
