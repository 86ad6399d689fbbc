use axum::http::{HeaderMap, Method, StatusCode};
use serde_json::json;

use super::{World, operator};
use crate::model::{Name, TokenId, TokenRole};

const JSON: (&str, &str) = ("content-type", "application/json");
const ACCEPT: (&str, &str) = ("accept", "application/json, text/event-stream");

fn ping() -> String {
    json!({"jsonrpc": "2.0", "id": 1, "method": "ping"}).to_string()
}

fn challenge(headers: &HeaderMap) -> Option<&str> {
    headers.get("www-authenticate").map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_private_wiki_asks_for_a_token_before_anything_else() {
    let world = World::new(false);
    // Probes come without body, with any Accept, and with methods that are not served.
    for (method, headers) in [
        (Method::POST, vec![JSON, ACCEPT]),
        (Method::POST, vec![("accept", "*/*")]),
        (Method::POST, vec![("content-type", "text/plain")]),
        (Method::GET, vec![]),
        (Method::DELETE, vec![]),
    ] {
        let reply = world.send(method, &headers, ping()).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
        assert_eq!(challenge(&reply.headers), Some("Bearer"));
    }
}

#[tokio::test]
async fn a_wrong_token_is_refused_even_where_none_is_needed() {
    for public in [false, true] {
        let world = World::new(public);
        let unknown = format!("Bearer rw_{}", "x".repeat(43));
        for value in [unknown.as_str(), "Bearer x", "Bearer", "Basic eDp5", "Bearer \u{7f}"] {
            let Ok(value) = axum::http::HeaderValue::from_str(value) else { continue };
            let reply = world
                .send(Method::POST, &[("accept", "*/*"), ("authorization", value.to_str().unwrap())], ping())
                .await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{value:?}");
            assert_eq!(challenge(&reply.headers), Some("Bearer error=\"invalid_token\""));
        }
    }
}

#[tokio::test]
async fn a_token_works_until_it_is_revoked_and_in_no_other_wiki() {
    let world = World::new(false);
    let auth = &world.auth;
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
    let name = Name::parse("t").unwrap();
    let token = auth.create_token(operator(), world.wiki, &name, TokenRole::Read, None).unwrap();
    assert_eq!(world.post(Some(&token.secret), &message).await.status, StatusCode::OK);
    let id: TokenId = token.id;
    auth.revoke_token(operator(), world.wiki, id).unwrap();
    assert_eq!(world.post(Some(&token.secret), &message).await.status, StatusCode::UNAUTHORIZED);

    let elsewhere = crate::model::WikiId(world.wiki.0 + 1);
    let foreign = auth.create_token(operator(), elsewhere, &name, TokenRole::Write, None).unwrap();
    assert!(world.principal(&foreign.secret).is_some());
    let reply = world.post(Some(&foreign.secret), &message).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(challenge(&reply.headers), Some("Bearer error=\"invalid_token\""));
}

#[tokio::test]
async fn a_session_cookie_is_no_credential_here() {
    let world = World::new(false);
    let reply = world.send(Method::POST, &[JSON, ACCEPT, ("cookie", "session=whatever")], ping()).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn other_web_sites_are_refused() {
    let world = World::new(true);
    for (origin, status) in [
        ("http://garden.localhost:8080", StatusCode::OK),
        ("http://GARDEN.localhost:8080", StatusCode::OK),
        ("http://localhost:8080", StatusCode::FORBIDDEN),
        ("http://garden.localhost", StatusCode::FORBIDDEN),
        ("https://evil.example", StatusCode::FORBIDDEN),
        ("http://garden.localhost:8080.evil.example", StatusCode::FORBIDDEN),
        ("null", StatusCode::FORBIDDEN),
        ("", StatusCode::FORBIDDEN),
    ] {
        let reply = world.send(Method::POST, &[JSON, ACCEPT, ("origin", origin)], ping()).await;
        assert_eq!(reply.status, status, "{origin}");
    }
}

#[tokio::test]
async fn hosts_that_are_no_wiki_are_refused() {
    let world = World::new(true);
    for (host, status) in [
        ("evil.example", StatusCode::MISDIRECTED_REQUEST),
        ("127.0.0.1:8080", StatusCode::MISDIRECTED_REQUEST),
        ("meadow.localhost:8080", StatusCode::NOT_FOUND),
        ("localhost:8080", StatusCode::NOT_FOUND),
        ("GARDEN.localhost:8080", StatusCode::OK),
    ] {
        let reply = world.send_to(host, Method::POST, &[JSON, ACCEPT], ping()).await;
        assert_eq!(reply.status, status, "{host}");
    }
}

#[tokio::test]
async fn only_post_of_json_within_the_limit_is_served() {
    let world = World::new(true);
    assert_eq!(world.send(Method::GET, &[ACCEPT], "").await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(world.send(Method::DELETE, &[], "").await.status, StatusCode::METHOD_NOT_ALLOWED);
    let not_acceptable = world.send(Method::POST, &[JSON, ("accept", "text/html")], ping()).await;
    assert_eq!(not_acceptable.status, StatusCode::NOT_ACCEPTABLE);
    let unsupported = world.send(Method::POST, &[ACCEPT, ("content-type", "text/plain")], ping()).await;
    assert_eq!(unsupported.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let large = format!("{}{}", ping(), " ".repeat(4 << 20));
    assert_eq!(world.send(Method::POST, &[JSON, ACCEPT], large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    for nonsense in ["", "{", "[]", "5"] {
        let reply = world.send(Method::POST, &[JSON, ACCEPT], nonsense).await;
        assert_eq!(
            (reply.status, &reply.body["error"]["code"]),
            (StatusCode::BAD_REQUEST, &json!(-32700)),
            "{nonsense}"
        );
    }
}
