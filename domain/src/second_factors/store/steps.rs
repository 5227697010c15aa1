//! SQL of sign-ins that wait for a second factor. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::members::MemberId;

/// A sign-in that waits.
pub(in crate::second_factors) struct StepRow {
    pub(in crate::second_factors) member: MemberId,
    pub(in crate::second_factors) next: String,
    pub(in crate::second_factors) ceremony: Option<serde_json::Value>,
}

pub(in crate::second_factors) async fn insert(
    db: &mut PgConnection,
    id_hash: &[u8],
    member: MemberId,
    next: &str,
    expires_at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into sign_in_steps (id_hash, member_id, next, expires_at) values ($1, $2, $3, $4)",
        id_hash,
        member as MemberId,
        next,
        expires_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(in crate::second_factors) async fn find(
    db: &mut PgConnection,
    id_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<StepRow>, sqlx::Error> {
    sqlx::query_as!(
        StepRow,
        r#"
        select member_id as "member: MemberId", next, ceremony from sign_in_steps
        where id_hash = $1 and expires_at > $2
        "#,
        id_hash,
        now,
    )
    .fetch_optional(db)
    .await
}

/// False if somebody else took it first.
pub(in crate::second_factors) async fn delete(
    db: &mut PgConnection,
    id_hash: &[u8],
) -> Result<bool, sqlx::Error> {
    let deleted = sqlx::query!("delete from sign_in_steps where id_hash = $1", id_hash)
        .execute(db)
        .await?;
    Ok(deleted.rows_affected() == 1)
}

pub(in crate::second_factors) async fn update_ceremony(
    db: &mut PgConnection,
    id_hash: &[u8],
    ceremony: Option<&serde_json::Value>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update sign_in_steps set ceremony = $2 where id_hash = $1",
        id_hash,
        ceremony
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(in crate::second_factors) async fn delete_of(
    db: &mut PgConnection,
    member: MemberId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from sign_in_steps where member_id = $1",
        member as MemberId
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Steps, and drafts of factors that were never confirmed.
pub(in crate::second_factors) async fn delete_expired(
    db: &mut PgConnection,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from sign_in_steps where expires_at <= $1", now)
        .execute(&mut *db)
        .await?;
    sqlx::query!(
        "delete from authenticator_drafts where expires_at <= $1",
        now
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!("delete from passkey_drafts where expires_at <= $1", now)
        .execute(db)
        .await?;
    Ok(())
}
