//! A server with a private and a public wiki, and everybody who comes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::table::{Row, WIKIS};
use crate::support::{Called, Form, Request, Response, Server, Visitor, call_tool};

/// Words of a wiki that strangers never get to see: in its pages, and its name.
pub(super) const SECRETS: [&str; 2] = ["qsecret9", "Qname9"];
const FILE: &str = "note.txt";

/// Somebody, with what they show.
#[derive(Clone)]
enum Who {
    Nobody,
    /// A browser that is signed in, and the token of its forms by host.
    Session(Visitor, BTreeMap<String, String>),
    /// A token, by wiki.
    Token([String; 2]),
}

/// One wiki, and what the rows speak of. It is renewed when a row has changed it.
struct Wiki<'s> {
    server: &'s Server<'s>,
    at: usize,
    slug: String,
    doomed: String,
    public: bool,
    writer: String,
    owner: String,
    people: Vec<(String, &'static str)>,
    guest: String,
    page: String,
    revision: String,
    first: String,
    own_token: String,
    wiki_token: String,
    count: usize,
}

/// One wiki, and everybody who comes to it.
pub(super) struct World<'s> {
    wiki: Wiki<'s>,
    /// In the order of [`super::table::WHO`].
    who: Vec<Who>,
}

impl<'s> World<'s> {
    /// The worlds of [`WIKIS`].
    pub(super) fn all(server: &'s Server<'s>) -> Vec<Self> {
        let dir = server.dir();
        let operator = dir.cli_ok(&["setup"]);
        let operator = operator.split_whitespace().find(|word| word.contains("/auth/link?token=")).unwrap();
        let [viewer, editor, owner, other, guest] =
            ["Vera Viewer", "Edda Editor", "Olga Owner", "Otto Other", "Gustav Guest"].map(|name| dir.person(name));
        let mut owners = Visitor::sign_in_to_root(server, &owner.1);
        let personal = personal_token(server, &mut owners, "laptop");
        let as_owner = |method: &str, target: &str, body: &Value| {
            server.root(&Request::new(method, target).bearer(&personal.0).json(body)).unwrap()
        };
        as_owner("POST", "/api/wikis", &json!({"slug": "elsewhere", "name": "Elsewhere"})).expect(201);
        let foreign = dir.token("elsewhere", "foreign", "write");
        let people = vec![(viewer.0, "viewer"), (editor.0, "editor")];

        let (mut wikis, mut readers, mut writers) = (Vec::new(), Vec::new(), Vec::new());
        for (at, slug) in WIKIS.into_iter().enumerate() {
            let mut wiki = Wiki {
                server,
                at,
                slug: slug.to_owned(),
                doomed: format!("doomed-{slug}"),
                public: slug == "public",
                writer: String::new(),
                owner: personal.0.clone(),
                people: people.clone(),
                guest: guest.0.clone(),
                page: String::new(),
                revision: String::new(),
                first: String::new(),
                own_token: String::new(),
                wiki_token: String::new(),
                count: 0,
            };
            wiki.create(slug);
            readers.push(dir.token(slug, "reader", "read"));
            writers.push(dir.token(slug, "writer", "write"));
            wiki.writer.clone_from(&writers[at]);
            wiki.renew_settings(&mut owners);
            wiki.renew_page();
            wikis.push(wiki);
        }

        let session = |visitor| Who::session(server, visitor);
        let both = |token: &str| Who::Token([token.to_owned(), token.to_owned()]);
        let of_wikis = |tokens: Vec<String>| Who::Token(tokens.try_into().unwrap());
        let who = vec![
            Who::Nobody,
            session(Visitor::sign_in_to_root(server, &viewer.1)),
            session(Visitor::sign_in_to_root(server, &editor.1)),
            session(owners),
            session(Visitor::sign_in_to_root(server, &other.1)),
            session(Visitor::sign_in_to_root(server, operator)),
            both(&personal.0),
            of_wikis(readers),
            of_wikis(writers),
            both(&foreign),
        ];
        wikis.into_iter().map(|wiki| Self { wiki, who: who.clone() }).collect()
    }

    /// Sends a row's request as the `who`-th principal.
    pub(super) fn send(&mut self, row: &Row, who: usize) -> Response {
        let wiki = &mut self.wiki;
        wiki.count += 1;
        let dir = wiki.server.dir();
        let host = if row.host == "wiki" { dir.host(&wiki.slug) } else { dir.domain() };
        let csrf = match &self.who[who] {
            Who::Session(_, tokens) => tokens[&host].clone(),
            Who::Nobody | Who::Token(_) => String::new(),
        };
        let request = wiki.request(row, &host, &csrf);
        match &mut self.who[who] {
            Who::Nobody => request.send(dir.port(), &host).unwrap(),
            Who::Session(visitor, _) => visitor.send(wiki.server, &host, request),
            Who::Token(tokens) => {
                let token = &tokens[wiki.at];
                let request = if row.route.contains(".git/") { basic(request, token) } else { request.bearer(token) };
                request.send(dir.port(), &host).unwrap()
            }
        }
    }

