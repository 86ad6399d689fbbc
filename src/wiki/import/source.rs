//! Where content comes from: a zip file, a folder, a git repository. What is read here was made by
//! somebody else: names lead nowhere outside, and no more is inflated than the limits allow.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use unicode_normalization::UnicodeNormalization as _;
use zip::ZipArchive;

use super::super::WikiError;
use super::super::export::COMMENT;
use super::ImportKind;
use super::report::Refused;
use crate::repo::{self, BlobId, Snapshot};

/// Files that are looked at.
const MOST_FILES: usize = 100_000;
/// Bytes that are read in all, inflated; each file is read up to three times.
const MOST_READ: u64 = 12 << 30;
/// Folders below each other.
const DEEPEST: usize = 40;

/// What is to be imported.
pub(super) struct Source {
    /// Ordered by path.
    pub(super) files: Vec<SourceFile>,
    pub(super) refused: Vec<Refused>,
    /// Hidden files and such, which are left out without a word.
    pub(super) ignored: usize,
    pub(super) kind: ImportKind,
    reader: Reader,
    read: u64,
}

/// A file of it.
pub(super) struct SourceFile {
    /// Separated by slashes, in NFC; never hidden, absolute, or leading upwards.
    pub(super) path: String,
    /// As it was announced: it may be more in truth.
    size: u64,
    place: Place,
}

enum Place {
    InZip(usize),
    OnDisk(PathBuf),
    InGit(BlobId),
}

enum Reader {
    Zip(Box<ZipArchive<BufReader<File>>>),
    Disk,
    Git(Box<Snapshot>),
}

/// Why a file's bytes are not to be had.
pub(super) enum Unread {
    TooLarge,
    Because(String),
}

impl Source {
    /// Looks at what there is. `kind` may be [`ImportKind::Auto`].
    ///
    /// # Errors
    /// [`WikiError::Import`] when it cannot be read at all, or has too many files.
    pub(super) fn open(path: &Path, kind: ImportKind) -> Result<Self, WikiError> {
        let failed =
            |error: &dyn std::fmt::Display| WikiError::Import(format!("{} cannot be read: {error}", path.display()));
        let metadata = fs::metadata(path).map_err(|error| failed(&error))?;
        let mut source = if metadata.is_file() {
            Self::zip(path).map_err(|error| failed(&error))?
        } else if is_repository(path) && !matches!(kind, ImportKind::Obsidian | ImportKind::Markdown) {
            Self::git(path)?
        } else {
            Self::folder(path).map_err(|error| failed(&error))?
        };
        if source.files.len() > MOST_FILES {
            return Err(WikiError::Import(format!("there are more than {MOST_FILES} files")));
        }
        source.files.sort_by(|a, b| a.path.cmp(&b.path));
        if kind != ImportKind::Auto {
            source.kind = kind;
        }
        Ok(source)
    }

    fn empty(kind: ImportKind, reader: Reader) -> Self {
        Self { files: Vec::new(), refused: Vec::new(), ignored: 0, kind, reader, read: 0 }
    }

