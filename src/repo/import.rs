use std::{
    collections::BTreeSet,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

use gix::{ObjectId, hash::Kind};
use gix_pack::index::traverse;
use parking_lot::Mutex;

use super::{
    Disk, LARGEST_OBJECT, Snapshot,
    fsck::{self, Special},
    new_pack::{NewPack, remove_temporary_files},
    pack::{self, IndexEntry, Options, Packs, Plan, Range, SentCommit, entries, read},
    revision,
};
use crate::model::Revision;

/// What was imported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportReport {
    /// The commit that the source's `HEAD` pointed to, for the caller to set as the tip.
    pub tip: Revision,
    pub commits: usize,
    pub trees: usize,
    pub blobs: usize,
    pub pack_bytes: u64,
}

/// Why a repository cannot be imported. The destination is as it was.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("{path} is not a git repository that can be read: {reason}")]
    NotARepository { path: String, reason: String },
    #[error("the repository has no commit on its current branch")]
    Empty,
    #[error("the repository is a shallow clone: its history is incomplete (git fetch --unshallow completes it)")]
    Shallow,
    #[error("the repository uses {0} object names; only SHA-1 is supported")]
    ObjectFormat(String),
    #[error("object {id} ({place}) is missing or damaged: {reason}")]
    Damaged { id: ObjectId, place: String, reason: String },
    #[error("{place} cannot be imported: {reason} (object {id}; git fsck --strict would refuse it)")]
    Malformed { id: ObjectId, place: String, reason: String },
    #[error("the repository cannot be read: {0}")]
    Source(pack::Error),
    #[error("the new pack cannot be written: {0}")]
    Write(#[from] io::Error),
}

/// Copies everything that `HEAD` of the local repository `source` reaches into the bare repository `destination`,
/// as one pack, durable when this returns. Refs are left alone: [`super::Repo::move_tip`] makes it visible.
///
/// Every object is checked by the rules of `git fsck --strict`. `progress` gets short lines for people.
///
/// # Errors
/// When the source is no complete SHA-1 repository, holds what git would refuse, or the disk fails.
pub fn import(
    disk: &dyn Disk,
    source: &Path,
    destination: &Path,
    progress: &mut dyn FnMut(&str),
) -> Result<ImportReport, ImportError> {
    let repo = open(source)?;
    let tip = head_commit(&repo)?;
    let range = Range { wants: vec![tip], ..Range::default() };
    let mut quiet = |_: usize| Ok(());
    let selection = pack::select(&repo, &range, &mut quiet).map_err(|error| damaged(&repo, &[], error))?;
    let commits = selection.commits;
    progress(&format!("{} commits", commits.len()));
    let plan =
        pack::collect(&repo, &commits, &|_| false, &mut quiet).map_err(|error| damaged(&repo, &commits, error))?;
    progress(&format!("{} objects", plan.objects.len()));

    let objects = destination.join("objects");
    let mut unfinished = NewPack::begin(disk, &objects)?;
    remove_temporary_files(disk, &objects.join("pack"))?;
    let (pack_file, checksum, index, pack_bytes) = write_pack(&repo, &commits, &plan, &mut unfinished)?;
    let index_file = unfinished.write(|out| pack::write_index(index, checksum, out))?;
    progress("checking");
    check(&repo, &commits, &plan, &pack_file, &index_file)?;
    let tips_file = unfinished.write(|out| writeln!(out, "{tip}"))?;

    unfinished.publish(checksum, [&pack_file, &index_file], Some(&tips_file))?;
    Ok(ImportReport { tip: revision(tip), commits: plan.commits, trees: plan.trees, blobs: plan.blobs, pack_bytes })
}

/// The files that `HEAD` of the local repository `source` has.
///
/// # Errors
/// When the source is no SHA-1 repository that can be read, or has no commit.
pub fn head_of(source: &Path) -> Result<Snapshot, ImportError> {
    let repo = open(source)?;
    let tip = head_commit(&repo)?;
    Snapshot::of_commit(repo, tip)
        .map_err(|error| ImportError::NotARepository { path: source.display().to_string(), reason: error.to_string() })
}

