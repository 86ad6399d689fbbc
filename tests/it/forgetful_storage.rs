//! Storage for redb that forgets at a power cut whatever was not synced: each write since
//! the last sync may be there, cut short, or not there, in any combination; so may each
//! change of the file's length.

use std::io;
use std::sync::{Arc, Mutex};

use redb::StorageBackend;

#[derive(Debug)]
enum Operation {
    Write(usize, Vec<u8>),
    SetLen(usize),
    Sync,
}

#[derive(Clone, Debug)]
pub(crate) struct ForgetfulStorage(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    live: Vec<u8>,
    log: Vec<Operation>,
    syncs: bool,
}

impl ForgetfulStorage {
    /// A file of `bytes`, durable. Without `syncs` it only pretends to sync.
    pub(crate) fn new(bytes: Vec<u8>, syncs: bool) -> Self {
        Self(Arc::new(Mutex::new(State { log: vec![Operation::Write(0, bytes.clone())], live: bytes, syncs })))
    }

    /// How many operations there have been: a moment at which the power may fail.
    pub(crate) fn now(&self) -> usize {
        self.0.lock().unwrap().log.len()
    }

    /// What a power cut after the first `moment` operations may have left.
    pub(crate) fn cut(&self, moment: usize, choose: &mut dyn FnMut(usize) -> usize) -> Vec<u8> {
        let state = self.0.lock().unwrap();
        let log = &state.log[..moment];
        let synced = log.iter().rposition(|operation| matches!(operation, Operation::Sync)).unwrap_or(1);
        let mut image = Vec::new();
        for operation in &log[..synced] {
            apply(&mut image, operation);
        }
        // All, none or any of what is on its way.
        let rule = choose(4);
        for operation in &log[synced..] {
            if rule == 0 || (rule > 1 && choose(2) == 0) {
                continue;
            }
            match operation {
                Operation::Write(offset, bytes) if rule == 3 && choose(4) == 0 => {
                    let kept = bytes[..choose(bytes.len() + 1)].to_vec();
                    apply(&mut image, &Operation::Write(*offset, kept));
                }
                whole => apply(&mut image, whole),
            }
        }
        image
    }
}

fn apply(image: &mut Vec<u8>, operation: &Operation) {
    match operation {
        Operation::Write(offset, bytes) => {
            let end = offset + bytes.len();
            if image.len() < end {
                image.resize(end, 0);
            }
            image[*offset..end].copy_from_slice(bytes);
        }
        Operation::SetLen(len) => image.resize(*len, 0),
        Operation::Sync => {}
    }
}

impl StorageBackend for ForgetfulStorage {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().unwrap().live.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.0.lock().unwrap();
        let start = usize::try_from(offset).unwrap();
        let bytes = state.live.get(start..start + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.lock().unwrap().perform(Operation::SetLen(usize::try_from(len).unwrap()));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        if state.syncs {
            state.perform(Operation::Sync);
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.lock().unwrap().perform(Operation::Write(usize::try_from(offset).unwrap(), data.to_vec()));
        Ok(())
    }
}

impl State {
    fn perform(&mut self, operation: Operation) {
        apply(&mut self.live, &operation);
        self.log.push(operation);
    }
}
