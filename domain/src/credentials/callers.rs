//! Who uses a credential: address, client, when last, how often.
//!
//! A request leaves a note in memory, which costs it next to nothing. Once a second the notes of each caller become one
//! row. A crash loses a second of them; nothing depends on them but what people read.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

use super::verification::Grant;
use super::{CredentialId, OldCaller, OldCallerState, client, store};
use crate::{Actor, Backend, Error, Permission};

/// Callers in memory at most: who comes while it is full is noted at a later request.
const NOTES: usize = 4_096;
/// Callers kept of each password before background work takes the oldest away.
const ROWS: i64 = 2_000;
/// Callers shown.
const SHOWN: i64 = 100;

/// The notes of a process. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Noted(Arc<Mutex<HashMap<Key, Seen>>>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    credential: CredentialId,
    password_number: i32,
    address: IpAddr,
    client: String,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    at: DateTime<Utc>,
    requests: i64,
}

impl Noted {
    fn add(&self, key: Key, seen: Seen) {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = notes.get_mut(&key) {
            known.at = known.at.max(seen.at);
            known.requests += seen.requests;
        } else if notes.len() < NOTES {
            notes.insert(key, seen);
        }
    }

    fn take(&self) -> HashMap<Key, Seen> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Notes that a credential was used from an address by what this `User-Agent` says. Never waits for the database.
pub fn note(backend: &Backend, grant: &Grant, address: IpAddr, user_agent: &[u8]) {
    let key = Key {
        credential: grant.credential,
        password_number: grant.password_number,
        address: address.to_canonical(),
        client: client::name_of(user_agent),
    };
    let seen = Seen {
        at: backend.clock.now(),
        requests: 1,
    };
    backend.noted.add(key, seen);
}

/// Writes the notes of this process down. They stay in memory if that fails.
pub async fn write_down(backend: &Backend) -> Result<(), Error> {
    let notes = backend.noted.take();
    if notes.is_empty() {
        return Ok(());
    }
    let mut batch = store::callers::Batch::default();
    for (key, seen) in &notes {
        batch.credentials.push(*key.credential.as_uuid());
        batch.password_numbers.push(key.password_number);
        batch.addresses.push(key.address.to_string());
        batch.clients.push(key.client.clone());
        batch.seen_at.push(seen.at);
        batch.requests.push(seen.requests);
    }
    let written =
        async { store::callers::add(&mut *backend.db.acquire().await?, &batch, ROWS).await };
    if let Err(error) = written.await {
        for (key, seen) in notes {
            backend.noted.add(key, seen);
        }
        return Err(error.into());
    }
    Ok(())
}

/// Who used the old password of a credential and might need to be told: those still on it first. Empty when no old
/// password is accepted.
pub async fn list_old(
    backend: &Backend,
    actor: &Actor,
    credential: CredentialId,
) -> Result<Vec<OldCaller>, Error> {
    actor.may(Permission::ManageCredentials)?;
    // What this process saw a moment ago is in the list; other processes write theirs within a second.
    write_down(backend).await?;
    let now = backend.clock.now();
    let mut db = backend.db.acquire().await?;
    let rows = store::callers::list_old(&mut db, actor.account, credential, now, SHOWN).await?;
    let mut callers: Vec<OldCaller> = rows
        .into_iter()
        .map(|row| {
            let is_switched = row.switched_at.is_some_and(|at| at >= row.last_seen_at);
            let is_seen = row.changed_at.is_some_and(|at| row.last_seen_at >= at);
            OldCaller {
                state: match (is_switched, is_seen) {
                    (true, _) => OldCallerState::Switched,
                    (false, true) => OldCallerState::Still,
                    (false, false) => OldCallerState::Unseen,
                },
                address: row.address,
                client: row.client,
                last_seen_at: row.last_seen_at,
                requests: u64::try_from(row.requests).unwrap_or_default(),
            }
        })
        .collect();
    callers.sort_by_key(|caller| caller.state);
    Ok(callers)
}
