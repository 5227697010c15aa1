//! Taking an event: proved, stored without its secrets, and its files expected, all in one transaction.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;

use super::actions::unseal;
use super::expecting::{IN_A_DAY, OF_AN_EVENT, expect, fit};
use super::senders::{self, Announced, Call, Refusal, Sender};
use super::store::events::NewEvent;
use super::{EventId, SourceId, Verdict, redact, refusals, store};
use crate::background::{More, News};
use crate::{Backend, Error};

/// What a call came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// It is stored, now or before; the sender need not send it again.
    Stored {
        verdict: Verdict,
        /// It was here before.
        is_repeat: bool,
    },
    Refused(Refusal),
}

/// Events are kept this long; the files that came of them for ever.
const KEEP_EVENTS: TimeDelta = TimeDelta::days(90);

/// Takes a call for a source. `NotFound` where there is none.
pub async fn receive(
    backend: &Backend,
    source: SourceId,
    call: Call<'_>,
    from: IpAddr,
) -> Result<Received, Error> {
    let now = backend.clock.now();
    let row = store::find_source(&mut *backend.db.acquire().await?, source)
        .await?
        .filter(|row| row.kind.has_receiver())
        .ok_or(Error::NotFound("source"))?;
    let secrets = unseal(backend, &row)?;
    let sender = Sender {
        kind: row.kind,
        settings: &row.settings,
        secrets: &secrets,
    };
    let announced = match senders::read(&sender, call, now) {
        Ok(announced) => announced,
        Err(refusal) => {
            let (Refusal::Unproven(why) | Refusal::Unreadable(why)) = refusal;
            refusals::note(backend, source, why, from).await?;
            tracing::warn!(%source, why, "an event was refused");
            return Ok(Received::Refused(refusal));
        }
    };
    let mut tx = backend.db.begin().await?;
    let verdict = announced.verdict;
    let is_new = take(backend, &mut tx, source, announced, true, now).await?;
    tx.commit().await?;
    backend.nudge(News::Intake);
    Ok(Received::Stored {
        verdict,
        is_repeat: !is_new,
    })
}

/// Stores an event and expects its files. True if it is new; nothing more comes of one that was here before.
pub(super) async fn take(
    backend: &Backend,
    tx: &mut PgConnection,
    source: SourceId,
    announced: Announced,
    is_news: bool,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let Announced {
        key,
        name,
        external_id,
        mut payload,
        verdict,
        reason,
        mut files,
    } = announced;
    // SECURITY: before it is stored anywhere (X16).
    redact(&mut payload);
    let reason = reason.as_deref().map(fit);
    let id = EventId::new(now);
    let event = NewEvent {
        id,
        source,
        key: &key_of(&key),
        name: &fit(&name),
        external_id: &fit(&external_id),
        payload: &payload,
        verdict,
        reason: reason.as_deref(),
    };
    if !store::insert_event(tx, event, now).await? {
        return Ok(false);
    }
    let all = files.len();
    files.truncate(OF_AN_EVENT);
    let mut left_out = all - files.len();
    left_out += expect(backend, tx, source, &files, is_news, now).await?;
    if left_out > 0 {
        let reason = format!(
            "{left_out} of its {all} files are not expected: an event announces {OF_AN_EVENT} at most, and a source \
             {IN_A_DAY} in a day."
        );
        store::events::explain_event(tx, id, &reason).await?;
    }
    Ok(true)
}

/// What makes the event the same when it comes again; what cannot be stored as it is, by its hash.
fn key_of(key: &str) -> String {
    let fitted = fit(key);
    if fitted == key {
        return fitted;
    }
    let digest = Sha256::digest(key);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Deletes events that nobody looks at any more. Background work.
pub async fn delete_old_events(backend: &Backend) -> Result<More, Error> {
    let before = backend.clock.now() - KEEP_EVENTS;
    store::delete_old_events(&mut *backend.db.acquire().await?, before).await?;
    Ok(More::Later)
}
