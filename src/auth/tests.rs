use std::sync::atomic::{AtomicI64, Ordering};

use redb::backends::InMemoryBackend;

use super::*;
use crate::clock::{NoRandomness, SystemClock};
use crate::model::{Name, Principal, TokenRole, UnixSeconds, WikiId};

struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> UnixSeconds {
        self.0.load(Ordering::Relaxed)
    }
    fn fill_random(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        SystemClock.fill_random(bytes)
    }
}

struct World {
    auth: Auth,
    clock: Arc<TestClock>,
    _dir: tempfile::TempDir,
}

fn world() -> World {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(TestClock(AtomicI64::new(1_000_000)));
    let store = Arc::new(Store::with_backend(InMemoryBackend::new()).unwrap());
    let auth = Auth::open(
        store,
        clock.clone(),
        dir.path(),
        SessionConfig { days: 30, link_minutes: 60 },
        "example".to_owned(),
    )
    .unwrap();
    World { auth, clock, _dir: dir }
}

fn operator() -> Operator {
    Operator::on_this_machine()
}

#[test]
fn a_sign_in_link_works_once_and_for_an_hour() {
    let world = world();
    let person = world.auth.operator_account(operator()).unwrap();
    let link = world.auth.create_sign_in_link(operator(), &person).unwrap();
    assert_eq!(world.auth.peek_sign_in_link(&link.secret).unwrap(), person.name);
    assert!(world.auth.sign_in_with_link(&link.secret, "example").is_ok());
    assert!(matches!(world.auth.sign_in_with_link(&link.secret, "example"), Err(AuthError::LinkEnded)));

    let late = world.auth.create_sign_in_link(operator(), &person).unwrap();
    world.clock.0.fetch_add(3601, Ordering::Relaxed);
    assert!(matches!(world.auth.sign_in_with_link(&late.secret, "example"), Err(AuthError::LinkEnded)));
}

#[test]
fn a_session_holds_on_its_host_until_sign_out_or_expiry() {
    let world = world();
    let person = world.auth.operator_account(operator()).unwrap();
    let link = world.auth.create_sign_in_link(operator(), &person).unwrap();
    let session = world.auth.sign_in_with_link(&link.secret, "example").unwrap();

    let principal = world.auth.principal_of_session(&session.jwt, "example").unwrap();
    assert!(matches!(&principal, Principal::Person { id, .. } if *id == person.id));
    assert_eq!(world.auth.principal_of_session(&session.jwt, "docs.example").unwrap(), Principal::Nobody);
    assert_eq!(world.auth.principal_of_session("a.b.c", "example").unwrap(), Principal::Nobody);

    let token = world.auth.csrf_token(&principal);
    assert!(world.auth.csrf_matches(&principal, &token));
    assert!(!world.auth.csrf_matches(&principal, ""));
    assert!(!world.auth.csrf_matches(&Principal::Nobody, ""));

    world.auth.sign_out(&principal).unwrap();
    assert_eq!(world.auth.principal_of_session(&session.jwt, "example").unwrap(), Principal::Nobody);
}

#[test]
fn a_handoff_needs_the_browser_that_began_it_and_the_wiki_it_was_for() {
    let world = world();
    let person = world.auth.operator_account(operator()).unwrap();
    let link = world.auth.create_sign_in_link(operator(), &person).unwrap();
    let session = world.auth.sign_in_with_link(&link.secret, "example").unwrap();
    let principal = world.auth.principal_of_session(&session.jwt, "example").unwrap();
    let state = Auth::handoff_state("nonce");
    let begin = || world.auth.begin_handoff(&principal, WikiId(1), &state).unwrap().unwrap().code;

    assert!(world.auth.complete_handoff(&begin(), "other", WikiId(1), "docs.example").is_err());
    assert!(world.auth.complete_handoff(&begin(), "nonce", WikiId(2), "docs.example").is_err());
    let code = begin();
    let carried = world.auth.complete_handoff(&code, "nonce", WikiId(1), "docs.example").unwrap();
    assert!(world.auth.complete_handoff(&code, "nonce", WikiId(1), "docs.example").is_err());
    let there = world.auth.principal_of_session(&carried.jwt, "docs.example").unwrap();
    assert_eq!(there, principal);
    assert!(world.auth.begin_handoff(&Principal::Nobody, WikiId(1), &state).unwrap().is_none());
}

