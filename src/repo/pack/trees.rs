use std::{cmp::Ordering, rc::Rc};

use gix::{
    ObjectId,
    hashtable::{HashMap, HashSet},
};

use super::{Error, SentCommit, Tick, read};

/// Decoded trees kept while diffing; twice this at most is held.
const CACHE_BYTES: usize = 24 << 20;

/// Every object to send, each once: only identifiers, no content.
#[derive(Default)]
pub(in crate::repo) struct Plan {
    pub objects: Vec<ObjectId>,
    pub commits: usize,
    pub trees: usize,
    pub blobs: usize,
}

/// One entry of a tree as it is stored; nothing about it has been validated.
pub(in crate::repo) struct Entry<'t> {
    pub mode: &'t [u8],
    pub name: &'t [u8],
    pub id: ObjectId,
}

impl Entry<'_> {
    /// The type bits of the mode (`man 7 inode`), 0 when it is not octal.
    pub(in crate::repo) fn kind(&self) -> u32 {
        self.mode
            .iter()
            .try_fold(0u32, |value, digit| match digit {
                b'0'..=b'7' if value < 1 << 24 => Some(value << 3 | u32::from(digit - b'0')),
                _ => None,
            })
            .unwrap_or(0)
            & 0o170_000
    }

    pub(in crate::repo) fn is_tree(&self) -> bool {
        self.kind() == 0o040_000
    }

    /// A submodule: its commit lives in another repository.
    pub(in crate::repo) fn is_gitlink(&self) -> bool {
        self.kind() == 0o160_000
    }
}

/// Iterates over a tree's entries; a malformed rest is the last item, as `Err`.
pub(in crate::repo) fn entries(mut tree: &[u8]) -> impl Iterator<Item = Result<Entry<'_>, ()>> {
    std::iter::from_fn(move || {
        if tree.is_empty() {
            return None;
        }
        match split_entry(tree) {
            Some((entry, rest)) => {
                tree = rest;
                Some(Ok(entry))
            }
            None => {
                tree = &[];
                Some(Err(()))
            }
        }
    })
}

fn split_entry(tree: &[u8]) -> Option<(Entry<'_>, &[u8])> {
    let space = tree.iter().take(12).position(|byte| *byte == b' ')?;
    let (mode, rest) = tree.split_at_checked(space)?;
    let rest = rest.get(1..)?;
    let (name, rest) = rest.split_at_checked(gix::bstr::ByteSlice::find_byte(rest, 0)?)?;
    let (id, rest) = rest.get(1..)?.split_at_checked(20)?;
    Some((Entry { mode, name, id: ObjectId::try_from(id).ok()? }, rest))
}

/// Git's order of tree entries: by name, a directory's ending in `/`.
pub(in crate::repo) fn compare(a: &Entry<'_>, b: &Entry<'_>) -> Ordering {
    let shared = a.name.len().min(b.name.len());
    let after = |entry: &Entry<'_>| match entry.name.get(shared) {
        Some(byte) => *byte,
        None if entry.is_tree() => b'/',
        None => 0,
    };
    a.name.get(..shared).cmp(&b.name.get(..shared)).then_with(|| after(a).cmp(&after(b)))
}

/// Lists the objects that `commits` introduce over their bases, except those that `held` knows.
///
/// Trees are compared with the base's, so an incremental fetch costs what changed. The result may
/// name an object the receiver has (a reverted edit), never lack one it needs.
pub(in crate::repo) fn collect(
    repo: &gix::Repository,
    commits: &[SentCommit],
    held: &dyn Fn(&ObjectId) -> bool,
    tick: Tick<'_>,
) -> Result<Plan, Error> {
    let mut collector = Collector {
        repo,
        held,
        seen: HashSet::default(),
        compared: std::collections::HashSet::default(),
        plan: Plan::default(),
        trees: Trees::default(),
    };
    for commit in commits {
        if collector.add(commit.id) {
            collector.plan.commits += 1;
        }
        let mut work = Vec::new();
        if Some(commit.tree) != commit.base {
            collector.descend(commit.tree, commit.base, &mut work);
        }
        while let Some((tree, base)) = work.pop() {
            collector.compare(tree, base, &mut work)?;
        }
        tick(collector.plan.objects.len())?;
    }
    Ok(collector.plan)
}

