//! SQL of service accounts and their keys. No decisions.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::verification::{Refused, Why};
use super::{ServiceAccount, ServiceAccountId, ServiceAccountKey, ServiceAccountKeyId};
use crate::Role;
use crate::accounts::AccountId;
use crate::members::MemberId;

/// What a token is judged by.
#[derive(Debug, Clone)]
pub(crate) struct KeyRow {
    pub(super) service_account: ServiceAccountId,
    pub(super) account: AccountId,
    pub(super) account_number: i64,
    pub(super) role: Option<Role>,
    /// RSAPublicKey, DER.
    pub(super) public_key: Vec<u8>,
    pub(super) ends_at: Option<DateTime<Utc>>,
    /// Of the key or of its service account.
    pub(super) revoked_at: Option<DateTime<Utc>>,
}

impl KeyRow {
    pub(super) const fn refuses(&self, why: Why) -> Refused {
        Refused {
            why,
            of: Some((self.service_account, self.account)),
        }
    }
}

pub(super) async fn key(
    db: &mut PgConnection,
    id: ServiceAccountKeyId,
) -> Result<Option<KeyRow>, sqlx::Error> {
    sqlx::query_as!(
        KeyRow,
        r#"
        select s.id as "service_account: ServiceAccountId", s.account_id as "account: AccountId",
            a.number as account_number, s.role as "role: Role", k.public_key, k.ends_at,
            coalesce(k.revoked_at, s.revoked_at) as revoked_at
        from service_account_keys k
        join service_accounts s on s.id = k.service_account_id
        join accounts a on a.id = s.account_id
        where k.id = $1
        "#,
        id as ServiceAccountKeyId,
    )
    .fetch_optional(db)
    .await
}

/// The account of this number, if it has this parent.
pub(super) async fn child(
    db: &mut PgConnection,
    parent: AccountId,
    number: i64,
) -> Result<Option<AccountId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select id as "id: AccountId" from accounts where number = $1 and parent_id = $2"#,
        number,
        parent as AccountId,
    )
    .fetch_optional(db)
    .await
}

pub(super) async fn used_now(
    db: &mut PgConnection,
    id: ServiceAccountKeyId,
    address: &str,
    now: DateTime<Utc>,
) -> Result<(), crate::Error> {
    sqlx::query!(
        "update service_account_keys set last_used_at = $2, last_used_from = $3 where id = $1",
        id as ServiceAccountKeyId,
        now,
        address,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// By name, revoked ones last, with their keys.
pub(super) async fn list(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<ServiceAccount>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        select s.id as "id: ServiceAccountId", s.name, s.role as "role: Role", s.created_at,
            m.name as "created_by?", s.revoked_at
        from service_accounts s
        left join members m on m.id = s.created_by
        where s.account_id = $1
        order by s.revoked_at desc nulls first, lower(s.name), s.id
        "#,
        account as AccountId,
    )
    .fetch_all(&mut *db)
    .await?;
    let mut found: Vec<ServiceAccount> = rows
        .into_iter()
        .map(|row| ServiceAccount {
            id: row.id,
            name: row.name,
            role: row.role,
            created_at: row.created_at,
            created_by: row.created_by,
            revoked_at: row.revoked_at,
            keys: Vec::new(),
        })
        .collect();
    // Revoked ones stay, so there may be very many.
    let places: HashMap<ServiceAccountId, usize> =
        found.iter().map(|one| one.id).zip(0..).collect();
    for (owner, key) in keys(db, account).await? {
        if let Some(one) = places.get(&owner).and_then(|place| found.get_mut(*place)) {
            one.keys.push(key);
        }
    }
    Ok(found)
}

/// Latest first.
async fn keys(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<(ServiceAccountId, ServiceAccountKey)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        select k.service_account_id as "owner: ServiceAccountId", k.id as "id: ServiceAccountKeyId", k.created_at,
            k.ends_at, k.revoked_at, k.last_used_at, k.last_used_from
        from service_account_keys k
        join service_accounts s on s.id = k.service_account_id
        where s.account_id = $1
        order by k.created_at desc, k.id desc
        "#,
        account as AccountId,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let key = ServiceAccountKey {
                id: row.id,
                created_at: row.created_at,
                ends_at: row.ends_at,
                revoked_at: row.revoked_at,
                last_used_at: row.last_used_at,
                last_used_from: row.last_used_from,
            };
            (row.owner, key)
        })
        .collect())
}

/// Service accounts that are not revoked.
pub(super) async fn count(db: &mut PgConnection, account: AccountId) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from service_accounts where account_id = $1 and revoked_at is null"#,
        account as AccountId,
    )
    .fetch_one(db)
    .await
}

