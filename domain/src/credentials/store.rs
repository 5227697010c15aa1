//! SQL of access credentials. No decisions.

pub(super) mod callers;
pub(super) mod further;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Credential, CredentialId};
use crate::accounts::AccountId;
use crate::members::MemberId;

/// What a user name and password are judged against. Not serialisable.
#[derive(Clone)]
pub(crate) struct Verifiable {
    pub(super) id: CredentialId,
    pub(super) account: AccountId,
    pub(super) version: i64,
    pub(super) password_number: i32,
    pub(super) password_hash: String,
    pub(super) old_password_hash: Option<String>,
    pub(super) old_accepted_until: Option<DateTime<Utc>>,
    pub(super) changed_at: Option<DateTime<Utc>>,
    pub(super) expires_at: Option<DateTime<Utc>>,
    pub(super) revoked_at: Option<DateTime<Utc>>,
    pub(super) networks: Vec<String>,
    pub(super) browser_access_ended_at: Option<DateTime<Utc>>,
}

pub(super) async fn find_by_username(
    db: &mut PgConnection,
    username: &str,
) -> Result<Option<Verifiable>, sqlx::Error> {
    // PostgreSQL texts hold no NUL, and sending one is an error: such a name is simply unknown.
    if username.contains('\0') {
        return Ok(None);
    }
    sqlx::query_as!(
        Verifiable,
        r#"
        select c.id as "id: CredentialId", c.account_id as "account: AccountId", c.version, c.password_number,
            c.password_hash, c.old_password_hash, c.old_accepted_until, c.changed_at, c.expires_at, c.revoked_at,
            c.networks, a.browser_access_ended_at
        from credentials c
        join accounts a on a.id = c.account_id
        where c.username = $1
        "#,
        username,
    )
    .fetch_optional(db)
    .await
}

/// Whether the account has this user name but for capitals.
pub(super) async fn has_username_in_other_case(
    db: &mut PgConnection,
    account: AccountId,
    username: &str,
) -> Result<bool, sqlx::Error> {
    if username.contains('\0') {
        return Ok(false);
    }
    sqlx::query_scalar!(
        r#"select exists (select from credentials where account_id = $1 and lower(username) = lower($2)) as "exists!""#,
        account as AccountId,
        username,
    )
    .fetch_one(db)
    .await
}

pub(super) struct NewCredential<'a> {
    pub(super) id: CredentialId,
    pub(super) account: AccountId,
    pub(super) username: &'a str,
    pub(super) password_hash: &'a str,
    pub(super) preset_sealed: &'a [u8],
    pub(super) now: DateTime<Utc>,
}

pub(super) async fn insert(
    db: &mut PgConnection,
    new: NewCredential<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into credentials (id, account_id, username, password_hash, preset_sealed, version, created_at)
        values ($1, $2, $3, $4, $5, 1, $6)",
        new.id as CredentialId,
        new.account as AccountId,
        new.username,
        new.password_hash,
        new.preset_sealed,
        new.now,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn find(
    db: &mut PgConnection,
    account: AccountId,
    now: DateTime<Utc>,
) -> Result<Option<Credential>, sqlx::Error> {
    sqlx::query_as!(
        Credential,
        r#"
        select c.id as "id: CredentialId", c.username, c.preset_sealed is not null as "is_preset!", c.changed_at,
            m.name as "changed_by?",
            case when c.old_accepted_until > $2 then c.old_accepted_until end as "old_accepted_until?"
        from credentials c
        left join members m on m.id = c.changed_by
        where c.account_id = $1 and c.name is null
        "#,
        account as AccountId,
        now,
    )
    .fetch_optional(db)
    .await
}

pub(super) async fn find_preset(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<Option<(CredentialId, Vec<u8>)>, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        select id as "id: CredentialId", preset_sealed as "preset_sealed!"
        from credentials
        where account_id = $1 and preset_sealed is not null
        "#,
        account as AccountId,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.id, row.preset_sealed)))
}

pub(super) async fn lock(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<Option<CredentialId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select id as "id: CredentialId" from credentials where account_id = $1 and name is null for update"#,
        account as AccountId
    )
    .fetch_optional(db)
    .await
}

/// The new hash in, the sealed preset out, the version up: one statement. The hash that was there becomes the old one
/// if it is still accepted; an older one goes in any case. True if the credential is there and not revoked.
pub(super) async fn update_password(
    db: &mut PgConnection,
    id: CredentialId,
    password_hash: &str,
    old_accepted_until: Option<DateTime<Utc>>,
    by: Option<MemberId>,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let updated = sqlx::query!(
        "update credentials
        set old_password_hash = case when $3::timestamptz is null then null else password_hash end,
            old_accepted_until = $3, password_hash = $2, password_number = password_number + 1, preset_sealed = null,
            version = version + 1, changed_at = $4, changed_by = $5
        where id = $1 and revoked_at is null",
        id as CredentialId,
        password_hash,
        old_accepted_until,
        now,
        by as Option<MemberId>,
    )
    .execute(db)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Ends the old password of a credential: its hash out, the version up. False if it had none.
pub(super) async fn delete_old_password(
    db: &mut PgConnection,
    account: AccountId,
    id: CredentialId,
) -> Result<bool, sqlx::Error> {
    let updated = sqlx::query!(
        "update credentials set old_password_hash = null, old_accepted_until = null, version = version + 1
        where account_id = $1 and id = $2 and old_password_hash is not null",
        account as AccountId,
        id as CredentialId,
    )
    .execute(db)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// The same for every credential whose old password is past its time; how many there were.
pub(super) async fn delete_expired_old_passwords(
    db: &mut PgConnection,
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let updated = sqlx::query!(
        "update credentials set old_password_hash = null, old_accepted_until = null, version = version + 1
        where old_accepted_until <= $1",
        now,
    )
    .execute(db)
    .await?;
    Ok(updated.rows_affected())
}

/// The same password under today's parameters: no change of the password, so no new version.
pub(super) async fn update_hash(
    db: &mut PgConnection,
    id: CredentialId,
    version: i64,
    hash: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update credentials set password_hash = $3 where id = $1 and version = $2",
        id as CredentialId,
        version,
        hash
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn end_browser_access(
    db: &mut PgConnection,
    account: AccountId,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update accounts set browser_access_ended_at = $2 where id = $1",
        account as AccountId,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn browser_access_ended_at(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_scalar!(
        "select browser_access_ended_at from accounts where id = $1",
        account as AccountId,
    )
    .fetch_one(db)
    .await
}
