use std::io::{self, BufRead, BufReader, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Answer;

/// Longest line on the control socket.
const LONGEST: u64 = 16 << 20;

/// What the server sends for one request: any number of lines of progress and pieces of content,
/// then one of the others. Each is a line of JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    Progress(String),
    /// In base64.
    Content(String),
    Answer(Box<Answer>),
    Failure(Failure),
}

/// Why a verb did nothing, for whoever typed it.
#[derive(Clone, Debug, Serialize, Deserialize, thiserror::Error)]
#[error("{text}")]
pub struct Failure {
    pub text: String,
}

/// Writes one line.
///
/// # Errors
/// Those of the stream.
pub fn write_message(stream: &mut dyn Write, message: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    stream.flush()
}

/// Reads lines of JSON.
pub struct Reader<R> {
    stream: BufReader<R>,
}

impl<R: Read> Reader<R> {
    pub fn new(stream: R) -> Self {
        Self { stream: BufReader::new(stream) }
    }

    /// The next message; none at the end of the stream.
    ///
    /// # Errors
    /// Those of the stream, and for a line that is too long or not understood.
    pub fn receive<T: DeserializeOwned>(&mut self) -> io::Result<Option<T>> {
        let mut line = Vec::new();
        let read = (&mut self.stream).take(LONGEST).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(None);
        }
        Ok(Some(serde_json::from_slice(&line)?))
    }
}
