//! What can be done with sources: add, see, change, remove, try again.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::checks::check;
use super::store::{self, SourceRow, Which, Written};
use super::{
    Health, INTAKE_PREFIX, ItemId, RefusedCall, Rhythm, Source, SourceDetail, SourceDraft,
    SourceId, SourceKind, SourceSecrets,
};
use crate::audit::{self, Event};
use crate::background::News;
use crate::error::OnConstraint as _;
use crate::hashing::random_text;
use crate::projects::{self, ProjectId};
use crate::{Actor, Backend, Error, Permission, Secret};

/// Sources of one project at most.
pub const MAX: i64 = 50;
/// Items and events that a page shows.
const SHOWN: i64 = 50;
/// A failure is an alarm for so long.
const ALARM: TimeDelta = TimeDelta::days(30);
const PURPOSE: &str = "intake source";
/// Characters of the secret part of an address: 139 bits.
const ADDRESS_LENGTH: usize = 24;

/// The sources of a project, by name.
pub async fn list(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
) -> Result<Vec<Source>, Error> {
    actor.may(Permission::ManageIntake)?;
    projects::actions::get(backend, actor, project).await?;
    let mut db = backend.db.acquire().await?;
    let which = Which {
        account: Some(actor.account),
        project: Some(project),
        ..Which::default()
    };
    let rows = store::sources(&mut db, which).await?;
    let now = backend.clock.now();
    let mut sources = Vec::with_capacity(rows.len());
    for row in rows {
        sources.push(noun_of(&mut db, row, now).await?);
    }
    Ok(sources)
}

/// One of them in full.
pub async fn get(backend: &Backend, actor: &Actor, id: SourceId) -> Result<SourceDetail, Error> {
    actor.may(Permission::ManageIntake)?;
    let row = find(backend, actor, id).await?;
    let secrets = unseal(backend, &row)?;
    let mut db = backend.db.acquire().await?;
    let receiver = row.kind.has_receiver().then(|| {
        if row.kind.has_secret_address() {
            format!("{INTAKE_PREFIX}/{id}?key={}", secrets.address.reveal())
        } else {
            format!("{INTAKE_PREFIX}/{id}")
        }
    });
    let has_secrets = [
        ("api_secret", &secrets.api),
        ("callback_password", &secrets.callback),
        ("signature_secret", &secrets.signature),
        ("files_password", &secrets.files),
    ];
    Ok(SourceDetail {
        receiver,
        has_secrets: has_secrets
            .into_iter()
            .filter(|(_, secret)| !secret.reveal().is_empty())
            .map(|(field, _)| field.to_owned())
            .collect(),
        items: store::list_items(&mut db, id, SHOWN).await?,
        events: store::list_events(&mut db, id, SHOWN).await?,
        source: noun_of(&mut db, row, backend.clock.now()).await?,
    })
}

/// Makes one.
pub async fn add(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
    kind: SourceKind,
    draft: SourceDraft,
) -> Result<SourceId, Error> {
    actor.may(Permission::ManageIntake)?;
    let governed = projects::actions::get(backend, actor, project).await?;
    if governed.archived_at.is_some() {
        return Err(Error::Conflict(
            "The project is archived and takes no recordings. Bring it back first.".to_owned(),
        ));
    }
    let mut draft = check(backend, kind, draft, None)?;
    if kind.has_secret_address() {
        draft.secrets.address = random_text(ADDRESS_LENGTH);
    }
    let now = backend.clock.now();
    let id = SourceId::new(now);
    let sealed = seal(backend, id, &draft.secrets);
    let mut tx = backend.db.begin().await?;
    if store::count_sources(&mut tx, project).await? >= MAX {
        return Err(Error::Conflict(format!(
            "A project has at most {MAX} sources. Remove one that is no longer used."
        )));
    }
    let written = Written {
        id,
        name: &draft.name,
        settings: &draft.settings,
        sealed: &sealed,
        poll_due_at: first_poll(kind, now),
    };
    store::insert_source(&mut tx, actor.account, project, kind, written, now)
        .await
        .on_constraint(NAME_KEY, name_is_taken)?;
    audit::record_on(&mut tx, actor, Event::IntakeSourceAdded, *id.as_uuid(), now).await?;
    tx.commit().await?;
    backend.nudge(News::Intake);
    Ok(id)
}