fn open(source: &Path) -> Result<gix::Repository, ImportError> {
    let not_one = |reason: String| ImportError::NotARepository { path: source.display().to_string(), reason };
    let opened = gix::open::Options::isolated()
        .with(gix::sec::Trust::Full)
        .config_overrides([
            "core.useReplaceRefs=false".to_owned(),
            format!("gitoxide.objects.allocLimit={LARGEST_OBJECT}"),
        ])
        .open(source);
    let mut repo = match opened {
        Ok(repo) => repo.to_thread_local(),
        Err(error) => {
            let reason = format!("{error:?}");
            if reason.to_ascii_lowercase().contains("sha256") {
                return Err(ImportError::ObjectFormat("SHA-256".to_owned()));
            }
            return Err(not_one(error.to_string()));
        }
    };
    repo.objects.ignore_replacements = true;
    if repo.object_hash() != Kind::Sha1 {
        return Err(ImportError::ObjectFormat(repo.object_hash().to_string()));
    }
    if repo.shallow_commits().map_err(|error| not_one(error.to_string()))?.is_some() {
        return Err(ImportError::Shallow);
    }
    Ok(repo)
}

fn head_commit(repo: &gix::Repository) -> Result<ObjectId, ImportError> {
    let head = repo.head().map_err(|error| ImportError::NotARepository {
        path: repo.git_dir().display().to_string(),
        reason: error.to_string(),
    })?;
    match head.id() {
        Some(id) => Ok(id.detach()),
        None => Err(ImportError::Empty),
    }
}

/// The file, its checksum, what its index says, its length.
type Written = (PathBuf, ObjectId, Vec<IndexEntry>, u64);

fn write_pack(
    repo: &gix::Repository,
    commits: &[SentCommit],
    plan: &Plan,
    unfinished: &mut NewPack<'_>,
) -> Result<Written, ImportError> {
    let packs = Packs::open(repo).map_err(ImportError::Source)?;
    let options = Options { ofs_delta: true, closed: None, compression: flate2::Compression::default() };
    let mut index = Vec::with_capacity(plan.objects.len());
    let mut checksum = ObjectId::null(Kind::Sha1);
    let mut failure = None;
    let mut bytes = 0;
    let file = unfinished.write(|out| {
        let mut out = Counting { out, bytes: 0 };
        let record = &mut |entry| index.push(entry);
        match pack::write_pack(repo, &packs, plan, &options, &mut out, record, &mut |_| Ok(())) {
            Ok(sum) => checksum = sum,
            Err(pack::Error::Io(error)) => return Err(error),
            Err(error) => failure = Some(error),
        }
        bytes = out.bytes;
        Ok(())
    })?;
    match failure {
        Some(error) => Err(damaged(repo, commits, error)),
        None => Ok((file, checksum, index, bytes)),
    }
}

