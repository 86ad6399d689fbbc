use std::collections::HashSet;

use proptest::prelude::*;

use super::super::log::Key;
use super::super::nearest::nearest;
use super::super::packed::Packed;
use super::super::record::{Embedded, Record, TextHash};
use super::super::store::Store;
use super::*;

const WIDE: usize = 384;

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// The sum of four uniform numbers: about normal.
    fn number(&mut self) -> f32 {
        (0..4).map(|_| (self.next() >> 40) as f32 / (1 << 24) as f32 - 0.5).sum()
    }

    fn vector(&mut self) -> Vec<f32> {
        (0..WIDE).map(|_| self.number()).collect()
    }
}

/// Vectors around centres, as far from them as `spread` says; 0 centres: anywhere.
fn vectors(count: usize, centres: usize, spread: f32, random: &mut Random) -> Vec<Vec<f32>> {
    let centres: Vec<Vec<f32>> = (0..centres).map(|_| normalised(random.vector())).collect();
    let one = |_| {
        let noise = normalised(random.vector());
        if centres.is_empty() {
            return noise;
        }
        let centre = &centres[random.next() as usize % centres.len()];
        normalised(centre.iter().zip(&noise).map(|(c, n)| c + spread * n).collect())
    };
    (0..count).map(one).collect()
}

/// A store with a page for each vector.
fn store_of(vectors: &[Vec<f32>], graph_from: usize) -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let key = Key { model: "m".to_owned(), dimensions: vectors[0].len() };
    let store = Store::open(dir.path(), &key, graph_from).unwrap();
    for (part, vectors) in vectors.chunks(500).enumerate() {
        let record = |(n, vector): (usize, &Vec<f32>)| {
            let n = part * 500 + n;
            let passage = Passage { total: 1, ..Passage::default() };
            let embedded = Embedded { passage, text: n as TextHash, vector: Packed::of(vector) };
            Record::Put { path: path_of(&format!("P{n}")), blob: blob_of("x"), passages: vec![embedded] }
        };
        let mut records: Vec<_> = vectors.iter().enumerate().map(record).collect();
        records.push(Record::Unfinished);
        store.apply(&records).unwrap();
    }
    while store.grow_graph(1_000) {}
    (dir, store)
}

fn found(store: &Store, query: &[f32], filtered: bool, wanted: &dyn Fn(&PagePath) -> bool) -> Vec<String> {
    let view = store.view();
    let matches = nearest(&view, query, -2.0, filtered, wanted);
    matches.iter().map(|found| view.table().page(found.page).unwrap().path.to_string()).collect()
}

/// The names of the ten nearest, from all of them.
fn exact(vectors: &[Vec<f32>], query: &[f32], wanted: &dyn Fn(usize) -> bool) -> HashSet<String> {
    let dot = |vector: &[f32]| vector.iter().zip(query).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let mut scored: Vec<(f64, usize)> =
        vectors.iter().enumerate().filter(|(n, _)| wanted(*n)).map(|(n, vector)| (dot(vector), n)).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.iter().take(10).map(|(_, n)| format!("P{n}")).collect()
}

fn recall(vectors: &[Vec<f32>], graph_from: usize, random: &mut Random) -> f64 {
    let (_dir, store) = store_of(vectors, graph_from);
    let (mut hits, mut all) = (0, 0);
    for n in 0..20 {
        let noise = normalised(random.vector());
        let near = &vectors[n * vectors.len() / 20];
        let query = normalised(near.iter().zip(&noise).map(|(v, n)| v + 0.5 * n).collect());
        let expected = exact(vectors, &query, &|_| true);
        hits += found(&store, &query, false, &|_| true).iter().take(10).filter(|path| expected.contains(*path)).count();
        all += expected.len();
    }
    hits as f64 / all as f64
}

#[test]
fn looking_at_everything_finds_the_nearest() {
    let mut random = Random(1);
    for (centres, spread) in [(0, 0.0), (20, 0.7), (5, 0.2)] {
        let vectors = vectors(1_500, centres, spread, &mut random);
        let recall = recall(&vectors, usize::MAX, &mut random);
        assert!(recall >= 0.98, "{centres} centres, spread {spread}: recall {recall}");
    }
}

#[test]
fn a_graph_finds_the_nearest() {
    let mut random = Random(2);
    for (centres, spread) in [(0, 0.0), (20, 0.7), (5, 0.2)] {
        let vectors = vectors(1_500, centres, spread, &mut random);
        let recall = recall(&vectors, 1_000, &mut random);
        assert!(recall >= 0.98, "{centres} centres, spread {spread}: recall {recall}");
    }
}

#[test]
fn a_graph_is_loaded_and_goes_on_growing() {
    let mut random = Random(3);
    let vectors = vectors(1_200, 10, 0.7, &mut random);
    let (dir, store) = store_of(&vectors, 1_000);
    store.store_graph(true);
    let key = Key { model: "m".to_owned(), dimensions: WIDE };
    drop(store);
    let store = Store::open(dir.path(), &key, 1_000).unwrap();
    assert_eq!(store.view().graph.covered(), 1_200, "it is not built again");
    assert_eq!(found(&store, &vectors[77], false, &|_| true)[0], "P77");
    // A page that is not in the graph yet is found as well, and one that is gone is not.
    let new = normalised(random.vector());
    let passage = Passage::default();
    let embedded = Embedded { passage, text: 1 << 90, vector: Packed::of(&new) };
    let put = Record::Put { path: path_of("New"), blob: blob_of("y"), passages: vec![embedded] };
    store.apply(&[put, Record::Remove { path: path_of("P77") }, Record::Unfinished]).unwrap();
    assert_eq!(found(&store, &new, false, &|_| true)[0], "New");
    assert!(!found(&store, &vectors[77], false, &|_| true).contains(&"P77".to_owned()));
    assert!(!store.grow_graph(100));
    assert_eq!(found(&store, &new, false, &|_| true)[0], "New");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// However few pages a filter lets through: those nearest, and no others.
    #[test]
    fn filters_hold_and_hide_nothing(seed: u64, every in 1_usize..60, graph: bool) {
        let mut random = Random(seed);
        let vectors = vectors(300, 4, 0.7, &mut random);
        let (_dir, store) = store_of(&vectors, if graph { 100 } else { usize::MAX });
        let number = |path: &PagePath| path.as_str()[1..].parse::<usize>().unwrap();
        let query = normalised(random.vector());
        let paths = found(&store, &query, true, &|path| number(path) % every == 0);
        prop_assert!(paths.iter().all(|path| number(&path_of(path)) % every == 0));
        let expected = exact(&vectors, &query, &|n| n % every == 0);
        let hits = paths.iter().take(10).filter(|path| expected.contains(*path)).count();
        prop_assert!(hits * 10 >= expected.len() * 9, "{hits} of {}", expected.len());
    }
}