#[test]
fn a_token_ends_when_revoked_or_expired() {
    let world = world();
    let name = Name::parse("bot").unwrap();
    let create = |days| world.auth.create_token(operator(), WikiId(1), &name, TokenRole::Read, days);
    let token = create(None).unwrap();
    assert_eq!(token.secret.len(), 46);
    assert!(world.auth.principal_of_token(&token.secret).unwrap().is_some());
    assert!(world.auth.revoke_token(operator(), WikiId(2), token.id).is_err());
    world.auth.revoke_token(operator(), WikiId(1), token.id).unwrap();
    assert!(world.auth.principal_of_token(&token.secret).unwrap().is_none());

    let short = create(Some(1)).unwrap();
    world.clock.0.fetch_add(86_400, Ordering::Relaxed);
    assert!(world.auth.principal_of_token(&short.secret).unwrap().is_none());
    assert!(matches!(create(Some(0)), Err(AuthError::BadExpiry)));
    assert!(world.auth.principal_of_token("rw_\u{e9}").unwrap().is_none());
    assert!(world.auth.principal_of_token(&"rw_".repeat(100)).unwrap().is_none());
}

#[test]
fn names_are_unique_whatever_their_case() {
    let world = world();
    world.auth.create_person(operator(), &Name::parse("Ada").unwrap(), false).unwrap();
    let again = world.auth.create_person(operator(), &Name::parse("ADA").unwrap(), false);
    assert!(matches!(again, Err(AuthError::NameTaken(_))));
    assert_eq!(world.auth.find_person(operator(), "ada").unwrap().name.as_str(), "Ada");
}

#[test]
fn one_name_asked_for_at_once_makes_one_account() {
    let world = world();
    let create = |name: &str| world.auth.create_person(operator(), &Name::parse(name).unwrap(), false);
    let start = std::sync::Barrier::new(8);
    let made: Vec<_> = std::thread::scope(|scope| {
        let (start, create) = (&start, &create);
        let ask = move |name| {
            start.wait();
            create(name)
        };
        let asking: Vec<_> = (0..8).map(|i| scope.spawn(move || ask(["Ada", "ADA"][i % 2]))).collect();
        asking.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1);
    assert!(made.iter().all(|made| matches!(made, Ok(_) | Err(AuthError::NameTaken(_)))));
    assert_eq!(world.auth.list_people(operator()).unwrap().len(), 1);
}

#[test]
fn the_operators_account_is_made_once_however_often_it_is_asked_for() {
    let world = world();
    world.auth.create_person(operator(), &Name::parse("operator").unwrap(), false).unwrap();
    let start = std::sync::Barrier::new(4);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                start.wait();
                world.auth.operator_account(operator()).unwrap()
            });
        }
    });
    let people = world.auth.list_people(operator()).unwrap();
    let names: Vec<&str> = people.iter().map(|person| person.name.as_str()).collect();
    assert_eq!(names, ["operator", "Operator 1000000"]);
}

#[test]
fn what_has_expired_is_forgotten_while_the_server_runs() {
    let world = world();
    let person = world.auth.operator_account(operator()).unwrap();
    let old = world.auth.create_sign_in_link(operator(), &person).unwrap();
    world.clock.0.fetch_add(3601, Ordering::Relaxed);
    let link = world.auth.create_sign_in_link(operator(), &person).unwrap();
    world.auth.sign_in_with_link(&link.secret, "example").unwrap();
    let kept = world.auth.store.read(|tx| tx.one_time(&sha256(&old.secret))).unwrap();
    assert_eq!(kept, None);
}
