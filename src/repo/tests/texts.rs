use std::fmt::Write as _;

use super::super::TextDiff;
use super::*;

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

/// A history of one page as `git fast-import` reads it.
#[derive(Default)]
struct Story {
    stream: String,
    commits: usize,
    lines_written: usize,
}

impl Story {
    fn line(&mut self, dice: &mut Dice, repeats: bool) -> String {
        self.lines_written += 1;
        if repeats && dice.roll(3) == 0 {
            return ["", "- item", "## Notes"][dice.roll(3)].to_owned();
        }
        format!("line {} says {}", self.lines_written, dice.roll(1000))
    }

    /// Some of the lines within `range` replaced, removed, or with others before them.
    fn edit(&mut self, dice: &mut Dice, lines: &[String], range: std::ops::Range<usize>, repeats: bool) -> Vec<String> {
        let mut edited = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            match if range.contains(&at) { dice.roll(12) } else { 12 } {
                0 => edited.push(self.line(dice, repeats)),
                1 => {}
                2 => edited.extend([self.line(dice, repeats), line.clone()]),
                _ => edited.push(line.clone()),
            }
        }
        edited
    }

    fn commit(&mut self, parents: &[usize], path: &str, lines: &[String], gone: Option<&str>) -> usize {
        self.commits += 1;
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let _ = write!(self.stream, "commit refs/heads/main\nmark :{}\n", self.commits);
        let _ = write!(self.stream, "committer A <a@b.invalid> {} +0000\ndata 1\nx\n", 1_700_000_000 + self.commits);
        for (at, parent) in parents.iter().enumerate() {
            let _ = writeln!(self.stream, "{} :{parent}", if at == 0 { "from" } else { "merge" });
        }
        if let Some(gone) = gone {
            let _ = writeln!(self.stream, "D {gone}");
        }
        let _ = write!(self.stream, "M 644 inline {path}\ndata {}\n{text}\n", text.len());
        self.commits
    }

    /// Edits, renames and merges of disjoint edits.
    fn tell(seed: u64, repeats: bool) -> (String, String) {
        let (mut story, mut dice) = (Self::default(), Dice(seed));
        let mut lines: Vec<String> = (0..60).map(|_| story.line(&mut dice, repeats)).collect();
        let mut path = "P0.md".to_owned();
        let mut tip = story.commit(&[], &path, &lines, None);
        for round in 0..15 {
            let (all, middle) = (lines.len(), lines.len() / 2);
            match dice.roll(4) {
                0 => {
                    let ours = story.edit(&mut dice, &lines, 0..middle - 3, repeats);
                    let theirs = story.edit(&mut dice, &lines, middle + 3..all, repeats);
                    let left = story.commit(&[tip], &path, &ours, None);
                    let right = story.commit(&[tip], &path, &theirs, None);
                    let mut both = ours[..ours.len() - (all - middle)].to_vec();
                    both.extend_from_slice(&theirs[middle..]);
                    tip = story.commit(&[left, right], &path, &both, None);
                    lines = both;
                }
                1 => {
                    let old = std::mem::replace(&mut path, format!("P{round}.md"));
                    lines = story.edit(&mut dice, &lines, 0..5, repeats);
                    tip =
                        story.commit(&[tip], &path, &lines, Some(&old).filter(|old| **old != path).map(String::as_str));
                }
                _ => {
                    lines = story.edit(&mut dice, &lines, 0..all, repeats);
                    tip = story.commit(&[tip], &path, &lines, None);
                }
            }
        }
        story.stream.push_str("done\n");
        (story.stream, path)
    }
}

fn blamed_by_git(scene: &Scene, path: &str) -> Vec<String> {
    let said = scene.git(&["blame", "--line-porcelain", "main", "--", path]);
    let is_header = |line: &&str| line.len() > 41 && line[..40].bytes().all(|byte| byte.is_ascii_hexdigit());
    said.lines().filter(|line| !line.starts_with('\t')).filter(is_header).map(|line| line[..40].to_owned()).collect()
}

fn blamed(scene: &Scene, path: &str) -> Vec<String> {
    let ranges = scene.repo.blame(&file(path), scene.tip()).unwrap().unwrap();
    let mut lines = Vec::new();
    for range in ranges {
        assert_eq!(range.line, lines.len() + 1);
        assert!(!range.or_earlier);
        lines.extend((range.line..=range.end_line).map(|_| range.commit.revision.to_string()));
    }
    lines
}

