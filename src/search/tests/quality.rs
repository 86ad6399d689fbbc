use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::*;

/// The parts of a collection in the format of the SMART system: number and text.
fn parts(file: &Path) -> BTreeMap<usize, String> {
    let mut parts: BTreeMap<usize, String> = BTreeMap::new();
    let (mut number, mut in_text) = (0, false);
    for line in std::fs::read_to_string(file).unwrap().lines() {
        if let Some(next) = line.strip_prefix(".I ") {
            (number, in_text) = (next.trim().parse().unwrap(), false);
        } else if line.starts_with('.') && line.len() == 2 {
            in_text = line == ".W";
        } else if in_text {
            let text = parts.entry(number).or_default();
            text.push_str(line);
            text.push('\n');
        }
    }
    parts
}

/// The documents judged relevant, by query: a query's and a document's number on each line.
fn judged(file: &Path) -> BTreeMap<usize, BTreeSet<usize>> {
    let mut judged: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for line in std::fs::read_to_string(file).unwrap().lines() {
        let mut numbers = line.split_whitespace().map(|number| number.parse().unwrap());
        judged.entry(numbers.next().unwrap()).or_default().insert(numbers.next().unwrap());
    }
    judged
}

fn gain(place: usize) -> f64 {
    1.0 / ((place + 2) as f64).log2()
}

/// nDCG of the first ten hits, averaged over the judged queries. Measures only when
/// `ROBOTWIKI_CISI` names a directory with the collection (CONTRIBUTING.md, "Measure").
#[test]
#[expect(clippy::print_stdout, reason = "the figure is what one measures")]
fn questions_find_what_was_judged_relevant() {
    let Some(dir) = std::env::var_os("ROBOTWIKI_CISI") else { return };
    let dir = Path::new(&dir);
    let pages = parts(&dir.join("CISI.ALL"))
        .into_iter()
        .fold(Pages::default(), |pages, (number, text)| pages.with(&format!("D{number}"), text));
    let home = tempfile::tempdir().unwrap();
    let index = TextIndex::open(home.path()).unwrap().index;
    pages.apply(&index, 1).unwrap();
    let judged = judged(&dir.join("CISI.REL"));
    let (mut sum, mut count) = (0.0, 0);
    for (number, text) in parts(&dir.join("CISI.QRY")) {
        let Some(relevant) = judged.get(&number) else { continue };
        let hits = index.ask(&text, 10, 0).unwrap();
        let found =
            hits.hits.iter().enumerate().filter(|(_, hit)| relevant.contains(&hit.path.as_str()[1..].parse().unwrap()));
        let ideal: f64 = (0..relevant.len().min(10)).map(gain).sum();
        sum += found.map(|(place, _)| gain(place)).sum::<f64>() / ideal;
        count += 1;
    }
    println!("nDCG@10 over {count} queries: {:.4}", sum / f64::from(count));
    assert!(sum / f64::from(count) > 0.38);
}
