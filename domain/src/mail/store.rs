//! SQL of the outbox. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::outbox::OutboxId;

/// A letter whose time has come.
pub(super) struct Due {
    pub(super) id: OutboxId,
    pub(super) recipient: String,
    pub(super) sealed: Vec<u8>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) attempts: i32,
}

pub(super) async fn insert(
    db: &mut PgConnection,
    id: OutboxId,
    recipient: &str,
    subject: &str,
    sealed: &[u8],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into outbox (id, recipient, subject, sealed, created_at, due_at) values ($1, $2, $3, $4, $5, $5)",
        id as OutboxId,
        recipient,
        subject,
        sealed,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn find_due(
    db: &mut PgConnection,
    now: DateTime<Utc>,
) -> Result<Option<Due>, sqlx::Error> {
    sqlx::query_as!(
        Due,
        r#"
        select id as "id: OutboxId", recipient, sealed as "sealed!", created_at, attempts
        from outbox
        where gave_up_at is null and due_at <= $1
        order by due_at, id
        limit 1
        "#,
        now,
    )
    .fetch_optional(db)
    .await
}

pub(super) async fn delete(db: &mut PgConnection, id: OutboxId) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from outbox where id = $1", id as OutboxId)
        .execute(db)
        .await?;
    Ok(())
}

pub(super) async fn postpone(
    db: &mut PgConnection,
    id: OutboxId,
    due_at: DateTime<Utc>,
    failure: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update outbox set due_at = $2, attempts = attempts + 1, failure = $3 where id = $1",
        id as OutboxId,
        due_at,
        failure
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn give_up(
    db: &mut PgConnection,
    id: OutboxId,
    now: DateTime<Utc>,
    failure: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update outbox set gave_up_at = $2, sealed = null, attempts = attempts + 1, failure = $3 where id = $1",
        id as OutboxId,
        now,
        failure
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn delete_given_up(
    db: &mut PgConnection,
    before: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from outbox where gave_up_at < $1", before)
        .execute(db)
        .await?;
    Ok(())
}
