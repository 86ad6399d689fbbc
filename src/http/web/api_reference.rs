#![expect(clippy::indexing_slicing, reason = "what a JSON value does not have reads as null")]

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::Response;
use serde_json::Value;

use super::error_page::{Problem, page};
use super::frame::{Surroundings, platform_address};
use super::request::{WebRequest, encode};
use super::views::{ApiField, ApiGroup, ApiOperation, ApiReference, ApiText};
use crate::http::error::Failure;
use crate::http::openapi::{self, Api};
use crate::http::state::AppState;
use crate::model::Principal;
use crate::wiki::{self, WikiError};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// `GET /-/api`: the description of the API of this host, for people. It says nothing
/// about the wiki, so that whoever may not read the wiki may read it too.
pub(super) async fn api_reference(State(state): State<AppState>, request: WebRequest) -> Response {
    let asked = request.clone();
    let found = state.run_blocking(move |state| surroundings(state, &asked));
    let surroundings = match found.await.map_err(Failure::from).and_then(|result| result) {
        Ok(surroundings) => surroundings,
        Err(failure) => {
            let principal = &Principal::Nobody;
            return Problem { failure, principal, request: &request, typed: None }.into_response(&state);
        }
    };
    let api: &Api = if request.slug.is_some() { &openapi::WIKI } else { &openapi::PLATFORM };
    let document = openapi::document(api);
    let host = request.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let scheme = if state.config().https { "https" } else { "http" };
    let reader = Reader { document: &document, address: format!("{scheme}://{host}{}", api.base) };
    let view = ApiReference {
        frame: surroundings.frame("API"),
        description: paragraphs(api.description),
        document_href: format!("{}/openapi.json", api.base),
        other_href: format!("{}-/api", platform_address(&state)),
        groups: reader.groups(),
    };
    page(StatusCode::OK, &view)
}

fn surroundings(state: &AppState, request: &WebRequest) -> Result<Surroundings, Failure> {
    let principal = request.principal(state)?;
    let Some(slug) = &request.slug else { return Ok(Surroundings::platform(state, &principal)) };
    match state.wikis().authorize::<wiki::Read>(&principal, slug) {
        Ok(access) => Ok(Surroundings::wiki(state, &access, request)),
        Err(WikiError::Access(_)) => Ok(Surroundings::outside(state, &principal, request)),
        Err(error) => Err(error.into()),
    }
}

fn paragraphs(text: &str) -> Vec<ApiText> {
    text.split("\n\n").map(parts).collect()
}

/// What is between backticks is code.
fn parts(text: &str) -> ApiText {
    text.split('`').enumerate().map(|(at, part)| (part.to_owned(), at % 2 == 1)).collect()
}

/// Reads a description for people.
struct Reader<'d> {
    document: &'d Value,
    /// What paths are below, for examples.
    address: String,
}

