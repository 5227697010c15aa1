//! SQL of watched folders. No decisions.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::files::FileKind;
use crate::intake::watching::{Meant, Seen};
use crate::intake::{ItemId, ItemState, SourceId};
use crate::sessions::SessionId;

/// Notes how the files of a folder stand, and forgets those that are there no more. Since when each has stood so, by its
/// path, where that is before this moment.
pub(in crate::intake) async fn compare(
    db: &mut PgConnection,
    source: SourceId,
    files: &[Seen],
    now: DateTime<Utc>,
) -> Result<HashMap<String, DateTime<Utc>>, sqlx::Error> {
    let paths: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
    let sizes: Vec<i64> = files.iter().map(|file| file.size).collect();
    let times: Vec<DateTime<Utc>> = files.iter().map(|file| file.modified_at).collect();
    sqlx::query!(
        "delete from intake_sightings s
        where source_id = $1 and not exists (select from unnest($2::text[]) as f (path) where f.path = s.path)",
        source as SourceId,
        &paths,
    )
    .execute(&mut *db)
    .await?;
    // Most stand as they stood: nothing is written of them.
    sqlx::query!(
        r#"
        insert into intake_sightings as s (source_id, path, size_bytes, modified_at, seen_at)
        select $1, path, size_bytes, modified_at, $5
        from unnest($2::text[], $3::bigint[], $4::timestamptz[]) as f (path, size_bytes, modified_at)
        on conflict on constraint intake_sightings_pkey do update set
            seen_at = excluded.seen_at, size_bytes = excluded.size_bytes, modified_at = excluded.modified_at
        where (s.size_bytes, s.modified_at) is distinct from (excluded.size_bytes, excluded.modified_at)
        "#,
        source as SourceId,
        &paths,
        &sizes,
        &times,
        now,
    )
    .execute(&mut *db)
    .await?;
    let rows = sqlx::query!(
        "select path, seen_at from intake_sightings where source_id = $1 and seen_at < $2",
        source as SourceId,
        now,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.path, row.seen_at))
        .collect())
}

/// What came of a file before.
pub(in crate::intake) struct Known {
    pub(in crate::intake) state: ItemState,
    pub(in crate::intake) path: Option<String>,
    /// When it was done or failed, or is tried again.
    pub(in crate::intake) due_at: DateTime<Utc>,
}

pub(in crate::intake) async fn known(
    db: &mut PgConnection,
    source: SourceId,
    external_id: &str,
    name: &str,
) -> Result<Option<Known>, sqlx::Error> {
    sqlx::query_as!(
        Known,
        r#"
        select state as "state: ItemState", path, due_at from intake_items
        where source_id = $1 and external_id = $2 and file_name = $3
        "#,
        source as SourceId,
        external_id,
        name,
    )
    .fetch_optional(db)
    .await
}

/// Paths of files that are to be tried again.
pub(in crate::intake) async fn waiting(
    db: &mut PgConnection,
    source: SourceId,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select path as "path!" from intake_items
        where source_id = $1 and state = 'waiting' and path is not null and attempts = 0
        "#,
        source as SourceId,
    )
    .fetch_all(db)
    .await
}

/// Records what came of a file: the session that it is in, or state and reason. `at`: when it was done, or is tried again.
pub(in crate::intake) async fn record(
    db: &mut PgConnection,
    source: SourceId,
    file: &Seen,
    meant: &Meant,
    outcome: Result<SessionId, (ItemState, &str)>,
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let (state, reason, session) = match outcome {
        Ok(session) => (ItemState::Done, None, Some(session)),
        Err((state, reason)) => (state, Some(reason), None),
    };
    sqlx::query!(
        r#"
        insert into intake_items (id, source_id, external_id, file_name, room, conference_number, kind, started_at,
            ended_at, path, state, attempts, due_at, reason, announced_at, done_at, session_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12, $13, $12, $14, $15)
        on conflict on constraint intake_items_source_id_external_id_file_name_key do update set
            state = excluded.state, attempts = intake_items.attempts + 1, due_at = excluded.due_at,
            reason = excluded.reason, path = excluded.path,
            is_told = intake_items.is_told and excluded.state = 'failed',
            done_at = excluded.done_at, session_id = excluded.session_id
        "#,
        ItemId::new(at) as ItemId,
        source as SourceId,
        meant.external_id,
        file.name,
        meant.room,
        meant.conference_number,
        meant.kind.map(FileKind::as_str),
        meant.started_at,
        meant.ended_at,
        file.path,
        state as ItemState,
        at,
        reason,
        session.map(|_| at),
        session as Option<SessionId>,
    )
    .execute(db)
    .await?;
    Ok(())
}
