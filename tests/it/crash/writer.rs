use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::json;

use super::ledger::{Attempt, Change, Outcome, Text};
use crate::support::{Called, Form, Random, Request, Response, Visitor, call_tool, encode_path};

pub(super) const PERSON: &str = "Petra Person";
pub(super) const TOKEN: &str = "Tireless program";

#[derive(Clone, Copy, Debug)]
pub(super) enum Surface {
    Rest,
    Web,
    Mcp,
}

/// How the writers reach the wiki, and as whom.
pub(super) struct Credentials {
    pub(super) port: u16,
    pub(super) host: String,
    pub(super) token: String,
    pub(super) visitor: Visitor,
}

/// What the writers of a round share.
#[derive(Clone, Copy)]
pub(super) struct World<'s> {
    pub(super) credentials: &'s Credentials,
    /// The newest text of each page that any writer knows of.
    pub(super) known: &'s Mutex<BTreeMap<String, Text>>,
    /// Set before the kill: from then on a connection may break.
    pub(super) dying: &'s AtomicBool,
    /// How many writes the server has said yes to.
    pub(super) acknowledged: &'s AtomicU64,
}

/// One client that writes random pages, one after the other, until the server is gone.
pub(super) struct Writer<'s> {
    surface: Surface,
    world: World<'s>,
    visitor: Visitor,
    random: Random,
    attempts: Vec<Attempt>,
}

impl<'s> Writer<'s> {
    pub(super) fn new(surface: Surface, world: World<'s>, random: Random) -> Self {
        let visitor = world.credentials.visitor.clone();
        Self { surface, world, visitor, random, attempts: Vec::new() }
    }

    pub(super) fn run(mut self, pages: &[&str]) -> Vec<Attempt> {
        while !self.world.dying.load(Ordering::SeqCst) {
            let page = *self.random.pick(pages);
            let before = self.world.known.lock().unwrap().get(page).cloned();
            let alive = match self.surface {
                Surface::Rest => self.write_over_rest(page, before),
                Surface::Web => self.write_in_the_browser(page),
                Surface::Mcp => self.write_over_mcp(page, before),
            };
            if !alive {
                break;
            }
        }
        self.attempts
    }

    fn write_over_rest(&mut self, page: &str, before: Option<Text>) -> bool {
        let target = format!("/api/v1/pages/{}", encode_path(page));
        let kind = self.random.below(10);
        if let Some(before) = before.as_ref().filter(|_| kind == 0 && page != "Home") {
            let base = Some(before.revision.clone());
            let request = Request::new("DELETE", target).json(&json!({"revision": base}));
            let change = Change { page: page.to_owned(), base, content: None, word: None };
            return self.attempt(change, request, &[200]);
        }
        if let Some((change, old)) = before.as_ref().filter(|_| kind < 5).and_then(|before| self.reword(before)) {
            let body = json!({"revision": change.base, "old_string": old, "new_string": change.word});
            return self.attempt(change, Request::new("PATCH", target).json(&body), &[200]);
        }
        let change = self.compose(page, before.map(|before| before.revision));
        let body = json!({"content": change.content, "revision": change.base});
        self.attempt(change, Request::new("PUT", target).json(&body), &[200, 201])
    }

    fn write_over_mcp(&mut self, page: &str, before: Option<Text>) -> bool {
        let kind = self.random.below(2);
        if let Some((change, old)) = before.as_ref().filter(|_| kind == 0).and_then(|before| self.reword(before)) {
            let arguments =
                json!({"path": page, "revision": change.base, "old_string": old, "new_string": change.word});
            return self.attempt(change, call_tool("edit_note", &arguments), &[200]);
        }
        let change = self.compose(page, before.map(|before| before.revision));
        let revision = change.base.clone().unwrap_or_default();
        let arguments = json!({"path": page, "content": change.content, "revision": revision});
        self.attempt(change, call_tool("write_note", &arguments), &[200])
    }

    /// Opens the form and sends it, as a browser does.
    fn write_in_the_browser(&mut self, page: &str) -> bool {
        let target = format!("/{}/edit", encode_path(page));
        let Some(opened) = self.send(Request::get(&target)) else { return false };
        assert_eq!(opened.status, 200, "{target}: {}", opened.text());
        let form = Form::editor(&opened.text());
        let (csrf, base) = (form.field("csrf").unwrap(), form.field("base").unwrap());
        let change = self.compose(page, Some(base.to_owned()).filter(|base| !base.is_empty()));
        let content = change.content.as_deref().unwrap_or_default();
        let fields = [("csrf", csrf), ("base", base), ("content", content), ("message", "Typed")];
        let request = Request::new("POST", target)
            .header("Origin", format!("http://{}", self.world.credentials.host))
            .form(&fields);
        self.attempt(change, request, &[303])
    }

