//! SQL of one session. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::Scope;
use crate::accounts::AccountId;
use crate::projects::ProjectId;
use crate::sessions::SessionId;
use crate::sessions::description::Description;

/// A session's row.
pub(super) struct SessionRow {
    pub(super) project_name: String,
    pub(super) room: String,
    pub(super) conference_number: String,
    pub(super) title: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) started_at: DateTime<Utc>,
    pub(super) ended_at: Option<DateTime<Utc>>,
    pub(super) duration_ms: i64,
    pub(super) size_bytes: i64,
}

pub(super) async fn find(
    db: &mut PgConnection,
    scope: Scope,
    id: SessionId,
) -> Result<Option<SessionRow>, sqlx::Error> {
    sqlx::query_as!(
        SessionRow,
        r#"
        select p.name as project_name, s.room, s.conference_number, s.title, s.tags, s.started_at, s.ended_at,
            s.duration_ms, s.size_bytes
        from sessions s
        join projects p on p.id = s.project_id
        where s.id = $1 and s.account_id = $2 and ($3::uuid is null or s.project_id = $3)
        "#,
        id as SessionId,
        scope.account as AccountId,
        scope.project as Option<ProjectId>,
    )
    .fetch_optional(db)
    .await
}

/// Title and tags, which nobody else changes until the transaction ends.
pub(super) async fn lock_description(
    db: &mut PgConnection,
    scope: Scope,
    id: SessionId,
) -> Result<Option<Description>, sqlx::Error> {
    sqlx::query_as!(
        Description,
        "select title, tags from sessions where id = $1 and account_id = $2
            and ($3::uuid is null or project_id = $3)
        for update",
        id as SessionId,
        scope.account as AccountId,
        scope.project as Option<ProjectId>,
    )
    .fetch_optional(db)
    .await
}

/// False if the account has no such session.
pub(super) async fn update_description(
    db: &mut PgConnection,
    scope: Scope,
    id: SessionId,
    title: Option<&str>,
    tags: &[String],
) -> Result<bool, sqlx::Error> {
    let updated = sqlx::query!(
        "update sessions set title = $3, tags = $4 where id = $1 and account_id = $2
            and ($5::uuid is null or project_id = $5)",
        id as SessionId,
        scope.account as AccountId,
        title,
        tags,
        scope.project as Option<ProjectId>,
    )
    .execute(db)
    .await?;
    Ok(updated.rows_affected() == 1)
}
