use super::*;

fn pages(count: usize) -> Vec<(String, String)> {
    (0..count).map(|n| (format!("P{n}"), format!("word{n} only{n} here{n}\n"))).collect()
}

fn borrowed(pages: &[(String, String)]) -> Vec<(&str, &str)> {
    pages.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect()
}

#[test]
fn what_is_written_is_found_and_what_is_deleted_is_not() {
    let wiki = FakeWiki::new(&[("A", "red apple\n"), ("B", "yellow banana\n")]);
    let farm = Farm::new(&[Arc::clone(&wiki)]);
    farm.settle(0);
    assert_eq!(farm.find(0, "[A] red apple"), ["A"]);
    assert_eq!(farm.find(0, "[B] yellow banana"), ["B"]);
    let revision = wiki.write(&[("A", "green pear\n")]);
    wiki.delete("B");
    farm.settle(0);
    assert!(farm.find(0, "[A] red apple").is_empty());
    assert_eq!(farm.find(0, "[A] green pear"), ["A"]);
    assert!(farm.find(0, "[B] yellow banana").is_empty());
    let status = farm.vectors.status(WikiId(0)).unwrap();
    assert_ne!(status.indexed, Some(revision), "the deletion came after it");
    assert_eq!((status.indexed, status.pages, status.passages), (wiki.tip().unwrap(), 1, 1));
    assert_eq!((status.progress, status.rebuilding, status.last_error), (None, false, None));
    assert!(status.disk > 0 && status.memory > 0 && status.model.as_deref() == Some("one"));
}

#[test]
fn a_hit_says_where_in_its_page_it_is() {
    let text = "intro words\n\n# First\n\nalpha beta gamma\n\n# Second\n\ndelta epsilon zeta\n";
    let farm = Farm::new(&[FakeWiki::new(&[("Page", text)])]);
    farm.settle(0);
    let asked = Nearest { text: "Second delta epsilon zeta", floor: 0.5, filtered: false, wanted: &|_| true };
    let passages = farm.vectors.search(WikiId(0), &asked, |found| found.passages(&found.pages[0], 1)).unwrap();
    let passage = &passages[0].passage;
    assert!(text[passage.bytes.clone()].contains("delta epsilon zeta"), "{passage:?}");
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[passage.lines.start - 1..passage.lines.end - 1].contains(&"delta epsilon zeta"), "{passage:?}");
}

#[test]
fn an_unchanged_passage_keeps_its_vector_over_edits_renames_and_restarts() {
    let text = "---\ntitle: T\n---\nintro words\n\n# First\n\nalpha beta gamma\n\n# Second\n\ndelta epsilon zeta\n";
    let wiki = FakeWiki::new(&[("Page", text)]);
    let mut farm = Farm::new(&[Arc::clone(&wiki)]);
    farm.settle(0);
    let first = farm.embedded();
    assert!(first > 0);
    wiki.commit(|tree| {
        let text = tree.remove(&path_of("Page")).unwrap();
        tree.insert(path_of("Moved/Elsewhere"), text);
    });
    farm.settle(0);
    assert_eq!(farm.embedded(), first, "a renamed page with a title of its own is the same text");
    assert_eq!(farm.find(0, "T Second delta epsilon zeta"), ["Moved/Elsewhere"]);
    farm.restart();
    wiki.write(&[("Moved/Elsewhere", &text.replace("zeta", "eta"))]);
    farm.settle(0);
    assert!(farm.embedded() <= first + 1, "one passage has changed");
    wiki.write(&[("Twin", text)]);
    farm.settle(0);
    assert!(farm.embedded() <= first + 1, "what was deleted a moment ago is known, too");
}

#[test]
fn an_import_is_continued_where_a_kill_ended_it() {
    let all = pages(150);
    let wiki = FakeWiki::new(&borrowed(&all));
    let mut farm = Farm::new(&[Arc::clone(&wiki)]);
    *farm.embed.slow.lock() = Duration::from_millis(20);
    farm.vectors.notify(WikiId(0));
    eventually("some progress", || farm.vectors.status(WikiId(0)).is_ok_and(|status| status.pages > 0));
    // As a kill would: nothing is said to the worker that it could write.
    farm.restart();
    let before = farm.embedded();
    assert!(before < 150, "the import was too fast to be interrupted");
    *farm.embed.slow.lock() = Duration::ZERO;
    farm.settle(0);
    assert!(farm.embedded() <= 150 + 64, "no more than what was under way is embedded twice");
    for (path, text) in &all {
        assert_eq!(farm.find(0, &format!("[{path}] {text}")).first(), Some(path));
    }
}