struct Collector<'a> {
    repo: &'a gix::Repository,
    held: &'a dyn Fn(&ObjectId) -> bool,
    seen: HashSet<ObjectId>,
    /// Which tree was compared with which base. A tree that comes back (a revert) over
    /// another base has other news: the same pair never has.
    compared: std::collections::HashSet<(ObjectId, Option<ObjectId>)>,
    plan: Plan,
    trees: Trees,
}

impl Collector<'_> {
    fn add(&mut self, id: ObjectId) -> bool {
        let new = !(self.held)(&id) && self.seen.insert(id);
        if new {
            self.plan.objects.push(id);
        }
        new
    }

    fn compare(
        &mut self,
        tree: ObjectId,
        base: Option<ObjectId>,
        work: &mut Vec<(ObjectId, Option<ObjectId>)>,
    ) -> Result<(), Error> {
        let new = self.trees.get(self.repo, tree)?;
        let old = match base {
            Some(base) => self.trees.get(self.repo, base)?,
            None => Rc::default(),
        };
        let malformed = || Error::Unreadable { id: tree, reason: "a malformed tree".to_owned() };
        let (mut new, mut old) = (&new[..], &old[..]);
        let shared_end = new.iter().rev().zip(old.iter().rev()).take_while(|(a, b)| a == b).count();
        while !new.is_empty() {
            // Equal rests parse alike, so nothing in them is new.
            if new.len() == old.len() && new.len() <= shared_end {
                return Ok(());
            }
            let (entry, rest) = split_entry(new).ok_or_else(malformed)?;
            // A base that cannot be parsed is no reason to skip anything.
            let Some((other, other_rest)) = split_entry(old) else {
                new = rest;
                self.visit(&entry, None, work);
                continue;
            };
            match compare(&entry, &other) {
                Ordering::Less => {
                    new = rest;
                    self.visit(&entry, None, work);
                }
                Ordering::Greater => old = other_rest,
                Ordering::Equal => {
                    (new, old) = (rest, other_rest);
                    if entry.id != other.id || entry.kind() != other.kind() {
                        let base = (entry.is_tree() && other.is_tree()).then_some(other.id);
                        self.visit(&entry, base, work);
                    }
                }
            }
        }
        Ok(())
    }

    fn visit(&mut self, entry: &Entry<'_>, base: Option<ObjectId>, work: &mut Vec<(ObjectId, Option<ObjectId>)>) {
        if entry.is_gitlink() {
            return;
        }
        if entry.is_tree() {
            self.descend(entry.id, base, work);
        } else if self.add(entry.id) {
            self.plan.blobs += 1;
        }
    }

    /// Sends a tree, and later what is new below it over `base`. That the receiver holds the
    /// tree says that it holds what is below; that it was sent before says nothing of the kind.
    fn descend(&mut self, tree: ObjectId, base: Option<ObjectId>, work: &mut Vec<(ObjectId, Option<ObjectId>)>) {
        if (self.held)(&tree) {
            return;
        }
        if self.add(tree) {
            self.plan.trees += 1;
        }
        if !self.compared.contains(&(tree, None)) && self.compared.insert((tree, base)) {
            work.push((tree, base));
        }
    }
}

/// Recently read trees in two generations: the old one goes when the young one is full.
#[derive(Default)]
struct Trees {
    young: HashMap<ObjectId, Rc<[u8]>>,
    old: HashMap<ObjectId, Rc<[u8]>>,
    young_bytes: usize,
}

impl Trees {
    fn get(&mut self, repo: &gix::Repository, id: ObjectId) -> Result<Rc<[u8]>, Error> {
        if let Some(found) = self.young.get(&id) {
            return Ok(found.clone());
        }
        let tree: Rc<[u8]> = match self.old.remove(&id) {
            Some(found) => found,
            None => match read(repo, id)? {
                (gix::object::Kind::Tree, data) => data.into(),
                (kind, _) => {
                    return Err(Error::Unreadable { id, reason: format!("a {kind} where a tree belongs") });
                }
            },
        };
        if self.young_bytes > CACHE_BYTES {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += tree.len() + 64;
        self.young.insert(id, tree.clone());
        Ok(tree)
    }
}
