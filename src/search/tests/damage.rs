use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// What it is called, and how it is done to a file.
type Harm = (&'static str, fn(&Path));

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// An index of some segments with deletions, closed.
fn closed_index(dir: &Path) {
    let index = TextIndex::open(dir).unwrap().index;
    Pages::of(&[("A", "apple"), ("B", "banana")]).apply(&index, 1).unwrap();
    Pages::of(&[("C", "cherry"), ("A", "apple pie")]).apply(&index, 2).unwrap();
}

/// Opens and catches up as the worker does; the answers must be right.
fn opens_and_answers(dir: &Path, what: &str) -> bool {
    let opened = TextIndex::open(dir).unwrap_or_else(|error| panic!("{what}: {error}"));
    let index = opened.index;
    if opened.rebuilt {
        assert_eq!((index.reflects(), index.documents()), (None, 0), "{what}");
        let pages = Pages::of(&[("A", "apple pie"), ("B", "banana"), ("C", "cherry")]);
        index.replace(&pages.changes, &pages, revision(2), Language::English).unwrap();
    }
    assert_eq!(index.reflects(), Some(revision(2)), "{what}");
    assert_eq!(found(&index, "pie "), ["A"], "{what}");
    assert_eq!(found(&index, "banana"), ["B"], "{what}");
    assert_eq!(index.paths().unwrap().len(), 3, "{what}");
    opened.rebuilt
}

#[test]
fn damage_to_any_file_is_noticed_at_the_next_opening_and_repaired() {
    let pristine = tempfile::tempdir().unwrap();
    let dir = pristine.path().join("text");
    closed_index(&dir);
    let names: Vec<PathBuf> = files(&dir).iter().map(|path| path.strip_prefix(&dir).unwrap().to_owned()).collect();
    assert!(names.iter().any(|name| name.extension().is_some_and(|e| e == "del")), "{names:?}");
    let harms: [Harm; 5] = [
        ("deleted", |path| fs::remove_file(path).unwrap()),
        ("emptied", |path| fs::write(path, "").unwrap()),
        ("cut", |path| {
            let bytes = fs::read(path).unwrap();
            fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
        }),
        ("one byte changed", |path| {
            let mut bytes = fs::read(path).unwrap();
            let middle = bytes.len() / 3;
            if let Some(byte) = bytes.get_mut(middle) {
                *byte ^= 0x15;
            }
            fs::write(path, bytes).unwrap();
        }),
        ("garbled", |path| {
            let len = fs::metadata(path).unwrap().len();
            fs::write(path, (0..len).map(|i| (i * 31 + 7) as u8).collect::<Vec<u8>>()).unwrap();
        }),
    ];
    for name in &names {
        for (harm, inflict) in &harms {
            let copy = tempfile::tempdir().unwrap();
            for from in files(&dir) {
                fs::copy(&from, copy.path().join(from.file_name().unwrap())).unwrap();
            }
            let before = fs::read(copy.path().join(name)).unwrap();
            inflict(&copy.path().join(name));
            let changed = fs::read(copy.path().join(name)).ok() != Some(before);
            let what = format!("{} {harm}", name.display());
            let rebuilt = opens_and_answers(copy.path(), &what);
            let is_lock = name.extension().is_some_and(|extension| extension == "lock");
            assert_eq!(rebuilt, changed && !is_lock, "{what}");
        }
    }
    assert!(!opens_and_answers(&dir, "pristine"));
}

#[test]
fn every_byte_of_the_records_matters() {
    let dir = tempfile::tempdir().unwrap();
    closed_index(dir.path());
    let meta = dir.path().join("meta.json");
    let bytes = fs::read(&meta).unwrap();
    for at in (0..bytes.len()).step_by(97) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        fs::write(&meta, damaged).unwrap();
        assert!(opens_and_answers(dir.path(), &format!("byte {at}")));
        fs::remove_dir_all(dir.path()).unwrap();
        closed_index(dir.path());
    }
}

#[test]
fn whatever_stands_in_the_place_of_the_index_makes_way() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("deep/text");
    assert!(opens_and_answers(&place, "missing"));
    fs::remove_dir_all(&place).unwrap();
    fs::write(&place, "a file").unwrap();
    assert!(opens_and_answers(&place, "a file"));
    fs::remove_dir_all(&place).unwrap();
    fs::create_dir_all(place.join("meta.json")).unwrap();
    assert!(opens_and_answers(&place, "directories"));
}

#[test]
fn an_index_of_another_schema_or_payload_is_rebuilt() {
    let dir = tempfile::tempdir().unwrap();
    let mut schema = tantivy::schema::Schema::builder();
    schema.add_text_field("path", tantivy::schema::STRING);
    let directory = super::super::derived_directory::DerivedDirectory::open(dir.path()).unwrap();
    drop(tantivy::Index::create(directory, schema.build(), tantivy::IndexSettings::default()).unwrap());
    assert!(opens_and_answers(dir.path(), "schema"));
    for payload in ["", "robotwiki-text-0 0000000000000000000000000000000000000000", "robotwiki-text-1 xyz"] {
        let directory = super::super::derived_directory::DerivedDirectory::open(dir.path()).unwrap();
        let index = tantivy::Index::open(directory).unwrap();
        let mut writer: tantivy::IndexWriter = index.writer_with_num_threads(1, 15_000_000).unwrap();
        let mut commit = writer.prepare_commit().unwrap();
        commit.set_payload(payload);
        commit.commit().unwrap();
        drop(writer);
        assert!(opens_and_answers(dir.path(), payload));
    }
}

#[test]
fn locks_left_by_a_killed_process_do_not_hold() {
    let dir = tempfile::tempdir().unwrap();
    closed_index(dir.path());
    for name in [".tantivy-writer.lock", ".tantivy-meta.lock", "meta.json.unfinished", ".managed.json.unfinished"] {
        fs::write(dir.path().join(name), "stale").unwrap();
    }
    let index = TextIndex::open(dir.path()).unwrap();
    assert!(!index.rebuilt);
    written("D", page("D", "damson")).apply(&index.index, 3).unwrap();
    assert_eq!(found(&index.index, "damson"), ["D"]);
}

/// A kill between the files and the record: the new segment's files are there, the record
/// still names the old ones.
#[test]
fn a_commit_that_was_cut_short_leaves_the_older_revision() {
    let dir = tempfile::tempdir().unwrap();
    closed_index(dir.path());
    let meta = fs::read(dir.path().join("meta.json")).unwrap();
    let kept = tempfile::tempdir().unwrap();
    for file in files(dir.path()) {
        fs::copy(&file, kept.path().join(file.file_name().unwrap())).unwrap();
    }
    let index = TextIndex::open(dir.path()).unwrap().index;
    written("D", page("D", "damson")).apply(&index, 3).unwrap();
    drop(index);
    for file in files(kept.path()) {
        fs::copy(&file, dir.path().join(file.file_name().unwrap())).unwrap();
    }
    assert_eq!(fs::read(dir.path().join("meta.json")).unwrap(), meta);
    assert!(!opens_and_answers(dir.path(), "cut short"));
    let index = TextIndex::open(dir.path()).unwrap().index;
    written("D", page("D", "damson")).apply(&index, 3).unwrap();
    assert_eq!(found(&index, "damson"), ["D"]);
}
