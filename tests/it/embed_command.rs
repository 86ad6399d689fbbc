//! `robotwiki embed`, with the model inside the program.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::support::{program, run};

const PATIENCE: Duration = Duration::from_secs(120);

fn embed(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(program());
    // Would stop any verb that reads the configuration.
    command.arg("embed").args(arguments).env("ROBOTWIKI_SERVER__DOMAIN", "No Such Domain");
    run(&mut command, input, PATIENCE)
}

fn vectors(output: &Output) -> Vec<Vec<f64>> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout.clone()).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn similarity(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn each_line_gives_a_vector_in_its_order_however_they_are_grouped() {
    let texts =
        ["The harbour was frozen.", "", "Ships could not leave because of the ice.", "Tax forms are due in May."];
    let mut input = String::new();
    for round in 0..40 {
        for text in texts {
            input.push_str(&format!("{text} {}", if text.is_empty() { "" } else { ["a", "b"][round % 2] }));
            input.push_str(if round % 3 == 0 { "\r\n" } else { "\n" });
        }
    }
    let wanted = vectors(&embed(&[], input.as_bytes()));
    assert_eq!(wanted.len(), 160);
    for vector in &wanted {
        assert_eq!(vector.len(), 384);
        assert!((similarity(vector, vector) - 1.0).abs() < 1e-4);
    }
    assert!(similarity(&wanted[0], &wanted[2]) > similarity(&wanted[0], &wanted[3]) + 0.2);
    for arguments in [&["--batch", "1"][..], &["--batch", "32", "--threads", "1"], &["--threads", "3", "--query"]] {
        let found = vectors(&embed(arguments, input.as_bytes()));
        assert_eq!(found.len(), wanted.len());
        assert!(found.iter().zip(&wanted).all(|(a, b)| similarity(a, b) > 0.999), "{arguments:?}");
    }
    // Without a line's end at the end, and without any line.
    assert_eq!(vectors(&embed(&[], b"one\ntwo")).len(), 2);
    assert!(vectors(&embed(&["--batch", "8"], b"")).is_empty());
}

#[test]
fn a_line_is_answered_before_the_next_is_written() {
    let mut command = Command::new(program());
    let mut child = command.arg("embed").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    for text in ["first", "second"] {
        writeln!(input, "{text}").unwrap();
        let vector: Value = serde_json::from_str(&output.next().unwrap().unwrap()).unwrap();
        assert_eq!(vector.as_array().unwrap().len(), 384);
    }
    // Whoever stops reading ends it; that is no failure.
    drop(output);
    let _broken_pipe = input.write_all("more\n".repeat(2000).as_bytes());
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn what_cannot_be_done_is_said() {
    let refused = embed(&["--model", "/nonexistent/model"], b"text\n");
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("/nonexistent/model") && said.contains("neither a modules.json nor a config.json"), "{said}");
    assert!(refused.stdout.is_empty());
    for arguments in [&["--batch", "0"][..], &["--threads", "0"], &["--threads", "many"], &["text"]] {
        assert_eq!(embed(arguments, b"").status.code(), Some(2), "{arguments:?}");
    }
}
