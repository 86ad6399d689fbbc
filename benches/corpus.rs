//! The generated wiki: the same bytes on every run, shaped like one that people wrote.

use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// Its pages are listed over REST: `Atlas/` holds [`ATLAS_PAGES`] pages.
pub(crate) const ATLAS_PAGES: usize = 400;
/// The page of 30 KB.
pub(crate) const HANDBOOK: &str = "Handbook";
const HANDBOOK_BYTES: usize = 30_000;
const TOPICS: usize = 24;
/// Words that one topic uses beside the common ones.
const VOCABULARY: u64 = 200;
const COMMON: &[&str] = &[
    "the", "of", "and", "to", "in", "is", "that", "for", "it", "as", "with", "on", "by", "this", "are", "or", "an",
    "be", "from", "at", "which", "when", "each", "page", "before", "after", "system", "service", "work", "change",
];
const SYLLABLES: &[&str] = &[
    "ka", "lo", "mi", "ren", "tor", "vel", "sun", "dar", "pel", "nio", "gra", "fim", "bel", "cor", "hul", "zan", "wek",
    "ysa", "qui", "jor",
];
const SECONDS_BETWEEN_COMMITS: usize = 3_600;
const FIRST_COMMIT: usize = 1_780_000_000;

/// Pages in the order in which they were created, and the words to look for.
pub(crate) struct Corpus {
    pages: Vec<String>,
    seed: u64,
}

