//! SQL of API keys. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{ApiKey, ApiKeyId};
use crate::Role;
use crate::accounts::AccountId;
use crate::members::MemberId;
use crate::service_accounts::ServiceAccountId;

/// The account's number, and whether it takes API keys.
pub(super) async fn switch(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<(i64, bool), sqlx::Error> {
    let row = sqlx::query!(
        "select number, takes_api_keys from accounts where id = $1",
        account as AccountId
    )
    .fetch_one(db)
    .await?;
    Ok((row.number, row.takes_api_keys))
}

/// Says whether that changed anything.
pub(super) async fn set_taken(
    db: &mut PgConnection,
    account: AccountId,
    are_taken: bool,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update accounts set takes_api_keys = $2 where id = $1 and takes_api_keys <> $2",
        account as AccountId,
        are_taken,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Those in force.
pub(super) async fn list(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<ApiKey>, sqlx::Error> {
    sqlx::query_as!(
        ApiKey,
        r#"
        select k.id as "id: ApiKeyId", k.service_account_id as "service_account: ServiceAccountId", s.name,
            s.role as "role: Role", k.hint, k.created_at, m.name as "created_by?", k.last_used_at, k.last_used_from
        from api_keys k
        join service_accounts s on s.id = k.service_account_id
        left join members m on m.id = k.created_by
        where s.account_id = $1 and k.revoked_at is null and s.revoked_at is null
        order by s.name, k.id desc
        "#,
        account as AccountId,
    )
    .fetch_all(db)
    .await
}

/// Locks the service account; None if it is revoked.
pub(super) async fn lock_owner(
    db: &mut PgConnection,
    owner: ServiceAccountId,
) -> Result<Option<Owner>, sqlx::Error> {
    sqlx::query_as!(
        Owner,
        r#"select role as "role: Role" from service_accounts where id = $1 and revoked_at is null for update"#,
        owner as ServiceAccountId,
    )
    .fetch_optional(db)
    .await
}

/// A service account that is not revoked.
pub(super) struct Owner {
    pub(super) role: Option<Role>,
}

pub(super) async fn count(
    db: &mut PgConnection,
    owner: ServiceAccountId,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from api_keys where service_account_id = $1 and revoked_at is null"#,
        owner as ServiceAccountId,
    )
    .fetch_one(db)
    .await
}

pub(super) struct NewKey<'a> {
    pub(super) id: ApiKeyId,
    pub(super) owner: ServiceAccountId,
    pub(super) hash: &'a [u8],
    pub(super) hint: &'a str,
    pub(super) by: Option<MemberId>,
    pub(super) now: DateTime<Utc>,
}

pub(super) async fn insert(db: &mut PgConnection, new: NewKey<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into api_keys (id, service_account_id, hash, hint, created_at, created_by)
        values ($1, $2, $3, $4, $5, $6)",
        new.id as ApiKeyId,
        new.owner as ServiceAccountId,
        new.hash,
        new.hint,
        new.now,
        new.by as Option<MemberId>,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The role of a key of the account; None if there is no such key.
pub(super) async fn role_of(
    db: &mut PgConnection,
    account: AccountId,
    id: ApiKeyId,
) -> Result<Option<Option<Role>>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select s.role as "role: Role"
        from api_keys k
        join service_accounts s on s.id = k.service_account_id
        where k.id = $2 and s.account_id = $1
        "#,
        account as AccountId,
        id as ApiKeyId,
    )
    .fetch_optional(db)
    .await
}

/// Says whether it was in force.
pub(super) async fn revoke(
    db: &mut PgConnection,
    id: ApiKeyId,
    by: Option<MemberId>,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update api_keys set revoked_at = $2, revoked_by = $3 where id = $1 and revoked_at is null",
        id as ApiKeyId,
        now,
        by as Option<MemberId>,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A key in force, as a call needs it.
pub(super) struct Found {
    pub(super) id: ApiKeyId,
    pub(super) service_account: ServiceAccountId,
    pub(super) role: Option<Role>,
    /// In which it is to act.
    pub(super) account: AccountId,
    pub(super) last_used_at: Option<DateTime<Utc>>,
}

/// The key of this hash, if it may act in the account of this number: its service account's own, or a child of that;
/// both must take API keys.
pub(super) async fn find(
    db: &mut PgConnection,
    account_number: i64,
    hash: &[u8],
) -> Result<Option<Found>, sqlx::Error> {
    sqlx::query_as!(
        Found,
        r#"
        select k.id as "id: ApiKeyId", s.id as "service_account: ServiceAccountId", s.role as "role: Role",
            a.id as "account: AccountId", k.last_used_at
        from api_keys k
        join service_accounts s on s.id = k.service_account_id
        join accounts o on o.id = s.account_id
        join accounts a on a.id = o.id or a.parent_id = o.id
        where k.hash = $2 and a.number = $1 and k.revoked_at is null and s.revoked_at is null
            and o.takes_api_keys and a.takes_api_keys
        "#,
        account_number,
        hash,
    )
    .fetch_optional(db)
    .await
}

pub(super) async fn used_now(
    db: &mut PgConnection,
    id: ApiKeyId,
    address: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update api_keys set last_used_at = $2, last_used_from = $3 where id = $1",
        id as ApiKeyId,
        now,
        address,
    )
    .execute(db)
    .await?;
    Ok(())
}
