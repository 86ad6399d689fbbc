use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

/// The last is in the way of the two before it.
const PATHS: [&str; 6] = ["A.md", "B.md", "d/A.md", "d/e/C.md", "d/e/x.png", "d/e"];
const APART: usize = 5;

#[derive(Clone, Debug)]
enum Step {
    Put(usize, u8),
    Delete(usize),
    Rename(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    let path = 0..PATHS.len();
    prop_oneof![
        (path.clone(), 0..4u8).prop_map(|(path, text)| Step::Put(path, text)),
        path.clone().prop_map(Step::Delete),
        (path.clone(), path).prop_map(|(from, to)| Step::Rename(from, to)),
    ]
}

/// What a wiki is without git: names and texts. None when a step does not fit.
fn apply(files: &mut BTreeMap<String, String>, step: &Step) -> Option<()> {
    let blocked = |files: &BTreeMap<String, String>, path: &str| {
        files.keys().any(|other| other.starts_with(&format!("{path}/")) || path.starts_with(&format!("{other}/")))
    };
    match step {
        Step::Put(path, text) => {
            let path = PATHS[*path];
            (!blocked(files, path)).then(|| files.insert(path.into(), text.to_string()))?;
        }
        Step::Delete(path) => {
            files.remove(PATHS[*path])?;
        }
        Step::Rename(from, to) => {
            let text = files.remove(PATHS[*from])?;
            let to = PATHS[*to];
            (!blocked(files, to) && !files.contains_key(to)).then(|| files.insert(to.into(), text))?;
        }
    }
    Some(())
}

fn change(step: &Step) -> Change {
    match step {
        Step::Put(path, text) => put(PATHS[*path], &text.to_string()),
        Step::Delete(path) => delete(PATHS[*path]),
        Step::Rename(from, to) => rename(PATHS[*from], PATHS[*to]),
    }
}

/// A history with branches and merges in which every version of a file is unlike every
/// other, as `git fast-import` reads it. Commit `n` is made at second `n`.
fn history() -> impl Strategy<Value = String> {
    let commit = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..4u8, 0..APART, any::<bool>());
    prop::collection::vec(commit, 1..40).prop_map(|commits| {
        let mut stream = String::new();
        for (n, (first, second, kind, path, removes)) in commits.iter().enumerate() {
            let mark = n + 1;
            let _ = write!(stream, "commit refs/heads/main\nmark :{mark}\ncommitter A <a> {mark} +0000\ndata 0\n");
            if n > 0 {
                // Mostly on the newest commit, sometimes on an older one or on two.
                let parent = if *kind == 0 { first.index(n) + 1 } else { n };
                let _ = writeln!(stream, "from :{parent}");
                let other = second.index(n) + 1;
                if *kind == 1 && other != parent {
                    let _ = writeln!(stream, "merge :{other}");
                    // A merge that takes a file from the side that it merges in.
                    if *removes {
                        let _ = writeln!(stream, "M 100644 inline d/side.txt\ndata 2\n{}", other % 10);
                    }
                }
            }
            let path = PATHS[*path];
            if *removes && n > 0 {
                let _ = writeln!(stream, "D {path}");
            } else {
                let text = format!("version {n} of {path}");
                let _ = writeln!(stream, "M 100644 inline {path}\ndata {}\n{text}", text.len());
            }
        }
        stream
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_repository_behaves_as_a_map_of_files(commits in prop::collection::vec(prop::collection::vec(step(), 1..4), 1..12)) {
        let scene = Scene::new();
        let mut files = BTreeMap::new();
        for steps in commits {
            let mut after = files.clone();
            let fits = steps.iter().all(|step| apply(&mut after, step).is_some());
            let changes: Vec<Change> = steps.iter().map(change).collect();
            match scene.commit(&changes) {
                Ok(_) => prop_assert!(fits && after != files),
                Err(Error::NothingChanged) => prop_assert!(fits && after == files),
                Err(Error::Missing { .. } | Error::Exists { .. } | Error::NotAFile { .. }) => prop_assert!(!fits),
                Err(error) => panic!("{error:?}"),
            }
            if fits {
                files = after;
            }
            let snapshot = scene.repo.at_tip().unwrap();
            let stored: BTreeMap<String, String> = snapshot.files().unwrap().into_iter()
                .map(|file| (file.path, String::from_utf8(snapshot.blob(file.blob).unwrap()).unwrap()))
                .collect();
            prop_assert_eq!(&stored, &files);
        }
        scene.git(&["fsck", "--strict"]);
    }

    #[test]
    fn history_and_last_commits_agree_with_git_log(stream in history()) {
        let scene = Scene::imported(&stream);
        let tip = scene.tip();
        for path in &PATHS[..APART] {
            let ours: String = scene.repo.history(&file(path), tip, 100).unwrap().into_iter()
                .map(|entry| format!("{}\n", entry.commit.revision))
                .collect();
            prop_assert_eq!(ours, scene.git(&["log", "--format=%H", "--", path]), "{}", path);
        }
        let last = scene.repo.last_commits(tip, None).unwrap();
        prop_assert_eq!(last.keys().cloned().collect::<Vec<_>>(), scene.paths());
        for (path, commit) in &last {
            if path != "d/side.txt" {
                let expected = scene.git(&["log", "-1", "--format=%H", "--", path]);
                prop_assert_eq!(commit.revision.to_string(), expected.trim(), "{}", path);
            }
        }
    }

    #[test]
    fn last_commits_since_continue_the_earlier_answer(stream in history(), at in any::<prop::sample::Index>()) {
        let scene = Scene::imported(&stream);
        let tip = scene.tip();
        let all = scene.git(&["rev-list", "main"]);
        let all: Vec<&str> = all.lines().collect();
        let since = Revision::parse(all[at.index(all.len())]).unwrap();
        let whole = scene.repo.last_commits(tip, None).unwrap();
        let mut continued = scene.repo.last_commits(since, None).unwrap();
        continued.extend(scene.repo.last_commits(tip, Some(since)).unwrap());
        continued.retain(|path, _| whole.contains_key(path));
        continued.remove("d/side.txt");
        for (path, commit) in &continued {
            prop_assert_eq!(commit.revision, whole[path].revision, "{}", path);
        }
        prop_assert_eq!(continued.len(), whole.keys().filter(|path| *path != "d/side.txt").count());
    }
}
