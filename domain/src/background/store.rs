//! SQL of background work. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

pub(super) async fn insert(
    db: &mut PgConnection,
    name: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into background_work (name, due_at) values ($1, $2) on conflict do nothing",
        name,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Locks the row until the transaction ends; false if it is not due or somebody else holds it.
pub(super) async fn lock_if_due(
    db: &mut PgConnection,
    name: &str,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let row = sqlx::query_scalar!(
        "select name from background_work where name = $1 and due_at <= $2 for update skip locked",
        name,
        now
    )
    .fetch_optional(db)
    .await?;
    Ok(row.is_some())
}

pub(super) async fn update(
    db: &mut PgConnection,
    name: &str,
    due_at: DateTime<Utc>,
    ended_at: DateTime<Utc>,
    failure: Option<&str>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update background_work set due_at = $2, ended_at = $3, failure = $4 where name = $1",
        name,
        due_at,
        ended_at,
        failure
    )
    .execute(db)
    .await?;
    Ok(())
}
