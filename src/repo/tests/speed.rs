use std::fmt::Write as _;
use std::time::Instant;

use super::*;

/// Ten thousand commits when measuring (CONTRIBUTING.md, "Measure"), else a few.
fn commits() -> usize {
    if std::env::var_os("ROBOTWIKI_MEASURE").is_some_and(|value| value == "1") { 10_000 } else { 150 }
}

#[test]
fn a_long_history_is_read_as_git_reads_it() {
    for (layout, directories) in [("flat", 1), ("nested", 30)] {
        let commits = commits();
        let scene = Scene::imported(&stream(commits, directories));
        let tip = scene.tip();
        let timed = |what: &str, work: &mut dyn FnMut()| {
            let start = Instant::now();
            work();
            eprintln!("{layout}, {commits} commits: {what}: {:?}", start.elapsed());
        };
        let first = Revision::parse(scene.git(&["rev-list", "--max-parents=0", "main"]).trim()).unwrap();
        let before = Revision::parse(scene.git(&["rev-parse", "main~10"]).trim()).unwrap();
        let oldest = scene.git(&["show", "--format=", "--name-only", &first.to_string()]);
        let path = file(oldest.trim());
        let sorted = |text: String| {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };

        let listed = sorted(scene.git(&["ls-tree", "-r", "--name-only", "main"]));
        let mut files = Vec::new();
        timed("files", &mut || files = scene.paths());
        assert_eq!(files, listed);

        let (mut logged, mut history) = (String::new(), Vec::new());
        timed("git log of the oldest page", &mut || {
            logged = scene.git(&["log", "-100", "--format=%H", "--", path.as_str()]);
        });
        timed("history of the oldest page", &mut || history = scene.repo.history(&path, tip, 100).unwrap());
        let revisions: Vec<String> = history.iter().map(|entry| entry.commit.revision.to_string()).collect();
        assert_eq!(revisions, logged.lines().collect::<Vec<_>>());

        let mut blamed = None;
        timed("blame of the oldest page", &mut || blamed = scene.repo.blame(&path, tip).unwrap());
        assert!(blamed.unwrap().iter().all(|range| range.commit.revision == first));
        let mut steps = None;
        timed("steps since the beginning", &mut || steps = scene.repo.steps(None, tip).unwrap());
        assert_eq!(steps.unwrap().len(), commits);

        let (mut all, mut since) = (Default::default(), Default::default());
        timed("last commits", &mut || all = scene.repo.last_commits(tip, None).unwrap());
        timed("last commits since ten commits ago", &mut || {
            since = scene.repo.last_commits(tip, Some(before)).unwrap();
        });
        assert_eq!(all.keys().collect::<Vec<_>>(), listed.iter().collect::<Vec<_>>());
        for path in [&listed[0], &listed[listed.len() / 2], &listed[listed.len() - 1]] {
            let last = scene.git(&["log", "-1", "--format=%H", "--", path]);
            assert_eq!(all[path].revision.to_string(), last.trim(), "{path}");
        }
        let changed = sorted(scene.git(&["diff", "--name-only", "main~10", "main"]));
        assert_eq!(since.keys().collect::<Vec<_>>(), changed.iter().collect::<Vec<_>>());

        let mut changes = Vec::new();
        timed("changes since ten commits ago", &mut || changes = scene.repo.changes(Some(before), tip).unwrap());
        assert_eq!(changes.into_iter().map(|change| change.path).collect::<Vec<_>>(), changed);

        let mut new = tip;
        timed("one commit", &mut || new = scene.commit(&[put("s3/New.md", "text")]).unwrap());
        assert_eq!(scene.git(&["rev-parse", "main", "main~1"]), format!("{new}\n{tip}\n"));
        assert_eq!(scene.read("s3/New.md").unwrap(), "text");
    }
}

/// As a wiki grows: nine of ten commits create a page, one edits an old one.
fn stream(commits: usize, directories: usize) -> String {
    let mut stream = String::new();
    let mut pages: Vec<String> = Vec::new();
    let mut random = 1u64;
    for n in 0..commits {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let draw = usize::try_from(random >> 40).unwrap();
        if n == 0 || !draw.is_multiple_of(10) {
            let (outer, inner) = (draw % directories, draw / 7 % directories);
            pages.push(if directories == 1 {
                format!("Page_{n}.md")
            } else {
                format!("s{outer}/t{inner}/Page_{n}.md")
            });
        }
        // The first page is left alone, so that its commit is the farthest away.
        let page =
            if draw.is_multiple_of(10) { pages.get(1 + draw % pages.len()).or(pages.last()) } else { pages.last() };
        let text = format!("# Page {n}\n\n{draw} is the number of this version, which was made at {n}.\n").repeat(12);
        let _ = write!(
            stream,
            "commit refs/heads/main\ncommitter A <a> {} +0000\ndata 0\nM 100644 inline {}\ndata {}\n{text}",
            1_600_000_000 + n * 60,
            page.unwrap(),
            text.len(),
        );
    }
    stream
}
