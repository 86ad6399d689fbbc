//! Embedding: this project's engine and its peers, turn by turn on the same texts with the
//! same number of threads.

use std::time::Instant;

use robotwiki::embed::{Embedder, Kind, Model, Scratch};
use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::peer::{Peer, THREADS};

const TOKENS: [usize; 4] = [16, 32, 128, 256];
const BATCHES: [usize; 2] = [1, 32];
/// Each contestant has its turn so often, one after the other.
const ROUNDS: usize = 7;
/// What a turn should take, unless embedding once takes longer.
const TURN: f64 = 0.15;
/// English prose without a topic of its own: what this project writes about itself.
const PROSE: &[&str] = &[
    include_str!("../ARCHITECTURE.md"),
    include_str!("../docs/api.md"),
    include_str!("../docs/durability.md"),
    include_str!("../docs/operations.md"),
    include_str!("../README.md"),
];
/// One token in every vocabulary.
const FILLER: &str = " the";

/// What the vectors of the others are compared with.
const EXACT: &str = "ORT fp32";

/// Sequences of the same number of tokens.
struct Input {
    texts: Vec<String>,
    ids: Vec<Vec<u32>>,
}

enum Contestant {
    Engine(Box<Engine>),
    /// Everything that the product does with a text.
    Product(Embedder),
    Peer(Peer),
}

/// The encoder on token ids, its batch shared out to the threads; they embed a single sequence together.
struct Engine {
    model: Model,
    scratches: Vec<Scratch>,
}

struct Entry {
    title: &'static str,
    /// Or why it is absent.
    contestant: Result<Contestant, String>,
}

/// Sequences per second of one contestant: the median and the extremes.
struct Speed {
    median: f64,
    least: f64,
    most: f64,
}

/// Measures everything; returns the table.
pub(crate) fn compare() -> String {
    let model = builtin();
    let inputs: Vec<_> = TOKENS.iter().map(|tokens| Input::new(&model, *tokens, BATCHES[1])).collect();
    let peer = |peer: Result<Peer, String>| peer.map(Contestant::Peer);
    let mut entries = [
        Entry { title: "robotwiki", contestant: Ok(Contestant::Product(Embedder::start(builtin(), THREADS).unwrap())) },
        Entry { title: "encoder alone", contestant: Ok(Contestant::Engine(Box::new(Engine::new(model)))) },
        Entry { title: EXACT, contestant: peer(Peer::onnx_runtime("fp32")) },
        Entry { title: "ORT int8", contestant: peer(Peer::onnx_runtime("int8")) },
        Entry { title: "candle", contestant: peer(Peer::candle()) },
        Entry { title: "fastembed", contestant: peer(Peer::fastembed()) },
    ];

    let mut table = format!(
        "\nembedding with all-MiniLM-L6-v2: sequences per second with {THREADS} threads (median of {ROUNDS} turns, half the \
         range);\nbelow, how many times as fast robotwiki is\n{:<26}",
        ""
    );
    entries.iter().for_each(|entry| table += &format!("{:>16}", entry.title));
    table.push('\n');
    for batch in BATCHES {
        for (tokens, input) in TOKENS.iter().zip(&inputs) {
            let speeds = measure(&mut entries, &input.first(batch));
            let lines = lines(&format!("{tokens:>4} tokens, batch {batch:>2}"), &speeds);
            eprint!("{lines}");
            table += &lines;
        }
    }
    table += &fidelity(&mut entries, &inputs[3]);
    for Entry { title, contestant } in &entries {
        match contestant {
            Ok(Contestant::Peer(peer)) => table += &format!("{title}: {}\n", peer.name),
            Ok(_) => {}
            Err(reason) => table += &format!("{title}: absent, {reason}\n"),
        }
    }
    table
        + &format!(
            "robotwiki: texts, as the product embeds them; encoder alone: on token ids, as the peers, with threads that \
             are started for each batch; load {}\n",
            load()
        )
}