#[test]
fn a_large_import_does_not_keep_another_wikis_edit_waiting() {
    let all = pages(600);
    let (large, small) = (FakeWiki::new(&borrowed(&all)), FakeWiki::new(&[("A", "red apple\n")]));
    let farm = Farm::new(&[Arc::clone(&large), Arc::clone(&small)]);
    *farm.embed.slow.lock() = Duration::from_millis(10);
    farm.vectors.notify(WikiId(0));
    eventually("the import", || farm.embedded() > 0);
    farm.settle(1);
    assert_eq!(farm.find(1, "[A] red apple"), ["A"]);
    // An edit in the wiki that is being imported comes before the rest of it.
    large.write(&[("New", "urgent matter\n")]);
    farm.vectors.notify(WikiId(0));
    eventually("the edit", || farm.find(0, "[New] urgent matter") == ["New"]);
    let status = farm.vectors.status(WikiId(0)).unwrap();
    let progress = status.progress.expect("the import is still going on");
    assert!(progress.done < progress.total && status.rebuilding && status.indexed.is_none(), "{status:?}");
    assert!(status.started.is_some() && status.finished.is_none());
    *farm.embed.slow.lock() = Duration::ZERO;
    farm.settle(0);
    let status = farm.vectors.status(WikiId(0)).unwrap();
    assert_eq!((status.pages, status.progress), (601, None));
    assert!(status.finished.is_some());
}

#[test]
fn a_failing_model_is_tried_again_and_the_status_says_so() {
    let wiki = FakeWiki::new(&[("A", "red apple\n")]);
    let farm = Farm::new(&[Arc::clone(&wiki)]);
    farm.embed.failing.store(true, Ordering::SeqCst);
    farm.vectors.notify(WikiId(0));
    let error = || farm.vectors.status(WikiId(0)).unwrap().last_error;
    eventually("the error", || error().is_some_and(|error| error.contains("out of order")));
    farm.embed.failing.store(false, Ordering::SeqCst);
    eventually("another attempt", || farm.find(0, "[A] red apple") == ["A"]);
    eventually("the end of the error", || error().is_none());
}

#[test]
fn everything_is_embedded_anew_while_the_old_vectors_answer() {
    let all = pages(60);
    let wiki = FakeWiki::new(&borrowed(&all));
    let mut farm = Farm::new(&[Arc::clone(&wiki)]);
    farm.settle(0);
    let before = farm.embedded();
    *farm.embed.slow.lock() = Duration::from_millis(20);
    assert!(farm.vectors.rebuild(WikiId(0)).unwrap());
    assert!(!farm.vectors.rebuild(WikiId(0)).unwrap(), "it is being done");
    eventually("the work", || farm.embedded() > before);
    assert_eq!(farm.find(0, "[P7] word7 only7 here7"), ["P7"]);
    wiki.write(&[("New", "urgent matter\n")]);
    farm.vectors.notify(WikiId(0));
    eventually("an edit meanwhile", || farm.find(0, "[New] urgent matter") == ["New"]);
    eventually("the end", || !farm.vectors.status(WikiId(0)).unwrap().rebuilding);
    assert!(farm.embedded() >= before + 60);
    assert_eq!(farm.find(0, "[P7] word7 only7 here7"), ["P7"]);
    assert_eq!(farm.find(0, "[New] urgent matter"), ["New"]);
    let after = farm.embedded();
    farm.restart();
    farm.settle(0);
    assert_eq!(farm.embedded(), after, "what was made anew is what is opened");
    assert_eq!(std::fs::read_dir(farm.files(0)).unwrap().count(), 1);
}

