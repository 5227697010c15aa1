//! SQL of recording sessions and files. No decisions.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::accounts::AccountId;
use crate::files::{FileId, FileKind};
use crate::projects::ProjectId;
use crate::sessions::SessionId;

/// A file that is recorded already.
#[derive(Debug, Clone)]
pub(in crate::sessions) struct KnownFile {
    pub(in crate::sessions) id: FileId,
    pub(in crate::sessions) size_bytes: i64,
    pub(in crate::sessions) sha256: Vec<u8>,
    pub(in crate::sessions) source_modified_at: Option<DateTime<Utc>>,
    /// Only a tombstone is left of it.
    pub(in crate::sessions) is_deleted: bool,
}

/// What identifies a session.
#[derive(Debug, Clone, Copy)]
pub(in crate::sessions) struct SessionKey<'a> {
    pub(in crate::sessions) account: AccountId,
    pub(in crate::sessions) project: ProjectId,
    pub(in crate::sessions) room: &'a str,
    pub(in crate::sessions) conference_number: &'a str,
}

/// A file to be recorded.
#[derive(Debug)]
pub(in crate::sessions) struct NewFile {
    pub(in crate::sessions) id: FileId,
    pub(in crate::sessions) kind: FileKind,
    pub(in crate::sessions) name: String,
    pub(in crate::sessions) content_type: &'static str,
    pub(in crate::sessions) is_secure: bool,
    pub(in crate::sessions) size_bytes: i64,
    pub(in crate::sessions) sha256: [u8; 32],
    pub(in crate::sessions) duration_ms: Option<i64>,
    pub(in crate::sessions) width: Option<i32>,
    pub(in crate::sessions) height: Option<i32>,
    /// None where it did not lie in a folder.
    pub(in crate::sessions) source_modified_at: Option<DateTime<Utc>>,
}

/// Whether the account's project is archived; None if it has no such project.
pub(in crate::sessions) async fn is_archived(
    db: &mut PgConnection,
    account: AccountId,
    project: ProjectId,
) -> Result<Option<bool>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select archived_at is not null as "is_archived!" from projects where id = $1 and account_id = $2"#,
        project as ProjectId,
        account as AccountId,
    )
    .fetch_optional(db)
    .await
}

/// Takes the run's advisory lock, shared, until the transaction ends.
pub(in crate::sessions) async fn lock_run(
    db: &mut PgConnection,
    key: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!("select pg_advisory_xact_lock_shared($1)", key)
        .execute(db)
        .await?;
    Ok(())
}

pub(in crate::sessions) async fn find_session(
    db: &mut PgConnection,
    key: SessionKey<'_>,
) -> Result<Option<SessionId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select id as "id: SessionId"
        from sessions
        where project_id = $1 and room = $2 and conference_number = $3
        "#,
        key.project as ProjectId,
        key.room,
        key.conference_number,
    )
    .fetch_optional(db)
    .await
}

/// The same, and nobody else changes the session until the transaction ends: sums over its files must be of all files.
pub(in crate::sessions) async fn lock_session(
    db: &mut PgConnection,
    key: SessionKey<'_>,
) -> Result<Option<SessionId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select id as "id: SessionId"
        from sessions
        where project_id = $1 and room = $2 and conference_number = $3
        for update
        "#,
        key.project as ProjectId,
        key.room,
        key.conference_number,
    )
    .fetch_optional(db)
    .await
}

/// The files of a session by name.
pub(in crate::sessions) async fn known_files(
    db: &mut PgConnection,
    session: SessionId,
) -> Result<HashMap<String, KnownFile>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        select id as "id: FileId", name, size_bytes, sha256, source_modified_at, deleted_at is not null as "is_deleted!"
        from files
        where session_id = $1
        "#,
        session as SessionId,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let file = KnownFile {
                id: row.id,
                size_bytes: row.size_bytes,
                sha256: row.sha256,
                source_modified_at: row.source_modified_at,
                is_deleted: row.is_deleted,
            };
            (row.name, file)
        })
        .collect())
}

/// The file of this name.
pub(in crate::sessions) async fn known_file(
    db: &mut PgConnection,
    session: SessionId,
    name: &str,
) -> Result<Option<KnownFile>, sqlx::Error> {
    sqlx::query_as!(
        KnownFile,
        r#"
        select id as "id: FileId", size_bytes, sha256, source_modified_at, deleted_at is not null as "is_deleted!"
        from files
        where session_id = $1 and name = $2
        "#,
        session as SessionId,
        name,
    )
    .fetch_optional(db)
    .await
}

/// False if the session is there already.
pub(in crate::sessions) async fn insert_session(
    db: &mut PgConnection,
    id: SessionId,
    key: SessionKey<'_>,
    started_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query!(
        r#"
        insert into sessions (id, account_id, project_id, room, conference_number, started_at, duration_ms, size_bytes,
            created_at)
        values ($1, $2, $3, $4, $5, $6, 0, 0, $7)
        on conflict on constraint sessions_project_id_room_conference_number_key do nothing
        "#,
        id as SessionId,
        key.account as AccountId,
        key.project as ProjectId,
        key.room,
        key.conference_number,
        started_at,
        now,
    )
    .execute(db)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// False if the session has a file of this name already.
pub(in crate::sessions) async fn insert_file(
    db: &mut PgConnection,
    account: AccountId,
    session: SessionId,
    file: &NewFile,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query!(
        r#"
        insert into files (id, account_id, session_id, kind, name, content_type, size_bytes, sha256, duration_ms, width,
            height, source_modified_at, created_at, is_secure)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        on conflict on constraint files_session_id_name_key do nothing
        "#,
        file.id as FileId,
        account as AccountId,
        session as SessionId,
        file.kind.as_str(),
        file.name,
        file.content_type,
        file.size_bytes,
        &file.sha256,
        file.duration_ms,
        file.width,
        file.height,
        file.source_modified_at,
        now,
        file.is_secure,
    )
    .execute(db)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Fills in what is not known of the session yet.
pub(in crate::sessions) async fn complete_session(
    db: &mut PgConnection,
    session: SessionId,
    ended_at: Option<DateTime<Utc>>,
    title: Option<&str>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update sessions set ended_at = coalesce(ended_at, $2), title = coalesce(title, $3) where id = $1",
        session as SessionId,
        ended_at,
        title,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Sets what is derived from the files. Times that are given replace what is there.
pub(in crate::sessions) async fn update_derived(
    db: &mut PgConnection,
    session: SessionId,
    started_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        update sessions
        set started_at = coalesce($2, started_at),
            ended_at = coalesce($3, ended_at),
            size_bytes = (select coalesce(sum(size_bytes), 0)::bigint from files where session_id = $1 and deleted_at is null),
            duration_ms = coalesce(
                (select max(duration_ms) from files where session_id = $1),
                greatest(0, extract(epoch from coalesce($3, ended_at) - coalesce($2, started_at)) * 1000)::bigint,
                0)
        where id = $1
        "#,
        session as SessionId,
        started_at,
        ended_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Remembers the modification time under which a file's content was last seen to be the same.
pub(in crate::sessions) async fn update_source_modified_at(
    db: &mut PgConnection,
    file: FileId,
    modified_at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update files set source_modified_at = $2 where id = $1",
        file as FileId,
        modified_at
    )
    .execute(db)
    .await?;
    Ok(())
}