/// Two lines of the table: speeds, and the first one's as multiples of the others.
fn lines(title: &str, speeds: &[Option<Speed>]) -> String {
    let (mut medians, mut ratios) = (format!("{title:<26}"), format!("{:<26}", ""));
    let ours = speeds.first().and_then(Option::as_ref).map_or(0.0, |speed| speed.median);
    for (number, speed) in speeds.iter().enumerate() {
        let Some(Speed { median, least, most }) = speed else {
            medians += &format!("{:>16}", "-");
            ratios += &format!("{:>16}", "");
            continue;
        };
        medians += &format!("{median:>10.0} ±{:>3.0}%", 50.0 * (most - least) / median);
        ratios += &if number == 0 { " ".repeat(16) } else { format!("{:>10.2} ×   ", ours / median) };
    }
    format!("{}\n{}\n", medians.trim_end(), ratios.trim_end())
}

/// How alike each contestant's vectors are to those of ONNX Runtime in fp32.
fn fidelity(entries: &mut [Entry], input: &Input) -> String {
    let vectors: Vec<_> = entries.iter_mut().map(|entry| entry.contestant.as_mut().ok()?.vectors(input).ok()).collect();
    let Some(exact) = entries.iter().position(|entry| entry.title == EXACT).and_then(|at| vectors[at].clone()) else {
        return String::new();
    };
    let mut line = format!("{:<26}", "cosine to ORT fp32, mean");
    for vectors in vectors {
        line +=
            &vectors.map_or_else(|| format!("{:>16}", "-"), |vectors| format!("{:>16.4}", likeness(&vectors, &exact)));
    }
    line + "\n"
}

/// The mean inner product of vectors with their counterparts.
fn likeness(vectors: &[Vec<f32>], others: &[Vec<f32>]) -> f32 {
    let products = vectors.iter().zip(others).map(|(a, b)| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>());
    products.sum::<f32>() / others.len().max(1) as f32
}

fn measure(entries: &mut [Entry], input: &Input) -> Vec<Option<Speed>> {
    let mut repeats = vec![1; entries.len()];
    let mut samples = vec![Vec::new(); entries.len()];
    for round in 0..=ROUNDS {
        for (number, entry) in entries.iter_mut().enumerate() {
            let Ok(contestant) = &mut entry.contestant else { continue };
            let seconds = match contestant.time(input, repeats[number]) {
                Ok(seconds) => seconds,
                Err(reason) => {
                    entry.contestant = Err(reason);
                    samples[number].clear();
                    continue;
                }
            };
            if round == 0 {
                // Warm now; once more to know how long one takes.
                let once = contestant.time(input, 1).map_or(TURN, |seconds| seconds[0]);
                repeats[number] = ((TURN / once) as usize).clamp(1, 1_000);
            } else {
                samples[number].push((input.ids.len() * seconds.len()) as f64 / seconds.iter().sum::<f64>());
            }
        }
    }
    samples.into_iter().map(Speed::of).collect()
}

impl Speed {
    fn of(mut samples: Vec<f64>) -> Option<Self> {
        samples.sort_by(f64::total_cmp);
        Some(Self { median: *samples.get(samples.len() / 2)?, least: *samples.first()?, most: *samples.last()? })
    }
}

impl Contestant {
    /// Seconds of each repetition.
    fn time(&mut self, input: &Input, repeat: usize) -> Result<Vec<f64>, String> {
        if let Self::Peer(peer) = self {
            let request = json!({ "do": "time", "ids": input.ids, "texts": input.texts, "repeat": repeat });
            return numbers(&peer.ask(&request)?["seconds"]);
        }
        let mut times = Vec::with_capacity(repeat);
        for _ in 0..repeat {
            let begun = Instant::now();
            self.vectors(input)?;
            times.push(begun.elapsed().as_secs_f64());
        }
        Ok(times)
    }

