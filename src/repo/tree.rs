use std::borrow::Cow;
use std::collections::BTreeMap;

use gix::ObjectId;
use gix::bstr::{BStr, BString};
use gix::objs::tree::{EntryKind, EntryMode, name_order};
use gix::objs::{Kind, TreeRefIter};

use super::Change;
use super::error::Error;
use super::objects::NewObject;
use crate::model::RepoPath;

/// A tree being changed. Only the directories on the way to a change are read; everything
/// else keeps its entry as it is, whatever it may be.
pub(super) struct Editor<'r> {
    repo: &'r gix::Repository,
    root: Directory,
}

#[derive(Default)]
struct Directory {
    stored: Option<ObjectId>,
    entries: BTreeMap<BString, Node>,
}

enum Node {
    Kept(EntryMode, ObjectId),
    Opened(Directory),
}

impl<'r> Editor<'r> {
    /// Begins with a tree of `repo`, or with none.
    pub(super) fn new(repo: &'r gix::Repository, tree: Option<ObjectId>) -> Result<Self, Error> {
        let root = tree.map_or_else(|| Ok(Directory::default()), |id| Directory::read(repo, id))?;
        Ok(Self { repo, root })
    }

    /// Applies one change to what the changes before it have left; `new` receives the
    /// blob that it brings.
    pub(super) fn apply<'c>(&mut self, change: &'c Change, new: &mut Vec<NewObject<'c>>) -> Result<(), Error> {
        match change {
            Change::Put { path, bytes } => {
                let blob = NewObject::new(Kind::Blob, Cow::Borrowed(bytes.as_slice()))?;
                self.root.put(self.repo, path, blob.id)?;
                new.push(blob);
            }
            Change::Link { path, blob } => {
                let id = ObjectId::from(*blob);
                if !self.repo.has_object(id) {
                    return Err(Error::Damaged(format!("the content {blob} of '{path}' is not there")));
                }
                self.root.put(self.repo, path, id)?;
            }
            Change::Delete { path } => {
                self.root.remove(self.repo, path)?;
            }
            Change::Rename { from, to } => {
                let removed = self.root.remove(self.repo, from)?;
                self.root.insert(self.repo, to, removed)?;
            }
        }
        Ok(())
    }

    /// The identity of the changed tree; `new` receives the trees that were not there before.
    pub(super) fn finish(self, new: &mut Vec<NewObject<'_>>) -> Result<ObjectId, Error> {
        self.root.store(new)
    }
}

impl Directory {
    fn read(repo: &gix::Repository, id: ObjectId) -> Result<Self, Error> {
        let tree = repo.find_tree(id)?;
        let mut entries = BTreeMap::new();
        for entry in TreeRefIter::from_bytes(&tree.data, id.kind()) {
            let entry = entry?;
            entries.insert(entry.filename.to_owned(), Node::Kept(entry.mode, entry.oid.to_owned()));
        }
        Ok(Self { stored: Some(id), entries })
    }

    /// Sets the content of a file, new or there before.
    fn put(&mut self, repo: &gix::Repository, path: &RepoPath, id: ObjectId) -> Result<(), Error> {
        let (parent, name) = self.open_parent(repo, path)?;
        let mode = match parent.entries.get(name) {
            None => EntryKind::Blob.into(),
            Some(Node::Kept(mode, _)) if mode.is_blob() => *mode,
            Some(_) => return Err(not_a_file(path)),
        };
        parent.entries.insert(name.to_owned(), Node::Kept(mode, id));
        Ok(())
    }

    /// Adds a file that must not be there before.
    fn insert(
        &mut self,
        repo: &gix::Repository,
        path: &RepoPath,
        (mode, id): (EntryMode, ObjectId),
    ) -> Result<(), Error> {
        let (parent, name) = self.open_parent(repo, path)?;
        match parent.entries.get(name) {
            None => {}
            Some(Node::Kept(mode, _)) if !mode.is_tree() => {
                return Err(Error::Exists { path: path.as_str().to_owned() });
            }
            Some(_) => return Err(not_a_file(path)),
        }
        parent.entries.insert(name.to_owned(), Node::Kept(mode, id));
        Ok(())
    }

