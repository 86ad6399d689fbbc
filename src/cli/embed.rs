//! `robotwiki embed`: lines in, vectors out. Reading, embedding and writing each have a thread, with
//! bounded queues between them, so that neither side keeps the model waiting.

use std::io::{self, BufRead, BufWriter};
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread;

use super::CliError;
use crate::embed::{self, Embedder, Kind, Model};

/// Lines that are embedded together when no number is asked for and so many are there.
const MOST_TOGETHER: usize = 512;
/// The most of a line that is kept, in bytes: far more than any model reads.
const LONGEST_LINE: usize = 1 << 20;

/// Runs until standard input ends or nobody reads standard output any more.
pub(super) fn embed(
    threads: Option<u16>,
    batch: Option<u16>,
    model: Option<&Path>,
    kind: Kind,
) -> Result<ExitCode, CliError> {
    let model = match model {
        Some(dir) => Model::open(dir).map_err(failed)?,
        None => Model::builtin()
            .ok_or_else(|| CliError::Usage("this program was built without a model: name one with --model".to_owned()))?
            .map_err(failed)?,
    };
    let lanes = threads.map_or_else(cores, usize::from).max(1);
    let embedder = Embedder::start(model, threads.map_or(0, usize::from)).map_err(failed)?;
    let batch = batch.map(usize::from);
    let (line, lines) = sync_channel(2 * batch.unwrap_or(MOST_TOGETHER));
    // Not joined: it may wait for input that nobody needs any more.
    thread::Builder::new().name("read".to_owned()).spawn(move || read(&line)).map_err(failed)?;
    thread::scope(|scope| {
        let (mut inlets, mut outlets) = (Vec::with_capacity(lanes), Vec::with_capacity(lanes));
        for _ in 0..lanes {
            let (inlet, texts) = sync_channel::<Vec<String>>(1);
            let (vectors, outlet) = sync_channel(1);
            let embedder = &embedder;
            let lane = move || lane(embedder, kind, &texts, &vectors);
            thread::Builder::new().name("lane".to_owned()).spawn_scoped(scope, lane).map_err(failed)?;
            inlets.push(inlet);
            outlets.push(outlet);
        }
        let writer = thread::Builder::new().name("write".to_owned());
        let writer = writer.spawn_scoped(scope, move || write(&outlets)).map_err(failed)?;
        let mut turn = inlets.iter().cycle();
        let taken =
            each_group(&lines, batch, |texts| Ok(turn.next().is_some_and(|inlet| inlet.send(texts.to_vec()).is_ok())));
        drop(inlets);
        match writer.join() {
            Ok(written) => written.and(taken).map(|()| ExitCode::SUCCESS),
            Err(_) => Err(CliError::Failed("the writing thread panicked".to_owned())),
        }
    })
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Embeds the groups of one lane. Groups go to the lanes in turn, so that a group of one line, too, leaves no
/// core idle, and the lines stay in order.
fn lane(embedder: &Embedder, kind: Kind, texts: &Receiver<Vec<String>>, vectors: &SyncSender<Group>) {
    for texts in texts {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        if vectors.send(embedder.many(&texts, kind)).is_err() {
            return;
        }
    }
}

/// The vectors of a group of lines.
type Group = Result<Vec<Vec<f32>>, embed::Error>;

fn failed(error: impl Into<embed::Error>) -> CliError {
    CliError::Failed(error.into().to_string())
}

/// Hands lines over in groups: of exactly `batch` until the last, or of what is there. `take` says whether to go on.
fn each_group(
    lines: &Receiver<io::Result<String>>,
    batch: Option<usize>,
    mut take: impl FnMut(&[String]) -> Result<bool, CliError>,
) -> Result<(), CliError> {
    let most = batch.unwrap_or(MOST_TOGETHER);
    let mut texts = Vec::with_capacity(most);
    let mut more = true;
    while more {
        texts.clear();
        while texts.len() < most {
            let next = match lines.try_recv() {
                Err(TryRecvError::Empty) if !texts.is_empty() && batch.is_none() => break,
                Err(TryRecvError::Empty) => lines.recv().map_err(|_gone| TryRecvError::Disconnected),
                next => next,
            };
            match next {
                Ok(Ok(text)) => texts.push(text),
                Ok(Err(cause)) => return Err(CliError::Failed(format!("cannot read: {cause}"))),
                Err(_) => {
                    more = false;
                    break;
                }
            }
        }
        if !texts.is_empty() {
            more &= take(&texts)?;
        }
    }
    Ok(())
}

fn read(line: &SyncSender<io::Result<String>>) {
    let mut input = io::stdin().lock();
    let mut bytes = Vec::new();
    loop {
        let text = match read_line(&mut input, &mut bytes) {
            Ok(true) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Ok(false) => return,
            Err(cause) => Err(cause),
        };
        let failed = text.is_err();
        if line.send(text).is_err() || failed {
            return;
        }
    }
}

/// Reads a line into `bytes`, without its end and without what is beyond [`LONGEST_LINE`]; false at the end of input.
fn read_line(input: &mut impl BufRead, bytes: &mut Vec<u8>) -> io::Result<bool> {
    bytes.clear();
    let mut any = false;
    loop {
        let buffer = match input.fill_buf() {
            Ok(buffer) => buffer,
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
            Err(cause) => return Err(cause),
        };
        if buffer.is_empty() {
            return Ok(any);
        }
        any = true;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let part = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
        bytes.extend(part.iter().take(LONGEST_LINE.saturating_sub(bytes.len())));
        let consumed = part.len() + usize::from(end.is_some());
        input.consume(consumed);
        if end.is_some() {
            if bytes.last() == Some(&b'\r') {
                bytes.pop();
            }
            return Ok(true);
        }
    }
}

/// Writes the lanes' groups in turn, each at once, until the lane whose turn it is has ended. Whoever stops
/// reading is no failure.
fn write(lanes: &[Receiver<Group>]) -> Result<(), CliError> {
    let mut output = BufWriter::with_capacity(256 << 10, io::stdout().lock());
    for group in lanes.iter().cycle().map_while(|lane| lane.recv().ok()) {
        match write_group(&mut output, &group.map_err(failed)?) {
            Ok(()) => {}
            Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            Err(cause) => return Err(CliError::Failed(format!("cannot write: {cause}"))),
        }
    }
    Ok(())
}

fn write_group(output: &mut impl io::Write, group: &[Vec<f32>]) -> io::Result<()> {
    for vector in group {
        serde_json::to_writer(&mut *output, vector)?;
        output.write_all(b"\n")?;
    }
    output.flush()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    fn lines_of(input: &[u8], capacity: usize) -> Vec<Vec<u8>> {
        let mut input = io::BufReader::with_capacity(capacity, input);
        let (mut bytes, mut lines) = (Vec::new(), Vec::new());
        while read_line(&mut input, &mut bytes).unwrap() {
            lines.push(bytes.clone());
        }
        lines
    }

    #[test]
    fn a_line_is_a_text_however_it_ends_and_however_it_arrives() {
        for capacity in [1, 2, 7, 100] {
            assert_eq!(
                lines_of(b"one\r\n\n\xff\ntwo\rthree\nlast", capacity),
                [&b"one"[..], b"", b"\xff", b"two\rthree", b"last"]
            );
        }
        assert!(lines_of(b"", 8).is_empty());
        let long = vec![b'a'; LONGEST_LINE + 5000];
        assert_eq!(lines_of(&long, 4096)[0].len(), LONGEST_LINE);
    }

    #[test]
    fn a_group_is_as_large_as_asked_for_or_what_is_there() {
        let groups = |batch, lines: u32| {
            let (line, receiver) = channel();
            (0..lines).for_each(|n| line.send(Ok(n.to_string())).unwrap());
            drop(line);
            let mut sizes = Vec::new();
            each_group(&receiver, batch, |texts| {
                sizes.push(texts.len());
                Ok(sizes.len() < 4)
            })
            .unwrap();
            sizes
        };
        assert_eq!(groups(Some(2), 5), [2, 2, 1]);
        assert_eq!(groups(Some(1), 9), [1, 1, 1, 1]);
        assert_eq!(groups(None, 600), [512, 88]);
        assert_eq!(groups(None, 0), [0; 0]);
    }
}
