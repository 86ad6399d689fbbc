use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::super::log::Key;
use super::super::packed::Packed;
use super::super::record::{Embedded, Record, text_hash};
use super::super::store::{Store, file_name};
use super::super::table::Reflected;
use super::*;

const NO_GRAPH: usize = usize::MAX;

fn key() -> Key {
    Key { model: "one".to_owned(), dimensions: 8 }
}

fn revision(number: u8) -> Revision {
    Revision::from_bytes([number; 20])
}

fn put(path: &str, passages: usize, seed: u64) -> Record {
    let embedded = |n: usize| {
        let text = format!("{path} {n} {seed}");
        let digest = Sha256::digest(&text);
        let vector = normalised(digest.iter().take(8).map(|byte| f32::from(*byte) - 128.0).collect());
        let passage = Passage { index: n, total: passages, titles: vec![text.clone()], ..Passage::default() };
        Embedded { passage, text: text_hash(&text), vector: Packed::of(&vector) }
    };
    let passages = (0..passages).map(embedded).collect();
    Record::Put { path: path_of(path), blob: blob_of(&format!("{path} {seed}")), passages }
}

/// What can be seen of a store: pages with their files and passages, and what they reflect.
type Seen = (Vec<(String, BlobId, Vec<String>)>, Reflected);

fn seen(store: &Store) -> Seen {
    let view = store.view();
    let titles = |row| view.passage(row).map(|passage| passage.titles.concat()).unwrap_or_default();
    let mut pages: Vec<_> = view
        .table()
        .pages()
        .map(|page| (page.path.to_string(), page.blob, page.rows.clone().map(titles).collect()))
        .collect();
    pages.sort();
    (pages, store.reflected())
}

/// A file of several batches, and every state that it went through, with its length then.
fn history(dir: &Path) -> Vec<(u64, Seen)> {
    let store = Store::open(dir, &key(), NO_GRAPH).unwrap();
    let mut states = vec![(store.size(), seen(&store))];
    for n in 0..6_u8 {
        let mut records = vec![put(&format!("P{n}"), usize::from(n) % 4, 0), put("Often", 3, u64::from(n))];
        if n == 4 {
            records.push(Record::Remove { path: path_of("P1") });
        }
        records.push(if n == 3 { Record::Unfinished } else { Record::Reflects(Some(revision(n))) });
        store.apply(&records).unwrap();
        states.push((store.size(), seen(&store)));
    }
    states
}

/// Opens what a file became; it must be what it was at one time, and can be written on.
fn reopened(bytes: &[u8]) -> Seen {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(file_name(&key())), bytes).unwrap();
    let store = Store::open(dir.path(), &key(), NO_GRAPH).unwrap();
    let found = seen(&store);
    store.apply(&[put("After", 2, 9), Record::Reflects(Some(revision(99)))]).unwrap();
    let after = seen(&store);
    drop(store);
    assert_eq!(seen(&Store::open(dir.path(), &key(), NO_GRAPH).unwrap()), after);
    assert_eq!(after.0.len(), found.0.len() + 1);
    found
}

#[test]
fn a_file_cut_anywhere_is_what_it_was_before_the_cut() {
    let dir = tempfile::tempdir().unwrap();
    let states = history(dir.path());
    let bytes = fs::read(dir.path().join(file_name(&key()))).unwrap();
    assert_eq!(bytes.len() as u64, states.last().unwrap().0);
    for length in (0..=bytes.len()).step_by(7).chain(states.iter().map(|(length, _)| *length as usize)) {
        let expected = states.iter().rev().find(|(size, _)| *size <= length as u64).unwrap_or(&states[0]);
        assert_eq!(reopened(&bytes[..length]), expected.1, "cut at {length}");
    }
}

