//! A disk that forgets at a power cut whatever was not synced.
//!
//! It does every operation on a real directory, so that readers see what they would see
//! while the machine runs, and keeps a log. From the log it can tell what a power cut
//! after any operation may have left, which is the worst that POSIX allows:
//!
//! - the bytes of a file since its last sync may be there, cut short, or not there;
//! - each name created, renamed or removed since the last sync of its directory may or
//!   may not have reached the disk, each on its own, in any combination. Only a rename
//!   within one directory happens at once.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use robotwiki::repo::{Disk, DiskFile, RealDisk};

/// What a disk has been asked to do, and what a test notes in between.
#[derive(Debug)]
enum Operation {
    CreateDir(PathBuf),
    CreateFile(PathBuf, Inode),
    Write(Inode, Vec<u8>),
    SyncFile(Inode),
    SyncDir(PathBuf),
    Rename(PathBuf, PathBuf),
    RemoveFile(PathBuf),
    RemoveDirAll(PathBuf),
}

type Inode = usize;

/// What the disk under test leaves out, to show that the test would notice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Care {
    Full,
    NoFileSync,
    NoDirSync,
}

#[derive(Clone)]
pub(crate) struct ForgetfulDisk(Arc<Mutex<State>>);

struct State {
    root: PathBuf,
    care: Care,
    log: Vec<Operation>,
    inodes: usize,
    names: HashMap<PathBuf, Inode>,
    /// Operations left before the process is as good as killed.
    fuel: Option<usize>,
}

impl ForgetfulDisk {
    /// A disk whose empty directory `root` is durable.
    pub(crate) fn new(root: &Path, care: Care) -> Self {
        let state =
            State { root: root.to_owned(), care, log: Vec::new(), inodes: 0, names: HashMap::new(), fuel: None };
        Self(Arc::new(Mutex::new(state)))
    }

    /// How many operations there have been: a moment at which the power may fail.
    pub(crate) fn now(&self) -> usize {
        self.state().log.len()
    }

    /// Lets `fuel` more operations happen and fails all later ones, as if the process had
    /// been killed; `None` revives it.
    pub(crate) fn kill_after(&self, fuel: Option<usize>) {
        self.state().fuel = fuel;
    }

    /// Writes to the empty directory `target` what a power cut after the first `moment`
    /// operations may have left; `choose(n)` decides which of `n` possibilities it is.
    pub(crate) fn cut(&self, moment: usize, target: &Path, choose: &mut dyn FnMut(usize) -> usize) {
        let state = self.state();
        let mut media = Media::new(&state.root);
        for operation in &state.log[..moment] {
            media.apply(operation);
        }
        media.materialise(Media::ROOT, target, choose);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl State {
    fn record(&mut self, operation: Operation) -> io::Result<()> {
        match &mut self.fuel {
            Some(0) => return Err(io::Error::other("the process was killed")),
            Some(fuel) => *fuel -= 1,
            None => {}
        }
        self.log.push(operation);
        Ok(())
    }

    /// As [`State::record`], for an operation that fails if the real disk refuses it.
    fn perform(&mut self, operation: Operation, real: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        self.record(operation)?;
        real().inspect_err(|_| drop(self.log.pop()))
    }
}

impl Disk for ForgetfulDisk {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        self.state().perform(Operation::CreateDir(dir.into()), || RealDisk.create_dir(dir))
    }

    fn create_file(&self, file: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.state();
        let inode = state.inodes;
        let mut real = None;
        state.perform(Operation::CreateFile(file.into(), inode), || {
            real = Some(RealDisk.create_file(file)?);
            Ok(())
        })?;
        state.inodes += 1;
        state.names.insert(file.into(), inode);
        Ok(Box::new(ForgetfulFile { disk: self.clone(), inode, real: real.unwrap() }))
    }

    fn sync_file(&self, file: &Path) -> io::Result<()> {
        let mut state = self.state();
        fs::metadata(file)?;
        match state.names.get(file).copied() {
            Some(inode) if state.care != Care::NoFileSync => state.record(Operation::SyncFile(inode)),
            _ => Ok(()),
        }
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.state();
        if state.care == Care::NoDirSync {
            return Ok(());
        }
        state.perform(Operation::SyncDir(dir.into()), || fs::metadata(dir).map(drop))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.perform(Operation::Rename(from.into(), to.into()), || RealDisk.rename(from, to))?;
        // Of a directory, the files in it get new names too.
        let moved: Vec<PathBuf> = state.names.keys().filter(|path| path.starts_with(from)).cloned().collect();
        for path in moved {
            let inode = state.names.remove(&path).unwrap();
            let below = path.strip_prefix(from).unwrap();
            let name = if below.as_os_str().is_empty() { to.to_owned() } else { to.join(below) };
            state.names.insert(name, inode);
        }
        Ok(())
    }

    fn remove_file(&self, file: &Path) -> io::Result<()> {
        self.state().perform(Operation::RemoveFile(file.into()), || RealDisk.remove_file(file))
    }

    fn remove_dir_all(&self, dir: &Path) -> io::Result<()> {
        self.state().perform(Operation::RemoveDirAll(dir.into()), || RealDisk.remove_dir_all(dir))
    }
}

struct ForgetfulFile {
    disk: ForgetfulDisk,
    inode: Inode,
    real: Box<dyn DiskFile>,
}

impl Write for ForgetfulFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.disk.state();
        state.record(Operation::Write(self.inode, bytes.to_vec()))?;
        self.real.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.real.flush()
    }
}