#[test]
fn blame_is_what_git_says_through_edits_renames_and_merges() {
    for seed in 0..12 {
        let (stream, path) = Story::tell(seed, seed % 3 == 2);
        let scene = Scene::imported(&stream);
        assert_eq!(blamed(&scene, &path), blamed_by_git(&scene, &path), "seed {seed}");
    }
}

#[test]
fn blame_of_what_is_not_there_and_of_nothing() {
    let scene = Scene::new();
    scene.commit(&[put("A.md", ""), put("B.md", "no line feed")]).unwrap();
    assert_eq!(scene.repo.blame(&file("Never.md"), scene.tip()).unwrap(), None);
    assert_eq!(scene.repo.blame(&file("A.md"), scene.tip()).unwrap(), Some(Vec::new()));
    assert_eq!(blamed(&scene, "B.md"), [scene.tip().to_string()]);
}

#[test]
fn blame_gives_up_on_too_much_and_says_so() {
    let scene = Scene::new();
    let long = |n: usize| format!("{n}\n{}", "the same\n".repeat(3000));
    for n in 0..20 {
        scene.commit(&[put("A.md", &long(n))]).unwrap();
    }
    let ranges = scene.repo.blame(&file("A.md"), scene.tip()).unwrap().unwrap();
    assert_eq!(ranges.last().map(|range| (range.end_line, range.or_earlier)), Some((3001, true)));
}

#[test]
fn diffs_are_what_git_says() {
    for seed in 0..12 {
        let (stream, _) = Story::tell(seed, seed % 3 == 2);
        let scene = Scene::imported(&stream);
        let revisions = scene.git(&["rev-list", "--first-parent", "main"]);
        let revisions: Vec<&str> = revisions.lines().collect();
        for pair in revisions.windows(2) {
            let changes = scene.repo.changes(Revision::parse(pair[1]).ok(), Revision::parse(pair[0]).unwrap()).unwrap();
            let [change] = changes.as_slice() else { continue };
            let text = |blob| String::from_utf8(scene.repo.at_tip().unwrap().blob(blob).unwrap()).unwrap();
            let (Some(old), Some(new)) = (change.old, change.new) else { continue };
            let ours = TextDiff::between(&text(old), &text(new), false, usize::MAX);
            let said = scene.git(&["diff", "--no-color", "--no-ext-diff", pair[1], pair[0], "--", &change.path]);
            let theirs: String = said[said.find("--- ").unwrap()..]
                .split_inclusive('\n')
                .map(|line| match line.strip_prefix("@@").and_then(|rest| rest.split_once("@@")) {
                    Some((place, _section)) => format!("@@{place}@@\n"),
                    None => line.to_owned(),
                })
                .collect();
            assert_eq!(ours.unified(Some(&change.path), Some(&change.path)), theirs, "seed {seed}");
        }
    }
}

#[test]
fn the_line_of_the_branch_is_told_from_any_commit_on() {
    let (stream, _) = Story::tell(3, false);
    let scene = Scene::imported(&stream);
    let tip = scene.tip();
    let all = scene.git(&["rev-list", "--reverse", "--first-parent", "main"]);
    let line: Vec<Revision> = all.lines().map(|line| Revision::parse(line).unwrap()).collect();
    assert_eq!(scene.repo.steps(None, tip).unwrap().unwrap(), line);
    assert_eq!(scene.repo.steps(Some(line[4]), tip).unwrap().unwrap(), line[5..]);
    assert_eq!(scene.repo.steps(Some(tip), tip).unwrap().unwrap(), []);
    assert_eq!(scene.repo.steps(Some(tip), line[4]).unwrap(), None);
    // A commit that was merged in counts as its merge.
    let merges = scene.git(&["rev-list", "--first-parent", "--merges", "--parents", "main"]);
    let merge: Vec<Revision> =
        merges.lines().next().unwrap().split(' ').map(|id| Revision::parse(id).unwrap()).collect();
    let at = line.iter().position(|step| *step == merge[0]).unwrap();
    assert_eq!(scene.repo.steps(Some(merge[2]), tip).unwrap().unwrap(), line[at + 1..]);

    let step = scene.repo.step(line[3]).unwrap().unwrap();
    assert_eq!((step.commit.revision, step.before), (line[3], Some(line[2])));
}
