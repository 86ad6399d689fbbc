//! The same for what is not content: random transactions on storage that forgets, and
//! after each cut the store opens and holds every transaction that had returned.

use std::panic::catch_unwind;

use robotwiki::model::{Language, Name, PersonId, Revision, Role, SessionId, Slug, TokenRole, WikiId};
use robotwiki::store::{
    AuditEntry, AuditEvent, OneTimeRecord, PersonRecord, Purpose, ReadTx, SessionRecord, Store, StoreError,
    TokenRecord, WikiRecord, WriteTx,
};

use super::{Random, first_seed};
use crate::forgetful_storage::ForgetfulStorage;

const LIVES: u64 = 5;
const CUTS_A_LIFE: usize = 24;
const SLUGS: [&str; 3] = ["docs", "team", "notes"];
const PEOPLE: u64 = 4;

#[test]
fn a_finished_transaction_survives_a_power_cut() {
    let first = first_seed();
    for seed in first..first + LIVES {
        if let Err(violation) = live_and_cut(seed, true) {
            panic!("seed {seed}: {violation}");
        }
    }
}

#[test]
fn storage_that_does_not_sync_is_caught() {
    let first = first_seed();
    // redb may also run into a page that is none, and panic.
    let unnoticed = |seed| catch_unwind(|| live_and_cut(seed, false)).is_ok_and(|lived| lived.is_ok());
    assert!(!(first..first + LIVES).all(unnoticed), "went unnoticed, first seed {first}");
}

fn live_and_cut(seed: u64, syncs: bool) -> Result<(), String> {
    let mut random = Random(seed);
    let storage = ForgetfulStorage::new(Vec::new(), syncs);
    let store = Store::with_backend(storage.clone()).unwrap();
    // What the store holds from each moment on, until the next one at the latest.
    let mut states = vec![(storage.now(), state(&store).unwrap())];
    for _ in 0..25 {
        store.write(|tx| transaction(tx, &mut random)).unwrap();
        states.push((storage.now(), state(&store).unwrap()));
    }
    let end = storage.now();
    for _ in 0..CUTS_A_LIFE {
        let moment = 1 + random.below(end);
        let left = storage.cut(moment, &mut |n| random.below(n));
        check(left, &states, moment)
            .map_err(|violation| format!("power cut after {moment} of {end} operations: {violation}"))?;
    }
    Ok(())
}

fn check(left: Vec<u8>, states: &[(usize, String)], moment: usize) -> Result<(), String> {
    let finished = states.iter().rposition(|(since, _)| *since <= moment);
    let store = match Store::with_backend(ForgetfulStorage::new(left, true)) {
        Ok(store) => store,
        // The file was never finished, so there is nothing to lose: it is made anew.
        Err(_) if finished.is_none() => return Ok(()),
        Err(error) => return Err(format!("cannot open: {error:?}")),
    };
    let found = state(&store).map_err(|error| format!("cannot read: {error:?}"))?;
    let allowed = finished.unwrap_or(0)..=finished.map_or(0, |last| last + 1);
    if !allowed.into_iter().any(|index| states.get(index).is_some_and(|(_, state)| *state == found)) {
        return Err("a transaction is lost or half done".into());
    }
    store.write(|tx| tx.add_person(&person(99))).map(drop).map_err(|error| format!("cannot write: {error:?}"))
}

/// Several changes that belong together, as the use cases make them.
fn transaction(tx: &WriteTx, random: &mut Random) -> Result<(), StoreError> {
    let number = random.below(1000);
    let wiki = WikiId(1 + random.below(6) as u64);
    let person_id = PersonId(1 + random.below(usize::try_from(PEOPLE).unwrap()) as u64);
    let hash = [u8::try_from(random.below(8)).unwrap(); 32];
    for _ in 0..1 + random.below(3) {
        match random.below(8) {
            0 => drop(tx.add_person(&person(number))?),
            1 => {
                let slug = Slug::parse(SLUGS[random.below(SLUGS.len())]).unwrap();
                tx.add_wiki(&WikiRecord {
                    slug,
                    name: name(number),
                    public: number.is_multiple_of(2),
                    created: 1,
                    language: Language::default(),
                })?;
            }
            2 => tx.remove_wiki(wiki)?,
            3 => tx.set_role(wiki, person_id, Role::Editor)?,
            4 => {
                let role = TokenRole::Write;
                tx.add_token(wiki, &TokenRecord { name: name(number), role, hash, created: 1, expires: None })?;
            }
            5 => tx.add_session(&session(hash[0]), &SessionRecord { person: person_id, created: 1, expires: 2 })?,
            6 => {
                tx.add_one_time(&hash, &OneTimeRecord { purpose: Purpose::SignIn { person: person_id }, expires: 9 })?;
            }
            _ => drop(tx.take_one_time(&hash)?),
        }
    }
    // Sometimes more than fits into the file, so that it grows.
    for _ in 0..[1, 1, 400][random.below(3)] {
        let event = AuditEvent::Committed { revision: Revision::from_bytes([hash[0]; 20]) };
        tx.audit(&AuditEntry { at: 1, actor: format!("p{number}"), wiki: Some(wiki), event })?;
    }
    Ok(())
}

/// Everything that can be read, as text.
fn state(store: &Store) -> Result<String, StoreError> {
    store.read(|tx| {
        let mut text = format!("{:?}{:?}{:?}", tx.people()?, tx.wikis()?, tx.audit(100_000)?);
        for wiki in (0..8).map(WikiId) {
            text.push_str(&format!("{:?}{:?}{:?}", tx.roles(wiki)?, tx.tokens(wiki)?, tx.counters(wiki)?));
        }
        for byte in 0..8 {
            text.push_str(&secrets(tx, byte)?);
        }
        Ok(text)
    })
}

fn secrets(tx: &ReadTx, byte: u8) -> Result<String, StoreError> {
    let hash = [byte; 32];
    Ok(format!("{:?}{:?}{:?}", tx.token_by_hash(&hash)?, tx.session(&session(byte))?, tx.one_time(&hash)?))
}

fn person(number: usize) -> PersonRecord {
    PersonRecord { name: name(number), handle: None, operator: false, created: 1 }
}

fn name(number: usize) -> Name {
    Name::parse(&format!("name {number}")).unwrap()
}

fn session(byte: u8) -> SessionId {
    SessionId(format!("session {byte}"))
}