/// Changes one; its kind stays. Empty secrets stay as they are, unless what they are for is another one now.
pub async fn edit(
    backend: &Backend,
    actor: &Actor,
    id: SourceId,
    draft: SourceDraft,
) -> Result<(), Error> {
    actor.may(Permission::ManageIntake)?;
    let row = find(backend, actor, id).await?;
    let known = unseal(backend, &row)?;
    let draft = check(backend, row.kind, draft, Some((&row.settings, &known)))?;
    let now = backend.clock.now();
    let sealed = seal(backend, id, &draft.secrets);
    let mut tx = backend.db.begin().await?;
    let written = Written {
        id,
        name: &draft.name,
        settings: &draft.settings,
        sealed: &sealed,
        poll_due_at: first_poll(row.kind, now),
    };
    let is_there = store::update_source(&mut tx, written)
        .await
        .on_constraint(NAME_KEY, name_is_taken)?;
    if !is_there {
        return Err(Error::NotFound("source"));
    }
    audit::record_on(
        &mut tx,
        actor,
        Event::IntakeSourceEdited,
        *id.as_uuid(),
        now,
    )
    .await?;
    tx.commit().await?;
    backend.nudge(News::Intake);
    Ok(())
}

/// Ends one. What came from it stays; what it still expects is not fetched.
pub async fn remove(backend: &Backend, actor: &Actor, id: SourceId) -> Result<ProjectId, Error> {
    actor.may(Permission::ManageIntake)?;
    let row = find(backend, actor, id).await?;
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    if !store::remove_source(&mut tx, actor.account, id, now).await? {
        return Err(Error::NotFound("source"));
    }
    audit::record_on(
        &mut tx,
        actor,
        Event::IntakeSourceRemoved,
        *id.as_uuid(),
        now,
    )
    .await?;
    tx.commit().await?;
    // What is being fetched from it ends.
    backend.nudge(News::Intake);
    Ok(row.project)
}

/// Tries a file again now, or all that failed.
pub async fn retry(
    backend: &Backend,
    actor: &Actor,
    id: SourceId,
    item: Option<ItemId>,
) -> Result<(), Error> {
    actor.may(Permission::ManageIntake)?;
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    if store::retry_items(&mut tx, actor.account, id, item, now).await? == 0 {
        return Err(Error::NotFound("file"));
    }
    audit::record_on(&mut tx, actor, Event::IntakeRetried, *id.as_uuid(), now).await?;
    tx.commit().await?;
    backend.nudge(News::Intake);
    Ok(())
}

async fn find(backend: &Backend, actor: &Actor, id: SourceId) -> Result<SourceRow, Error> {
    let mut db = backend.db.acquire().await?;
    store::find_source(&mut db, id)
        .await?
        .filter(|row| row.account == actor.account)
        .ok_or(Error::NotFound("source"))
}

const NAME_KEY: &str = "intake_sources_project_id_name_key";

fn name_is_taken() -> Error {
    Error::invalid(
        "name",
        "Another source of the project has this name. Use another one.",
    )
}

/// At once: whoever has just typed the secrets wants to see whether they are right.
fn first_poll(kind: SourceKind, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    (kind.can_be_polled() || kind == SourceKind::Folder).then_some(now)
}

fn seal(backend: &Backend, id: SourceId, secrets: &SourceSecrets) -> Vec<u8> {
    let text = json!({
        "api": secrets.api.reveal(), "callback": secrets.callback.reveal(), "signature": secrets.signature.reveal(),
        "files": secrets.files.reveal(), "address": secrets.address.reveal(),
    });
    let text = Secret::new(text.to_string());
    backend.master_key.seal(PURPOSE, &id.to_string(), &text)
}

pub(super) fn unseal(backend: &Backend, row: &SourceRow) -> Result<SourceSecrets, Error> {
    let text = backend
        .master_key
        .unseal(PURPOSE, &row.id.to_string(), &row.sealed)
        .ok_or_else(|| Error::internal("a source's secrets do not open with this master key"))?;
    let value: Value = serde_json::from_str(text.reveal()).map_err(Error::internal)?;
    let secret =
        |name: &str| Secret::new(value.get(name).and_then(Value::as_str).unwrap_or_default());
    Ok(SourceSecrets {
        api: secret("api"),
        callback: secret("callback"),
        signature: secret("signature"),
        files: secret("files"),
        address: secret("address"),
    })
}

async fn noun_of(
    db: &mut sqlx::PgConnection,
    row: SourceRow,
    now: DateTime<Utc>,
) -> Result<Source, Error> {
    let counts = store::counts(db, row.id, now - ALARM).await?;
    let arrivals = store::arrivals(db, row.id).await?;
    let refused = row.refused_at.zip(row.refused_why.zip(row.refused_from));
    Ok(Source {
        id: row.id,
        project: row.project,
        kind: row.kind,
        name: row.name,
        settings: row.settings,
        created_at: row.created_at,
        health: Health {
            last_recording: arrivals.first().copied(),
            rhythm: Rhythm::of(&arrivals, now),
            done: counts.done.cast_unsigned(),
            waiting: counts.waiting.cast_unsigned(),
            failed: counts.failed.cast_unsigned(),
            last_event: counts.last_event,
            refusals: row.refusals.cast_unsigned(),
            refused: refused.map(|(at, (why, from))| RefusedCall { at, why, from }),
            polled_at: row.polled_at,
            poll_failure: row.poll_failure,
        },
    })
}