/// What stands in the file of a key: the account's number, and the e-mail address of its first owner.
pub(super) async fn named_in_file(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<(i64, String), sqlx::Error> {
    let row = sqlx::query!(
        r#"
        select a.number, coalesce((
            select m.email from members m
            where m.account_id = a.id and m.role = 'owner' and m.removed_at is null and m.disabled_at is null
            order by m.created_at, m.id limit 1), '') as "email!"
        from accounts a
        where a.id = $1
        "#,
        account as AccountId,
    )
    .fetch_one(db)
    .await?;
    Ok((row.number, row.email))
}

/// What is to be known before a service account is changed.
pub(super) struct Locked {
    pub(super) name: String,
    pub(super) role: Option<Role>,
    pub(super) is_revoked: bool,
}

/// Locks it until the transaction ends.
pub(super) async fn lock(
    db: &mut PgConnection,
    account: AccountId,
    id: ServiceAccountId,
) -> Result<Option<Locked>, sqlx::Error> {
    sqlx::query_as!(
        Locked,
        r#"
        select name, role as "role: Role", revoked_at is not null as "is_revoked!"
        from service_accounts where account_id = $1 and id = $2 for update
        "#,
        account as AccountId,
        id as ServiceAccountId,
    )
    .fetch_optional(db)
    .await
}

/// Whose key this is.
pub(super) async fn owner_of(
    db: &mut PgConnection,
    account: AccountId,
    key: ServiceAccountKeyId,
) -> Result<Option<ServiceAccountId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select s.id as "id: ServiceAccountId"
        from service_account_keys k
        join service_accounts s on s.id = k.service_account_id
        where s.account_id = $1 and k.id = $2
        "#,
        account as AccountId,
        key as ServiceAccountKeyId,
    )
    .fetch_optional(db)
    .await
}

pub(super) async fn insert(
    db: &mut PgConnection,
    account: AccountId,
    id: ServiceAccountId,
    (name, role): (&str, Option<Role>),
    by: Option<MemberId>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into service_accounts (id, account_id, name, role, created_at, created_by)
        values ($1, $2, $3, $4, $5, $6)",
        id as ServiceAccountId,
        account as AccountId,
        name,
        role.map(Role::as_str),
        now,
        by as Option<MemberId>,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn insert_key(
    db: &mut PgConnection,
    owner: ServiceAccountId,
    id: ServiceAccountKeyId,
    public_key: &[u8],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into service_account_keys (id, service_account_id, public_key, created_at) values ($1, $2, $3, $4)",
        id as ServiceAccountKeyId,
        owner as ServiceAccountId,
        public_key,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Keys that are in force.
pub(super) async fn count_keys(
    db: &mut PgConnection,
    owner: ServiceAccountId,
    now: DateTime<Utc>,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "count!" from service_account_keys
        where service_account_id = $1 and revoked_at is null and (ends_at is null or ends_at > $2)
        "#,
        owner as ServiceAccountId,
        now,
    )
    .fetch_one(db)
    .await
}

/// Keys in force end at this moment, but for those that end before.
pub(super) async fn end_keys(
    db: &mut PgConnection,
    owner: ServiceAccountId,
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update service_account_keys set ends_at = $2
        where service_account_id = $1 and revoked_at is null and (ends_at is null or ends_at > $2)",
        owner as ServiceAccountId,
        at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Keys in force are refused from here on, whatever the clock of a process says.
pub(super) async fn revoke_keys(
    db: &mut PgConnection,
    owner: ServiceAccountId,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update service_account_keys set revoked_at = $2
        where service_account_id = $1 and revoked_at is null and (ends_at is null or ends_at > $2)",
        owner as ServiceAccountId,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn set_role(
    db: &mut PgConnection,
    id: ServiceAccountId,
    role: Option<Role>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update service_accounts set role = $2 where id = $1",
        id as ServiceAccountId,
        role.map(Role::as_str),
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn revoke(
    db: &mut PgConnection,
    id: ServiceAccountId,
    by: Option<MemberId>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update service_accounts set revoked_at = $2, revoked_by = $3 where id = $1",
        id as ServiceAccountId,
        now,
        by as Option<MemberId>,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether it was in force until now.
pub(super) async fn revoke_key(
    db: &mut PgConnection,
    id: ServiceAccountKeyId,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let revoked = sqlx::query!(
        "update service_account_keys set revoked_at = $2 where id = $1 and revoked_at is null",
        id as ServiceAccountKeyId,
        now,
    )
    .execute(db)
    .await?;
    Ok(revoked.rows_affected() == 1)
}
