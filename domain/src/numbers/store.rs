//! SQL of numbers. No decisions.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::Scope;
use crate::accounts::AccountId;
use crate::files::{FileId, FileKind};
use crate::members::MemberId;
use crate::projects::ProjectId;
use crate::sessions::SessionId;

pub(super) async fn sessions(
    db: &mut PgConnection,
    scope: Scope,
    sessions: &[SessionId],
) -> Result<HashMap<SessionId, i64>, sqlx::Error> {
    let ids: Vec<Uuid> = sessions.iter().map(|id| *id.as_uuid()).collect();
    let rows = sqlx::query!(
        r#"
        select id as "id: SessionId", number
        from sessions
        where id = any($1) and account_id = $2 and ($3::uuid is null or project_id = $3)
        "#,
        &ids,
        scope.account as AccountId,
        scope.project as Option<ProjectId>,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.number)).collect())
}

pub(super) async fn files(
    db: &mut PgConnection,
    scope: Scope,
    sessions: &[SessionId],
) -> Result<HashMap<FileId, (i64, DateTime<Utc>)>, sqlx::Error> {
    let ids: Vec<Uuid> = sessions.iter().map(|id| *id.as_uuid()).collect();
    let rows = sqlx::query!(
        r#"
        select f.id as "id: FileId", f.number, f.created_at
        from files f
        join sessions s on s.id = f.session_id
        where f.session_id = any($1) and f.account_id = $2 and ($3::uuid is null or s.project_id = $3)
        "#,
        &ids,
        scope.account as AccountId,
        scope.project as Option<ProjectId>,
    )
    .fetch_all(db)
    .await?;
    let numbered = rows.into_iter();
    Ok(numbered
        .map(|row| (row.id, (row.number, row.created_at)))
        .collect())
}

/// A file as its number names it.
pub(super) struct NumberedFile {
    pub(super) id: FileId,
    pub(super) account: AccountId,
    pub(super) project: ProjectId,
    pub(super) kind: FileKind,
}

pub(super) async fn file(
    db: &mut PgConnection,
    number: i64,
) -> Result<Option<NumberedFile>, sqlx::Error> {
    sqlx::query_as!(
        NumberedFile,
        r#"
        select f.id as "id: FileId", f.account_id as "account: AccountId", s.project_id as "project: ProjectId",
            f.kind as "kind: FileKind"
        from files f
        join sessions s on s.id = f.session_id
        where f.number = $1
        "#,
        number,
    )
    .fetch_optional(db)
    .await
}

pub(super) async fn member(
    db: &mut PgConnection,
    number: i64,
) -> Result<Option<(MemberId, AccountId)>, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        select id as "id: MemberId", account_id as "account: AccountId"
        from members where number = $1 and removed_at is null
        "#,
        number,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.id, row.account)))
}