    /// The directory that is to hold `path`, made if need be, and the name in it.
    fn open_parent<'p>(&mut self, repo: &gix::Repository, path: &'p RepoPath) -> Result<(&mut Self, &'p BStr), Error> {
        let (dirs, name) = path.as_str().rsplit_once('/').unwrap_or(("", path.as_str()));
        let mut directory = self;
        for component in dirs.split('/').filter(|c| !c.is_empty()) {
            let node = directory.entries.entry(component.into()).or_insert_with(|| Node::Opened(Self::default()));
            directory = node.open(repo)?.ok_or_else(|| not_a_file(path))?;
        }
        Ok((directory, name.into()))
    }

    /// Takes a file out, with the directories that it leaves empty.
    fn remove(&mut self, repo: &gix::Repository, path: &RepoPath) -> Result<(EntryMode, ObjectId), Error> {
        let components: Vec<&BStr> = path.components().map(Into::into).collect();
        self.remove_below(repo, &components)?.ok_or_else(|| Error::Missing { path: path.as_str().to_owned() })
    }

    fn remove_below(
        &mut self,
        repo: &gix::Repository,
        components: &[&BStr],
    ) -> Result<Option<(EntryMode, ObjectId)>, Error> {
        let Some((&name, below)) = components.split_first() else { return Ok(None) };
        let Some(node) = self.entries.get_mut(name) else { return Ok(None) };
        if below.is_empty() {
            let Node::Kept(mode, id) = *node else { return Ok(None) };
            if !mode.is_blob() {
                return Ok(None);
            }
            self.entries.remove(name);
            return Ok(Some((mode, id)));
        }
        let Some(directory) = node.open(repo)? else { return Ok(None) };
        let removed = directory.remove_below(repo, below)?;
        if directory.entries.is_empty() {
            self.entries.remove(name);
        }
        Ok(removed)
    }

    fn store(self, new: &mut Vec<NewObject<'_>>) -> Result<ObjectId, Error> {
        let mut entries = Vec::with_capacity(self.entries.len());
        for (name, node) in self.entries {
            entries.push(match node {
                Node::Kept(mode, id) => (name, mode, id),
                Node::Opened(directory) => (name, EntryKind::Tree.into(), directory.store(new)?),
            });
        }
        entries.sort_by(|(a, a_mode, _), (b, b_mode, _)| name_order(a, a_mode.is_tree(), b, b_mode.is_tree()));
        let mut bytes = Vec::with_capacity(entries.len() * 48);
        for (name, mode, id) in entries {
            bytes.extend_from_slice(mode.as_bytes(&mut [0; 6]));
            bytes.push(b' ');
            bytes.extend_from_slice(&name);
            bytes.push(0);
            bytes.extend_from_slice(id.as_bytes());
        }
        let tree = NewObject::new(Kind::Tree, bytes)?;
        let id = tree.id;
        if self.stored != Some(id) {
            new.push(tree);
        }
        Ok(id)
    }
}

impl Node {
    /// The directory that this entry is; none when it is something else.
    fn open(&mut self, repo: &gix::Repository) -> Result<Option<&mut Directory>, Error> {
        if let Self::Kept(mode, id) = *self {
            if !mode.is_tree() {
                return Ok(None);
            }
            *self = Self::Opened(Directory::read(repo, id)?);
        }
        match self {
            Self::Opened(directory) => Ok(Some(directory)),
            Self::Kept(..) => Ok(None),
        }
    }
}

fn not_a_file(path: &RepoPath) -> Error {
    Error::NotAFile { path: path.as_str().to_owned() }
}
