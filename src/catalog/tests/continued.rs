use std::sync::Arc;

use super::super::*;
use crate::model::{Author, Name};
use crate::repo::{Change, CommitMeta, RealDisk};

struct World {
    repo: Repo,
    _dir: tempfile::TempDir,
}

fn world() -> World {
    let dir = tempfile::tempdir().unwrap();
    let repo = Repo::create(Arc::new(RealDisk), &dir.path().join("repo.git")).unwrap();
    World { repo, _dir: dir }
}

fn page(text: &str) -> PagePath {
    PagePath::parse(text).unwrap()
}

impl World {
    fn put(&self, path: &str, text: &str) -> Revision {
        let author = Author { name: Name::parse("Ada").unwrap(), email: "ada@example.invalid".to_owned() };
        let meta = CommitMeta { committer: author.clone(), author, message: text.to_owned(), time: 1_795_185_141 };
        let change = Change::Put { path: page(path).file(), bytes: text.as_bytes().to_vec() };
        self.repo.commit(self.repo.tip().unwrap(), &[change], &meta).unwrap()
    }
}

#[test]
fn a_page_that_was_changed_and_changed_back_has_its_newest_revision() {
    let world = world();
    world.put("A", "one");
    let catalog = Catalog::new(LinkOrder::default());
    catalog.catch_up(&world.repo).unwrap();
    world.put("A", "two");
    let back = world.put("A", "one");
    let tip = world.put("B", "other");
    assert_eq!(catalog.catch_up(&world.repo).unwrap(), Some(tip));
    let last = |catalog: &Catalog| catalog.read().page(&page("A")).unwrap().last.as_ref().unwrap().revision;
    assert_eq!(last(&catalog), back);
    let anew = Catalog::new(LinkOrder::default());
    anew.catch_up(&world.repo).unwrap();
    assert_eq!(last(&anew), back);
}

#[test]
fn metadata_never_goes_back_to_an_earlier_commit() {
    let world = world();
    world.put("A", "begin");
    let catalog = Catalog::new(LinkOrder::default());
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    let mut seen = 0;
                    while seen < 20 {
                        catalog.catch_up(&world.repo).unwrap();
                        let now = catalog.read().page_count();
                        assert!(now >= seen, "{seen} pages, then {now}");
                        seen = now;
                    }
                })
            })
            .collect();
        for number in 1..20 {
            world.put(&format!("P{number}"), "text");
        }
        readers.into_iter().for_each(|reader| reader.join().unwrap());
    });
}
