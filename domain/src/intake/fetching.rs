//! Fetching what was announced: taken from where it lies, handed to the vault, tried again until its sender deletes it.
//!
//! Several workers in every process do so, each file once at a time: who takes one holds it by a lease, which it renews
//! while the bytes come and which another process takes over when it ends. Of one source two files at most are fetched
//! at once, and four of one account, so that a slow sender keeps nobody else waiting. A source that is removed in the
//! middle ends its fetching.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use tokio::time::timeout;

use super::actions::unseal;
use super::expecting::{ADDRESS, address_owner};
use super::place::{self, Place};
use super::senders::Sender;
use super::store::SourceRow;
use super::store::queue::{self, DueItem};
use super::{ItemState, SourceSecrets, notices, reader, store};
use crate::background::{More, News};
use crate::sessions::delivery::{
    self, AboutFile, AboutSession, Delivered, Delivery, MAX_EXTERNAL_ID,
};
use crate::{Actor, Backend, Caller, Error, Secret};

/// A worker that dies in the middle is followed by another after this.
const LEASE: TimeDelta = TimeDelta::minutes(5);
const RENEW_EVERY: Duration = Duration::from_mins(1);
/// After the database did not answer.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// Files of an account and of a source that are fetched at once, in all processes: no one keeps all others waiting.
const AT_A_TIME: (i64, i64) = (4, 2);
/// One attempt at most, as long as bytes come.
const LONGEST: Duration = Duration::from_hours(24);
const TOO_LONG: &str = "The file did not come within a day.";
/// From one attempt to the next at most.
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(2);
/// So close to the end of the sender's copy nothing waits long.
const URGENT: TimeDelta = TimeDelta::hours(6);
const URGENT_PAUSE: TimeDelta = TimeDelta::minutes(10);
/// How long is tried what its sender keeps for ever, as far as is known.
const PATIENCE: TimeDelta = TimeDelta::days(7);

/// Why a file is not here yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It may be had later: a sentence for people.
    Later(String),
    /// It will never be had this way.
    Never(String),
}

/// Fetches one file that is due, whichever waits longest; those whose sender deletes them soon come first.
pub async fn fetch_next(backend: &Backend) -> Result<More, Error> {
    let now = backend.clock.now();
    let mut db = backend.db.acquire().await?;
    let Some(item) = queue::take_due(&mut db, AT_A_TIME, now, now + LEASE).await? else {
        return Ok(More::Later);
    };
    let source = store::find_source(&mut db, item.source).await?;
    drop(db);
    let Some(source) = source else {
        return Ok(More::Now);
    };
    let work = timeout(LONGEST, fetch(backend, &source, &item));
    let Some(outcome) = Box::pin(with_lease(backend, &item, work)).await else {
        tracing::info!(item = %item.id, source = %source.id, "a file is fetched no more");
        return Ok(More::Now);
    };
    match outcome.unwrap_or_else(|_| Err(Trouble::Later(TOO_LONG.to_owned()))) {
        Ok(delivered) => {
            let mut db = backend.db.acquire().await?;
            let now = backend.clock.now();
            queue::finish(&mut db, item.id, delivered.session, now).await?;
        }
        Err(trouble) => give_back(backend, &source, &item, trouble).await?,
    }
    Ok(More::Now)
}

/// Renews the lease for as long as the work takes. None if the file is not ours any more: the work is broken off.
async fn with_lease<T>(
    backend: &Backend,
    item: &DueItem,
    work: impl Future<Output = T>,
) -> Option<T> {
    tokio::select! {
        done = work => Some(done),
        () = lost(backend, item) => None,
    }
}

