//! The Recordings report.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::store::{SessionRow, Wanted};
use super::{SessionFilter, SessionId, SessionOrder, SessionSummary, store};
use crate::files::FileSummary;
use crate::{Actor, Backend, Error, Page, PageRequest, Permission, files};

/// One page of the account's sessions with their files. A damaged cursor is a problem of the field `cursor`.
pub async fn report(
    backend: &Backend,
    actor: &Actor,
    filter: &SessionFilter,
    order: SessionOrder,
    request: &PageRequest,
) -> Result<Page<SessionSummary>, Error> {
    actor.may(Permission::SeeRecordings)?;
    let position = request.cursor.as_deref().map(Position::parse).transpose()?;
    // PostgreSQL texts hold no NUL: nothing can match one.
    if filter.text.as_ref().is_some_and(|text| text.contains('\0')) {
        return Ok(Page {
            items: Vec::new(),
            next: None,
            previous: None,
            total: 0,
        });
    }
    let size = usize::from(request.size.clamp(1, PageRequest::MAX_SIZE));
    // One snapshot for rows, files and total: an import meanwhile must not make them disagree.
    let mut tx = backend.db.begin().await?;
    sqlx::query!("set transaction isolation level repeatable read, read only")
        .execute(&mut *tx)
        .await?;
    let limit = i64::try_from(size + 1).unwrap_or(i64::MAX);
    store::plan_each(&mut tx).await?;
    let wanted = Wanted {
        account: actor.account,
        filter,
        order,
        position: position.as_ref(),
        limit,
    };
    let (mut rows, found) = store::list(&mut tx, wanted).await?;
    let has_more = rows.len() > size;
    let is_backward = position
        .as_ref()
        .is_some_and(|position| position.is_backward);
    if has_more {
        // The row too many lies at the far end of the walk.
        if is_backward {
            rows.remove(0);
        } else {
            rows.pop();
        }
    }
    let cursor = |row: Option<&SessionRow>, backward| {
        row.map(|row| Position::of(row, order, backward).to_string())
    };
    let next = if is_backward || has_more {
        cursor(rows.last(), false)
    } else {
        None
    };
    let has_previous = if is_backward {
        has_more
    } else {
        position.is_some()
    };
    let previous = if has_previous {
        cursor(rows.first(), true)
    } else {
        None
    };
    let total = store::count(&mut tx, actor.account, filter, found)
        .await?
        .cast_unsigned();
    let items = with_files(&mut tx, rows, backend.clock.now()).await?;
    tx.commit().await?;
    Ok(Page {
        items,
        next,
        previous,
        total,
    })
}

async fn with_files(
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
        project_name: row.project_name,
        room: row.room,
        conference_number: row.conference_number,
        title: row.title,
        tags: row.tags,
        has_poster: row.has_poster,
        started_at: row.started_at,
        duration_ms: row.duration_ms.cast_unsigned(),
        size: row.size_bytes.cast_unsigned(),
        files: of_session.remove(&row.id).unwrap_or_default(),
    };
    Ok(rows.into_iter().map(summary).collect())
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
    actor.may(Permission::SeeRecordings)?;
    if filter.text.as_ref().is_some_and(|text| text.contains('\0')) {
        return Ok((Vec::new(), None));
    }
    let mut tx = backend.db.begin().await?;
    store::plan_each(&mut tx).await?;
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
        .map(|row| Position::of(row, order, false));
    let sessions = with_files(&mut tx, rows, backend.clock.now()).await?;
    tx.commit().await?;
    Ok((sessions, next))
}

/// Whether the account has any session at all: an empty report then needs another word than one without a match.
pub async fn exist(backend: &Backend, actor: &Actor) -> Result<bool, Error> {
    actor.may(Permission::SeeRecordings)?;
    Ok(store::exist(&mut *backend.db.acquire().await?, actor.account).await?)
}

/// Where a page ends: the sort key and id of its outermost row, and which way to walk from there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    pub(super) is_backward: bool,
    /// Microseconds of the start, milliseconds of the duration, or bytes.
    pub(super) key: i64,
    pub(super) id: SessionId,
}

impl Position {
    fn of(row: &SessionRow, order: SessionOrder, is_backward: bool) -> Self {
        let key = match order {
            SessionOrder::Newest | SessionOrder::Oldest => row.started_at.timestamp_micros(),
            SessionOrder::Longest => row.duration_ms,
            SessionOrder::Largest => row.size_bytes,
        };
        Self {
            is_backward,
            key,
            id: row.id,
        }
    }

    fn parse(cursor: &str) -> Result<Self, Error> {
        let parse = || {
            let (direction, rest) = cursor.split_once('.')?;
            let (key, id) = rest.split_once('.')?;
            let is_backward = match direction {
                "after" => false,
                "before" => true,
                _ => return None,
            };
            let position = Self {
                is_backward,
                key: key.parse().ok()?,
                id: id.parse().ok()?,
            };
            // PostgreSQL's times end earlier than an i64 of microseconds.
            DateTime::from_timestamp_micros(position.key).map(|_| position)
        };
        parse().ok_or_else(|| {
            Error::invalid(
                "cursor",
                "This page's address is damaged. Start from the first page.",
            )
        })
    }

    pub(super) fn time(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.key).unwrap_or_default()
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}.{}.{}",
            if self.is_backward { "before" } else { "after" },
            self.key,
            self.id
        )
    }
}
