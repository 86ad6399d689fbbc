//! BERT's WordPiece, as `tokenizers` does it, at some thirty times its speed and without memory that
//! grows with the text: one pass over the characters, one word at a time.
//!
//! Which characters are dropped, split off or decomposed is decided by the crates that `tokenizers`
//! asks, so that both agree on every text; the tests compare them.

use unicode_categories::UnicodeCategories as _;
use unicode_normalization_alignments::char::{canonical_combining_class, decompose_canonical};

/// What a piece that does not begin a word is written with in a vocabulary.
pub(crate) const CONTINUES: &str = "##";

/// The most characters that the words of a model may have; BERT's have 100.
const LONGEST_WORD: usize = 128;

/// The `BertNormalizer` of a tokenizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Normalization {
    /// Control characters are dropped, and every white space is a space.
    pub(crate) clean: bool,
    /// Each Chinese character is a word.
    pub(crate) split_chinese: bool,
    pub(crate) strip_accents: bool,
    pub(crate) lowercase: bool,
}

/// How a model's vocabulary cuts words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WordPiece {
    normalization: Normalization,
    pieces: Pieces,
    /// The piece that stands for a word that cannot be cut.
    unknown: u32,
    /// Longer words are unknown, in characters.
    longest_word: usize,
}

impl WordPiece {
    /// `vocabulary` has each piece once, with its number.
    ///
    /// None when `unknown` is not in the vocabulary, when words are longer than any model's, or when the vocabulary has a combining character that
    /// stays in a text: the order of those would have to be put right first, which no known model needs.
    pub(crate) fn new<'v>(
        vocabulary: impl Iterator<Item = (&'v str, u32)> + Clone,
        unknown: &str,
        longest_word: usize,
        normalization: Normalization,
    ) -> Option<Self> {
        let reordered = |c: char| canonical_combining_class(c) != 0 && !c.is_mark_nonspacing();
        if normalization.strip_accents && vocabulary.clone().any(|(piece, _)| piece.chars().any(reordered)) {
            return None;
        }
        if longest_word > LONGEST_WORD {
            return None;
        }
        let unknown = vocabulary.clone().find(|(piece, _)| *piece == unknown)?.1;
        Some(Self { normalization, pieces: Pieces::new(vocabulary)?, unknown, longest_word })
    }

    pub(crate) fn normalization(&self) -> Normalization {
        self.normalization
    }

    /// The largest number that a token may have.
    pub(crate) fn largest_token(&self) -> u32 {
        self.pieces.slots.iter().map(|slot| slot.id).max().unwrap_or(0).max(self.unknown)
    }

    /// Hands each token of `text` to `token`, until that says stop.
    pub(crate) fn tokens(&self, text: &str, token: &mut dyn FnMut(u32) -> bool) {
        let mut word = Word { pieces: self, text: String::new(), length: 0, token, going: true };
        for character in text.chars() {
            if character.is_ascii() {
                self.ascii(character as u8, &mut word);
            } else {
                self.other(character, &mut word);
            }
            if !word.going {
                return;
            }
        }
        word.end();
    }

    #[inline]
    fn ascii(&self, byte: u8, word: &mut Word<'_>) {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' => word.push(char::from(byte)),
            b'A'..=b'Z' if self.normalization.lowercase => word.push(char::from(byte.to_ascii_lowercase())),
            b'A'..=b'Z' => word.push(char::from(byte)),
            b' ' | b'\t' | b'\n' | b'\r' => word.end(),
            _ if byte.is_ascii_control() => {
                if !self.normalization.clean {
                    word.character(char::from(byte));
                }
            }
            _ => word.alone(char::from(byte)),
        }
    }

    /// Everything but ASCII, in the steps that the normalizer and the splitter of BERT have.
    #[inline(never)]
    fn other(&self, character: char, word: &mut Word<'_>) {
        let Normalization { clean, split_chinese, strip_accents, lowercase } = self.normalization;
        let dropped = |c: char| {
            c == char::REPLACEMENT_CHARACTER || c.is_other_control() || c.is_other_format() || c.is_other_private_use()
        };
        if clean && dropped(character) {
            return;
        }
        if character.is_whitespace() {
            return word.end();
        }
        let chinese = split_chinese && is_chinese(character);
        if chinese {
            word.end();
        }
        let mut put = |c: char| {
            if lowercase {
                c.to_lowercase().for_each(|c| word.character(c));
            } else {
                word.character(c);
            }
        };
        if strip_accents {
            decompose_canonical(character, |c| {
                if !c.is_mark_nonspacing() {
                    put(c);
                }
            });
        } else {
            put(character);
        }
        if chinese {
            word.end();
        }
    }

    /// The pieces of a word, handed to `token` until that says stop; the answer is its last.
    fn cut(&self, word: &str, token: &mut dyn FnMut(u32) -> bool) -> bool {
        let mut found = [0_u32; LONGEST_WORD];
        let mut count = 0;
        let mut rest = word.as_bytes();
        while !rest.is_empty() {
            let (Some((id, length)), Some(slot)) = (self.pieces.longest(rest, count > 0), found.get_mut(count)) else {
                return token(self.unknown);
            };
            *slot = id;
            count += 1;
            rest = rest.get(length..).unwrap_or_default();
        }
        found.iter().take(count).all(|id| token(*id))
    }
}

