//! SQL of uploads. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::actions::SOURCE;
use super::{Upload, UploadId};
use crate::accounts::AccountId;
use crate::files::{FileId, FileKind};
use crate::projects::ProjectId;
use crate::sessions::delivery::{AboutFile, AboutSession, Delivery};

/// An upload with all that is known of it.
pub(super) struct Row {
    pub(super) id: UploadId,
    pub(super) account: AccountId,
    pub(super) delivery: Delivery,
    pub(super) metadata: String,
    pub(super) length: Option<u64>,
    pub(super) offset: u64,
    pub(super) state: Vec<u8>,
    pub(super) expires_at: DateTime<Utc>,
    pub(super) file: Option<FileId>,
    pub(super) refusal: Option<String>,
}

impl Row {
    pub(super) fn view(&self) -> Upload {
        Upload {
            id: self.id,
            project: self.delivery.project,
            length: self.length,
            offset: self.offset,
            metadata: self.metadata.clone(),
            expires_at: self.expires_at,
            file: self.file,
        }
    }
}

/// What a project's unfinished uploads will come to.
pub(super) struct Waiting {
    pub(super) uploads: u64,
    /// Of those that said it.
    pub(super) bytes: u64,
}

/// Of all, or of all but one.
pub(super) async fn waiting(
    db: &mut PgConnection,
    project: ProjectId,
    but: Option<UploadId>,
    now: DateTime<Utc>,
) -> Result<Waiting, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        select count(*) as "uploads!",
            least(coalesce(sum(coalesce(length_bytes, offset_bytes)), 0), 9223372036854775807)::bigint as "bytes!"
        from uploads
        where project_id = $1 and file_id is null and refusal is null and expires_at > $2
            and ($3::uuid is null or id <> $3)
        "#,
        project as ProjectId,
        now,
        but as Option<UploadId>,
    )
    .fetch_one(db)
    .await?;
    Ok(Waiting {
        uploads: row.uploads.cast_unsigned(),
        bytes: row.bytes.cast_unsigned(),
    })
}

pub(super) async fn insert(
    db: &mut PgConnection,
    row: &Row,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let (file, session) = (&row.delivery.file, &row.delivery.session);
    sqlx::query!(
        r#"
        insert into uploads (id, account_id, project_id, name, kind, room, conference_number, title, external_id,
            started_at, ended_at, metadata, length_bytes, sha256_state, created_at, expires_at, is_secure)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
        "#,
        row.id as UploadId,
        row.account as AccountId,
        row.delivery.project as ProjectId,
        file.name,
        file.kind.map(FileKind::as_str),
        session.room,
        session.conference_number,
        session.title,
        row.delivery.external_id,
        session.started_at,
        session.ended_at,
        row.metadata,
        row.length.map(u64::cast_signed),
        row.state,
        now,
        row.expires_at,
        file.is_secure,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn find(
    db: &mut PgConnection,
    account: AccountId,
    id: UploadId,
) -> Result<Option<Row>, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        select project_id as "project: ProjectId", name, kind as "kind: FileKind", room, conference_number, title,
            external_id, started_at, ended_at, metadata, length_bytes, offset_bytes, sha256_state, expires_at,
            file_id as "file: FileId", refusal, is_secure
        from uploads
        where id = $1 and account_id = $2
        "#,
        id as UploadId,
        account as AccountId,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Row {
        id,
        account,
        delivery: Delivery {
            project: row.project,
            source: SOURCE.to_owned(),
            external_id: row.external_id,
            session: AboutSession {
                room: row.room,
                conference_number: row.conference_number,
                started_at: row.started_at,
                ended_at: row.ended_at,
                title: row.title,
            },
            file: AboutFile {
                name: row.name,
                kind: row.kind,
                size: row.length_bytes.map(i64::cast_unsigned),
                sha256: None,
                sha512: None,
                is_secure: row.is_secure,
            },
        },
        metadata: row.metadata,
        length: row.length_bytes.map(i64::cast_unsigned),
        offset: row.offset_bytes.cast_unsigned(),
        state: row.sha256_state,
        expires_at: row.expires_at,
        file: row.file,
        refusal: row.refusal,
    }))
}

pub(super) async fn set_length(
    db: &mut PgConnection,
    id: UploadId,
    length: u64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update uploads set length_bytes = $2 where id = $1",
        id as UploadId,
        length.cast_signed(),
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn set_offset(db: &mut PgConnection, row: &Row) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update uploads set offset_bytes = $2, sha256_state = $3, expires_at = $4 where id = $1",
        row.id as UploadId,
        row.offset.cast_signed(),
        row.state,
        row.expires_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The upload became this file.
pub(crate) async fn finish(
    db: &mut PgConnection,
    upload: Uuid,
    file: FileId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update uploads set file_id = $2 where id = $1",
        upload,
        file as FileId,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn refuse(
    db: &mut PgConnection,
    id: UploadId,
    why: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update uploads set refusal = $2 where id = $1",
        id as UploadId,
        why
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn delete(db: &mut PgConnection, id: UploadId) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from uploads where id = $1", id as UploadId)
        .execute(db)
        .await?;
    Ok(())
}

/// Some of those whose time is over.
pub(super) async fn expired(
    db: &mut PgConnection,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<UploadId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select id as "id: UploadId" from uploads where expires_at <= $1 order by expires_at limit $2"#,
        now,
        limit,
    )
    .fetch_all(db)
    .await
}

/// Which of these parts belong to no upload that goes on.
pub(super) async fn useless(
    db: &mut PgConnection,
    parts: &[Uuid],
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select part as "part!"
        from unnest($1::uuid[]) part
        where not exists (select from uploads u where u.id = part and u.file_id is null and u.refusal is null)
        "#,
        parts,
    )
    .fetch_all(db)
    .await
}
