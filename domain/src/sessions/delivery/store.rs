//! SQL of deliveries. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Delivered, Delivery};
use crate::accounts::AccountId;
use crate::files::{FileId, FileKind};
use crate::projects::ProjectId;
use crate::sessions::SessionId;
use crate::sessions::recording::store::KnownFile;

/// What a project takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    pub(crate) is_archived: bool,
    /// Bytes of a file.
    pub(crate) file_limit: Option<u64>,
    /// Bytes of all files.
    pub(crate) quota: Option<u64>,
}

/// None if the account has no such project.
pub(crate) async fn rule(
    db: &mut PgConnection,
    account: AccountId,
    project: ProjectId,
) -> Result<Option<Rule>, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        select archived_at is not null as "is_archived!", file_limit_bytes, quota_bytes
        from projects
        where id = $1 and account_id = $2
        "#,
        project as ProjectId,
        account as AccountId,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Rule {
        is_archived: row.is_archived,
        file_limit: row.file_limit_bytes.map(i64::cast_unsigned),
        quota: row.quota_bytes.map(i64::cast_unsigned),
    }))
}

/// Waits until nobody else is adding to what the project uses.
pub(crate) async fn lock_project(
    db: &mut PgConnection,
    project: ProjectId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "select 1 as one from projects where id = $1 for no key update",
        project as ProjectId
    )
    .fetch_optional(db)
    .await?;
    Ok(())
}

/// Bytes of all the project's files that are not deleted.
pub(crate) async fn used(db: &mut PgConnection, project: ProjectId) -> Result<u64, sqlx::Error> {
    let used = sqlx::query_scalar!(
        r#"select coalesce(sum(size_bytes), 0)::bigint as "used!" from sessions where project_id = $1"#,
        project as ProjectId,
    )
    .fetch_one(db)
    .await?;
    Ok(used.cast_unsigned())
}

/// A file that came before under the sender's id: the one of this name, else any of the same recording.
pub(super) struct Before {
    pub(super) room: String,
    pub(super) conference_number: String,
    pub(super) name: String,
    pub(super) file: KnownFile,
}

pub(super) async fn delivered_before(
    db: &mut PgConnection,
    delivery: &Delivery,
    external_id: &str,
) -> Result<Option<Before>, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        select s.room, s.conference_number, d.name, f.id as "id: FileId", f.size_bytes, f.sha256, f.source_modified_at,
            f.deleted_at is not null as "is_deleted!"
        from deliveries d
        join files f on f.id = d.file_id
        join sessions s on s.id = f.session_id
        where d.project_id = $1 and d.source = $2 and d.external_id = $3
        order by d.name <> $4, d.created_at
        limit 1
        "#,
        delivery.project as ProjectId,
        delivery.source,
        external_id,
        delivery.file.name,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Before {
        room: row.room,
        conference_number: row.conference_number,
        name: row.name,
        file: KnownFile {
            id: row.id,
            size_bytes: row.size_bytes,
            sha256: row.sha256,
            source_modified_at: row.source_modified_at,
            is_deleted: row.is_deleted,
        },
    }))
}

pub(super) async fn insert_delivery(
    db: &mut PgConnection,
    delivery: &Delivery,
    external_id: &str,
    file: FileId,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        insert into deliveries (project_id, source, external_id, name, file_id, created_at)
        values ($1, $2, $3, $4, $5, $6)
        on conflict on constraint deliveries_pkey do nothing
        "#,
        delivery.project as ProjectId,
        delivery.source,
        external_id,
        delivery.file.name,
        file as FileId,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A file as it was delivered, said to be not new.
pub(crate) async fn delivered(
    db: &mut PgConnection,
    file: FileId,
) -> Result<Option<Delivered>, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        select s.id as "session: SessionId", s.room, s.conference_number, f.name, f.kind as "kind: FileKind",
            f.content_type, f.size_bytes, f.sha256
        from files f join sessions s on s.id = f.session_id
        where f.id = $1
        "#,
        file as FileId,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Delivered {
        session: row.session,
        room: row.room,
        conference_number: row.conference_number,
        file,
        name: row.name,
        kind: row.kind,
        content_type: row.content_type,
        size: row.size_bytes.cast_unsigned(),
        sha256: row.sha256.try_into().unwrap_or_default(),
        is_new: false,
    }))
}
