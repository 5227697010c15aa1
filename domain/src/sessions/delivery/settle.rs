//! The end of a delivery: judged, put in place, recorded; once begun, no caller's leaving stops it.

use std::fs::File;

use chrono::{DateTime, Utc};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::door::{Admission, Limits, deleted, wrong_size};
use super::run::Run;
use super::{AboutFile, Delivered, Delivery, store};
use crate::audit::Event;
use crate::background::News;
use crate::files::FileId;
use crate::files::media::{self, Facts};
use crate::sessions::recording::store::SessionKey;
use crate::sessions::recording::{Arrival, CONFLICT, Recording, Said, Written};
use crate::{Actor, Backend, Error};

/// A file whose bytes are all here.
pub(super) struct Received {
    pub(super) run: Run,
    /// For reading.
    pub(super) file: File,
    /// Bytes.
    pub(super) size: u64,
    pub(super) sha256: [u8; 32],
    pub(super) sha512: Option<[u8; 64]>,
    /// Of the file that it was copied from.
    pub(super) modified_at: Option<DateTime<Utc>>,
    /// The upload that it was.
    pub(super) upload: Option<Uuid>,
}

pub(super) async fn settle(
    backend: &Backend,
    actor: &Actor,
    delivery: Delivery,
    admission: Admission,
    received: Received,
) -> Result<Delivered, Error> {
    check_sums(&delivery.file, &received)?;
    let (backend, actor) = (backend.clone(), *actor);
    // A commit whose future is dropped may or may not have happened.
    tokio::spawn(async move {
        let delivered = record(&backend, &actor, &delivery, admission, received).await?;
        backend.nudge(News::Files);
        backend.nudge(News::Events);
        Ok(delivered)
    })
    .await
    .map_err(Error::internal)?
}

fn check_sums(said: &AboutFile, received: &Received) -> Result<(), Error> {
    if let Some(size) = said.size
        && size != received.size
    {
        return Err(wrong_size(size));
    }
    let is_256 = said.sha256.is_none_or(|sum| sum == received.sha256);
    let is_512 = said.sha512.is_none_or(|sum| Some(sum) == received.sha512);
    if is_256 && is_512 {
        Ok(())
    } else {
        Err(Error::invalid(
            "digest",
            "the bytes that came are not those of the digest",
        ))
    }
}

async fn record(
    backend: &Backend,
    actor: &Actor,
    delivery: &Delivery,
    admission: Admission,
    received: Received,
) -> Result<Delivered, Error> {
    let Received { mut run, file, .. } = received;
    let facts = probe(file, admission.form.content_type).await?;
    let size = i64::try_from(received.size).map_err(|_| wrong_size(received.size))?;
    run.place().await?;
    let arrival = Arrival::new(
        run.id,
        admission.form,
        size,
        received.sha256,
        facts,
        received.modified_at,
    );
    let recording = Recording {
        backend,
        actor,
        run: run.key(),
        event: Event::FileDelivered,
    };
    let key = SessionKey {
        account: actor.account,
        project: delivery.project,
        room: &admission.room,
        conference_number: &admission.conference_number,
    };
    let said = Said {
        started_at: delivery.session.started_at,
        ended_at: delivery.session.ended_at,
        title: admission.title.as_deref(),
    };
    let Written { mut tx, recorded } = recording.write(key, said, &[&arrival]).await?;
    let is_new = recorded.lost.is_empty();
    let id = match recorded.lost.get(&run.id) {
        None => run.id,
        Some(lost) if lost.is_deleted => return Err(deleted()),
        Some(lost) if !lost.is_same => return Err(Error::Conflict(CONFLICT.to_owned())),
        Some(lost) => lost.winner,
    };
    if is_new {
        check_room(&mut tx, actor, delivery, received.size).await?;
    }
    if let Some(external_id) = &delivery.external_id {
        let now = backend.clock.now();
        store::insert_delivery(&mut tx, delivery, external_id, id, now).await?;
    }
    if let Some(upload) = received.upload {
        crate::uploads::store::finish(&mut tx, upload, id).await?;
    }
    let delivered = load(&mut tx, id, is_new).await?;
    let committing = run.commit();
    // A lost answer: the claim stays when the run ends, and the next sweep finds out.
    tx.commit().await?;
    if is_new {
        committing.keep().await;
    } else {
        committing.discard().await;
    }
    Ok(delivered)
}

async fn load(db: &mut sqlx::PgConnection, id: FileId, is_new: bool) -> Result<Delivered, Error> {
    let delivered = store::delivered(db, id).await?;
    let delivered = delivered.ok_or(Error::NotFound("file"))?;
    Ok(Delivered {
        is_new,
        ..delivered
    })
}

async fn probe(file: File, content_type: &'static str) -> Result<Facts, Error> {
    spawn_blocking(move || media::probe(&file, content_type))
        .await
        .map_err(Error::internal)?
        .map_err(|broken| Error::invalid("file", broken.to_string()))
}

/// The last word on the limits: since the door, others may have filled the room.
async fn check_room(
    tx: &mut sqlx::PgConnection,
    actor: &Actor,
    delivery: &Delivery,
    size: u64,
) -> Result<(), Error> {
    let rule = store::rule(tx, actor.account, delivery.project)
        .await?
        .ok_or(Error::NotFound("project"))?;
    let Some(quota) = rule.quota else {
        return Ok(());
    };
    // The last lock that is taken, so that nobody waits for each other; behind it one counts after the other.
    store::lock_project(tx, delivery.project).await?;
    let used = store::used(tx, delivery.project).await?;
    let limits = Limits {
        file: None,
        free: Some(quota.saturating_sub(used.saturating_sub(size))),
    };
    limits.allow(size)
}
