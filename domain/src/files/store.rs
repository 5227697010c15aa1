//! SQL of session files. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{FileId, FileKind, FileSummary};
use crate::accounts::AccountId;
use crate::sessions::SessionId;

/// A file's row, as the gate needs it.
pub(super) struct FileRow {
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

/// One file of an account.
pub(super) async fn find_summary(
    db: &mut PgConnection,
    account: AccountId,
    id: FileId,
) -> Result<Option<FileSummary>, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        select kind as "kind: FileKind", name, size_bytes, duration_ms, width, height
        from files
        where id = $1 and account_id = $2
        "#,
        id as FileId,
        account as AccountId,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| FileSummary {
        id,
        kind: row.kind,
        name: row.name,
        size: row.size_bytes.cast_unsigned(),
        duration_ms: row.duration_ms.map(i64::cast_unsigned),
        dimensions: row
            .width
            .zip(row.height)
            .map(|(w, h)| (w.cast_unsigned(), h.cast_unsigned())),
    }))
}

/// Files with room, number and start of their sessions.
pub(super) async fn bundle(
    db: &mut PgConnection,
    account: AccountId,
    sessions: &[SessionId],
    files: &[FileId],
    limit: i64,
) -> Result<Vec<(FileRow, String, String, DateTime<Utc>)>, sqlx::Error> {
    let sessions: Vec<uuid::Uuid> = sessions.iter().map(|id| *id.as_uuid()).collect();
    let files: Vec<uuid::Uuid> = files.iter().map(|id| *id.as_uuid()).collect();
    let rows = sqlx::query!(
        r#"
        select f.id as "id: FileId", f.account_id as "account: AccountId", f.name, f.kind as "kind: FileKind",
            f.content_type, f.size_bytes, f.sha256, f.created_at, s.room, s.conference_number, s.started_at
        from files f join sessions s on s.id = f.session_id
        where f.account_id = $1 and (f.session_id = any($2) or f.id = any($3))
        order by s.started_at, s.id, f.name
        limit $4
        "#,
        account as AccountId,
        &sessions,
        &files,
        limit,
    )
    .fetch_all(db)
    .await?;
    let bundled = rows.into_iter().map(|row| {
        let file = FileRow {
            id: row.id,
            account: row.account,
            name: row.name,
            kind: row.kind,
            content_type: row.content_type,
            size_bytes: row.size_bytes,
            sha256: row.sha256,
            created_at: row.created_at,
        };
        (file, row.room, row.conference_number, row.started_at)
    });
    Ok(bundled.collect())
}