#[test]
fn another_models_vectors_answer_while_it_can_be_asked_and_no_longer() {
    let all = pages(60);
    let wiki = FakeWiki::new(&borrowed(&all));
    let mut farm = Farm::new(&[Arc::clone(&wiki)]);
    farm.settle(0);
    let (one, two) = (farm.embed.clone(), WordCounter::new("two"));
    *two.slow.lock() = Duration::from_millis(20);
    let former = one.clone();
    let models = Models {
        current: Some(two.clone()),
        former: Box::new(move |id| (id == "one").then(|| former.clone() as Arc<dyn Embed>)),
    };
    farm.restart_with(models);
    farm.embed = two;
    farm.vectors.notify(WikiId(0));
    assert_eq!(farm.find(0, "[P59] word59 only59 here59"), ["P59"], "the last page is not embedded anew yet");
    eventually("the end", || {
        let status = farm.vectors.status(WikiId(0)).unwrap();
        status.indexed.is_some() && status.model.as_deref() == Some("two")
    });
    assert_eq!(farm.find(0, "[P59] word59 only59 here59"), ["P59"]);
    assert_eq!(std::fs::read_dir(farm.files(0)).unwrap().count(), 1, "the other model's file is gone");

    // Back again, and the model that was used meanwhile is not there any more.
    *one.slow.lock() = Duration::from_millis(20);
    farm.restart_with(Models::only(Some(one.clone())));
    farm.embed = one;
    farm.vectors.notify(WikiId(0));
    eventually("progress", || farm.vectors.status(WikiId(0)).unwrap().pages > 0);
    assert!(farm.vectors.status(WikiId(0)).unwrap().indexed.is_none());
    farm.settle(0);
    assert_eq!(farm.find(0, "[P59] word59 only59 here59"), ["P59"]);
}

#[test]
fn a_wiki_without_commits_and_one_that_lost_them_have_nothing_to_find() {
    let wiki = Arc::new(FakeWiki::default());
    let farm = Farm::new(&[Arc::clone(&wiki)]);
    farm.settle(0);
    assert!(farm.find(0, "red apple").is_empty());
    wiki.write(&[("A", "red apple\n")]);
    farm.settle(0);
    assert_eq!(farm.find(0, "[A] red apple"), ["A"]);
    wiki.commits.lock().clear();
    farm.settle(0);
    assert!(farm.find(0, "[A] red apple").is_empty());
}

#[test]
fn few_are_in_memory_and_all_are_found() {
    let wikis: Vec<_> = (0..20).map(|n| FakeWiki::new(&[("A", &format!("word{n} only{n}\n"))])).collect();
    let farm = Farm::with_limits(&wikis, VectorLimits { open: 3, ..VectorLimits::default() });
    for round in 0..2 {
        for n in 0..20 {
            farm.settle(n);
            assert_eq!(farm.find(n, &format!("[A] word{n} only{n}")), ["A"], "round {round}");
        }
    }
    eventually("closing", || {
        farm.find(0, "x");
        farm.vectors.open().0 <= 4
    });
    assert_eq!(farm.embedded(), 20);
}

#[test]
fn a_deleted_wiki_is_let_go() {
    let all = pages(200);
    let farm = Farm::new(&[FakeWiki::new(&borrowed(&all))]);
    *farm.embed.slow.lock() = Duration::from_millis(5);
    farm.vectors.notify(WikiId(0));
    eventually("the work", || farm.embedded() > 0);
    farm.wikis.lock().clear();
    farm.vectors.forget(WikiId(0));
    let files = farm.files(0);
    std::fs::remove_dir_all(files.parent().unwrap()).unwrap();
    let before = farm.embedded();
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!((farm.embedded(), files.exists()), (before, false));
    let asked = Nearest { text: "x", floor: 0.0, filtered: false, wanted: &|_| true };
    assert!(farm.vectors.search(WikiId(0), &asked, |_| ()).is_err());
}

#[test]
fn without_a_model_nothing_is_found_and_nothing_made() {
    let mut farm = Farm::new(&[FakeWiki::new(&[("A", "red apple\n")])]);
    farm.restart_with(Models::only(None));
    farm.vectors.notify(WikiId(0));
    assert!(matches!(farm.vectors.status(WikiId(0)), Err(crate::search::Error::NoModel)));
    assert!(!farm.vectors.wait_current(WikiId(0), Duration::ZERO));
    assert!(!farm.files(0).exists());
}
