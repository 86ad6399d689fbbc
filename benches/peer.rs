//! Programs that do the same work, prepared by `benches/peers/prepare`: they read one JSON
//! request a line, answer with one JSON line, and measure themselves.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

/// Threads that every peer has.
pub(crate) const THREADS: usize = 2;

pub(crate) struct Peer {
    /// With its version.
    pub(crate) name: String,
    process: Child,
    /// None once it shall end.
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// Where the model is that all of them use.
pub(crate) fn model_dir() -> PathBuf {
    from_environment("ROBOTWIKI_MODEL_DIR", "packaging/model/all-MiniLM-L6-v2")
}

fn prepared() -> PathBuf {
    from_environment("ROBOTWIKI_PEERS", ".cache/peers")
}

fn from_environment(variable: &str, otherwise: &str) -> PathBuf {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::env::var_os(variable).map_or_else(|| checkout.join(otherwise), PathBuf::from)
}

impl Peer {
    /// `graph`: `fp32` or `int8`.
    pub(crate) fn onnx_runtime(graph: &str) -> Result<Self, String> {
        let graph = existing(prepared().join("onnx").join(graph).with_extension("onnx"))?;
        Self::start(python("onnxruntime_peer.py")?.arg(graph).arg(THREADS.to_string()))
    }

    pub(crate) fn faiss() -> Result<Self, String> {
        Self::start(python("faiss_peer.py")?.arg(THREADS.to_string()))
    }

    pub(crate) fn candle() -> Result<Self, String> {
        let program = existing(prepared().join("target/release/robotwiki-peers"))?;
        Self::start(Command::new(program).arg("candle").arg(model_dir()).arg(THREADS.to_string()))
    }

    pub(crate) fn fastembed() -> Result<Self, String> {
        let program = existing(prepared().join("target/release/robotwiki-peers"))?;
        let graph = existing(prepared().join("onnx/hidden.onnx"))?;
        Self::start(Command::new(program).arg("fastembed").arg(model_dir()).arg(graph).arg(THREADS.to_string()))
    }

    fn start(command: &mut Command) -> Result<Self, String> {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
        let (Some(requests), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            return Err("no pipes".to_owned());
        };
        let mut peer =
            Self { name: String::new(), process, requests: Some(requests), answers: BufReader::new(answers) };
        let hello = peer.answer()?;
        peer.name = hello["name"].as_str().ok_or("it does not say its name")?.to_owned();
        Ok(peer)
    }

    /// # Errors
    /// When the program has ended, as it does at any error of its own.
    pub(crate) fn ask(&mut self, request: &Value) -> Result<Value, String> {
        let requests = self.requests.as_mut().ok_or("it was told to end")?;
        writeln!(requests, "{request}").map_err(|error| error.to_string())?;
        self.answer()
    }

    fn answer(&mut self) -> Result<Value, String> {
        let mut line = String::new();
        match self.answers.read_line(&mut line) {
            Ok(0) => Err("it ended; its message is above".to_owned()),
            Ok(_) => serde_json::from_str(&line).map_err(|error| format!("{error}: {line}")),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.requests = None;
        // It ends with its input.
        drop(self.process.wait());
    }
}

fn python(script: &str) -> Result<Command, String> {
    let packages = existing(prepared().join("python"))?;
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", packages).arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers").join(script));
    Ok(python)
}

fn existing(path: PathBuf) -> Result<PathBuf, String> {
    if path.exists() { Ok(path) } else { Err(format!("not prepared: {} is missing", path.display())) }
}
