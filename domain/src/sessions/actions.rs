//! The Recordings report.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::store::{SessionRow, Wanted};
use super::{SessionFilter, SessionId, SessionOrder, SessionSummary, store};
use crate::files::FileSummary;
pub use crate::page::Position;
use crate::page::limit;
use crate::{Actor, Backend, Error, Page, PageRequest, Permission, files, reading};

/// One page of the account's sessions with their files. A damaged cursor is a problem of the field `cursor`.
pub async fn report(
    backend: &Backend,
    actor: &Actor,
    filter: &SessionFilter,
    order: SessionOrder,
    request: &PageRequest,
) -> Result<Page<SessionSummary>, Error> {
    let scope = actor.scope(Permission::SeeRecordings)?;
    let position = asked(request)?;
    let filter = &SessionFilter {
        project: scope.narrow(filter.project)?,
        ..filter.clone()
    };
    if filter.is_hopeless() {
        return Ok(Page {
            items: Vec::new(),
            next: None,
            previous: None,
            total: 0,
        });
    }
    // Of one moment: an import meanwhile must not make rows, files and total disagree.
    let mut tx = backend.db.begin().await?;
    reading::freeze(&mut tx).await?;
    reading::plan_each(&mut tx).await?;
    let wanted = Wanted {
        account: actor.account,
        filter,
        order,
        position: position.as_ref(),
        limit: limit(request),
    };
    let (rows, total) = store::list(&mut tx, wanted).await?;
    let total = match total {
        Some(total) => total,
        None => store::count(&mut tx, actor.account, filter).await?,
    };
    let page = Page::keyset(
        rows,
        request,
        position.as_ref(),
        total.cast_unsigned(),
        |row| place(row, order),
    );
    let items = with_files(&mut tx, page.items, backend.clock.now()).await?;
    tx.commit().await?;
    Ok(Page {
        items,
        next: page.next,
        previous: page.previous,
        total: page.total,
    })
}

pub(super) async fn with_files(
    db: &mut PgConnection,
    rows: Vec<SessionRow>,
    now: DateTime<Utc>,
) -> Result<Vec<SessionSummary>, Error> {
    let ids: Vec<SessionId> = rows.iter().map(|row| row.id).collect();
    let mut of_session: HashMap<SessionId, Vec<FileSummary>> = HashMap::new();
    for (session, file) in files::store::list_of(db, &ids, now).await? {
        of_session.entry(session).or_default().push(file);
    }
    let summary = |row: SessionRow| SessionSummary {
        id: row.id,
        project: row.project,
        project_name: row.project_name,
        room: row.room,
        conference_number: row.conference_number,
        title: row.title,
        tags: row.tags,
        has_poster: row.has_poster,
        started_at: row.started_at,
        ended_at: row.ended_at.unwrap_or_else(|| {
            TimeDelta::try_milliseconds(row.duration_ms)
                .and_then(|duration| row.started_at.checked_add_signed(duration))
                .unwrap_or(row.started_at)
        }),
        duration_ms: row.duration_ms.cast_unsigned(),
        size: row.size_bytes.cast_unsigned(),
        files: of_session.remove(&row.id).unwrap_or_default(),
    };
    Ok(rows.into_iter().map(summary).collect())
}

/// One session as the report has it.
pub async fn get(
    backend: &Backend,
    actor: &Actor,
    session: SessionId,
) -> Result<SessionSummary, Error> {
    let scope = actor.scope(Permission::SeeRecordings)?;
    let mut db = backend.db.acquire().await?;
    let row = store::find(&mut db, scope.account, scope.project, session)
        .await?
        .ok_or(Error::NotFound("session"))?;
    with_files(&mut db, vec![row], backend.clock.now())
        .await?
        .pop()
        .ok_or(Error::NotFound("session"))
}

/// Sessions of a batch.
const BATCH: i64 = 500;

/// The next sessions of an export, and where to go on; None at its end. No connection is held between batches, however
/// slowly they are read. What changes meanwhile is in the export or not, and never twice unless it moved.
pub async fn export(
    backend: &Backend,
    actor: &Actor,
    filter: &SessionFilter,
    order: SessionOrder,
    after: Option<Position>,
) -> Result<(Vec<SessionSummary>, Option<Position>), Error> {
    let scope = actor.scope(Permission::SeeRecordings)?;
    let filter = &SessionFilter {
        project: scope.narrow(filter.project)?,
        ..filter.clone()
    };
    if filter.is_hopeless() {
        return Ok((Vec::new(), None));
    }
    let mut tx = backend.db.begin().await?;
    reading::plan_each(&mut tx).await?;
    let wanted = Wanted {
        account: actor.account,
        filter,
        order,
        position: after.as_ref(),
        limit: BATCH,
    };
    let rows = store::batch(&mut tx, wanted).await?;
    let is_full = i64::try_from(rows.len()) == Ok(BATCH);
    let next = rows
        .last()
        .filter(|_| is_full)
        .map(|row| Position::behind(place(row, order)));
    let sessions = with_files(&mut tx, rows, backend.clock.now()).await?;
    tx.commit().await?;
    Ok((sessions, next))
}

/// Whether the account has any session at all: an empty report then needs another word than one without a match.
pub async fn exist(backend: &Backend, actor: &Actor) -> Result<bool, Error> {
    actor.may(Permission::SeeRecordings)?;
    Ok(store::exist(&mut *backend.db.acquire().await?, actor.account).await?)
}

/// Where the page begins that is asked for.
fn asked(request: &PageRequest) -> Result<Option<Position>, Error> {
    let Some(cursor) = &request.cursor else {
        return Ok(None);
    };
    let position = Position::parse(cursor)
        // PostgreSQL's times end earlier than an i64 of microseconds.
        .filter(|position| DateTime::from_timestamp_micros(position.key).is_some());
    position.map(Some).ok_or_else(|| {
        Error::invalid(
            "cursor",
            "This page's address is damaged. Start from the first page.",
        )
    })
}

/// Where a row stands in an order: microseconds of the start, milliseconds of the duration, or bytes; and its id.
fn place(row: &SessionRow, order: SessionOrder) -> (i64, Uuid) {
    let key = match order {
        SessionOrder::Newest | SessionOrder::Oldest => row.started_at.timestamp_micros(),
        SessionOrder::Longest => row.duration_ms,
        SessionOrder::Largest => row.size_bytes,
    };
    (key, *row.id.as_uuid())
}
