//! Joins what words found with what meaning found: one ranking of pages, each with a score
//! from 0 to 1.

use std::collections::HashMap;

/// The least inner product of a passage with a query that counts as being about the same.
pub const FLOOR: f32 = 0.25;
/// An inner product that counts as the best possible match.
const CEILING: f32 = 0.85;
/// What meaning weighs against words, whose scores are small for long questions. Measured on
/// CISI with one vector a passage: nDCG@10 is 0.452 to 0.457 from 0.15 to 0.25, and falls on
/// either side.
const MEANING: f32 = 0.2;

/// What words weigh that stand in for a word that no page has: less than what is about the same.
pub const CORRECTED: f32 = 0.2;

/// A page in the joint ranking.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Fused {
    /// 0 to 1.
    pub score: f32,
    /// Its place among the pages found by words, and among those found by meaning.
    pub words: Option<usize>,
    pub meaning: Option<usize>,
}

/// How well a passage fits, 0 to 1, from its inner product.
#[must_use]
pub fn meaning_score(inner_product: f32) -> f32 {
    ((inner_product - FLOOR) / (CEILING - FLOOR)).clamp(0.0, 1.0)
}

/// The pages of both lists, each once, the best first and equal ones by path. Both lists
/// give a page's path and its score there: from 0 to 1 for words, an inner product for
/// meaning.
#[must_use]
pub fn fuse<'p>(
    words: impl Iterator<Item = (&'p str, f32)>,
    meaning: impl Iterator<Item = (&'p str, f32)>,
) -> Vec<Fused> {
    let mut found: HashMap<&str, Fused> = HashMap::new();
    for (place, (path, score)) in words.enumerate() {
        found.insert(path, Fused { score: (1.0 - MEANING) * score, words: Some(place), meaning: None });
    }
    for (place, (path, inner_product)) in meaning.enumerate() {
        let page = found.entry(path).or_default();
        page.score += MEANING * meaning_score(inner_product);
        page.meaning = Some(place);
    }
    let mut pages: Vec<(&str, Fused)> = found.into_iter().collect();
    pages.sort_unstable_by(|(a_path, a), (b_path, b)| b.score.total_cmp(&a.score).then_with(|| a_path.cmp(b_path)));
    pages.into_iter().map(|(_, page)| page).collect()
}
