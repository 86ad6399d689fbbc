//! The whole with the built-in model: what its vectors mean, and that it is the fetched one.
#![cfg(feature = "model")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // a test may stop at a surprise

use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use super::*;

static EMBEDDER: LazyLock<Embedder> = LazyLock::new(|| Embedder::start(Model::builtin().unwrap().unwrap(), 2).unwrap());

fn similarity(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

const PASSAGES: [&str; 8] = [
    "Copy the data directory to another disk every night; to restore, stop the server and copy it back.",
    "A cat sleeps twelve to sixteen hours a day, most of them in short naps.",
    "Paris has been the capital of France since the tenth century.",
    "Signing in needs a link that is sent by mail; it works once and for an hour.",
    "Let the dough rest for an hour, then bake it in a hot oven until the crust is golden.",
    "Revoke a token when the laptop it was on is lost: programs that use it are refused from then on.",
    "Interest rates rose by half a point, and house prices fell.",
    "The telescope sees infrared light from the first galaxies.",
];

#[test]
fn a_question_is_nearest_to_the_passage_that_answers_it() {
    let vectors = EMBEDDER.passages(&PASSAGES).unwrap();
    for (question, answer) in [
        ("how do I make a backup?", 0),
        ("pets that rest a lot", 1),
        ("Which city is the seat of the French government?", 2),
        ("login without a password", 3),
        ("bread recipe", 4),
        ("my computer was stolen, what about API access", 5),
        ("mortgage costs", 6),
        ("astronomy", 7),
    ] {
        let query = EMBEDDER.query(question).unwrap();
        let nearest = (0..PASSAGES.len())
            .max_by(|a, b| similarity(&query, &vectors[*a]).total_cmp(&similarity(&query, &vectors[*b])));
        assert_eq!(nearest, Some(answer), "{question}");
    }
}

#[test]
fn vectors_have_length_one_and_do_not_depend_on_company() {
    let together = EMBEDDER.passages(&PASSAGES).unwrap();
    for (text, vector) in PASSAGES.iter().zip(&together) {
        assert_eq!(vector.len(), EMBEDDER.info().dimensions);
        assert!((similarity(vector, vector) - 1.0).abs() < 1e-4);
        let alone = EMBEDDER.query(text).unwrap();
        assert!(similarity(vector, &alone) > 0.9999, "{text}");
        assert_eq!(alone, EMBEDDER.query(text).unwrap());
    }
}

#[test]
fn any_text_has_a_vector_and_a_long_one_that_of_its_beginning() {
    let long = "alpha beta gamma delta ".repeat(1000);
    let vectors = EMBEDDER.passages(&["", "\u{0}", "\u{1F600}", &long, &long[..23 * 300]]).unwrap();
    assert!(vectors.iter().all(|vector| (similarity(vector, vector) - 1.0).abs() < 1e-4));
    assert!(similarity(&vectors[3], &vectors[4]) > 0.9999);
    assert_eq!(EMBEDDER.tokens(""), 0);
    assert_eq!(EMBEDDER.tokens("the embedding"), 4);
    assert!(EMBEDDER.tokens(&long) >= 4000);
    assert!(EMBEDDER.passages(&[]).unwrap().is_empty());
}

#[test]
fn the_built_in_model_is_the_fetched_one_and_ready_at_once() {
    let started = Instant::now();
    let builtin = Model::builtin().unwrap().unwrap();
    // Some 3 ms; reading and quantizing would take a hundred times that.
    assert!(started.elapsed() < Duration::from_millis(500), "{:?}", started.elapsed());
    let opened = Model::open(Path::new(env!("ROBOTWIKI_FETCHED_MODEL"))).unwrap();
    assert_eq!(builtin.info().id, opened.info().id);
    assert_eq!((builtin.info().dimensions, builtin.info().max_tokens), (384, 256));
    assert_eq!(opened.info().max_tokens, 256);
    for text in PASSAGES {
        assert_eq!(
            builtin.encode(text, Kind::Query).unwrap().tokens,
            opened.encode(text, Kind::Passage).unwrap().tokens
        );
    }
}

#[test]
fn a_query_is_answered_while_passages_are_embedded() {
    let texts: Vec<String> = (0..400).map(|n| format!("{n} {}", PASSAGES.join(" "))).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    std::thread::scope(|scope| {
        let indexing = scope.spawn(|| EMBEDDER.passages(&texts).unwrap().len());
        std::thread::sleep(Duration::from_millis(50));
        let mut answered = 0;
        while !indexing.is_finished() && answered < 20 {
            EMBEDDER.query(&format!("question {answered}")).unwrap();
            answered += 1;
        }
        assert!(answered > 5, "{answered}");
        assert_eq!(indexing.join().unwrap(), 400);
    });
}
