//! SQL of access credentials. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Credential, CredentialId};
use crate::accounts::AccountId;
use crate::members::MemberId;

/// What a password is judged against. Not serialisable.
#[derive(Clone)]
pub(crate) struct Verifiable {
    pub(super) id: CredentialId,
    pub(super) account: AccountId,
    pub(super) version: i64,
    pub(super) password_hash: String,
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
        select id as "id: CredentialId", account_id as "account: AccountId", version, password_hash
        from credentials
        where username = $1
        "#,
        username,
    )
    .fetch_optional(db)
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
) -> Result<Option<Credential>, sqlx::Error> {
    sqlx::query_as!(
        Credential,
        r#"
        select c.id as "id: CredentialId", c.username, c.preset_sealed is not null as "is_preset!", c.changed_at,
            m.name as "changed_by?"
        from credentials c
        left join members m on m.id = c.changed_by
        where c.account_id = $1
        "#,
        account as AccountId,
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
        r#"select id as "id: CredentialId" from credentials where account_id = $1 for update"#,
        account as AccountId
    )
    .fetch_optional(db)
    .await
}

/// The new hash in, the sealed preset out, the version up: one statement.
pub(super) async fn update_password(
    db: &mut PgConnection,
    id: CredentialId,
    password_hash: &str,
    by: Option<MemberId>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update credentials
        set password_hash = $2, preset_sealed = null, version = version + 1, changed_at = $3, changed_by = $4
        where id = $1",
        id as CredentialId,
        password_hash,
        now,
        by as Option<MemberId>,
    )
    .execute(db)
    .await?;
    Ok(())
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