    /// Brings back what an allowed request has used up.
    pub(super) fn renew(&mut self, row: &Row) {
        if row.host == "wiki" {
            self.wiki.renew_page();
        } else if let Who::Session(owner, _) = &mut self.who[3] {
            self.wiki.renew_settings(owner);
        }
    }

    /// What rows of this host may change, as it stands.
    pub(super) fn state(&self, row: &Row) -> String {
        self.wiki.state(&row.host)
    }
}

impl Who {
    fn session(server: &Server<'_>, mut visitor: Visitor) -> Self {
        let dir = server.dir();
        let hosts = [dir.domain(), dir.host(WIKIS[0]), dir.host(WIKIS[1])];
        let tokens = hosts.map(|host| {
            if host != dir.domain() {
                // Also on a wiki that they may not read.
                visitor.get_following(server, &host, "/-/sign-in?return=%2F-%2Fapi");
            }
            let html = visitor.get(server, &host, "/-/api").text();
            let forms = Form::posts(&html);
            let token = forms.iter().find_map(|form| form.field("csrf")).expect("a form to sign out").to_owned();
            (host, token)
        });
        Self::Session(visitor, tokens.into())
    }
}

impl Wiki<'_> {
    fn request(&self, row: &Row, host: &str, csrf: &str) -> Request {
        let body = self.fill(&row.body);
        if row.method == "TOOL" {
            return call_tool(&row.route, &serde_json::from_str(&body).unwrap());
        }
        let mut route = row.route.clone();
        for (name, value) in &row.fills {
            route = route.replace(name, value);
        }
        let route = self.fill(&route);
        assert!(!route.contains('{'), "{route}: what stands for its parameter?");
        let mut request = Request::new(&row.method, format!("{route}{}", self.fill(&row.query)));
        if row.method != "GET" {
            // As browsers do; so that nothing is refused for where it comes from.
            request = request.header("Origin", format!("http://{host}"));
        }
        match row.kind.as_str() {
            "" => request,
            "json" => request
                .header("Accept", "application/json, text/event-stream")
                .header("MCP-Protocol-Version", "2025-11-25")
                .body("application/json", body),
            "form" if body.contains("csrf=") => request.body("application/x-www-form-urlencoded", body),
            "form" => request.body("application/x-www-form-urlencoded", format!("{body}&csrf={csrf}")),
            "git" => request
                .header("Git-Protocol", "version=2")
                .body("application/x-git-upload-pack-request", body.replace("\\n", "\n")),
            "file" if row.method == "PUT" => request.body("application/octet-stream", body),
            _ => {
                let part = |what: &str, text: &str| {
                    format!("--bound\r\nContent-Disposition: form-data; {what}\r\n\r\n{text}\r\n")
                };
                let file = format!("name=\"file\"; filename=\"{body}.txt\"");
                let form = format!("{}{}--bound--\r\n", part("name=\"csrf\"", csrf), part(&file, &body));
                request.body("multipart/form-data; boundary=bound", form)
            }
        }
    }

    fn fill(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, value) in [
            ("{page}", self.page.as_str()),
            ("{path}", &self.page),
            ("{file}", FILE),
            ("{filename}", FILE),
            ("{revision}", &self.revision),
            ("{first}", &self.first),
            ("{new}", &format!("new{}-{}", self.at, self.count)),
            ("{rest}", "nowhere"),
            ("{slug}", &self.slug),
            ("{doomed}", &self.doomed),
            ("{person}", &self.guest),
            ("{own-token}", &self.own_token),
            ("{wiki-token}", &self.wiki_token),
        ] {
            text = text.replace(name, value);
        }
        text
    }

    fn as_owner(&self, method: &str, target: &str, body: &Value) -> Response {
        self.server.root(&Request::new(method, target).bearer(&self.owner).json(body)).unwrap()
    }

    fn as_writer(&self, method: &str, target: &str, body: &Value) -> Response {
        self.server.wiki(&self.slug, &Request::new(method, target).bearer(&self.writer).json(body))
    }

    /// Makes a wiki with its people.
    fn create(&self, slug: &str) {
        let name = if self.public { "Open" } else { SECRETS[1] };
        let body = json!({"slug": slug, "name": name, "public": self.public});
        self.as_owner("POST", "/api/wikis", &body).expect(201);
        for (person, role) in &self.people {
            let target = format!("/api/wikis/{slug}/collaborators/{person}");
            self.as_owner("PUT", &target, &json!({"role": role})).expect(200);
        }
    }

    /// A page with two versions and a file.
    fn renew_page(&mut self) {
        self.count += 1;
        self.page = format!("Proof/Page_{}", self.count);
        let target = format!("/api/v1/pages/{}", self.page);
        let text = "---\ntags: [red]\ncategory: Blue\n---\n\n# Proof\n\n- [ ] qsecret9\n\n## Part\n\n[[Home]]\n";
        let made = self.as_writer("PUT", &target, &json!({"content": text})).expect(201);
        made["revision"].as_str().unwrap().clone_into(&mut self.first);
        let body = json!({"content": format!("{text}\nsecond\n"), "revision": self.first});
        let made = self.as_writer("PUT", &target, &body).expect(200);
        made["revision"].as_str().unwrap().clone_into(&mut self.revision);
        let body = json!({"filename": FILE, "content": "cXNlY3JldDkK"});
        self.as_writer("POST", &format!("{target}/attachments"), &body).expect(201);
    }

    /// Tokens to revoke, a guest to throw out, a wiki to delete.
    fn renew_settings(&mut self, owner: &mut Visitor) {
        self.count += 1;
        let name = format!("token {}", self.count);
        let guest = format!("/api/wikis/{}/collaborators/{}", self.slug, self.guest);
        self.as_owner("PUT", &guest, &json!({"role": "viewer"})).expect(200);
        let target = format!("/api/wikis/{}/tokens", self.slug);
        let made = self.as_owner("POST", &target, &json!({"name": name, "role": "read"})).expect(201);
        made["id"].as_str().unwrap().clone_into(&mut self.wiki_token);
        self.own_token = personal_token(self.server, owner, &name).1;
        if self.as_owner("GET", &format!("/api/wikis/{}", self.doomed), &Value::Null).status == 404 {
            self.create(&self.doomed);
        }
    }

    fn state(&self, host: &str) -> String {
        let repository = self.server.dir().repository(&self.slug);
        let mut state = std::fs::read_to_string(repository.join("refs/heads/main")).unwrap();
        if host == "platform" {
            let of_wiki = format!("/api/wikis/{}", self.slug);
            let doomed = format!("/api/wikis/{}", self.doomed);
            for target in [of_wiki.clone(), format!("{of_wiki}/collaborators"), format!("{of_wiki}/tokens"), doomed] {
                let mut answer = self.as_owner("GET", &target, &Value::Null).json();
                // Asking is a use.
                for token in answer["tokens"].as_array_mut().into_iter().flatten() {
                    token.as_object_mut().unwrap().remove("last_used");
                }
                state += &answer.to_string();
            }
            let own = self.as_owner("GET", "/api/me/tokens", &Value::Null).text();
            state += if own.contains(&json!(self.own_token).to_string()) { "" } else { "revoked" };
        }
        state
    }
}

