//! SQL of session files. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{FileId, FileKind, FileSummary};
use crate::accounts::AccountId;
use crate::sessions::SessionId;

/// A file's row, as the gate needs it.
#[derive(Clone)]
pub(crate) struct FileRow {
    pub(super) id: FileId,
    pub(super) account: AccountId,
    pub(super) name: String,
    pub(super) kind: FileKind,
    pub(super) content_type: String,
    pub(super) size_bytes: i64,
    pub(super) sha256: Vec<u8>,
    pub(super) created_at: DateTime<Utc>,
}

pub(super) async fn find(
    db: &mut PgConnection,
    id: FileId,
) -> Result<Option<FileRow>, sqlx::Error> {
    sqlx::query_as!(
        FileRow,
        r#"
        select id as "id: FileId", account_id as "account: AccountId", name, kind as "kind: FileKind", content_type,
            size_bytes, sha256, created_at
        from files
        where id = $1
        "#,
        id as FileId,
    )
    .fetch_optional(db)
    .await
}

/// Files of these sessions, recordings first, by kind and name.
pub(crate) async fn list_of(
    db: &mut PgConnection,
    sessions: &[SessionId],
) -> Result<Vec<(SessionId, FileSummary)>, sqlx::Error> {
    let ids: Vec<uuid::Uuid> = sessions.iter().map(|id| *id.as_uuid()).collect();
    let rows = sqlx::query!(
        r#"
        select session_id as "session: SessionId", id as "id: FileId", kind as "kind: FileKind", name, size_bytes,
            duration_ms, width, height
        from files
        where session_id = any($1)
        order by array_position(array['transcoded', 'live', 'individual', 'chat', 'metadata'], kind), name
        "#,
        &ids,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let file = FileSummary {
                id: row.id,
                kind: row.kind,
                name: row.name,
                size: row.size_bytes.cast_unsigned(),
                duration_ms: row.duration_ms.map(i64::cast_unsigned),
                dimensions: row
                    .width
                    .zip(row.height)
                    .map(|(w, h)| (w.cast_unsigned(), h.cast_unsigned())),
            };
            (row.session, file)
        })
        .collect())
}
