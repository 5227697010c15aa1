//! Asking senders what there is, every few minutes: nobody repeats a lost event, and vendors delete after 72 hours.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;

use super::actions::unseal;
use super::expecting::{AT_ONCE, IN_A_DAY};
use super::fetching::Trouble;
use super::senders::{Expected, bigbluebutton, enablex};
use super::store::SourceRow;
use super::store::queue::{renew_poll, take_poll};
use super::{SourceId, SourceKind, SourceSecrets, expecting, place, store, watching};
use crate::background::{More, News};
use crate::{Backend, Error};

/// From one question to the next.
const EVERY: TimeDelta = TimeDelta::minutes(5);
/// From one look into a folder to the next; a file that has stood still from one to the next is complete.
const LOOK_EVERY: TimeDelta = TimeDelta::seconds(10);
/// Another process asks when one died over it.
const LEASE: TimeDelta = TimeDelta::minutes(15);
const RENEW_EVERY: Duration = Duration::from_mins(1);

/// Asks one sender whose turn it is. Run by several workers in every process.
pub async fn ask_next(backend: &Backend) -> Result<More, Error> {
    turn(backend, false).await
}

/// Looks into one folder whose turn it is. Run by several workers in every process.
pub async fn look_next(backend: &Backend) -> Result<More, Error> {
    turn(backend, true).await
}

async fn turn(backend: &Backend, is_folder: bool) -> Result<More, Error> {
    let now = backend.clock.now();
    let mut db = backend.db.acquire().await?;
    let Some(id) = take_poll(&mut db, is_folder, now, now + LEASE).await? else {
        return Ok(More::Later);
    };
    let source = store::find_source(&mut db, id).await?;
    drop(db);
    let Some(source) = source else {
        return Ok(More::Now);
    };
    let outcome = tokio::select! {
        outcome = Box::pin(attend(backend, &source)) => outcome,
        () = removed(backend, id) => return Ok(More::Now),
    };
    // What was left undone is told beside what was done.
    let (pause, failure) = match outcome {
        Ok((pause, note)) => (pause, note),
        Err(Trouble::Later(why) | Trouble::Never(why)) => {
            (if is_folder { LOOK_EVERY } else { EVERY }, Some(why))
        }
    };
    let now = backend.clock.now();
    let mut db = backend.db.acquire().await?;
    store::note_poll(&mut db, id, failure.as_deref(), now + pause, now).await?;
    Ok(More::Now)
}

/// When the source's next turn is, and what is to be told of this one.
async fn attend(
    backend: &Backend,
    source: &SourceRow,
) -> Result<(TimeDelta, Option<String>), Trouble> {
    if source.kind != SourceKind::Folder {
        return Ok((EVERY, ask(backend, source).await?));
    }
    let looked = watching::look(backend, source).await?;
    let pause = match looked.more {
        More::Now => TimeDelta::zero(),
        More::Later => LOOK_EVERY,
    };
    Ok((pause, looked.note))
}

/// Holds the source for as long as its turn takes; ends when it was removed.
async fn removed(backend: &Backend, id: SourceId) {
    let mut ticks = tokio::time::interval(RENEW_EVERY);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let until = backend.clock.now() + LEASE;
        let renewed = async { renew_poll(&mut *backend.db.acquire().await?, id, until).await };
        match renewed.await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(%error, "the turn of a source could not be held"),
        }
    }
}

async fn ask(backend: &Backend, source: &SourceRow) -> Result<Option<String>, Trouble> {
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
    let found = place::understood(answer, bigbluebutton::recordings).await?;
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
    place::understood(answer, move |answer| enablex::archives(answer, now)).await
}

/// What is to be told if not all of them are.
async fn expect(
    backend: &Backend,
    source: &SourceRow,
    files: &[Expected],
) -> Result<Option<String>, Error> {
    let now = backend.clock.now();
    let mut left_out = 0;
    // Not all in one transaction: an answer may tell of tens of thousands.
    for files in files.chunks(AT_ONCE) {
        let mut tx = backend.db.begin().await?;
        left_out += expecting::expect(backend, &mut tx, source.id, files, false, now).await?;
        tx.commit().await?;
        backend.nudge(News::Intake);
    }
    Ok((left_out > 0).then(|| {
        format!(
            "The sender tells of {left_out} more files than the {IN_A_DAY} new ones that are expected in a day. They \
             follow later."
        )
    }))
}
