//! Taking an event: proved, stored without its secrets, and its files expected, all in one transaction.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;

use super::actions::unseal;
use super::senders::{self, Announced, Call, Expected, Refusal, Sender};
use super::store::events::NewEvent;
use super::{EventId, ItemId, SourceId, Verdict, redact, store};
use crate::background::More;
use crate::{Backend, Error, Secret};

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
            let mut db = backend.db.acquire().await?;
            store::note_refusal(&mut db, source, why, &from.to_string(), now).await?;
            tracing::warn!(%source, why, "an event was refused");
            return Ok(Received::Refused(refusal));
        }
    };
    let mut tx = backend.db.begin().await?;
    let verdict = announced.verdict;
    let is_new = take(backend, &mut tx, source, announced, true, now).await?;
    tx.commit().await?;
    backend.nudge();
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
        files,
    } = announced;
    // SECURITY: before it is stored anywhere (X16).
    redact(&mut payload);
    let event = NewEvent {
        id: EventId::new(now),
        source,
        key: &clean(&key),
        name: &clean(&name),
        external_id: &clean(&external_id),
        payload: &payload,
        verdict,
        reason: reason.as_deref(),
    };
    if !store::insert_event(tx, event, now).await? {
        return Ok(false);
    }
    for file in &files {
        expect(backend, tx, source, file, is_news, now).await?;
    }
    Ok(true)
}

/// Expects one file.
pub(super) async fn expect(
    backend: &Backend,
    tx: &mut PgConnection,
    source: SourceId,
    file: &Expected,
    is_news: bool,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let mut file = file.clone();
    for text in [
        &mut file.external_id,
        &mut file.name,
        &mut file.room,
        &mut file.conference_number,
    ] {
        *text = clean(text);
    }
    file.path = file.path.map(|path| clean(&path));
    let sealed = file.address.as_ref().map(|address| {
        let owner = address_owner(source, &file.external_id, &file.name);
        let address = Secret::new(address.as_str());
        backend.master_key.seal(ADDRESS, &owner, &address)
    });
    let id = ItemId::new(now);
    store::insert_item(tx, id, source, &file, sealed.as_deref(), is_news, now).await?;
    Ok(())
}

/// What a file's address is sealed for.
pub(super) const ADDRESS: &str = "intake address";

pub(super) fn address_owner(source: SourceId, external_id: &str, name: &str) -> String {
    format!("{source}/{external_id}/{name}")
}

/// Texts of senders are of any length and may hold NUL, which the database cannot.
fn clean(text: &str) -> String {
    const MOST: usize = 500;
    text.chars()
        .filter(|&character| character != '\0')
        .take(MOST)
        .collect()
}

/// Deletes events that nobody looks at any more. Background work.
pub async fn delete_old_events(backend: &Backend) -> Result<More, Error> {
    let before = backend.clock.now() - KEEP_EVENTS;
    store::delete_old_events(&mut *backend.db.acquire().await?, before).await?;
    Ok(More::Later)
}