    fn zip(path: &Path) -> Result<Self, String> {
        let mut file = File::open(path).map_err(|error| error.to_string())?;
        let mut start = [0; 16];
        let length = file.read(&mut start).map_err(|error| error.to_string())?;
        if start.get(..length).is_some_and(|start| start.starts_with(b"# v2 git bundle")) {
            return Err("it is a git bundle: clone it first, and import the clone".to_owned());
        }
        let file = File::open(path).map_err(|error| error.to_string())?;
        let zip = ZipArchive::new(BufReader::new(file)).map_err(|error| format!("it is no zip file ({error})"))?;
        let is_own = zip.comment().starts_with(COMMENT.as_bytes());
        let count = zip.len();
        if count > MOST_FILES {
            return Err(format!("it has more than {MOST_FILES} entries"));
        }
        let mut source = Self::empty(ImportKind::Markdown, Reader::Zip(Box::new(zip)));
        let (mut is_vault, mut seen) = (false, HashSet::new());
        for at in 0..count {
            let Reader::Zip(zip) = &mut source.reader else { continue };
            let (name, size, problem) = match zip.by_index_raw(at) {
                Err(error) => (format!("entry {at}"), 0, Some(error.to_string())),
                Ok(entry) => {
                    let name = entry.name().map_or_else(|_| format!("entry {at}"), std::borrow::Cow::into_owned);
                    if entry.is_dir() {
                        is_vault |= name.split('/').any(|part| part == ".obsidian");
                        continue;
                    }
                    let problem = if entry.is_symlink() {
                        Some("it is a symbolic link".to_owned())
                    } else if entry.encrypted() {
                        Some("it is encrypted".to_owned())
                    } else {
                        None
                    };
                    (name, entry.size(), problem)
                }
            };
            is_vault |= name.split('/').any(|part| part == ".obsidian");
            let name = name.replace('\\', "/");
            if is_ignored(&name) {
                source.ignored += 1;
                continue;
            }
            match problem.map_or_else(|| checked(&name).map_err(str::to_owned), Err) {
                Ok(path) if !seen.insert(path.clone()) => source.refuse(name, "it is in the file twice"),
                Ok(path) => source.files.push(SourceFile { path, size, place: Place::InZip(at) }),
                Err(reason) => source.refuse(name, &reason),
            }
        }
        if !is_own {
            source.strip_the_one_folder();
        }
        source.kind = match (is_own, is_vault) {
            (true, _) => ImportKind::Robotwiki,
            (_, true) => ImportKind::Obsidian,
            _ => source.guess(ImportKind::Markdown),
        };
        Ok(source)
    }

    fn folder(path: &Path) -> Result<Self, String> {
        let mut source = Self::empty(ImportKind::Markdown, Reader::Disk);
        let is_vault = path.join(".obsidian").is_dir();
        let mut work = vec![(path.to_owned(), String::new(), 0)];
        while let Some((directory, prefix, depth)) = work.pop() {
            for entry in fs::read_dir(&directory).map_err(|error| format!("{}: {error}", directory.display()))? {
                let entry = entry.map_err(|error| error.to_string())?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let path = format!("{prefix}{name}");
                if is_ignored(&path) {
                    source.ignored += 1;
                    continue;
                }
                // Links are not followed: they could lead to what only the server may read.
                let metadata = entry.path().symlink_metadata().map_err(|error| error.to_string())?;
                if metadata.is_symlink() {
                    source.refuse(path, "it is a symbolic link");
                } else if metadata.is_dir() && depth < DEEPEST {
                    work.push((entry.path(), format!("{path}/"), depth + 1));
                } else if metadata.is_file() {
                    match checked(&path) {
                        Ok(checked) => {
                            let place = Place::OnDisk(entry.path());
                            source.files.push(SourceFile { path: checked, size: metadata.len(), place });
                        }
                        Err(reason) => source.refuse(path, reason),
                    }
                } else {
                    source.refuse(path, "it is no file");
                }
                if source.files.len() > MOST_FILES {
                    return Ok(source);
                }
            }
        }
        source.kind = if is_vault { ImportKind::Obsidian } else { source.guess(ImportKind::Markdown) };
        Ok(source)
    }

    fn git(path: &Path) -> Result<Self, WikiError> {
        let snapshot = repo::head_of(path).map_err(|error| WikiError::Import(error.to_string()))?;
        let entries = snapshot.files()?;
        let mut source = Self::empty(ImportKind::Git, Reader::Git(Box::new(snapshot)));
        for entry in entries {
            if is_ignored(&entry.path) {
                source.ignored += 1;
                continue;
            }
            let Reader::Git(snapshot) = &source.reader else { continue };
            let size = snapshot.size(entry.blob)?;
            match checked(&entry.path) {
                Ok(path) => source.files.push(SourceFile { path, size, place: Place::InGit(entry.blob) }),
                Err(reason) => source.refuse(entry.path, reason),
            }
        }
        source.kind = source.guess(ImportKind::Git);
        Ok(source)
    }

    /// An Otterwiki begins with this page, spelled like this unless it was told to keep case.
    fn guess(&self, otherwise: ImportKind) -> ImportKind {
        if self.files.iter().any(|file| file.path == "home.md") { ImportKind::Otterwiki } else { otherwise }
    }

