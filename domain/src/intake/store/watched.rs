//! SQL of watched folders. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::files::FileKind;
use crate::intake::watching::{Meant, Seen};
use crate::intake::{ItemId, ItemState, SourceId};
use crate::sessions::SessionId;

/// Notes how a file stands; since when it stands so, if that is before this moment.
pub(in crate::intake) async fn stood_still(
    db: &mut PgConnection,
    source: SourceId,
    file: &Seen,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        insert into intake_sightings as s (source_id, path, size_bytes, modified_at, seen_at)
        values ($1, $2, $3, $4, $5)
        on conflict on constraint intake_sightings_pkey do update set
            seen_at = case
                when s.size_bytes = excluded.size_bytes and s.modified_at = excluded.modified_at then s.seen_at
                else excluded.seen_at
            end,
            size_bytes = excluded.size_bytes, modified_at = excluded.modified_at
        returning case when seen_at < $5 then seen_at end as "since?"
        "#,
        source as SourceId,
        file.path,
        file.size,
        file.modified_at,
        now,
    )
    .fetch_one(db)
    .await
}

pub(in crate::intake) async fn forget_others(
    db: &mut PgConnection,
    source: SourceId,
    paths: &[String],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from intake_sightings where source_id = $1 and path <> all($2)",
        source as SourceId,
        paths,
    )
    .execute(db)
    .await?;
    Ok(())
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

/// Records what came of a file: the session that it is in, or state and reason. `at`: when it was done, or is tried
/// again. True if people have not been told of a failure yet; from now on they have.
pub(in crate::intake) async fn record(
    db: &mut PgConnection,
    source: SourceId,
    file: &Seen,
    meant: &Meant,
    outcome: Result<SessionId, (ItemState, &str)>,
    at: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let (state, reason, session) = match outcome {
        Ok(session) => (ItemState::Done, None, Some(session)),
        Err((state, reason)) => (state, Some(reason), None),
    };
    let is_failure = state == ItemState::Failed;
    sqlx::query_scalar!(
        r#"
        with before as (
            select is_told from intake_items where source_id = $2 and external_id = $3 and file_name = $4
        )
        insert into intake_items (id, source_id, external_id, file_name, room, conference_number, kind, started_at,
            ended_at, path, state, attempts, due_at, reason, is_told, announced_at, done_at, session_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12, $13, $14, $12, $15, $16)
        on conflict on constraint intake_items_source_id_external_id_file_name_key do update set
            state = excluded.state, attempts = intake_items.attempts + 1, due_at = excluded.due_at,
            reason = excluded.reason, path = excluded.path, is_told = excluded.is_told,
            done_at = excluded.done_at, session_id = excluded.session_id
        returning not coalesce((select is_told from before), false) as "is_news!"
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
        is_failure,
        session.map(|_| at),
        session as Option<SessionId>,
    )
    .fetch_one(db)
    .await
}