    fn vectors(&mut self, input: &Input) -> Result<Vec<Vec<f32>>, String> {
        match self {
            Self::Engine(engine) => Ok(engine.embed(&input.ids)),
            // Not as queries, whose vectors are remembered.
            Self::Product(embedder) => {
                let texts: Vec<&str> = input.texts.iter().map(String::as_str).collect();
                Ok(embedder.passages(&texts).unwrap())
            }
            Self::Peer(peer) => {
                let answer = peer.ask(&json!({ "do": "embed", "ids": input.ids, "texts": input.texts }))?;
                answer["vectors"].as_array().ok_or("no vectors")?.iter().map(numbers).collect()
            }
        }
    }
}

impl Engine {
    fn new(model: Model) -> Self {
        Self { model, scratches: (0..THREADS).map(|_| Scratch::new()).collect() }
    }

    fn embed(&mut self, sequences: &[Vec<u32>]) -> Vec<Vec<f32>> {
        let encoder = self.model.encoder().expect("the built-in model is a BERT");
        let dimensions = encoder.dimensions();
        let mut vectors = vec![0.0; sequences.len() * dimensions];
        let share = sequences.len().div_ceil(THREADS);
        let work = sequences.chunks(share).zip(vectors.chunks_mut(share * dimensions)).zip(&mut self.scratches);
        let embed = |sequences: &[Vec<u32>], vectors: &mut [f32], scratch: &mut Scratch| {
            let sequences: Vec<&[u32]> = sequences.iter().map(Vec::as_slice).collect();
            encoder.embed(scratch, &sequences, vectors).unwrap();
        };
        if let [sequence] = sequences {
            let team = encoder.team(sequence, THREADS).unwrap();
            let (encoder, team) = (&encoder, &team);
            std::thread::scope(|scope| {
                for (member, scratch) in self.scratches.iter_mut().enumerate() {
                    scope.spawn(move || assert!(encoder.take_part(team, member, scratch)));
                }
            });
            encoder.team_vector(team, &mut vectors);
        } else {
            std::thread::scope(|scope| {
                for ((sequences, vectors), scratch) in work {
                    scope.spawn(move || embed(sequences, vectors, scratch));
                }
            });
        }
        vectors.chunks(dimensions).map(<[f32]>::to_vec).collect()
    }
}

impl Input {
    /// `count` texts of exactly `tokens` tokens, the special ones included.
    fn new(model: &Model, tokens: usize, count: usize) -> Self {
        let words: Vec<&str> = PROSE.iter().flat_map(|text| text.split_whitespace()).collect();
        let step = words.len() / count;
        let texts: Vec<String> = (0..count).map(|at| cut(model, &words, at * step, tokens)).collect();
        let ids = texts.iter().map(|text| ids(model, text)).collect();
        Self { texts, ids }
    }

    fn first(&self, count: usize) -> Self {
        Self { texts: self.texts[..count].to_vec(), ids: self.ids[..count].to_vec() }
    }
}

/// The words from `begin` on, around the end if need be, as many as fit, then filled up.
fn cut(model: &Model, words: &[&str], begin: usize, tokens: usize) -> String {
    let mut text = String::new();
    for word in words.iter().cycle().skip(begin) {
        let longer = format!("{text} {word}");
        if ids(model, &longer).len() > tokens {
            break;
        }
        text = longer;
        if ids(model, &text).len() == tokens {
            // The next one may still add nothing, but then it is not needed.
            break;
        }
    }
    let missing = tokens - ids(model, &text).len();
    text + &FILLER.repeat(missing)
}

fn ids(model: &Model, text: &str) -> Vec<u32> {
    model.token_ids(text, Kind::Passage).unwrap()
}

fn builtin() -> Model {
    Model::builtin().expect("the benchmark needs the feature `model`").unwrap()
}

fn numbers<T: serde::de::DeserializeOwned>(value: &Value) -> Result<Vec<T>, String> {
    Vec::deserialize(value).map_err(|error| error.to_string())
}

/// Processes that wanted a processor in the last minute, on average; unknown elsewhere than on Linux.
pub(crate) fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or_default().to_owned()
}