/// Reads the new pack back: every object must have the bytes that its name promises and be one that git accepts.
fn check(
    source: &gix::Repository,
    commits: &[SentCommit],
    plan: &Plan,
    pack_file: &Path,
    index_file: &Path,
) -> Result<(), ImportError> {
    let limit = LARGEST_OBJECT.parse().ok();
    let opened = gix_pack::index::File::at(index_file, Kind::Sha1)
        .and_then(|index| Ok((index, gix_pack::data::File::at(pack_file, Kind::Sha1)?.with_alloc_limit_bytes(limit))));
    let (index, data) = opened.map_err(|error| ImportError::Write(io::Error::other(error.to_string())))?;
    let malformed: Arc<Mutex<Option<(ObjectId, String)>>> = Arc::default();
    let special: Arc<Mutex<BTreeSet<(Special, ObjectId)>>> = Arc::default();
    let (found, noted) = (malformed.clone(), special.clone());
    let examine =
        move |kind: gix::object::Kind, bytes: &[u8], entry: &gix_pack::index::Entry, _: &dyn gix::Progress| {
            let verdict = match kind {
                gix::object::Kind::Tree => {
                    let note = &mut |kind, id| {
                        noted.lock().insert((kind, id));
                    };
                    fsck::check_tree(bytes, note).map_err(|(fault, name)| {
                        if name.is_empty() { fault.to_owned() } else { format!("'{}': {fault}", name.escape_ascii()) }
                    })
                }
                gix::object::Kind::Commit => fsck::check_commit(bytes).map_err(str::to_owned),
                gix::object::Kind::Blob | gix::object::Kind::Tag => Ok(()),
            };
            if let Err(reason) = verdict {
                found.lock().get_or_insert((entry.oid, reason));
            }
            Ok(())
        };
    let options = traverse::Options { alloc_limit_bytes: limit, ..traverse::Options::default() };
    let traversed = index.traverse(&data, &mut gix::progress::Discard, &AtomicBool::new(false), examine, options);
    if let Some((id, reason)) = malformed.lock().take() {
        return Err(ImportError::Malformed { id, place: place(source, commits, id), reason });
    }
    if let Err(error) = traversed {
        return Err(name_the_damage(source, commits, plan, &error.to_string()));
    }
    for (kind, id) in special.lock().iter() {
        let (_, content) = read(source, *id).map_err(|error| damaged(source, commits, error))?;
        if let Err(reason) = fsck::check_special(*kind, &content) {
            let place = place(source, commits, *id);
            return Err(ImportError::Malformed { id: *id, place, reason: reason.to_owned() });
        }
    }
    Ok(())
}

/// Finds the object that made reading the new pack fail: slow, and only after a failure.
fn name_the_damage(source: &gix::Repository, commits: &[SentCommit], plan: &Plan, reason: &str) -> ImportError {
    for id in &plan.objects {
        match read(source, *id) {
            Err(error) => return damaged(source, commits, error),
            Ok((kind, data)) => match gix::objs::compute_hash(Kind::Sha1, kind, &data) {
                Ok(actual) if actual == *id => {}
                _ => {
                    let reason = "its content does not match its name".to_owned();
                    return ImportError::Damaged { id: *id, place: place(source, commits, *id), reason };
                }
            },
        }
    }
    ImportError::Source(pack::Error::Pack { path: source.git_dir().display().to_string(), reason: reason.to_owned() })
}

fn damaged(repo: &gix::Repository, commits: &[SentCommit], error: pack::Error) -> ImportError {
    let (id, reason) = match error {
        pack::Error::Missing(id) => (id, "it is not there".to_owned()),
        pack::Error::Unreadable { id, reason } => (id, reason),
        other => return ImportError::Source(other),
    };
    ImportError::Damaged { id, place: place(repo, commits, id), reason }
}

/// Where an object is first met, newest commit first: for people, after a failure.
fn place(repo: &gix::Repository, commits: &[SentCommit], wanted: ObjectId) -> String {
    let mut seen = gix::hashtable::HashSet::default();
    for commit in commits {
        if commit.id == wanted {
            return format!("commit {wanted}");
        }
        let mut work = vec![(commit.tree, String::new())];
        while let Some((tree, path)) = work.pop() {
            if tree == wanted {
                let path = if path.is_empty() { "/" } else { path.trim_end_matches('/') };
                return format!("directory {path} in commit {}", commit.id);
            }
            if !seen.insert(tree) {
                continue;
            }
            let Ok((_, data)) = read(repo, tree) else { continue };
            for entry in entries(&data).map_while(Result::ok) {
                let path = format!("{path}{}", entry.name.escape_ascii());
                if entry.is_tree() {
                    work.push((entry.id, path + "/"));
                } else if entry.id == wanted {
                    return format!("file {path} in commit {}", commit.id);
                }
            }
        }
    }
    "in the history".to_owned()
}

struct Counting<'a> {
    out: &'a mut dyn Write,
    bytes: u64,
}

impl Write for Counting<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
