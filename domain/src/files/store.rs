//! SQL of session files. No decisions.

pub(super) mod govern;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{FileId, FileKind, FileSummary, Lifecycle};
use crate::Scope;
use crate::accounts::AccountId;
use crate::projects::{Policy, ProjectId};
use crate::sessions::SessionId;

/// A file's row, as the gate needs it, with what its session and project say.
#[expect(
    clippy::struct_excessive_bools,
    reason = "a row of facts that do not depend on each other"
)]
#[derive(Clone)]
pub(crate) struct FileRow {
    pub(super) id: FileId,
    pub(super) account: AccountId,
    pub(super) project: ProjectId,
    pub(super) name: String,
    pub(super) kind: FileKind,
    pub(super) content_type: String,
    pub(super) size_bytes: i64,
    pub(super) sha256: Vec<u8>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) session_ended_at: DateTime<Utc>,
    pub(super) is_secure: bool,
    pub(super) is_held: bool,
    pub(super) is_trashed: bool,
    pub(super) is_deleted: bool,
    pub(super) project_is_secure: bool,
    pub(super) public_hours: i32,
    pub(super) retention_hours: Option<i32>,
    pub(super) deletes_bytes: bool,
}

impl FileRow {
    pub(super) fn policy(&self) -> Policy {
        Policy {
            is_secure: self.project_is_secure,
            public_hours: self.public_hours.cast_unsigned(),
            retention_hours: self.retention_hours.map(i32::cast_unsigned),
            deletes_bytes: self.deletes_bytes,
        }
    }
}

pub(super) async fn find(
    db: &mut PgConnection,
    id: FileId,
) -> Result<Option<FileRow>, sqlx::Error> {
    sqlx::query_as!(
        FileRow,
        r#"
        select f.id as "id: FileId", f.account_id as "account: AccountId", s.project_id as "project: ProjectId", f.name, f.kind as "kind: FileKind",
            f.content_type, f.size_bytes, f.sha256, f.created_at, session_end(s) as "session_ended_at!", f.is_secure,
            (s.hold_id is not null or p.hold_id is not null) as "is_held!", f.trashed_at is not null as "is_trashed!",
            f.deleted_at is not null as "is_deleted!", p.is_secure as project_is_secure, p.public_hours,
            p.retention_hours, p.deletes_bytes
        from files f
        join sessions s on s.id = f.session_id
        join projects p on p.id = s.project_id
        where f.id = $1
        "#,
        id as FileId,
    )
    .fetch_optional(db)
    .await
}

/// Files of these sessions as they stand now, recordings first, by kind and name.
pub(crate) async fn list_of(
    db: &mut PgConnection,
    sessions: &[SessionId],
    now: DateTime<Utc>,
) -> Result<Vec<(SessionId, FileSummary)>, sqlx::Error> {
    let ids: Vec<uuid::Uuid> = sessions.iter().map(|id| *id.as_uuid()).collect();
    let rows = sqlx::query!(
        r#"
        select f.session_id as "session: SessionId", f.id as "id: FileId", f.kind as "kind: FileKind", f.name,
            f.size_bytes, f.duration_ms, f.width, f.height, session_end(s) as "session_ended_at!", f.is_secure,
            (s.hold_id is not null or p.hold_id is not null) as "is_held!", f.trashed_at is not null as "is_trashed!",
            f.deleted_at is not null as "is_deleted!", p.is_secure as project_is_secure, p.public_hours,
            p.retention_hours, p.deletes_bytes
        from files f
        join sessions s on s.id = f.session_id
        join projects p on p.id = s.project_id
        where f.session_id = any($1)
        order by array_position(array['transcoded', 'live', 'individual', 'chat', 'metadata', 'captions', 'log'], f.kind), f.name
        "#,
        &ids,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let lifecycle = Lifecycle {
                session_ended_at: row.session_ended_at,
                is_secure: row.is_secure,
                is_held: row.is_held,
                is_trashed: row.is_trashed,
                is_deleted: row.is_deleted,
            };
            let policy = Policy {
                is_secure: row.project_is_secure,
                public_hours: row.public_hours.cast_unsigned(),
                retention_hours: row.retention_hours.map(i32::cast_unsigned),
                deletes_bytes: row.deletes_bytes,
            };
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
                state: lifecycle.state(&policy, now),
                is_held: row.is_held,
                open_until: lifecycle.open_until(&policy, now),
            };
            (row.session, file)
        })
        .collect())
}

/// A file with what its session says, and what it plays.
pub(super) struct BundledRow {
    pub(super) file: FileRow,
    pub(super) session: SessionId,
    pub(super) room: String,
    pub(super) conference_number: String,
    pub(super) started_at: DateTime<Utc>,
    pub(super) duration_ms: Option<i64>,
    pub(super) dimensions: Option<(u32, u32)>,
}

/// These files, and all of these sessions.
pub(super) async fn bundle(
    db: &mut PgConnection,
    scope: Scope,
    sessions: &[SessionId],
    files: &[FileId],
    limit: i64,
) -> Result<Vec<BundledRow>, sqlx::Error> {
    let sessions: Vec<uuid::Uuid> = sessions.iter().map(|id| *id.as_uuid()).collect();
    let files: Vec<uuid::Uuid> = files.iter().map(|id| *id.as_uuid()).collect();
    let rows = sqlx::query!(
        r#"
        select f.id as "id: FileId", f.account_id as "account: AccountId", s.project_id as "project: ProjectId", f.name, f.kind as "kind: FileKind",
            f.content_type, f.size_bytes, f.sha256, f.created_at, session_end(s) as "session_ended_at!", f.is_secure,
            (s.hold_id is not null or p.hold_id is not null) as "is_held!", f.trashed_at is not null as "is_trashed!",
            f.deleted_at is not null as "is_deleted!", p.is_secure as project_is_secure, p.public_hours,
            p.retention_hours, p.deletes_bytes, s.id as "session: SessionId", s.room, s.conference_number, s.started_at,
            f.duration_ms, f.width, f.height
        from files f
        join sessions s on s.id = f.session_id
        join projects p on p.id = s.project_id
        where f.account_id = $1 and (f.session_id = any($2) or f.id = any($3)) and ($5::uuid is null or s.project_id = $5)
        order by s.started_at, s.id, f.name
        limit $4
        "#,
        scope.account as AccountId,
        &sessions,
        &files,
        limit,
        scope.project as Option<ProjectId>,
    )
    .fetch_all(db)
    .await?;
    let bundled = rows.into_iter().map(|row| {
        let file = FileRow {
            id: row.id,
            account: row.account,
            project: row.project,
            name: row.name,
            kind: row.kind,
            content_type: row.content_type,
            size_bytes: row.size_bytes,
            sha256: row.sha256,
            created_at: row.created_at,
            session_ended_at: row.session_ended_at,
            is_secure: row.is_secure,
            is_held: row.is_held,
            is_trashed: row.is_trashed,
            is_deleted: row.is_deleted,
            project_is_secure: row.project_is_secure,
            public_hours: row.public_hours,
            retention_hours: row.retention_hours,
            deletes_bytes: row.deletes_bytes,
        };
        BundledRow {
            file,
            session: row.session,
            room: row.room,
            conference_number: row.conference_number,
            started_at: row.started_at,
            duration_ms: row.duration_ms,
            dimensions: row
                .width
                .zip(row.height)
                .map(|(width, height)| (width.cast_unsigned(), height.cast_unsigned())),
        }
    });
    Ok(bundled.collect())
}