/// Ends when the lease does. Whoever removes the source nudges, so the work ends at once.
async fn lost(backend: &Backend, item: &DueItem) {
    let mut ticks = tokio::time::interval(RENEW_EVERY);
    ticks.tick().await;
    let nudged = backend.nudged(News::Intake);
    tokio::pin!(nudged);
    loop {
        let is_time = tokio::select! {
            _ = ticks.tick() => true,
            () = &mut nudged => false,
        };
        // Before the question, so that what comes during it is not missed.
        nudged.set(backend.nudged(News::Intake));
        let held = async {
            let mut db = backend.db.acquire().await?;
            if is_time {
                queue::renew(&mut db, item, backend.clock.now() + LEASE).await
            } else {
                queue::is_held(&mut db, item).await
            }
        };
        match held.await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(%error, "the lease of a file could not be renewed");
                // What the nudge told is not known yet, and another may not come.
                ticks.reset_after(ASK_AGAIN);
            }
        }
    }
}

async fn fetch(
    backend: &Backend,
    source: &SourceRow,
    item: &DueItem,
) -> Result<Delivered, Trouble> {
    let secrets = unseal(backend, source).map_err(ours)?;
    let sender = Sender {
        kind: source.kind,
        settings: &source.settings,
        secrets: &secrets,
    };
    let address = known_address(backend, item);
    let found = place::find(backend, &sender, item, address).await?;
    bring(backend, source, item, &secrets, found).await
}

/// The address that the event told, opened.
fn known_address(backend: &Backend, item: &DueItem) -> Option<Secret> {
    let owner = address_owner(item.source, &item.external_id, &item.file_name);
    let sealed = item.address.as_ref()?;
    backend.master_key.unseal(ADDRESS, &owner, sealed)
}

async fn bring(
    backend: &Backend,
    source: &SourceRow,
    item: &DueItem,
    secrets: &SourceSecrets,
    found: Place,
) -> Result<Delivered, Trouble> {
    let actor = actor_of(source);
    let delivery = delivery_of(source, item);
    match found {
        Place::Folder(file) => delivery::deliver_file(backend, &actor, delivery, file)
            .await
            .map_err(trouble_of),
        Place::Address(address) => {
            let fetch = place::open(backend, &source.settings, secrets, &address).await?;
            let mut delivery = delivery;
            delivery.file.size = fetch.length;
            delivery::deliver(backend, &actor, delivery, reader::of(fetch))
                .await
                .map_err(trouble_of)
        }
    }
}

/// Whatever comes from a source comes in the account's name, and no person's.
pub(super) const fn actor_of(source: &SourceRow) -> Actor {
    Actor {
        account: source.account,
        caller: Caller::Operator,
        address: None,
    }
}

/// What a file of a source is called: always the same, and no longer than a delivery's may be.
pub(super) fn external_id(source: &SourceRow, recording: &str, name: &str) -> String {
    let whole = format!("{}/{recording}/{name}", source.id);
    if whole.len() <= MAX_EXTERNAL_ID {
        return whole;
    }
    let digest = Sha256::digest(&whole);
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}/{digest}", source.id)
}

fn delivery_of(source: &SourceRow, item: &DueItem) -> Delivery {
    Delivery {
        project: source.project,
        source: source.kind.as_str().to_owned(),
        external_id: Some(external_id(source, &item.external_id, &item.file_name)),
        session: AboutSession {
            room: Some(item.room.clone()),
            conference_number: Some(item.conference_number.clone()),
            started_at: item.started_at,
            ended_at: item.ended_at,
            title: None,
        },
        file: AboutFile {
            name: item.file_name.clone(),
            kind: item.kind,
            ..AboutFile::default()
        },
    }
}

/// What a refusal of the vault means for another attempt.
pub(super) fn trouble_of(error: Error) -> Trouble {
    match error {
        Error::Unavailable("sender") => {
            Trouble::Later("The file broke off in the middle.".to_owned())
        }
        Error::Invalid(problems) => {
            let said: Vec<String> = problems
                .into_iter()
                .map(|problem| problem.message)
                .collect();
            not_taken(&said.join("; "))
        }
        Error::Conflict(why) => not_taken(&why),
        Error::Gone(why) => not_taken(why),
        Error::TooLarge { limit } => Trouble::Never(format!(
            "The file is larger than the project takes: {limit} bytes."
        )),
        Error::Full { .. } => {
            Trouble::Later("The project has no room left for this file.".to_owned())
        }
        Error::NotFound(_) => Trouble::Never("The project is not there any more.".to_owned()),
        other => ours(other),
    }
}

