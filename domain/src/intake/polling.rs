//! Asking senders what there is, every few minutes: nobody repeats a lost event, and vendors delete after 72 hours.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;

use super::actions::unseal;
use super::fetching::Trouble;
use super::senders::{Expected, bigbluebutton, enablex};
use super::store::SourceRow;
use super::store::queue::take_poll;
use super::{SourceKind, SourceSecrets, place, receiving, store, watching};
use crate::background::More;
use crate::{Backend, Error};

/// From one question to the next.
const EVERY: TimeDelta = TimeDelta::minutes(5);
/// From one look into a folder to the next; a file that has stood still from one to the next is complete.
const LOOK_EVERY: TimeDelta = TimeDelta::seconds(10);
/// Another process asks when one died over it.
const LEASE: TimeDelta = TimeDelta::minutes(15);

/// Asks one sender, or looks into one folder, whose turn it is.
pub async fn poll_next(backend: &Backend) -> Result<More, Error> {
    let now = backend.clock.now();
    let mut db = backend.db.acquire().await?;
    let Some(id) = take_poll(&mut db, now, now + LEASE).await? else {
        return Ok(More::Later);
    };
    let source = store::find_source(&mut db, id).await?;
    drop(db);
    let Some(source) = source else {
        return Ok(More::Now);
    };
    let (outcome, pause) = match source.kind {
        SourceKind::Folder => match watching::look(backend, &source).await {
            Ok(More::Now) => (Ok(()), TimeDelta::zero()),
            Ok(More::Later) => (Ok(()), LOOK_EVERY),
            Err(trouble) => (Err(trouble), LOOK_EVERY),
        },
        _ => (ask(backend, &source).await, EVERY),
    };
    let failure = outcome
        .err()
        .map(|(Trouble::Later(why) | Trouble::Never(why))| why);
    let now = backend.clock.now();
    let mut db = backend.db.acquire().await?;
    store::note_poll(&mut db, id, failure.as_deref(), now + pause, now).await?;
    Ok(More::Now)
}

async fn ask(backend: &Backend, source: &SourceRow) -> Result<(), Trouble> {
    let secrets = unseal(backend, source).map_err(super::fetching::ours)?;
    let files = match source.kind {
        SourceKind::Bigbluebutton => ask_bigbluebutton(backend, source, &secrets).await?,
        SourceKind::Enablex => ask_enablex(backend, source, &secrets).await?,
        _ => Vec::new(),
    };
    expect(backend, source, &files)
        .await
        .map_err(super::fetching::ours)
}

async fn ask_bigbluebutton(
    backend: &Backend,
    source: &SourceRow,
    secrets: &SourceSecrets,
) -> Result<Vec<Expected>, Trouble> {
    let url = bigbluebutton::query(&source.settings.server_url, &secrets.api, None);
    let answer = place::ask(backend, url.reveal(), &[]).await?;
    let found =
        bigbluebutton::recordings(&answer).map_err(|why| Trouble::Later(format!("{why}.")))?;
    // What the server has from before the source was made is an import, not news.
    Ok(found
        .into_iter()
        .filter(|file| {
            file.ended_at
                .or(file.started_at)
                .is_none_or(|at| at >= source.created_at - BEFORE)
        })
        .collect())
}

/// A recording is processed for a while; what ended shortly before the source was made may still be coming.
const BEFORE: TimeDelta = TimeDelta::hours(24);

async fn ask_enablex(
    backend: &Backend,
    source: &SourceRow,
    secrets: &SourceSecrets,
) -> Result<Vec<Expected>, Trouble> {
    let now = backend.clock.now();
    let pair = format!("{}:{}", source.settings.api_key, secrets.api.reveal());
    let header = (
        "authorization".to_owned(),
        format!("Basic {}", STANDARD.encode(pair)),
    );
    let answer = place::ask(backend, &enablex::query(&source.settings, now), &[header]).await?;
    enablex::archives(&answer, now).map_err(|why| Trouble::Later(format!("{why}.")))
}

async fn expect(backend: &Backend, source: &SourceRow, files: &[Expected]) -> Result<(), Error> {
    if files.is_empty() {
        return Ok(());
    }
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    for file in files {
        receiving::expect(backend, &mut tx, source.id, file, false, now).await?;
    }
    tx.commit().await?;
    backend.nudge();
    Ok(())
}

/// One piece of work of intake: a file that is due, else a sender or a folder whose turn it is. Run by several workers
/// in every process.
pub async fn work(backend: &Backend) -> Result<More, Error> {
    match Box::pin(super::fetching::fetch_next(backend)).await? {
        More::Now => Ok(More::Now),
        More::Later => Box::pin(poll_next(backend)).await,
    }
}