/// SplitMix64 (Steele, Lea and Flood 2014): reproducible, and random enough for prose.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// Small numbers far more often than large ones, as words are used.
    fn skewed(&mut self, end: u64) -> u64 {
        self.below(end) * self.below(end) / end.max(1)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

impl Corpus {
    /// A wiki of `pages` pages, at least 500.
    pub(crate) fn new(pages: usize, seed: u64) -> Self {
        assert!(pages >= 500);
        let name = |at: usize| match at {
            0 => "Home".to_owned(),
            1 => HANDBOOK.to_owned(),
            at if at < 2 + ATLAS_PAGES => format!("Atlas/{}_{at}", capital(&word(topic(at), at as u64 % VOCABULARY))),
            at => {
                let topic = topic(at);
                format!("{}/{}_{at}", capital(&word(topic, 0)), capital(&word(topic, at as u64 % VOCABULARY)))
            }
        };
        Self { pages: (0..pages).map(name).collect(), seed }
    }

    /// The paths of some pages of ordinary size.
    pub(crate) fn ordinary_pages(&self) -> impl Iterator<Item = &str> {
        self.pages.iter().skip(2).step_by(7).map(String::as_str)
    }

    /// Two words of one topic, of middling frequency.
    pub(crate) fn query(&self, number: u64) -> String {
        let mut random = Random(number);
        let topic = random.below(TOPICS as u64) as usize;
        format!("{} {}", word(topic, 5 + random.below(60)), word(topic, 5 + random.below(60)))
    }

    /// A question about one topic, of about a dozen words.
    pub(crate) fn question(&self, number: u64) -> String {
        let mut random = Random(number ^ self.seed << 40);
        let topic = random.below(TOPICS as u64) as usize;
        format!("how does the {} of {}", words(&mut random, topic, 4), words(&mut random, topic, 5))
    }

    /// Writes a bare repository: the pages in ten commits, then `edits` commits that each
    /// change 50 of them.
    pub(crate) fn write_repository(&self, dir: &Path, edits: usize) -> io::Result<()> {
        let git = || {
            let mut git = Command::new("git");
            git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
            git
        };
        succeeded(git().args(["init", "--quiet", "--bare", "--initial-branch=main"]).arg(dir).status()?)?;
        let mut import = git().arg("-C").arg(dir).args(["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn()?;
        let stdin = import.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut out = BufWriter::with_capacity(1 << 20, stdin);
        let mut random = Random(self.seed);
        let batch = self.pages.len().div_ceil(10);
        for commit in 0..10 {
            let new = (commit * batch)..((commit + 1) * batch).min(self.pages.len());
            self.write_commit(&mut out, commit, new, 0)?;
        }
        for edit in 0..edits {
            let changed = (0..50).map(|_| 2 + random.below(self.pages.len() as u64 - 2) as usize).collect::<Vec<_>>();
            self.write_commit(&mut out, 10 + edit, changed, edit + 1)?;
        }
        out.flush()?;
        drop(out);
        succeeded(import.wait()?)
    }

    fn write_commit(
        &self,
        out: &mut impl Write,
        number: usize,
        pages: impl IntoIterator<Item = usize>,
        edit: usize,
    ) -> io::Result<()> {
        let who = ["Ada", "Grace", "Barbara", "Edsger"][number % 4];
        let time = FIRST_COMMIT + number * SECONDS_BETWEEN_COMMITS;
        writeln!(out, "commit refs/heads/main")?;
        for role in ["author", "committer"] {
            writeln!(out, "{role} {who} <{who}@example.com> {time} +0000")?;
        }
        data(out, &format!("Change {number}"))?;
        for at in pages {
            writeln!(out, "M 100644 inline {}.md", self.pages[at])?;
            data(out, &self.text(at, edit))?;
        }
        writeln!(out)
    }

    /// The page's text after its `edit`-th change.
    fn text(&self, at: usize, edit: usize) -> String {
        let mut random = Random(self.seed ^ (at as u64) << 20);
        let topic = topic(at);
        // About log-normal with a median of 3 KB: between 0.4 and 20 KB.
        let deviation = (0..4).map(|_| random.below(1_000)).sum::<u64>() as f64 / 1_000.0 - 2.0;
        let wanted = if at == 1 { HANDBOOK_BYTES } else { (3_000.0 * (1.9 * deviation).exp()) as usize }.max(400);

        let leaf = self.pages[at].rsplit('/').next().unwrap_or_default().replace('_', " ");
        let tags = [word(topic, random.below(20)), word(topic, random.below(20))];
        let mut text = format!(
            "---\ntitle: {leaf}\ncategory: {}\ntags: [{}, {}]\n---\n\n# {leaf}\n\n",
            word(topic, 0),
            tags[0],
            tags[1]
        );
        while text.len() < wanted {
            match random.below(8) {
                0 => text += &format!("## {}\n\n", capital(&words(&mut random, topic, 3))),
                1 => (0..4).for_each(|_| {
                    text += &format!("- **{}**: {}\n", word(topic, random.below(50)), words(&mut random, topic, 8));
                }),
                2 => {
                    text +=
                        &format!("```rust\nlet {} = {};\n```\n\n", word(topic, random.below(50)), random.below(999));
                }
                3 => {
                    text += "| name | what |\n|---|---|\n";
                    (0..3).for_each(|_| {
                        text += &format!("| {} | {} |\n", word(topic, random.below(50)), words(&mut random, topic, 5));
                    });
                }
                4 => text += &format!("See [[{}]] and [[{}]].\n", self.linked(&mut random), self.linked(&mut random)),
                _ => text += &sentences(&mut random, topic),
            }
            text.push('\n');
        }
        for edit in 1..=edit {
            text += &format!("\nRevised in round {edit}.\n");
        }
        text
    }

    fn linked(&self, random: &mut Random) -> &str {
        &self.pages[random.skewed(self.pages.len() as u64) as usize]
    }
}

fn topic(at: usize) -> usize {
    if at < 2 + ATLAS_PAGES { 0 } else { 1 + at % (TOPICS - 1) }
}

/// The `number`-th word of a topic's vocabulary.
fn word(topic: usize, number: u64) -> String {
    let mut random = Random((topic as u64) << 32 | number);
    (0..2 + random.below(3)).map(|_| random.pick(SYLLABLES)).collect()
}

fn words(random: &mut Random, topic: usize, count: usize) -> String {
    let mut one = || match random.below(5) {
        0 | 1 => random.pick(COMMON).to_owned(),
        _ => word(topic, random.skewed(VOCABULARY)),
    };
    (0..count).map(|_| one()).collect::<Vec<_>>().join(" ")
}

fn sentences(random: &mut Random, topic: usize) -> String {
    let mut text = String::new();
    for _ in 0..3 + random.below(4) {
        let count = 8 + random.below(12) as usize;
        text += &capital(&words(random, topic, count));
        text += ". ";
    }
    text.push('\n');
    text
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
}

fn data(out: &mut impl Write, text: &str) -> io::Result<()> {
    writeln!(out, "data {}\n{text}", text.len())
}

fn succeeded(status: std::process::ExitStatus) -> io::Result<()> {
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("git: {status}"))) }
}
