//! Sessions that are to be judged.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::files::{FileId, FileKind};
use crate::insights::Gaps;
use crate::sessions::SessionId;

/// A file of such a session.
pub(in crate::insights) struct FileRow {
    pub(in crate::insights) id: FileId,
    pub(in crate::insights) session: SessionId,
    pub(in crate::insights) kind: FileKind,
    pub(in crate::insights) name: String,
    /// Only a tombstone is left: it came, but cannot be read.
    pub(in crate::insights) is_deleted: bool,
}

/// Sessions that ended before this moment and were not looked at, the newest first. Nobody else looks at them or
/// changes them until the transaction ends.
pub(in crate::insights) async fn lock_due(
    db: &mut PgConnection,
    ended_before: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<SessionId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select id as "id: SessionId"
        from sessions s
        where gaps is null and started_at < $1 and session_end(s) < $1
        order by started_at desc
        limit $2
        for update skip locked
        "#,
        ended_before,
        limit
    )
    .fetch_all(db)
    .await
}

pub(in crate::insights) async fn files_of(
    db: &mut PgConnection,
    sessions: &[SessionId],
) -> Result<Vec<FileRow>, sqlx::Error> {
    let sessions: Vec<Uuid> = sessions.iter().map(|id| *id.as_uuid()).collect();
    sqlx::query_as!(
        FileRow,
        r#"
        select id as "id: FileId", session_id as "session: SessionId", kind as "kind: FileKind", name,
            deleted_at is not null as "is_deleted!"
        from files
        where session_id = any($1)
        order by session_id, name
        "#,
        &sessions
    )
    .fetch_all(db)
    .await
}

pub(in crate::insights) async fn set_gaps(
    db: &mut PgConnection,
    judged: &[(SessionId, Gaps)],
) -> Result<(), sqlx::Error> {
    let ids: Vec<Uuid> = judged.iter().map(|(id, _)| *id.as_uuid()).collect();
    let gaps: Vec<i16> = judged.iter().map(|(_, gaps)| gaps.0).collect();
    sqlx::query!(
        "update sessions s set gaps = j.gaps from unnest($1::uuid[], $2::smallint[]) as j (id, gaps) where s.id = j.id",
        &ids,
        &gaps
    )
    .execute(db)
    .await?;
    Ok(())
}
