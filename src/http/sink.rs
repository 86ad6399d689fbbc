use std::{
    io::{self, Write},
    time::Duration,
};

use axum::body::{Body, Bytes};
use tokio::{
    runtime::Handle,
    sync::mpsc::{self, Sender},
};

use super::channel_body::channel_body;

/// Bytes collected before they are handed over.
const CHUNK: usize = 64 << 10;
/// Chunks that may wait for the network.
const WAITING: usize = 8;
/// A client that takes nothing for this long is given up.
const STALLED: Duration = Duration::from_secs(60);

/// A writer for a blocking thread and the response body that it feeds. Needs a tokio runtime.
pub(super) fn channel() -> (Sink, Body) {
    let (sender, receiver) = mpsc::channel(WAITING);
    let sink = Sink { sender, runtime: Handle::current(), buffer: Vec::with_capacity(CHUNK) };
    (sink, channel_body(receiver))
}

/// Writes block while the client is slower; they fail once it has gone.
pub(super) struct Sink {
    sender: Sender<io::Result<Bytes>>,
    runtime: Handle,
    buffer: Vec<u8>,
}

impl Sink {
    pub(super) fn is_gone(&self) -> bool {
        self.sender.is_closed()
    }

    /// Tells whether the client has gone, for as long as the sink is borrowed elsewhere.
    pub(super) fn gone(&self) -> impl Fn() -> bool + use<> {
        let sender = self.sender.clone();
        move || sender.is_closed()
    }

    /// Breaks the connection off, so that the client does not take what it got for complete.
    pub(super) fn abort(&mut self, error: io::Error) {
        // What is buffered may explain the failure; whoever is gone needs neither.
        let _gone = self.flush();
        let _gone = self.send(Err(error));
    }

    fn send(&self, chunk: io::Result<Bytes>) -> io::Result<()> {
        match self.runtime.block_on(async { tokio::time::timeout(STALLED, self.sender.send(chunk)).await }) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(io::ErrorKind::BrokenPipe.into()),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::replace(&mut self.buffer, Vec::with_capacity(CHUNK));
        self.send(Ok(chunk.into()))
    }
}