/// Makes a personal access token; its secret and its identifier.
fn personal_token(server: &Server<'_>, visitor: &mut Visitor, name: &str) -> (String, String) {
    let host = server.dir().domain();
    let request = Request::new("POST", "/api/me/tokens").header("Origin", format!("http://{host}"));
    let made = visitor.send(server, &host, request.json(&json!({"name": name}))).expect(201);
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("token"), text("id"))
}

fn basic(request: Request, token: &str) -> Request {
    use base64::Engine;
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("git:{token}"));
    request.header("Authorization", format!("Basic {pair}"))
}

/// What was answered, as the table writes it.
pub(super) fn class(row: &Row, answer: &Response) -> String {
    let text = answer.text();
    match answer.status {
        200 if row.method == "TOOL" => match Called::from_response(answer) {
            called if !called.failed => "ok".to_owned(),
            called if called.text.contains("write token") => "403".to_owned(),
            called => format!("failed: {}", called.text),
        },
        200..300 => "ok".to_owned(),
        300..400 => {
            let to = answer.header("location").unwrap_or_default();
            let signs_in = to.contains("/auth/sign-in") || to.contains("/-/sign-in");
            if signs_in { "in".to_owned() } else { "ok".to_owned() }
        }
        // A build without a model still decides who may ask it.
        503 if text.contains("no_model") => "ok".to_owned(),
        status => status.to_string(),
    }
}
