//! SQL of password resets. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::members::MemberId;

pub(super) async fn insert_request(
    db: &mut PgConnection,
    id: Uuid,
    email: &str,
    address: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into password_reset_requests (id, email, address, created_at) values ($1, $2, $3, $4)",
        id,
        email,
        address,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes the oldest request: who asked for what address, and from where.
pub(super) async fn take_request(
    db: &mut PgConnection,
) -> Result<Option<(String, String)>, sqlx::Error> {
    let row = sqlx::query!(
        "delete from password_reset_requests where id =
            (select id from password_reset_requests order by created_at, id limit 1 for update skip locked)
        returning email, address"
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.email, row.address)))
}

pub(super) async fn replace(
    db: &mut PgConnection,
    member: MemberId,
    token_hash: &[u8],
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into password_resets (member_id, token_hash, created_at, expires_at) values ($1, $2, $3, $4)
        on conflict (member_id) do update set token_hash = $2, created_at = $3, expires_at = $4",
        member as MemberId,
        token_hash,
        now,
        expires_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn find(
    db: &mut PgConnection,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<MemberId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select member_id as "id: MemberId" from password_resets where token_hash = $1 and expires_at > $2"#,
        token_hash,
        now,
    )
    .fetch_optional(db)
    .await
}

/// Takes it, so that nobody else can.
pub(super) async fn take(
    db: &mut PgConnection,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<MemberId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        delete from password_resets where token_hash = $1 and expires_at > $2
        returning member_id as "id: MemberId"
        "#,
        token_hash,
        now,
    )
    .fetch_optional(db)
    .await
}

pub(super) async fn delete_of(db: &mut PgConnection, member: MemberId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from password_resets where member_id = $1",
        member as MemberId
    )
    .execute(db)
    .await?;
    Ok(())
}
