use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use super::command::git_ok;

const AUTHORS: [&str; 4] = [
    "Ada Archivist <ada@example.org>",
    "Björn Bergström <bjorn@example.org>",
    "Chiara D'Angelo <chiara@example.org>",
    "山田 太郎 <taro@example.org>",
];
const FOLDERS: [&str; 8] = [
    "",
    "Guides",
    "Guides/Set up",
    "Field notes",
    "Field notes/Deep sea",
    "Field notes/Deep sea/Year 3",
    "Projekte/Größe",
    "Trends",
];
const SUBJECTS: [&str; 6] = ["lighthouse", "ferry", "mussel", "granite", "heather", "peat"];
/// 2019-03-01, from where the history counts its days.
const EPOCH: u64 = 1_551_398_400;

/// A repository that somebody kept in git for years: folders, names with spaces, several authors, edits,
/// renames, deletions, attachments.
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    /// By path without `.md`.
    pub(crate) pages: BTreeMap<String, SourcePage>,
    pub(crate) attachments: BTreeMap<String, Vec<u8>>,
    pub(crate) tip: String,
    pub(crate) commits: usize,
}

#[derive(Clone)]
pub(crate) struct SourcePage {
    pub(crate) content: String,
    /// Author of the last commit that touched it.
    pub(crate) author: String,
    /// Commits that touched it, under this name and those before.
    pub(crate) revisions: usize,
    /// What it said in its first revision.
    pub(crate) first: String,
    pub(crate) former_name: Option<String>,
}

/// Writes one commit after the other into a `git fast-import` stream.
struct Stream {
    text: Vec<u8>,
    commits: usize,
}

impl Stream {
    fn commit(&mut self, author: &str, message: &str, changes: &[Vec<u8>]) {
        self.commits += 1;
        let when = EPOCH + self.commits as u64 * 86_400 / 2;
        let mut head = String::from("commit refs/heads/main\n");
        let _ = writeln!(head, "author {author} {when} +0100");
        let _ = writeln!(head, "committer {author} {when} +0100");
        let _ = writeln!(head, "data {}\n{message}", message.len());
        self.text.extend_from_slice(head.as_bytes());
        for change in changes {
            self.text.extend_from_slice(change);
        }
        self.text.push(b'\n');
    }
}

fn put(file: &str, bytes: &[u8]) -> Vec<u8> {
    let mut change = format!("M 100644 inline \"{file}\"\ndata {}\n", bytes.len()).into_bytes();
    change.extend_from_slice(bytes);
    change.push(b'\n');
    change
}

fn text(title: &str, subject: &str, version: usize) -> String {
    let mut text = format!("---\ntags: [{subject}, import]\ncategory: note\n---\n# {title}\n\n");
    let _ = writeln!(text, "What we know of the {subject}, version {version}. See [[Home]].\n");
    for line in 0..8 {
        let _ = writeln!(text, "- observation {line} near the {subject}: {}", (line + 3) * (version + 7));
    }
    text
}

impl Source {
    /// Generates it in `dir`, always the same.
    pub(crate) fn generate(dir: &Path) -> Self {
        let mut stream = Stream { text: Vec::new(), commits: 0 };
        let mut pages = BTreeMap::new();
        let mut attachments = BTreeMap::new();
        let name = |author: &str| author.split(" <").next().unwrap().to_owned();
        let page = |content: &str, author: &str| SourcePage {
            content: content.to_owned(),
            author: name(author),
            revisions: 1,
            first: content.to_owned(),
            former_name: None,
        };

        let home = "# Home\n\nThe archive. Start with [[Guides/Set up/Page 2]].\n";
        stream.commit(AUTHORS[0], "Begin", &[put("Home.md", home.as_bytes())]);
        pages.insert("Home".to_owned(), page(home, AUTHORS[0]));

        for i in 0..230_usize {
            let folder = FOLDERS[i % FOLDERS.len()];
            let path = if folder.is_empty() { format!("Page {i}") } else { format!("{folder}/Page {i}") };
            let author = AUTHORS[i % AUTHORS.len()];
            let content = text(&format!("Page {i}"), SUBJECTS[i % SUBJECTS.len()], 0);
            stream.commit(author, &format!("Add {path}"), &[put(&format!("{path}.md"), content.as_bytes())]);
            pages.insert(path, page(&content, author));
        }
        let paths: Vec<String> = pages.keys().filter(|path| *path != "Home").cloned().collect();
        for (i, path) in paths.iter().enumerate() {
            for version in 1..=(i % 4) {
                let author = AUTHORS[(i + version) % AUTHORS.len()];
                let entry = pages.get_mut(path).unwrap();
                entry.content = text(path, SUBJECTS[(i + version) % SUBJECTS.len()], version);
                entry.author = name(author);
                entry.revisions += 1;
                let change = put(&format!("{path}.md"), entry.content.as_bytes());
                stream.commit(author, &format!("Revise {path}\n\nVersion {version}."), &[change]);
            }
        }
        for (i, path) in paths.iter().enumerate().filter(|(i, _)| i % 18 == 5) {
            let author = AUTHORS[i % AUTHORS.len()];
            let target = format!("Renamed/{} b", path.replace('/', " "));
            stream.commit(
                author,
                &format!("Rename {path}"),
                &[format!("R \"{path}.md\" \"{target}.md\"\n").into_bytes()],
            );
            let mut entry = pages.remove(path).unwrap();
            entry.author = name(author);
            entry.revisions += 1;
            entry.former_name = Some(path.clone());
            pages.insert(target, entry);
        }
        for path in paths.iter().skip(7).step_by(40) {
            if pages.remove(path).is_some() {
                stream.commit(AUTHORS[1], &format!("Drop {path}"), &[format!("D \"{path}.md\"\n").into_bytes()]);
            }
        }
        for (i, path) in pages.keys().filter(|path| path.contains('/')).step_by(20).enumerate() {
            let file = format!("{path}/tide table {i}.png");
            let bytes: Vec<u8> =
                (0..3_000_u32).map(|n| (n.wrapping_mul(31).wrapping_add(i as u32) >> 2) as u8).collect();
            stream.commit(AUTHORS[2], &format!("Attach {file}"), &[put(&file, &bytes)]);
            attachments.insert(file, bytes);
        }

        fs::create_dir_all(dir).unwrap();
        git_ok(dir, &["init", "-q", "--bare", "--initial-branch=main", "."], b"");
        git_ok(dir, &["fast-import", "--quiet"], &stream.text);
        let tip = git_ok(dir, &["rev-parse", "refs/heads/main"], b"").trim().to_owned();
        Self { path: dir.to_owned(), pages, attachments, tip, commits: stream.commits }
    }
}

#[test]
fn the_generated_repository_is_what_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let source = Source::generate(dir.path());
    git_ok(&source.path, &["fsck", "--strict", "--no-progress"], b"");
    let files = git_ok(&source.path, &["ls-tree", "-r", "-z", "--name-only", "main"], b"");
    let (pages, others): (Vec<&str>, Vec<&str>) =
        files.split('\0').filter(|file| !file.is_empty()).partition(|file| file.ends_with(".md"));
    assert!(pages.len() >= 200 && others.len() >= 5);
    assert!(pages.iter().all(|file| source.pages.contains_key(file.trim_end_matches(".md"))));
    assert_eq!((pages.len(), others.len()), (source.pages.len(), source.attachments.len()));
    let commits = git_ok(&source.path, &["rev-list", "--count", "main"], b"");
    assert_eq!(commits.trim(), source.commits.to_string());
}
