use std::collections::HashMap;

use gix::ObjectId;

use super::diff;
use super::error::Error;
use super::snapshot::read_blob;

/// Most files that disappeared in one commit which are compared by content.
const MAX_CANDIDATES: usize = 200;

/// Largest file that is compared by content, in bytes.
const MAX_SIZE: u64 = 1 << 20;

/// How much of the larger file both must share, in percent: git's default.
const LEAST_SIMILAR: u64 = 50;

/// The name that a file had in `old` which first appears as `path` in `new`: a file that
/// disappeared in between and held the same bytes, else the one most like it, if it is
/// like enough.
pub(super) fn source(
    repo: &gix::Repository,
    old: ObjectId,
    new: ObjectId,
    path: &str,
    blob: ObjectId,
) -> Result<Option<String>, Error> {
    let mut gone = Vec::new();
    diff::compare(repo, Some(old), Some(new), &mut |path, old, new| {
        if let (Some(old), None) = (old, new) {
            gone.push((path.to_owned(), old));
        }
    })?;
    // Of several that fit equally, the one of the same file name, then the first.
    let leaf = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    gone.sort_by_key(|(gone, _)| leaf(gone) != leaf(path));
    if let Some((same, _)) = gone.iter().find(|(_, id)| *id == blob) {
        return Ok(Some(same.clone()));
    }
    if gone.is_empty() || repo.find_header(blob)?.size() > MAX_SIZE {
        return Ok(None);
    }
    let target = Chunks::of(&read_blob(repo, blob, MAX_SIZE)?);
    let mut best: Option<(u64, String)> = None;
    for (path, id) in gone.into_iter().take(MAX_CANDIDATES) {
        if !target.could_resemble(repo.find_header(id)?.size()) {
            continue;
        }
        let score = target.similarity(&Chunks::of(&read_blob(repo, id, MAX_SIZE)?));
        if score >= LEAST_SIMILAR && best.as_ref().is_none_or(|(least, _)| score > *least) {
            best = Some((score, path));
        }
    }
    Ok(best.map(|(_, path)| path))
}

/// What is read of one commit's files in order to compare their contents, in bytes.
const MAX_READ: u64 = 16 << 20;

/// For each of the files `added` in a commit, the place in `gone` of the file that it was
/// before, chosen as [`source`] does. Large commits are compared only in part.
pub(super) fn sources(
    repo: &gix::Repository,
    gone: &[(String, ObjectId)],
    added: &[(String, ObjectId)],
) -> Result<Vec<Option<usize>>, Error> {
    let leaf = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let mut same: HashMap<ObjectId, Vec<usize>> = HashMap::new();
    for (at, (_, id)) in gone.iter().enumerate() {
        same.entry(*id).or_default().push(at);
    }
    let leaf_of = |at: usize| gone.get(at).map(|(path, _)| leaf(path)).unwrap_or_default();
    let mut contents: Vec<Option<Option<Chunks>>> = gone.iter().map(|_| None).collect();
    let mut left = MAX_READ;
    let mut found = Vec::with_capacity(added.len());
    for (path, blob) in added {
        let name = leaf(path);
        if let Some(exact) = same.get(blob) {
            let at = exact.iter().find(|at| leaf_of(**at) == name).or(exact.first());
            found.push(at.copied());
            continue;
        }
        let Some(target) = read(repo, *blob, &mut left)? else {
            found.push(None);
            continue;
        };
        let mut order: Vec<usize> = (0..gone.len()).collect();
        order.sort_by_key(|at| leaf_of(*at) != name);
        let mut best: Option<(u64, usize)> = None;
        for at in order.into_iter().take(MAX_CANDIDATES) {
            let (Some((_, id)), Some(slot)) = (gone.get(at), contents.get_mut(at)) else { continue };
            if slot.is_none() {
                *slot = Some(read(repo, *id, &mut left)?);
            }
            let Some(Some(content)) = slot.as_ref() else { continue };
            if !target.could_resemble(content.bytes) {
                continue;
            }
            let score = target.similarity(content);
            if score >= LEAST_SIMILAR && best.is_none_or(|(least, _)| score > least) {
                best = Some((score, at));
            }
        }
        found.push(best.map(|(_, at)| at));
    }
    Ok(found)
}

/// A file's chunks; none when it is too large, or too much was read already.
fn read(repo: &gix::Repository, blob: ObjectId, left: &mut u64) -> Result<Option<Chunks>, Error> {
    let size = repo.find_header(blob)?.size();
    let Some(rest) = left.checked_sub(size.max(64)).filter(|_| size <= MAX_SIZE) else { return Ok(None) };
    *left = rest;
    Ok(Some(Chunks::of(&read_blob(repo, blob, MAX_SIZE)?)))
}

/// A file as the bag of its lines, long ones cut: how git measures similarity
/// (`diffcore-delta.c`).
struct Chunks {
    bytes: u64,
    counts: HashMap<Vec<u8>, u64>,
}

impl Chunks {
    const LONGEST: usize = 64;

    fn of(content: &[u8]) -> Self {
        let mut counts = HashMap::new();
        for line in content.split_inclusive(|byte| *byte == b'\n') {
            for chunk in line.chunks(Self::LONGEST) {
                *counts.entry(chunk.to_vec()).or_insert(0) += chunk.len() as u64;
            }
        }
        Self { bytes: content.len() as u64, counts }
    }

    /// Whether a file of `other` bytes can reach [`LEAST_SIMILAR`] at all.
    fn could_resemble(&self, other: u64) -> bool {
        let (small, large) = (self.bytes.min(other), self.bytes.max(other));
        large <= MAX_SIZE && large > 0 && small * 100 >= large * LEAST_SIMILAR
    }

    /// The bytes that both have in common, in percent of the larger.
    fn similarity(&self, other: &Self) -> u64 {
        let common: u64 = self
            .counts
            .iter()
            .map(|(chunk, bytes)| other.counts.get(chunk).map_or(0, |others| *bytes.min(others)))
            .sum();
        common * 100 / self.bytes.max(other.bytes).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similarity_is_the_share_of_common_bytes() {
        let all: String = (0..100).map(|n| format!("line number {n:03}\n")).collect();
        let half: String = all.lines().take(50).map(|line| format!("{line}\n")).collect();
        let of = |text: &str| Chunks::of(text.as_bytes());
        assert_eq!(of(&all).similarity(&of(&all)), 100);
        assert_eq!(of(&all).similarity(&of(&half)), 50);
        assert_eq!(of(&half).similarity(&of(&all)), 50);
        assert_eq!(of(&all).similarity(&of("other\n")), 0);
        assert_eq!(of("").similarity(&of("")), 0);
        assert!(of(&all).could_resemble(half.len() as u64));
        assert!(!of(&all).could_resemble(half.len() as u64 - 20));
    }
}