/// The word that is being read.
struct Word<'w> {
    pieces: &'w WordPiece,
    text: String,
    /// Characters, those included that are not kept because the word is too long.
    length: usize,
    token: &'w mut dyn FnMut(u32) -> bool,
    going: bool,
}

impl Word<'_> {
    #[inline]
    fn push(&mut self, character: char) {
        self.length += 1;
        if self.length <= self.pieces.longest_word {
            self.text.push(character);
        }
    }

    /// One character after normalization.
    fn character(&mut self, character: char) {
        if character.is_whitespace() {
            self.end();
        } else if character.is_ascii_punctuation() || character.is_punctuation() {
            self.alone(character);
        } else {
            self.push(character);
        }
    }

    /// A character that is a word of its own.
    fn alone(&mut self, character: char) {
        self.end();
        self.push(character);
        self.end();
    }

    fn end(&mut self) {
        if self.length > 0 && self.going {
            self.going = if self.length > self.pieces.longest_word {
                (self.token)(self.pieces.unknown)
            } else {
                self.pieces.cut(&self.text, self.token)
            };
        }
        self.text.clear();
        self.length = 0;
    }
}

/// The blocks of CJK ideographs, as the original BERT lists them.
fn is_chinese(character: char) -> bool {
    matches!(character,
        '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{20000}'..='\u{2A6DF}' | '\u{2A700}'..='\u{2B73F}'
        | '\u{2B740}'..='\u{2B81F}' | '\u{2B920}'..='\u{2CEAF}' | '\u{F900}'..='\u{FAFF}' | '\u{2F800}'..='\u{2FA1F}')
}

/// A hash table from the bytes of a piece to its number.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pieces {
    slots: Vec<Slot>,
    bytes: Vec<u8>,
    /// Of a piece, in bytes.
    longest: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Slot {
    /// In `bytes`.
    start: u32,
    /// 0 in a free slot.
    length: u16,
    continues: bool,
    id: u32,
}

/// Where the hash of a piece begins.
fn seed(continues: bool) -> u64 {
    if continues { 0xC2B2_AE3D_27D4_EB4F } else { 0x9E37_79B9_7F4A_7C15 }
}

fn mix(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3).rotate_left(23)
}

impl Pieces {
    /// None when a piece has more than 255 bytes, or there are more than fit.
    fn new<'v>(vocabulary: impl Iterator<Item = (&'v str, u32)> + Clone) -> Option<Self> {
        let size = (vocabulary.clone().count().max(8) * 2).checked_next_power_of_two()?;
        let mut pieces = Self { slots: vec![Slot::default(); size], bytes: Vec::new(), longest: 0 };
        for (piece, id) in vocabulary {
            let (bytes, continues) = match piece.strip_prefix(CONTINUES) {
                // Two hash signs alone are those; in a text each is a word.
                Some(rest) if !rest.is_empty() => (rest.as_bytes(), true),
                _ => (piece.as_bytes(), false),
            };
            if bytes.is_empty() {
                continue;
            }
            let start = u32::try_from(pieces.bytes.len()).ok()?;
            let length = u16::from(u8::try_from(bytes.len()).ok()?);
            pieces.bytes.extend_from_slice(bytes);
            pieces.longest = pieces.longest.max(bytes.len());
            let hash = bytes.iter().fold(seed(continues), |hash, byte| mix(hash, *byte));
            let free = pieces.chain(hash).find(|at| pieces.slots.get(*at).is_some_and(|slot| slot.length == 0))?;
            *pieces.slots.get_mut(free)? = Slot { start, length, continues, id };
        }
        Some(pieces)
    }

    /// The slots where a piece with this hash may be, in order.
    fn chain(&self, hash: u64) -> impl Iterator<Item = usize> + use<> {
        let mask = self.slots.len() - 1;
        let first = (hash >> 20) as usize & mask;
        (0..=mask).map(move |step| (first + step) & mask)
    }

    /// The longest piece that `text` begins with, and its length in bytes.
    fn longest(&self, text: &[u8], continues: bool) -> Option<(u32, usize)> {
        let mut hashes = [0_u64; 256];
        let mut hash = seed(continues);
        let longest = text.len().min(self.longest);
        for (byte, slot) in text.iter().take(longest).zip(&mut hashes) {
            hash = mix(hash, *byte);
            *slot = hash;
        }
        for length in (1..=longest).rev() {
            let wanted = text.get(..length)?;
            for at in self.chain(*hashes.get(length - 1)?) {
                let slot = self.slots.get(at)?;
                if slot.length == 0 {
                    break;
                }
                let start = slot.start as usize;
                if slot.continues == continues
                    && usize::from(slot.length) == length
                    && self.bytes.get(start..start + length) == Some(wanted)
                {
                    return Some((slot.id, length));
                }
            }
        }
        None
    }
}
