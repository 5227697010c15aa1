//! SQL of further credentials. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::accounts::AccountId;
use crate::credentials::CredentialId;
use crate::members::MemberId;

/// A row as it lies there.
pub(in crate::credentials) struct FurtherRow {
    pub(in crate::credentials) id: CredentialId,
    pub(in crate::credentials) name: String,
    pub(in crate::credentials) username: String,
    pub(in crate::credentials) expires_at: Option<DateTime<Utc>>,
    pub(in crate::credentials) networks: Vec<String>,
    pub(in crate::credentials) created_at: DateTime<Utc>,
    pub(in crate::credentials) changed_at: DateTime<Utc>,
    pub(in crate::credentials) old_accepted_until: Option<DateTime<Utc>>,
    pub(in crate::credentials) used_at: Option<DateTime<Utc>>,
    pub(in crate::credentials) used_from: Option<String>,
    pub(in crate::credentials) used_by: Option<String>,
}

/// Those that are not revoked, by name; with `id`, that one alone.
pub(in crate::credentials) async fn list(
    db: &mut PgConnection,
    account: AccountId,
    id: Option<CredentialId>,
    now: DateTime<Utc>,
) -> Result<Vec<FurtherRow>, sqlx::Error> {
    sqlx::query_as!(
        FurtherRow,
        r#"
        select c.id as "id: CredentialId", c.name as "name!", c.username, c.expires_at, c.networks, c.created_at,
            c.changed_at as "changed_at!",
            case when c.old_accepted_until > $3 then c.old_accepted_until end as "old_accepted_until?",
            k.last_seen_at as "used_at?", k.address as "used_from?", k.client as "used_by?"
        from credentials c
        left join lateral (
            select last_seen_at, address, client from credential_callers
            where credential_id = c.id
            order by last_seen_at desc
            limit 1
        ) k on true
        where c.account_id = $1 and c.name is not null and c.revoked_at is null and ($2::uuid is null or c.id = $2)
        order by lower(c.name)
        "#,
        account as AccountId,
        id as Option<CredentialId>,
        now,
    )
    .fetch_all(db)
    .await
}

pub(in crate::credentials) async fn count(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from credentials
        where account_id = $1 and name is not null and revoked_at is null"#,
        account as AccountId,
    )
    .fetch_one(db)
    .await
}

pub(in crate::credentials) struct NewFurther<'a> {
    pub(in crate::credentials) id: CredentialId,
    pub(in crate::credentials) account: AccountId,
    pub(in crate::credentials) name: &'a str,
    pub(in crate::credentials) username: &'a str,
    pub(in crate::credentials) password_hash: &'a str,
    pub(in crate::credentials) expires_at: Option<DateTime<Utc>>,
    pub(in crate::credentials) networks: &'a [String],
    pub(in crate::credentials) by: Option<MemberId>,
    pub(in crate::credentials) now: DateTime<Utc>,
}

pub(in crate::credentials) async fn insert(
    db: &mut PgConnection,
    new: NewFurther<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into credentials (id, account_id, name, username, password_hash, expires_at, networks, version,
            created_at, changed_at, changed_by)
        values ($1, $2, $3, $4, $5, $6, $7, 1, $8, $8, $9)",
        new.id as CredentialId,
        new.account as AccountId,
        new.name,
        new.username,
        new.password_hash,
        new.expires_at,
        new.networks,
        new.now,
        new.by as Option<MemberId>,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// False if it is not there any more.
pub(in crate::credentials) async fn update(
    db: &mut PgConnection,
    account: AccountId,
    id: CredentialId,
    name: &str,
    expires_at: Option<DateTime<Utc>>,
    networks: &[String],
) -> Result<bool, sqlx::Error> {
    let updated = sqlx::query!(
        "update credentials set name = $3, expires_at = $4, networks = $5, version = version + 1
        where account_id = $1 and id = $2 and name is not null and revoked_at is null",
        account as AccountId,
        id as CredentialId,
        name,
        expires_at,
        networks,
    )
    .execute(db)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// False if it is not there any more. The old password goes with it.
pub(in crate::credentials) async fn revoke(
    db: &mut PgConnection,
    account: AccountId,
    id: CredentialId,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let updated = sqlx::query!(
        "update credentials set revoked_at = $3, version = version + 1, old_password_hash = null,
            old_accepted_until = null
        where account_id = $1 and id = $2 and name is not null and revoked_at is null",
        account as AccountId,
        id as CredentialId,
        now,
    )
    .execute(db)
    .await?;
    Ok(updated.rows_affected() == 1)
}