impl Reader<'_> {
    fn groups(&self) -> Vec<ApiGroup> {
        let mut operations = Vec::new();
        for (path, methods) in entries(&self.document["paths"]) {
            for method in METHODS {
                if let Some(operation) = methods.get(method) {
                    operations.push((text(&operation["tags"][0]), self.operation(method, path, operation)));
                }
            }
        }
        items(&self.document["tags"])
            .map(|tag| ApiGroup {
                name: text(&tag["name"]),
                description: text(&tag["description"]),
                operations: operations.extract_if(.., |(group, _)| tag["name"] == **group).map(|(_, op)| op).collect(),
            })
            .collect()
    }

    fn operation(&self, method: &str, path: &str, operation: &Value) -> ApiOperation {
        let parameters = items(&operation["parameters"])
            .map(|parameter| ApiField {
                name: text(&parameter["name"]),
                kind: format!("{}, {}", text(&parameter["in"]), self.kind(&parameter["schema"])),
                required: parameter["required"] == true,
                description: parts(&text(&parameter["description"])),
            })
            .collect();
        let body = &operation["requestBody"]["content"]["application/json"];
        let responses = &operation["responses"];
        let (mut answers, mut errors) = (Vec::new(), Vec::new());
        for (status, response) in entries(responses) {
            let line = (status.clone(), text(&response["description"]));
            if status.starts_with('2') { answers.push(line) } else { errors.push(line) }
        }
        let first = answers.first().map(|(status, _)| &responses[status]["content"]["application/json"]["schema"]);
        ApiOperation {
            id: text(&operation["operationId"]),
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: text(&operation["summary"]),
            description: paragraphs(&text(&operation["description"])),
            parameters,
            body: self.fields(&body["schema"]),
            // What is answered is there; only of what is sent some may be left out.
            answer: first
                .map(|schema| self.fields(schema))
                .unwrap_or_default()
                .into_iter()
                .map(ApiField::given)
                .collect(),
            answers,
            errors,
            example: self.example(method, path, operation, &body["example"]),
        }
    }

    /// The schema itself, when it is a reference to one.
    fn resolve<'v>(&'v self, schema: &'v Value) -> &'v Value {
        let target = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        target.and_then(|pointer| self.document.pointer(pointer)).unwrap_or(schema)
    }

    fn fields(&self, schema: &Value) -> Vec<ApiField> {
        let schema = self.resolve(schema);
        entries(&schema["properties"])
            .map(|(name, property)| ApiField {
                name: name.clone(),
                kind: self.kind(property),
                required: items(&schema["required"]).any(|required| required == name),
                description: parts(&text(&property["description"])),
            })
            .collect()
    }

    /// A schema in a few words: `list of Commit`, `string or null`.
    fn kind(&self, schema: &Value) -> String {
        if let Some(reference) = schema["$ref"].as_str() {
            return reference.rsplit('/').next().unwrap_or_default().to_owned();
        }
        if let Some(choices) = schema["anyOf"].as_array() {
            return choices.iter().map(|choice| self.kind(choice)).collect::<Vec<_>>().join(" or ");
        }
        match &schema["type"] {
            Value::String(kind) if kind == "array" => format!("list of {}", self.kind(&schema["items"])),
            Value::String(kind) => kind.clone(),
            Value::Array(kinds) => kinds.iter().map(text).collect::<Vec<_>>().join(" or "),
            _ => "any value".to_owned(),
        }
    }

    fn example(&self, method: &str, path: &str, operation: &Value, body: &Value) -> String {
        let mut address = format!("{}{path}", self.address);
        let mut query = None;
        for parameter in items(&operation["parameters"]) {
            let name = text(&parameter["name"]);
            let example = match &parameter["example"] {
                Value::String(example) => example.clone(),
                Value::Array(examples) => examples.first().map(text).unwrap_or_default(),
                other => other.to_string(),
            };
            if parameter["in"] == "path" {
                let encoded: Vec<String> = example.split('/').map(encode).collect();
                address = address.replace(&format!("{{{name}}}"), &encoded.join("/"));
            } else if parameter["in"] == "query" && query.is_none() {
                query = Some(format!("?{name}={}", encode(&example)));
            }
        }
        let mut lines = vec![format!("curl {}", quoted(&format!("{address}{}", query.unwrap_or_default())))];
        if method != "get" {
            lines.push(format!("  -X {}", method.to_uppercase()));
        }
        if items(&operation["security"]).any(|way| way.get("token").is_some()) {
            lines.push("  -H \"Authorization: Bearer $TOKEN\"".to_owned());
        }
        if !body.is_null() {
            lines.push("  -H 'Content-Type: application/json'".to_owned());
            lines.push(format!("  -d {}", quoted(&body.to_string())));
        }
        if operation["requestBody"]["content"].get("application/octet-stream").is_some() {
            lines.push("  --data-binary @FILE".to_owned());
        }
        lines.join(" \\\n")
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// As one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
