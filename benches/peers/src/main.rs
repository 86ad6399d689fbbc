//! A peer of the embedding benchmark: reads one JSON request a line, answers with one JSON line.
//!
//! usage: `robotwiki-peers candle MODEL_DIR THREADS`
//!        `robotwiki-peers fastembed MODEL_DIR HIDDEN.onnx THREADS`
//!
//! `{"do": "time", "ids": [[101, …], …], "texts": ["…", …], "repeat": 5}` → `{"seconds": […]}`, one a repetition
//! `{"do": "embed", "ids": …, "texts": …}` → `{"vectors": [[…], …]}`
//! All sequences of one request have the same number of tokens, and `texts` are what they were made from.

mod candle;
mod fastembed;

use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

/// What one request embeds.
#[derive(Deserialize)]
struct Input {
    /// Token ids with the special ones.
    ids: Vec<Vec<u32>>,
    texts: Vec<String>,
}

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "lowercase")]
enum Request {
    Time {
        #[serde(flatten)]
        input: Input,
        repeat: usize,
    },
    Embed(Input),
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Name(String),
    Seconds(Vec<f64>),
    Vectors(Vec<Vec<f32>>),
}

trait Peer {
    fn name(&self) -> String;
    /// One vector of length 1 for each sequence.
    fn embed(&mut self, input: &Input) -> Result<Vec<Vec<f32>>>;
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["candle", model, threads] => serve(candle::Candle::open(Path::new(model), threads.parse()?)?),
        ["fastembed", model, graph, threads] => {
            serve(fastembed::Fastembed::open(Path::new(model), Path::new(graph), threads.parse()?)?)
        }
        _ => bail!("usage: robotwiki-peers candle MODEL_DIR THREADS | fastembed MODEL_DIR HIDDEN.onnx THREADS"),
    }
}

fn serve(mut peer: impl Peer) -> Result<()> {
    answer(&Answer::Name(peer.name()))?;
    for line in std::io::stdin().lock().lines() {
        let request = serde_json::from_str(&line?).context("a request")?;
        answer(&match request {
            Request::Embed(input) => Answer::Vectors(peer.embed(&input)?),
            Request::Time { input, repeat } => {
                let mut seconds = Vec::with_capacity(repeat);
                for _ in 0..repeat {
                    let begun = Instant::now();
                    peer.embed(&input)?;
                    seconds.push(begun.elapsed().as_secs_f64());
                }
                Answer::Seconds(seconds)
            }
        })?;
    }
    Ok(())
}

fn answer(answer: &Answer) -> Result<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, answer)?;
    writeln!(out)?;
    Ok(out.flush()?)
}