fn not_taken(why: &str) -> Trouble {
    Trouble::Never(format!(
        "The file is not taken: {}.",
        why.trim_end_matches('.')
    ))
}

/// Something on our side: told in the log, and tried again.
pub(super) fn ours(error: impl Into<Error>) -> Trouble {
    let error = error.into();
    tracing::warn!(%error, source = ?std::error::Error::source(&error), "a file could not be taken in");
    Trouble::Later("Something went wrong on this server; its log says what.".to_owned())
}

/// Says when it is tried again, or that it never will be, and then tells people.
async fn give_back(
    backend: &Backend,
    source: &SourceRow,
    item: &DueItem,
    trouble: Trouble,
) -> Result<(), Error> {
    let now = backend.clock.now();
    let end = item.expires_at.unwrap_or(item.tried_since + PATIENCE);
    let (state, reason) = match trouble {
        Trouble::Never(reason) => (ItemState::Failed, reason),
        Trouble::Later(reason) if now >= end => {
            let kept = if item.expires_at.is_some() {
                "The sender's copy expired before it could be fetched."
            } else {
                "It was tried for a week."
            };
            (ItemState::Failed, format!("{reason} {kept}"))
        }
        Trouble::Later(reason) => (ItemState::Waiting, reason),
    };
    let next = next_attempt(item, end, now);
    tracing::info!(item = %item.id, source = %source.id, ?state, reason, "a file could not be fetched");
    let mut db = backend.db.acquire().await?;
    queue::give_back(&mut db, item.id, state, &reason, next).await?;
    drop(db);
    if state == ItemState::Failed {
        notices::tell_of(backend, source.id).await?;
    }
    Ok(())
}

/// One minute, then twice as long each time; more often towards the end, and once more just before it.
fn next_attempt(item: &DueItem, end: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    let doubled = TimeDelta::minutes(1 << item.attempts.clamp(0, 7));
    let mut pause = doubled.min(LONGEST_PAUSE);
    if item.expires_at.is_some() && end - now <= URGENT {
        pause = pause.min(URGENT_PAUSE);
    }
    (now + pause).min(end.max(now + TimeDelta::minutes(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::{ItemId, SourceId};

    fn item(attempts: i32, expires_in: Option<i64>) -> (DueItem, DateTime<Utc>) {
        let now = DateTime::from_timestamp(1_795_000_000, 0).unwrap();
        let item = DueItem {
            id: ItemId::new(now),
            source: SourceId::new(now),
            file_name: String::new(),
            external_id: String::new(),
            room: String::new(),
            conference_number: String::new(),
            kind: None,
            started_at: None,
            ended_at: None,
            path: None,
            address: None,
            attempts,
            expires_at: expires_in.map(|minutes| now + TimeDelta::minutes(minutes)),
            tried_since: now,
        };
        (item, now)
    }

    /// X7.
    #[test]
    fn attempts_grow_rarer_and_closer_before_the_sender_deletes_its_copy() {
        let minutes = |attempts, expires_in: Option<i64>| {
            let (item, now) = item(attempts, expires_in);
            let end = item.expires_at.unwrap_or(now + PATIENCE);
            (next_attempt(&item, end, now) - now).num_minutes()
        };
        assert_eq!(
            [0, 1, 3, 6, 7, 90].map(|n| minutes(n, None)),
            [1, 2, 8, 64, 120, 120]
        );
        assert_eq!(minutes(9, Some(72 * 60)), 120);
        assert_eq!(minutes(9, Some(5 * 60)), 10);
        assert_eq!(minutes(9, Some(4)), 4);
        assert_eq!(minutes(9, Some(-4)), 1);
    }
}
