//! SQL of authenticator apps and recovery codes. No decisions.

pub(super) mod passkeys;
pub(super) mod steps;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::App;
use crate::members::MemberId;

/// What judging a code needs.
pub(super) struct AppRow {
    pub(super) sealed: Vec<u8>,
    pub(super) last_step: i64,
    pub(super) failures: i32,
    pub(super) failed_at: Option<DateTime<Utc>>,
}

/// Until the transaction ends nobody else changes what this member has.
pub(super) async fn lock_member(
    db: &mut PgConnection,
    member: MemberId,
) -> Result<(), sqlx::Error> {
    // Not `for update`: rows that refer to the member are inserted meanwhile.
    sqlx::query!(
        "select id from members where id = $1 for no key update",
        member as MemberId
    )
    .fetch_optional(db)
    .await?;
    Ok(())
}

pub(super) async fn find_app(
    db: &mut PgConnection,
    member: MemberId,
) -> Result<Option<App>, sqlx::Error> {
    sqlx::query_as!(
        App,
        "select added_at, last_used_at from authenticator_apps where member_id = $1",
        member as MemberId
    )
    .fetch_optional(db)
    .await
}

/// Of two codes at once the second is judged after the first.
pub(super) async fn lock_app(
    db: &mut PgConnection,
    member: MemberId,
) -> Result<Option<AppRow>, sqlx::Error> {
    sqlx::query_as!(
        AppRow,
        "select sealed, last_step, failures, failed_at from authenticator_apps where member_id = $1 for update",
        member as MemberId
    )
    .fetch_optional(db)
    .await
}

pub(super) async fn put_app(
    db: &mut PgConnection,
    member: MemberId,
    sealed: &[u8],
    step: i64,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into authenticator_apps (member_id, sealed, added_at, last_step) values ($1, $2, $3, $4)
        on conflict (member_id) do update
        set sealed = $2, added_at = $3, last_step = $4, last_used_at = null, failures = 0, failed_at = null",
        member as MemberId,
        sealed,
        now,
        step,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn update_app_used(
    db: &mut PgConnection,
    member: MemberId,
    step: i64,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update authenticator_apps set last_step = $2, last_used_at = $3, failures = 0, failed_at = null
        where member_id = $1",
        member as MemberId,
        step,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn update_app_failed(
    db: &mut PgConnection,
    member: MemberId,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update authenticator_apps set failures = failures + 1, failed_at = $2 where member_id = $1",
        member as MemberId,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Somebody proved to be the member in another way.
pub(super) async fn forgive_app(
    db: &mut PgConnection,
    member: MemberId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update authenticator_apps set failures = 0, failed_at = null where member_id = $1 and failures > 0",
        member as MemberId,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// False if there was none.
pub(super) async fn delete_app(
    db: &mut PgConnection,
    member: MemberId,
) -> Result<bool, sqlx::Error> {
    let deleted = sqlx::query!(
        "delete from authenticator_apps where member_id = $1",
        member as MemberId
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected() == 1)
}

pub(super) async fn put_app_draft(
    db: &mut PgConnection,
    member: MemberId,
    sealed: &[u8],
    sign_in: &[u8],
    expires_at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into authenticator_drafts (member_id, sealed, sign_in_hash, expires_at) values ($1, $2, $3, $4)
        on conflict (member_id) do update set sealed = $2, sign_in_hash = $3, expires_at = $4",
        member as MemberId,
        sealed,
        sign_in,
        expires_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn find_app_draft(
    db: &mut PgConnection,
    member: MemberId,
    sign_in: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar!(
        "select sealed from authenticator_drafts where member_id = $1 and sign_in_hash = $2 and expires_at > $3",
        member as MemberId,
        sign_in,
        now,
    )
    .fetch_optional(db)
    .await
}

pub(super) async fn delete_app_draft(
    db: &mut PgConnection,
    member: MemberId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from authenticator_drafts where member_id = $1",
        member as MemberId
    )
    .execute(db)
    .await?;
    Ok(())
}

/// How many recovery codes are left, and when the present ones were made.
pub(super) async fn count_codes(
    db: &mut PgConnection,
    member: MemberId,
) -> Result<(i64, Option<DateTime<Utc>>), sqlx::Error> {
    let row = sqlx::query!(
        r#"
        select count(*) filter (where used_at is null) as "left!", max(created_at) as made_at
        from recovery_codes where member_id = $1
        "#,
        member as MemberId,
    )
    .fetch_one(db)
    .await?;
    Ok((row.left, row.made_at))
}

/// The present ones are worth nothing from then on.
pub(super) async fn replace_codes(
    db: &mut PgConnection,
    member: MemberId,
    hashes: &[Vec<u8>],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    delete_codes(&mut *db, member).await?;
    sqlx::query!(
        "insert into recovery_codes (member_id, code_hash, created_at)
        select $1, hash, $3 from unnest($2::bytea[]) as new (hash)",
        member as MemberId,
        hashes,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// True if it is one of the member's and was not used before; now it is.
pub(super) async fn use_code(
    db: &mut PgConnection,
    member: MemberId,
    hash: &[u8],
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let used = sqlx::query!(
        "update recovery_codes set used_at = $3 where member_id = $1 and code_hash = $2 and used_at is null",
        member as MemberId,
        hash,
        now,
    )
    .execute(db)
    .await?;
    Ok(used.rows_affected() == 1)
}

pub(super) async fn delete_codes(
    db: &mut PgConnection,
    member: MemberId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from recovery_codes where member_id = $1",
        member as MemberId
    )
    .execute(db)
    .await?;
    Ok(())
}