    fn refuse(&mut self, path: String, reason: &str) {
        self.refused.push(Refused { path, reason: reason.to_owned() });
    }

    /// Whoever zips a folder gets the folder, too.
    fn strip_the_one_folder(&mut self) {
        let first = |file: &SourceFile| file.path.split_once('/').map(|(first, _)| first.to_owned());
        let Some(Some(folder)) = self.files.first().map(first) else { return };
        if self.files.iter().all(|file| first(file).as_ref() == Some(&folder)) {
            for file in &mut self.files {
                file.path.drain(..=folder.len());
            }
        }
    }

    /// A file's bytes, at most `most`.
    pub(super) fn bytes(&mut self, at: usize, most: u64) -> Result<Vec<u8>, Unread> {
        let because = |error: &dyn std::fmt::Display| Unread::Because(error.to_string());
        let Some(file) = self.files.get(at) else { return Err(Unread::Because("it is not there".to_owned())) };
        let most = most.min(MOST_READ.saturating_sub(self.read));
        if file.size > most {
            return Err(Unread::TooLarge);
        }
        let mut bytes = Vec::new();
        match (&file.place, &mut self.reader) {
            (Place::InZip(at), Reader::Zip(zip)) => {
                let entry = zip.by_index(*at).map_err(|error| because(&error))?;
                entry.take(most + 1).read_to_end(&mut bytes).map_err(|error| because(&error))?;
            }
            (Place::OnDisk(path), _) => {
                let file = File::open(path).map_err(|error| because(&error))?;
                file.take(most + 1).read_to_end(&mut bytes).map_err(|error| because(&error))?;
            }
            (Place::InGit(blob), Reader::Git(snapshot)) => {
                if snapshot.size(*blob).map_err(|error| because(&error))? > most {
                    return Err(Unread::TooLarge);
                }
                bytes = snapshot.blob(*blob).map_err(|error| because(&error))?;
            }
            _ => return Err(Unread::Because("it is not there".to_owned())),
        }
        self.read += bytes.len() as u64;
        if bytes.len() as u64 > most { Err(Unread::TooLarge) } else { Ok(bytes) }
    }
}

/// Whether a directory is a git repository, bare or not.
#[must_use]
pub fn is_repository(path: &Path) -> bool {
    path.join(".git").exists() || (path.join("HEAD").is_file() && path.join("objects").is_dir())
}

/// What programs and systems leave lying about.
fn is_ignored(path: &str) -> bool {
    path.split('/').any(|part| {
        let hidden = part.starts_with('.') && part != "." && part != "..";
        hidden || ["__MACOSX", "Thumbs.db", "desktop.ini"].contains(&part)
    })
}

/// A path within the source.
fn checked(name: &str) -> Result<String, &'static str> {
    let drive = name.get(1..2) == Some(":") && name.starts_with(|c: char| c.is_ascii_alphabetic());
    if name.starts_with('/') || drive {
        return Err("its path is absolute");
    }
    if name.chars().any(char::is_control) {
        return Err("its name has control characters");
    }
    let mut parts = Vec::new();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => return Err("its path leads upwards"),
            part => parts.push(part),
        }
    }
    if parts.is_empty() || parts.len() > DEEPEST || name.len() > 2_000 {
        return Err("its path is too long");
    }
    Ok(parts.join("/").nfc().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leads_outside() {
        for (name, expected) in [
            ("a/b.md", Ok("a/b.md")),
            ("./a//b.md", Ok("a/b.md")),
            ("Größe.md", Ok("Größe.md")),
            ("../x.md", Err("its path leads upwards")),
            ("a/../../x.md", Err("its path leads upwards")),
            ("/etc/passwd", Err("its path is absolute")),
            ("C:/x.md", Err("its path is absolute")),
            ("a\u{0}.md", Err("its name has control characters")),
            ("", Err("its path is too long")),
        ] {
            assert_eq!(checked(name).as_deref(), expected.as_ref().map(|path| *path), "{name:?}");
        }
        assert_eq!(checked("Gro\u{308}ße.md").unwrap(), "Größe.md");
        assert!([".git/config", "a/.obsidian/app.json", "__MACOSX/a.md"].into_iter().all(is_ignored));
    }
}
