use std::fmt::Write as _;
use std::time::Instant;

use super::*;

/// `cargo test --lib repo::tests::speed -- --ignored --nocapture`, best with `--release`.
#[test]
#[ignore = "a measurement, not a check"]
fn ten_thousand_commits() {
    for (layout, directories) in [("flat", 1), ("nested", 30)] {
        let scene = Scene::imported(&stream(10_000, directories));
        let tip = scene.tip();
        let oldest = scene.git(&["log", "--format=", "--name-only", "--reverse", "-1", &format!("{tip}~9999")]);
        let path = file(oldest.trim());
        let first = Revision::parse(scene.git(&["rev-list", "--max-parents=0", "main"]).trim()).unwrap();
        let before = Revision::parse(scene.git(&["rev-parse", "main~10"]).trim()).unwrap();
        let timed = |what: &str, work: &dyn Fn()| {
            let start = Instant::now();
            work();
            eprintln!("{layout}: {what}: {:?}", start.elapsed());
        };
        timed("files", &|| drop(scene.repo.at_tip().unwrap().files().unwrap()));
        timed("history of the oldest page", &|| drop(scene.repo.history(&path, tip, 100).unwrap()));
        timed("git log of the oldest page", &|| drop(scene.git(&["log", "--format=%H", "--", path.as_str()])));
        timed("last commits", &|| drop(scene.repo.last_commits(tip, None).unwrap()));
        timed("last commits since ten commits ago", &|| drop(scene.repo.last_commits(tip, Some(before)).unwrap()));
        timed("find the first commit", &|| assert!(scene.repo.find(&first.into()).unwrap().is_some()));
        timed("changes since ten commits ago", &|| drop(scene.repo.changes(Some(before), tip).unwrap()));
        timed("one commit", &|| assert!(scene.commit(&[put("s3/New.md", "text")]).is_ok()));
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
