//! From what happened to deliveries: one for each endpoint that wants to be told, its bytes decided once and for all.

use std::collections::HashMap;

use uuid::Uuid;

use super::payload::{self, Detail, Happened};
use super::store::events::{self as store, EventRow, NewDelivery};
use super::{DeliveryId, EventType, Form};
use crate::background::{More, News};
use crate::files::FileKind;
use crate::{Backend, Error};

/// Events of one step.
const STEP: i64 = 100;

/// `webhook-id` of an event.
pub(super) fn message_id(event: Uuid) -> String {
    format!("msg_{}", event.simple())
}

/// Writes the deliveries of some events, and takes the events out of the outbox; both or neither.
pub async fn announce_some(backend: &Backend) -> Result<More, Error> {
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    let rows = store::lock_some(&mut tx, STEP).await?;
    if rows.is_empty() {
        return Ok(More::Later);
    }
    for row in &rows {
        let Some(happened) = read(&mut tx, row).await? else {
            continue;
        };
        let kind = happened.files.first().map(|file| file.kind);
        let kind = kind.filter(|_| row.file.is_some());
        announce(backend, &mut tx, row, kind, &happened).await?;
    }
    let numbers: Vec<i64> = rows.iter().map(|row| row.number).collect();
    store::delete(&mut tx, &numbers).await?;
    tx.commit().await?;
    backend.nudge(News::Deliveries);
    tracing::debug!(count = rows.len(), now = %now, "events became deliveries");
    Ok(if i64::try_from(rows.len()) == Ok(STEP) {
        More::Now
    } else {
        More::Later
    })
}

/// None where a row is gone: there is nothing left to tell.
async fn read(tx: &mut sqlx::PgConnection, row: &EventRow) -> Result<Option<Happened>, Error> {
    let (Ok(event), Some(project), Some(session)) = (
        row.event_type.parse::<EventType>(),
        store::project(tx, row.project).await?,
        store::session(tx, row.session).await?,
    ) else {
        return Ok(None);
    };
    let files = match (row.file, event) {
        (Some(file), _) => store::files(tx, row.session, Some(file)).await?,
        (None, EventType::SessionReady) => store::files(tx, row.session, None).await?,
        (None, _) => Vec::new(),
    };
    if row.file.is_some() && files.is_empty() {
        return Ok(None);
    }
    let detail = row.detail.as_ref().map(|detail| detail.0.clone());
    Ok(Some(Happened {
        event,
        at: row.occurred_at,
        account: row.account,
        project,
        session: Some(session),
        files,
        detail: detail.unwrap_or_default(),
    }))
}

async fn announce(
    backend: &Backend,
    tx: &mut sqlx::PgConnection,
    row: &EventRow,
    kind: Option<FileKind>,
    happened: &Happened,
) -> Result<(), Error> {
    let now = backend.clock.now();
    // One text for all endpoints of a form.
    let mut bodies: HashMap<Form, Option<String>> = HashMap::new();
    for (endpoint, form) in store::listeners(tx, row.project, &row.event_type, kind).await? {
        let body = bodies
            .entry(form)
            .or_insert_with(|| compose(happened, form, &backend.public_url));
        let Some(body) = body else { continue };
        let new = NewDelivery {
            id: DeliveryId::new(now),
            account: row.account,
            project: row.project,
            endpoint,
            event: row.id,
            event_type: &row.event_type,
            session: Some(row.session),
            body,
        };
        store::insert_delivery(tx, new, now).await?;
    }
    Ok(())
}

/// The bytes that are sent; None where the form has no word for it.
pub(super) fn compose(happened: &Happened, form: Form, public_url: &str) -> Option<String> {
    match form {
        Form::Standard => Some(payload::standard(happened, public_url)),
        Form::Enablex => payload::enablex(happened, public_url),
    }
}

/// For a session that is ready though something is missing.
pub(super) const fn with_missing(missing: Vec<payload::Missing>) -> Detail {
    Detail {
        missing,
        expires_at: None,
    }
}
