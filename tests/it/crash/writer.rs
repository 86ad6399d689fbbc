use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::ledger::{Attempt, Outcome, Text};
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

/// One client that writes random pages, one after the other, until the server is gone.
pub(super) struct Writer<'s> {
    surface: Surface,
    credentials: &'s Credentials,
    visitor: Visitor,
    /// The newest text of each page that any writer knows of.
    known: &'s Mutex<BTreeMap<String, Text>>,
    /// Set before the kill: from then on a connection may break.
    dying: &'s AtomicBool,
    random: Random,
    attempts: Vec<Attempt>,
}

impl<'s> Writer<'s> {
    pub(super) fn new(
        surface: Surface,
        credentials: &'s Credentials,
        known: &'s Mutex<BTreeMap<String, Text>>,
        dying: &'s AtomicBool,
        random: Random,
    ) -> Self {
        let visitor = credentials.visitor.clone();
        Self { surface, credentials, visitor, known, dying, random, attempts: Vec::new() }
    }

    pub(super) fn run(mut self, pages: &[&str]) -> Vec<Attempt> {
        while !self.dying.load(Ordering::SeqCst) {
            let page = (*self.random.pick(pages)).to_owned();
            let before = self.known.lock().unwrap().get(&page).cloned();
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

    fn write_over_rest(&mut self, page: String, before: Option<Text>) -> bool {
        let target = format!("/api/v1/pages/{}", encode_path(&page));
        let kind = self.random.below(10);
        match before {
            Some(before) if kind == 0 && page != "Home" => {
                let request = Request::new("DELETE", target).json(&json!({"revision": before.revision}));
                self.attempt(page, None, None, request, &[200])
            }
            Some(Text { word: Some(old), content, revision, .. }) if kind < 5 => {
                let word = self.random.word();
                let body = json!({"revision": revision, "old_string": old, "new_string": word});
                let content = content.replace(&old, &word);
                self.attempt(page, Some(content), Some(word), Request::new("PATCH", target).json(&body), &[200])
            }
            before => {
                let (content, word) = self.compose(&page);
                let mut body = json!({"content": content});
                if let Some(before) = before {
                    body["revision"] = json!(before.revision);
                }
                self.attempt(page, Some(content), Some(word), Request::new("PUT", target).json(&body), &[200, 201])
            }
        }
    }

    fn write_over_mcp(&mut self, page: String, before: Option<Text>) -> bool {
        let request = match before {
            Some(Text { word: Some(old), content, revision, .. }) if self.random.below(2) == 0 => {
                let word = self.random.word();
                let arguments = json!({"path": page, "revision": revision, "old_string": old, "new_string": word});
                (call_tool("edit_note", &arguments), content.replace(&old, &word), word)
            }
            before => {
                let (content, word) = self.compose(&page);
                let mut arguments = json!({"path": page, "content": content});
                if let Some(before) = before {
                    arguments["revision"] = json!(before.revision);
                }
                (call_tool("write_note", &arguments), content, word)
            }
        };
        let (request, content, word) = request;
        self.attempt(page, Some(content), Some(word), request, &[200])
    }

    /// Opens the form and sends it, as a browser does.
    fn write_in_the_browser(&mut self, page: String) -> bool {
        let target = format!("/{}/edit", encode_path(&page));
        let Some(opened) = self.send(Request::get(&target)) else { return false };
        assert_eq!(opened.status, 200, "{target}: {}", opened.text());
        let form = Form::editor(&opened.text());
        let (content, word) = self.compose(&page);
        let fields = [
            ("csrf", form.field("csrf").unwrap_or_default()),
            ("base", form.field("base").unwrap_or_default()),
            ("content", &content),
            ("message", "Typed"),
        ];
        let request =
            Request::new("POST", target).header("Origin", format!("http://{}", self.credentials.host)).form(&fields);
        self.attempt(page, Some(content), Some(word), request, &[303])
    }

    /// Sends a write and writes down how it went. False when the server is gone.
    fn attempt(
        &mut self,
        page: String,
        content: Option<String>,
        word: Option<String>,
        request: Request,
        success: &[u16],
    ) -> bool {
        let author = if matches!(self.surface, Surface::Web) { PERSON } else { TOKEN };
        let answer = self.send(request);
        let outcome = match &answer {
            None => Outcome::InFlight,
            Some(answer) => self.judge(&page, answer, success),
        };
        match (&outcome, &content) {
            (Outcome::Acknowledged { revision: Some(revision) }, Some(content)) => {
                let (content, revision, word) = (content.clone(), revision.clone(), word.clone());
                self.learn(&page, Some(Text { page: page.clone(), content, word, revision }));
            }
            (Outcome::Acknowledged { .. }, None) => self.learn(&page, None),
            (Outcome::Refused, _) => self.look_again(&page),
            (Outcome::Acknowledged { revision: None } | Outcome::InFlight, _) => {}
        }
        self.attempts.push(Attempt { page, content, word, author, outcome });
        answer.is_some()
    }

    fn learn(&self, page: &str, text: Option<Text>) {
        let mut known = self.known.lock().unwrap();
        match text {
            Some(text) => drop(known.insert(page.to_owned(), text)),
            None => drop(known.remove(page)),
        }
    }

    /// After a refusal: reads what the page says now.
    fn look_again(&self, page: &str) {
        let request = Request::get(format!("/api/v1/pages/{}", encode_path(page))).bearer(&self.credentials.token);
        let Ok(answer) = request.send(self.credentials.port, &self.credentials.host) else { return };
        let text = (answer.status == 200).then(|| {
            let read = answer.json();
            let content = read["content"].as_str().unwrap().to_owned();
            let word = content.split("The word is ").nth(1).and_then(|rest| rest.split('.').next()).map(str::to_owned);
            Text { page: page.to_owned(), content, word, revision: read["revision"].as_str().unwrap().to_owned() }
        });
        self.learn(page, text);
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
            Surface::Rest | Surface::Mcp => request.bearer(&self.credentials.token),
        };
        let sent = match self.surface {
            Surface::Web => self.visitor.try_send(self.credentials.port, &self.credentials.host, request),
            Surface::Rest | Surface::Mcp => request.send(self.credentials.port, &self.credentials.host),
        };
        match sent {
            Ok(answer) => Some(answer),
            Err(_) if self.dying.load(Ordering::SeqCst) => None,
            Err(error) => panic!("{:?}: the connection broke before the kill: {error}", self.surface),
        }
    }

    /// A text like no other, from a few lines to some 20 KB.
    fn compose(&mut self, page: &str) -> (String, String) {
        let word = self.random.word();
        let mut content = format!("# {page}\n\nThe word is {word}.\n");
        for line in 0..self.random.below(4).pow(4) * 3 {
            content.push_str(&format!("\n- line {line} of a text that has some length, for {page}"));
        }
        content.push('\n');
        (content, word)
    }
}