#[test]
fn a_flipped_bit_anywhere_leaves_what_was_before_it() {
    let dir = tempfile::tempdir().unwrap();
    let states = history(dir.path());
    let bytes = fs::read(dir.path().join(file_name(&key()))).unwrap();
    for at in (0..bytes.len()).step_by(11) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        let expected = states.iter().rev().find(|(size, _)| *size <= at as u64).unwrap_or(&states[0]);
        assert_eq!(reopened(&flipped), expected.1, "bit of byte {at}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Nothing was synced, so any block of the file may be missing, which reads as zeros, and
    /// its length may be any.
    #[test]
    fn after_a_power_cut_it_is_what_it_was_at_some_time(missing: u64, length in 0.3_f64..1.2) {
        let dir = tempfile::tempdir().unwrap();
        let states = history(dir.path());
        let mut bytes = fs::read(dir.path().join(file_name(&key()))).unwrap();
        bytes.resize((bytes.len() as f64 * length) as usize, 0);
        for (block, part) in bytes.chunks_mut(512).enumerate() {
            if missing >> (block % 64) & 1 == 1 && missing >> ((block * 7 + 3) % 64) & 1 == 1 {
                part.fill(0);
            }
        }
        let found = reopened(&bytes);
        prop_assert!(states.iter().any(|(_, state)| *state == found));
    }

    #[test]
    fn other_bytes_are_an_empty_store(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        prop_assert_eq!(reopened(&bytes).0.len(), 0);
    }
}

#[test]
fn a_file_that_is_mostly_out_of_date_is_rewritten() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &key(), NO_GRAPH).unwrap();
    store.apply(&[put("Other", 5, 0), Record::Reflects(Some(revision(1)))]).unwrap();
    for n in 0..200 {
        store.apply(&[put("Page", 100, n), Record::Reflects(Some(revision(n as u8)))]).unwrap();
    }
    let (before, size) = (seen(&store), store.size());
    assert!(store.tidy().unwrap());
    assert!(store.size() < size / 50, "{} of {size}", store.size());
    assert_eq!(seen(&store), before);
    assert!(!store.tidy().unwrap());
    store.apply(&[put("After", 1, 0), Record::Reflects(Some(revision(7)))]).unwrap();
    let after = seen(&store);
    drop(store);
    assert_eq!(seen(&Store::open(dir.path(), &key(), NO_GRAPH).unwrap()), after);
}

#[test]
fn whatever_happens_to_the_files_everything_is_found_again() {
    let text = |n: usize| format!("word{n} only{n} here{n}\n");
    let pages: Vec<(String, String)> = (0..30).map(|n| (format!("P{n}"), text(n))).collect();
    let borrowed: Vec<(&str, &str)> = pages.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let wiki = FakeWiki::new(&borrowed);
    let limits = VectorLimits { graph_from: 10, ..VectorLimits::default() };
    let mut farm = Farm::with_limits(&[Arc::clone(&wiki)], limits);
    farm.settle(0);
    eventually("a graph", || fs::read_dir(farm.files(0)).unwrap().count() == 2);
    let (log, graph) = (farm.file(0, "log"), farm.file(0, "graph"));
    let whole = [fs::read(&log).unwrap(), fs::read(&graph).unwrap()];
    let mut damages: Vec<(&Path, Option<Vec<u8>>)> = vec![(&log, None), (&graph, None)];
    for (file, bytes) in [&log, &graph].into_iter().zip(&whole) {
        for part in [0, 1, 9, 30, 60, 99] {
            let at = bytes.len() * part / 100;
            damages.push((file, Some(bytes[..at].to_vec())));
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x10;
            damages.push((file, Some(flipped)));
        }
    }
    for (number, (file, bytes)) in damages.into_iter().enumerate() {
        farm.vectors.shutdown();
        fs::write(&log, &whole[0]).unwrap();
        fs::write(&graph, &whole[1]).unwrap();
        match &bytes {
            Some(bytes) => fs::write(file, bytes).unwrap(),
            None => fs::remove_file(file).unwrap(),
        }
        farm.vectors = start(&farm.dir, &farm.wikis, Models::only(Some(farm.embed.clone())), limits);
        farm.settle(0);
        for (path, text) in &pages {
            let found = farm.find(0, &format!("[{path}] {text}"));
            assert_eq!(found.first(), Some(path), "{number}: {}", file.display());
        }
        assert_eq!(farm.vectors.status(WikiId(0)).unwrap().pages, 30);
    }
    // All of it at once, and something else in its place.
    farm.vectors.shutdown();
    fs::remove_dir_all(farm.files(0)).unwrap();
    fs::write(farm.files(0), "not a directory").unwrap();
    farm.restart();
    farm.settle(0);
    assert_eq!(farm.find(0, "[P7] word7 only7 here7"), ["P7"]);
}