    /// Sends a write and writes down how it went. False when the server is gone.
    fn attempt(&mut self, change: Change, request: Request, success: &[u16]) -> bool {
        let author = if matches!(self.surface, Surface::Web) { PERSON } else { TOKEN };
        let answer = self.send(request);
        let outcome = match &answer {
            None => Outcome::InFlight,
            Some(answer) => self.judge(&change.page, answer, success),
        };
        match &outcome {
            Outcome::Acknowledged { revision } => {
                self.world.acknowledged.fetch_add(1, Ordering::Relaxed);
                self.learn(&change, revision.as_deref());
            }
            Outcome::Refused => self.look_again(&change.page),
            Outcome::InFlight => {}
        }
        self.attempts.push(Attempt { change, author, outcome });
        answer.is_some()
    }

    /// Remembers what a page says since a change; where the surface tells no revision, that has to be read.
    fn learn(&self, change: &Change, revision: Option<&str>) {
        let page = change.page.clone();
        match (change.content.clone(), revision.map(str::to_owned)) {
            (Some(content), Some(revision)) => {
                let text = Text { page: page.clone(), content, word: change.word.clone(), revision };
                self.world.known.lock().unwrap().insert(page, text);
            }
            (None, _) => drop(self.world.known.lock().unwrap().remove(&page)),
            (Some(_), None) => self.look_again(&page),
        }
    }

    /// Reads what the page says now.
    fn look_again(&self, page: &str) {
        let request =
            Request::get(format!("/api/v1/pages/{}", encode_path(page))).bearer(&self.world.credentials.token);
        let Ok(answer) = request.send(self.world.credentials.port, &self.world.credentials.host) else { return };
        let text = (answer.status == 200).then(|| {
            let read = answer.json();
            let content = read["content"].as_str().unwrap().to_owned();
            let word = content.split("The word is ").nth(1).and_then(|rest| rest.split('.').next()).map(str::to_owned);
            Text { page: page.to_owned(), content, word, revision: read["revision"].as_str().unwrap().to_owned() }
        });
        let mut known = self.world.known.lock().unwrap();
        match text {
            Some(text) => drop(known.insert(page.to_owned(), text)),
            None => drop(known.remove(page)),
        }
    }

    /// A stale or missing base is refused; anything else must succeed.
    fn judge(&self, page: &str, answer: &Response, success: &[u16]) -> Outcome {
        let text = answer.text();
        if matches!(self.surface, Surface::Mcp) {
            let called = Called::from_response(answer);
            assert_eq!(called.status, 200, "{page}: {called:?}");
            let revision = called.text.split("(revision: ").nth(1).and_then(|rest| rest.get(..8)).map(str::to_owned);
            let refused =
                ["Conflict: ", "Page not found", "Invalid request: "].iter().any(|t| called.text.starts_with(t));
            return match revision.filter(|_| !called.failed) {
                Some(revision) => Outcome::Acknowledged { revision: Some(revision) },
                None if refused => Outcome::Refused,
                None => panic!("{page}: {called:?}"),
            };
        }
        if success.contains(&answer.status) {
            let revision = match self.surface {
                Surface::Rest => answer.json()["revision"].as_str().map(str::to_owned),
                _ => None,
            };
            return Outcome::Acknowledged { revision };
        }
        assert!(matches!(answer.status, 404 | 409 | 422), "{:?} {page}: {} {text:.500}", self.surface, answer.status);
        Outcome::Refused
    }

    fn send(&mut self, request: Request) -> Option<Response> {
        let request = match self.surface {
            Surface::Web => request,
            Surface::Rest | Surface::Mcp => request.bearer(&self.world.credentials.token),
        };
        let sent = match self.surface {
            Surface::Web => self.visitor.try_send(self.world.credentials.port, &self.world.credentials.host, request),
            Surface::Rest | Surface::Mcp => request.send(self.world.credentials.port, &self.world.credentials.host),
        };
        match sent {
            Ok(answer) => Some(answer),
            Err(_) if self.world.dying.load(Ordering::SeqCst) => None,
            Err(error) => panic!("{:?}: the connection broke before the kill: {error}", self.surface),
        }
    }

    /// A text like no other, from a few lines to some 20 KB.
    fn compose(&mut self, page: &str, base: Option<String>) -> Change {
        let word = self.random.word();
        let mut content = format!("# {page}\n\nThe word is {word}.\n");
        for line in 0..self.random.below(4).pow(4) * 3 {
            content.push_str(&format!("\n- line {line} of a text that has some length, for {page}"));
        }
        content.push('\n');
        Change { page: page.to_owned(), base, content: Some(content), word: Some(word) }
    }

    /// The same text with another word, and the word that it replaces; none for a text without one.
    fn reword(&mut self, before: &Text) -> Option<(Change, String)> {
        let old = before.word.clone()?;
        let word = self.random.word();
        let content = Some(before.content.replace(&old, &word));
        let base = Some(before.revision.clone());
        Some((Change { page: before.page.clone(), base, content, word: Some(word) }, old))
    }
}
