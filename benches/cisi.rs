//! The CISI test collection (University of Glasgow): abstracts, questions, and which
//! abstracts answer which question. And how rankings are judged by it.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

/// Rank up to which gain is counted.
const GAIN_RANK: usize = 10;

pub(crate) struct Collection {
    pub(crate) abstracts: Vec<Document>,
    /// Those for which there are answers.
    pub(crate) questions: Vec<Document>,
    answers: HashMap<usize, HashSet<usize>>,
}

pub(crate) struct Document {
    pub(crate) id: usize,
    /// On one line.
    pub(crate) text: String,
}

/// Means over all questions, 0 to 1.
#[derive(Clone, Copy)]
pub(crate) struct Quality {
    pub(crate) ndcg: f64,
    pub(crate) recall_10: f64,
    pub(crate) recall_100: f64,
}

impl Collection {
    /// Reads `CISI.ALL`, `CISI.QRY` and `CISI.REL`.
    ///
    /// # Errors
    /// Which file is missing.
    pub(crate) fn read(dir: &Path) -> Result<Self, String> {
        let read = |name: &str| {
            let path = dir.join(name);
            fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
        };
        let mut answers: HashMap<usize, HashSet<usize>> = HashMap::new();
        for line in read("CISI.REL")?.lines() {
            let mut numbers = line.split_whitespace().map_while(|number| number.parse().ok());
            if let (Some(question), Some(document)) = (numbers.next(), numbers.next()) {
                answers.entry(question).or_default().insert(document);
            }
        }
        let mut questions = documents(&read("CISI.QRY")?);
        questions.retain(|question| answers.contains_key(&question.id));
        Ok(Self { abstracts: documents(&read("CISI.ALL")?), questions, answers })
    }

    /// Judges what `rank` answers to each question: documents, the best first.
    pub(crate) fn judge(&self, mut rank: impl FnMut(usize, &str) -> Vec<usize>) -> Quality {
        let mut total = Quality { ndcg: 0.0, recall_10: 0.0, recall_100: 0.0 };
        for (at, Document { id, text }) in self.questions.iter().enumerate() {
            let (found, wanted) = (rank(at, text), &self.answers[id]);
            let recall = |rank: usize| {
                found.iter().take(rank).filter(|document| wanted.contains(document)).count() as f64
                    / wanted.len() as f64
            };
            let gain = found.iter().take(GAIN_RANK).enumerate().filter(|(_, document)| wanted.contains(document));
            let best = (0..wanted.len().min(GAIN_RANK)).map(discount).sum::<f64>();
            total.ndcg += gain.map(|(rank, _)| discount(rank)).sum::<f64>() / best;
            total.recall_10 += recall(10);
            total.recall_100 += recall(100);
        }
        let count = self.questions.len() as f64;
        Quality { ndcg: total.ndcg / count, recall_10: total.recall_10 / count, recall_100: total.recall_100 / count }
    }
}

/// What a hit at this rank, from 0, is worth (Järvelin and Kekäläinen 2002).
fn discount(rank: usize) -> f64 {
    1.0 / (rank as f64 + 2.0).log2()
}

/// `.I` and a number begin a document, `.W` its text.
fn documents(file: &str) -> Vec<Document> {
    let mut documents: Vec<Document> = Vec::new();
    for line in file.lines() {
        if let Some(id) = line.strip_prefix(".I") {
            documents.push(Document { id: id.trim().parse().unwrap(), text: String::new() });
        } else if let Some(document) = documents.last_mut().filter(|_| line.trim_end() != ".W") {
            let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
            let space = if document.text.is_empty() || words.is_empty() { "" } else { " " };
            document.text += &format!("{space}{words}");
        }
    }
    documents
}
