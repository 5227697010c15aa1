//! SQL of accounts and of the set-up code. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Account, AccountId, Challenge};

pub(super) async fn insert(
    db: &mut PgConnection,
    id: AccountId,
    name: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into accounts (id, name, created_at) values ($1, $2, $3)",
        id as AccountId,
        name,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn find(
    db: &mut PgConnection,
    id: AccountId,
) -> Result<Option<Account>, sqlx::Error> {
    sqlx::query_as!(
        Account,
        r#"select id as "id: AccountId", name, challenge as "challenge: Challenge", number,
            parent_id as "parent: AccountId"
        from accounts where id = $1"#,
        id as AccountId,
    )
    .fetch_optional(db)
    .await
}

pub(super) async fn list(db: &mut PgConnection) -> Result<Vec<Account>, sqlx::Error> {
    sqlx::query_as!(
        Account,
        r#"select id as "id: AccountId", name, challenge as "challenge: Challenge", number,
            parent_id as "parent: AccountId"
        from accounts order by name, id"#,
    )
    .fetch_all(db)
    .await
}

pub(super) async fn exist(db: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"select exists (select from accounts) as "exists!""#)
        .fetch_one(db)
        .await
}

pub(super) async fn challenge(
    db: &mut PgConnection,
    id: AccountId,
) -> Result<Option<Challenge>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select challenge as "challenge: Challenge" from accounts where id = $1"#,
        id as AccountId
    )
    .fetch_optional(db)
    .await
}

pub(super) async fn update_challenge(
    db: &mut PgConnection,
    id: AccountId,
    challenge: Challenge,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update accounts set challenge = $2 where id = $1",
        id as AccountId,
        challenge.as_str()
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Nobody else changes who is whose parent until the transaction ends.
pub(super) async fn lock_parents(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("lock table accounts in share row exclusive mode")
        .execute(db)
        .await?;
    Ok(())
}

pub(super) async fn has_children(
    db: &mut PgConnection,
    id: AccountId,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from accounts where parent_id = $1) as "exists!""#,
        id as AccountId
    )
    .fetch_one(db)
    .await
}

pub(super) async fn set_parent(
    db: &mut PgConnection,
    id: AccountId,
    parent: Option<AccountId>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update accounts set parent_id = $2 where id = $1",
        id as AccountId,
        parent as Option<AccountId>
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn replace_set_up_code(
    db: &mut PgConnection,
    hash: &[u8],
    expires_at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into set_up_codes (code_hash, expires_at) values ($1, $2)
        on conflict (is_only) do update set code_hash = excluded.code_hash, expires_at = excluded.expires_at",
        hash,
        expires_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes the code if it is this one and still good: of two at once only one gets it.
pub(super) async fn take_set_up_code(
    db: &mut PgConnection,
    hash: &[u8],
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let taken = sqlx::query!(
        "delete from set_up_codes where code_hash = $1 and expires_at > $2",
        hash,
        now
    )
    .execute(db)
    .await?;
    Ok(taken.rows_affected() == 1)
}

pub(super) async fn has_set_up_code(
    db: &mut PgConnection,
    hash: &[u8],
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from set_up_codes where code_hash = $1 and expires_at > $2) as "exists!""#,
        hash,
        now
    )
    .fetch_one(db)
    .await
}

/// Everybody who would make the first account waits here for the others.
pub(super) async fn lock_set_up(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("lock table set_up_codes in exclusive mode")
        .execute(db)
        .await?;
    Ok(())
}
