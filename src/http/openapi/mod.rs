//! The description of the APIs (OpenAPI 3.1), made from the types that they read and answer.
//!
//! `wiki` and `platform` are the tables of operations: whoever adds a route adds a row, and
//! `tests/it/openapi.rs` compares the tables with what is mounted. Handlers are in `api/`
//! and `manage/`; the page that shows a description is `web/api_reference.rs`.

mod document;
mod operation;
mod platform;
mod wiki;

use axum::Json;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

pub(super) use operation::Api;
pub(super) use platform::PLATFORM;
pub(super) use wiki::WIKI;

use super::api::schema::ErrorBody;

/// `GET /api/v1/openapi.json`. It says nothing about any wiki, so that anybody may have it.
pub(super) async fn of_wikis() -> Response {
    answer(&WIKI)
}

/// `GET /api/openapi.json` of the platform.
pub(super) async fn of_platform() -> Response {
    answer(&PLATFORM)
}

fn answer(api: &Api) -> Response {
    let mut response = Json(document(api)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}

/// An API's description as an OpenAPI 3.1 document.
pub(super) fn document(api: &Api) -> Value {
    document::document::<ErrorBody>(api)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pretty(api: &Api) -> String {
        serde_json::to_string_pretty(&document(api)).unwrap()
    }

    #[test]
    fn the_description_of_a_wikis_api() {
        insta::assert_snapshot!("wiki", pretty(&WIKI));
    }

    #[test]
    fn the_description_of_the_platforms_api() {
        insta::assert_snapshot!("platform", pretty(&PLATFORM));
    }

    #[test]
    fn every_reference_leads_to_a_schema() {
        for api in [&WIKI, &PLATFORM] {
            let document = document(api);
            let text = document.to_string();
            for reference in text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
                assert!(document.pointer(reference).is_some(), "{reference}");
            }
        }
    }

    #[test]
    fn identifiers_are_unique_and_parameters_and_examples_are_complete() {
        for api in [&WIKI, &PLATFORM] {
            let mut seen = std::collections::BTreeSet::new();
            for operation in api.operations() {
                assert!(seen.insert(operation.id), "{} twice", operation.id);
                if let Some(body) = operation.body.as_ref().filter(|body| body.media == operation::JSON) {
                    let example = serde_json::from_str::<Value>(body.example);
                    assert!(example.is_ok_and(|example| example.is_object()), "the example of {}", operation.id);
                }
                for name in operation.path.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
                    let described = operation
                        .fields
                        .iter()
                        .any(|field| field.place == operation::Place::Path && field.name == name);
                    assert!(described, "{name} of {}", operation.id);
                }
            }
        }
    }
}
