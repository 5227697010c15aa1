//! SQL of passkeys. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::members::MemberId;
use crate::second_factors::{Passkey, PasskeyId};

pub(in crate::second_factors) async fn list(
    db: &mut PgConnection,
    member: MemberId,
) -> Result<Vec<Passkey>, sqlx::Error> {
    sqlx::query_as!(
        Passkey,
        r#"
        select id as "id: PasskeyId", name, added_at, last_used_at
        from passkeys where member_id = $1 order by added_at, id
        "#,
        member as MemberId,
    )
    .fetch_all(db)
    .await
}

pub(in crate::second_factors) async fn list_credentials(
    db: &mut PgConnection,
    member: MemberId,
) -> Result<Vec<serde_json::Value>, sqlx::Error> {
    sqlx::query_scalar!(
        "select credential from passkeys where member_id = $1 order by added_at, id",
        member as MemberId,
    )
    .fetch_all(db)
    .await
}

pub(in crate::second_factors) struct NewPasskey<'a> {
    pub(in crate::second_factors) id: PasskeyId,
    pub(in crate::second_factors) member: MemberId,
    pub(in crate::second_factors) name: &'a str,
    pub(in crate::second_factors) credential_id: &'a [u8],
    pub(in crate::second_factors) credential: &'a serde_json::Value,
    pub(in crate::second_factors) now: DateTime<Utc>,
}

pub(in crate::second_factors) async fn insert(
    db: &mut PgConnection,
    new: &NewPasskey<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into passkeys (id, member_id, name, credential_id, credential, added_at)
        values ($1, $2, $3, $4, $5, $6)",
        new.id as PasskeyId,
        new.member as MemberId,
        new.name,
        new.credential_id,
        new.credential,
        new.now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Until the transaction ends nobody else changes it. None: removed meanwhile.
pub(in crate::second_factors) async fn lock_credential(
    db: &mut PgConnection,
    member: MemberId,
    credential_id: &[u8],
) -> Result<Option<serde_json::Value>, sqlx::Error> {
    sqlx::query_scalar!(
        "select credential from passkeys where member_id = $1 and credential_id = $2 for update",
        member as MemberId,
        credential_id,
    )
    .fetch_optional(db)
    .await
}

pub(in crate::second_factors) async fn update_used(
    db: &mut PgConnection,
    credential_id: &[u8],
    credential: &serde_json::Value,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update passkeys set credential = $2, last_used_at = $3 where credential_id = $1",
        credential_id,
        credential,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// False if the member has no such passkey.
pub(in crate::second_factors) async fn rename(
    db: &mut PgConnection,
    member: MemberId,
    id: PasskeyId,
    name: &str,
) -> Result<bool, sqlx::Error> {
    let updated = sqlx::query!(
        "update passkeys set name = $3 where member_id = $1 and id = $2",
        member as MemberId,
        id as PasskeyId,
        name,
    )
    .execute(db)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Its name; None if the member has no such passkey.
pub(in crate::second_factors) async fn delete(
    db: &mut PgConnection,
    member: MemberId,
    id: PasskeyId,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "delete from passkeys where member_id = $1 and id = $2 returning name",
        member as MemberId,
        id as PasskeyId,
    )
    .fetch_optional(db)
    .await
}

pub(in crate::second_factors) async fn delete_all(
    db: &mut PgConnection,
    member: MemberId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from passkeys where member_id = $1",
        member as MemberId
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(in crate::second_factors) async fn delete_draft(
    db: &mut PgConnection,
    member: MemberId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from passkey_drafts where member_id = $1",
        member as MemberId
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A challenge, and what the passkey is to be called.
pub(in crate::second_factors) struct PasskeyDraft {
    pub(in crate::second_factors) name: String,
    pub(in crate::second_factors) ceremony: serde_json::Value,
}

pub(in crate::second_factors) async fn put_draft(
    db: &mut PgConnection,
    member: MemberId,
    sign_in: &[u8],
    draft: &PasskeyDraft,
    expires_at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into passkey_drafts (member_id, sign_in_hash, name, ceremony, expires_at) values ($1, $2, $3, $4, $5)
        on conflict (member_id) do update set sign_in_hash = $2, name = $3, ceremony = $4, expires_at = $5",
        member as MemberId,
        sign_in,
        draft.name,
        draft.ceremony,
        expires_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes it: a challenge is answered once.
pub(in crate::second_factors) async fn take_draft(
    db: &mut PgConnection,
    member: MemberId,
    sign_in: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<PasskeyDraft>, sqlx::Error> {
    sqlx::query_as!(
        PasskeyDraft,
        "delete from passkey_drafts where member_id = $1 and sign_in_hash = $2 and expires_at > $3
        returning name, ceremony",
        member as MemberId,
        sign_in,
        now,
    )
    .fetch_optional(db)
    .await
}
