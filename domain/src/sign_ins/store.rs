//! SQL of sign-ins. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::members::MemberId;

/// What the database keeps of a sign-in.
#[derive(Debug, Clone, PartialEq)]
pub struct SignInRecord {
    /// None until somebody has signed in with it.
    pub member: Option<MemberId>,
    /// What the web library keeps; never a secret.
    pub data: serde_json::Value,
    pub created_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

pub(super) async fn find(
    db: &mut PgConnection,
    id_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<SignInRecord>, sqlx::Error> {
    sqlx::query_as!(
        SignInRecord,
        r#"
        select member_id as "member: MemberId", data, created_at, last_seen_at, expires_at
        from sign_ins
        where id_hash = $1 and expires_at > $2
        "#,
        id_hash,
        now,
    )
    .fetch_optional(db)
    .await
}

/// False if the id is taken: chance does not do this, a planted cookie might.
pub(super) async fn insert(
    db: &mut PgConnection,
    id_hash: &[u8],
    record: &SignInRecord,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query!(
        "insert into sign_ins (id_hash, member_id, data, created_at, last_seen_at, expires_at)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (id_hash) do nothing",
        id_hash,
        record.member as Option<MemberId>,
        record.data,
        record.created_at,
        record.last_seen_at,
        record.expires_at,
    )
    .execute(db)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

pub(super) async fn update(
    db: &mut PgConnection,
    id_hash: &[u8],
    member: Option<MemberId>,
    data: &serde_json::Value,
) -> Result<(), sqlx::Error> {
    // A sign-in that was ended meanwhile stays ended: nothing is inserted here.
    sqlx::query!(
        "update sign_ins set member_id = $2, data = $3 where id_hash = $1",
        id_hash,
        member as Option<MemberId>,
        data
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn update_last_seen(
    db: &mut PgConnection,
    id_hash: &[u8],
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update sign_ins set last_seen_at = $2, expires_at = $3 where id_hash = $1",
        id_hash,
        now,
        expires_at
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn delete(db: &mut PgConnection, id_hash: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from sign_ins where id_hash = $1", id_hash)
        .execute(db)
        .await?;
    Ok(())
}

pub(super) async fn delete_all_of(
    db: &mut PgConnection,
    member: MemberId,
    keep: Option<&[u8]>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from sign_ins where member_id = $1 and ($2::bytea is null or id_hash <> $2)",
        member as MemberId,
        keep
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn delete_expired(
    db: &mut PgConnection,
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    Ok(
        sqlx::query!("delete from sign_ins where expires_at <= $1", now)
            .execute(db)
            .await?
            .rows_affected(),
    )
}
