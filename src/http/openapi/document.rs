use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::operation::{Api, Body, Field, JSON, Needs, Operation, Place, Scheme, of};

/// The document of an API whose errors are `E`.
pub(super) fn document<E: JsonSchema>(api: &Api) -> Value {
    let mut schemas = Schemas::new();
    let error = of::<E>(&mut schemas.answers).to_value();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for operation in api.operations() {
        let described = schemas.operation(api, operation, &error);
        paths.entry(operation.path).or_default().insert(operation.method.to_owned(), described);
    }
    let groups: Vec<Value> =
        api.groups.iter().map(|(name, description)| json!({ "name": name, "description": description })).collect();
    json!({
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": { "title": api.title, "version": env!("CARGO_PKG_VERSION"), "description": api.description },
        "servers": [{ "url": api.base }],
        "tags": groups,
        "paths": paths,
        "components": {
            "schemas": schemas.definitions(),
            "securitySchemes": api.schemes.iter().map(scheme).collect::<Map<String, Value>>(),
        },
    })
}

/// What is read and what is answered differ in which fields must be there.
struct Schemas {
    bodies: SchemaGenerator,
    answers: SchemaGenerator,
}

impl Schemas {
    fn new() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.meta_schema = None;
            })
        };
        Self {
            bodies: settings().for_deserialize().into_generator(),
            answers: settings().for_serialize().into_generator(),
        }
    }

    fn operation(&mut self, api: &Api, operation: &Operation, error: &Value) -> Value {
        let mut described = json!({
            "operationId": operation.id,
            "tags": [operation.group],
            "summary": operation.summary,
            "description": format!("{}\n\nThis {}.", operation.description, operation.needs.text()),
            "parameters": operation.fields.iter().map(|field| self.field(field)).collect::<Vec<_>>(),
            "responses": self.responses(operation, error),
            "security": security(api, operation.needs),
        });
        if let (Some(body), Some(fields)) = (&operation.body, described.as_object_mut()) {
            fields.insert("requestBody".to_owned(), self.body(body));
        }
        described
    }

    fn body(&mut self, body: &Body) -> Value {
        let schema = (body.schema)(&mut self.bodies).to_value();
        // A test reads every example.
        let example: Value = serde_json::from_str(body.example).unwrap_or_default();
        let content = if body.media == JSON { json!({ "schema": schema, "example": example }) } else { json!({}) };
        json!({ "required": body.required, "content": { body.media: content } })
    }

    fn field(&mut self, field: &Field) -> Value {
        let schema = (field.schema)(&mut self.bodies).to_value();
        let example: Value = match schema.get("type").and_then(Value::as_str) {
            None | Some("string") => field.example.into(),
            Some(_) => serde_json::from_str(field.example).unwrap_or_default(),
        };
        json!({
            "name": field.name,
            "in": match field.place { Place::Path => "path", Place::Query => "query", Place::Header => "header" },
            "required": field.place == Place::Path,
            "description": field.description,
            "schema": schema,
            "example": example,
        })
    }

    fn responses(&mut self, operation: &Operation, error: &Value) -> Value {
        let mut responses = Map::new();
        for answer in operation.answers {
            let schema = (answer.schema)(&mut self.answers).to_value();
            let described = responses.entry(answer.status.to_string()).or_insert_with(|| nothing(answer.description));
            if !answer.media.is_empty()
                && let Some(content) = described.as_object_mut()
            {
                let content = content.entry("content").or_insert_with(|| json!({}));
                if let Some(content) = content.as_object_mut() {
                    content.insert(answer.media.to_owned(), json!({ "schema": schema }));
                }
            }
        }
        for status in operation.needs.errors().iter().chain(operation.errors) {
            let described = json!({ "description": meaning(*status), "content": { JSON: { "schema": error } } });
            responses.insert(status.to_string(), described);
        }
        responses.into()
    }

    fn definitions(&mut self) -> Map<String, Value> {
        let mut all = self.answers.take_definitions(true);
        all.extend(self.bodies.take_definitions(true));
        all
    }
}

fn nothing(description: &str) -> Value {
    json!({ "description": description })
}

fn meaning(status: u16) -> &'static str {
    match status {
        401 => "No credential, or one that is wrong.",
        403 => "The credential does not allow this.",
        404 => "There is no such thing.",
        408 => "The request did not arrive whole.",
        409 => "It is not as the request takes it to be; what it is now is in the answer.",
        413 => "Larger than a limit, which is in the answer.",
        422 => "A field of the request cannot be used.",
        503 => "Busy; try again.",
        _ => "It did not work.",
    }
}

fn scheme(scheme: &Scheme) -> (String, Value) {
    match scheme {
        Scheme::Bearer(description) => {
            ("token".to_owned(), json!({ "type": "http", "scheme": "bearer", "description": description }))
        }
        Scheme::Cookie { name, description } => (
            "session".to_owned(),
            json!({ "type": "apiKey", "in": "cookie", "name": name, "description": description }),
        ),
    }
}

fn security(api: &Api, needs: Needs) -> Value {
    let mut ways: Vec<Value> = Vec::new();
    if needs == Needs::Nothing {
        return ways.into();
    }
    if needs == Needs::Read {
        ways.push(json!({}));
    }
    for way in api.schemes {
        ways.push(match way {
            Scheme::Bearer(_) => json!({ "token": [] }),
            Scheme::Cookie { .. } => json!({ "session": [] }),
        });
    }
    ways.into()
}