impl DiskFile for ForgetfulFile {
    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.state();
        if state.care == Care::NoFileSync { Ok(()) } else { state.record(Operation::SyncFile(self.inode)) }
    }
}

/// What is on the disk for certain, and what is still on its way there.
struct Media {
    root: PathBuf,
    files: HashMap<Inode, FileData>,
    dirs: Vec<Dir>,
}

#[derive(Default)]
struct FileData {
    written: Vec<u8>,
    synced: usize,
}

/// A directory as readers see it, as it is on the disk, and the steps in between.
#[derive(Default)]
struct Dir {
    seen: BTreeMap<String, Node>,
    durable: BTreeMap<String, Node>,
    /// Each is one step that happens as a whole or not at all.
    pending: Vec<Vec<(String, Option<Node>)>>,
}

#[derive(Clone, Copy)]
enum Node {
    File(Inode),
    Dir(usize),
}

impl Media {
    const ROOT: usize = 0;

    fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), files: HashMap::new(), dirs: vec![Dir::default()] }
    }

    fn apply(&mut self, operation: &Operation) {
        match operation {
            Operation::CreateDir(path) => {
                let (parent, name) = self.locate(path);
                self.dirs.push(Dir::default());
                let node = Node::Dir(self.dirs.len() - 1);
                self.dirs[parent].step(vec![(name, Some(node))]);
            }
            Operation::CreateFile(path, inode) => {
                let (parent, name) = self.locate(path);
                self.files.insert(*inode, FileData::default());
                self.dirs[parent].step(vec![(name, Some(Node::File(*inode)))]);
            }
            Operation::Write(inode, bytes) => self.files.get_mut(inode).unwrap().written.extend_from_slice(bytes),
            Operation::SyncFile(inode) => {
                let file = self.files.get_mut(inode).unwrap();
                file.synced = file.written.len();
            }
            Operation::SyncDir(path) => {
                let dir = self.dir(path);
                let dir = &mut self.dirs[dir];
                dir.durable = dir.seen.clone();
                dir.pending.clear();
            }
            Operation::Rename(from, to) => {
                let (from_dir, from) = self.locate(from);
                let (to_dir, to) = self.locate(to);
                let node = self.dirs[from_dir].seen[&from];
                if from_dir == to_dir {
                    self.dirs[from_dir].step(vec![(from, None), (to, Some(node))]);
                } else {
                    self.dirs[to_dir].step(vec![(to, Some(node))]);
                    self.dirs[from_dir].step(vec![(from, None)]);
                }
            }
            Operation::RemoveFile(path) | Operation::RemoveDirAll(path) => {
                let (parent, name) = self.locate(path);
                self.dirs[parent].step(vec![(name, None)]);
            }
        }
    }

    fn locate(&self, path: &Path) -> (usize, String) {
        (self.dir(path.parent().unwrap()), path.file_name().unwrap().to_str().unwrap().to_owned())
    }

    fn dir(&self, path: &Path) -> usize {
        // Directories above the root were there before and are no part of the test.
        let Ok(below) = path.strip_prefix(&self.root) else { return Self::ROOT };
        below.iter().fold(Self::ROOT, |dir, name| match self.dirs[dir].seen[name.to_str().unwrap()] {
            Node::Dir(dir) => dir,
            Node::File(_) => panic!("{} is a file", path.display()),
        })
    }

    fn materialise(&self, dir: usize, target: &Path, choose: &mut dyn FnMut(usize) -> usize) {
        let mut entries = self.dirs[dir].durable.clone();
        // All, none or any of what is on its way.
        let rule = choose(4);
        for step in &self.dirs[dir].pending {
            if rule == 1 || (rule > 1 && choose(2) == 0) {
                Dir::take(&mut entries, step);
            }
        }
        for (name, node) in entries {
            let path = target.join(name);
            match node {
                Node::Dir(dir) => {
                    fs::create_dir(&path).unwrap();
                    self.materialise(dir, &path, choose);
                }
                Node::File(inode) => {
                    let file = &self.files[&inode];
                    let unsynced = file.written.len() - file.synced;
                    let kept = match choose(3) {
                        0 => 0,
                        1 => unsynced,
                        _ => choose(unsynced + 1),
                    };
                    fs::write(&path, &file.written[..file.synced + kept]).unwrap();
                }
            }
        }
    }
}

impl Dir {
    fn step(&mut self, step: Vec<(String, Option<Node>)>) {
        Self::take(&mut self.seen, &step);
        self.pending.push(step);
    }

    fn take(entries: &mut BTreeMap<String, Node>, step: &[(String, Option<Node>)]) {
        for (name, node) in step {
            match node {
                Some(node) => drop(entries.insert(name.clone(), *node)),
                None => drop(entries.remove(name)),
            }
        }
    }
}
