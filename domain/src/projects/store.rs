//! SQL of projects. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Project, ProjectId};
use crate::accounts::AccountId;

pub(super) async fn list(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<Project>, sqlx::Error> {
    sqlx::query_as!(
        Project,
        r#"select id as "id: ProjectId", name from projects where account_id = $1 order by name, id"#,
        account as AccountId,
    )
    .fetch_all(db)
    .await
}

pub(super) async fn insert(
    db: &mut PgConnection,
    account: AccountId,
    project: &Project,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into projects (id, account_id, name, created_at) values ($1, $2, $3, $4)",
        project.id as ProjectId,
        account as AccountId,
        project.name,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}
