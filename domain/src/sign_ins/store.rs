//! SQL of sign-ins. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::SignInId;
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
    // The member is there as long as one of the sign-ins is.
    sqlx::query!(
        "with seen as (
            update sign_ins set last_seen_at = $2, expires_at = $3 where id_hash = $1 returning member_id
        )
        update members set last_seen_at = $2 from seen where members.id = seen.member_id",
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

/// A sign-in of a member, as the database has it.
pub(super) struct Row {
    pub(super) id: SignInId,
    pub(super) user_agent: Option<String>,
    pub(super) address: Option<String>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) last_seen_at: DateTime<Utc>,
    pub(super) is_this: bool,
}

/// The member's sign-ins that have not ended; `this` first, then the one that was seen last.
pub(super) async fn list_of(
    db: &mut PgConnection,
    member: MemberId,
    this: &[u8],
    now: DateTime<Utc>,
) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        r#"
        select id as "id: SignInId", data->>'user_agent' as user_agent, data->>'address' as address, created_at,
            last_seen_at, id_hash = $2 as "is_this!"
        from sign_ins
        where member_id = $1 and expires_at > $3
        order by id_hash = $2 desc, last_seen_at desc, id
        "#,
        member as MemberId,
        this,
        now,
    )
    .fetch_all(db)
    .await
}

/// False if the member has no such sign-in.
pub(super) async fn delete_one_of(
    db: &mut PgConnection,
    member: MemberId,
    id: SignInId,
) -> Result<bool, sqlx::Error> {
    let deleted = sqlx::query!(
        "delete from sign_ins where member_id = $1 and id = $2",
        member as MemberId,
        id as SignInId
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected() == 1)
}

pub(super) async fn update_member_seen(
    db: &mut PgConnection,
    member: MemberId,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update members set last_seen_at = $2 where id = $1",
        member as MemberId,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether the member has signed in with any browser since browsers are remembered.
pub(super) async fn has_devices(
    db: &mut PgConnection,
    member: MemberId,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from known_devices where member_id = $1) as "exists!""#,
        member as MemberId,
    )
    .fetch_one(db)
    .await
}

/// Remembers a browser of the member. True if it was not known.
pub(super) async fn remember_device(
    db: &mut PgConnection,
    member: MemberId,
    device_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    // `xmax` is zero in a row that this statement inserted.
    sqlx::query_scalar!(
        r#"
        insert into known_devices (member_id, device_hash, last_seen_at) values ($1, $2, $3)
        on conflict on constraint known_devices_pkey do update set last_seen_at = $3
        returning xmax = 0 as "is_new!"
        "#,
        member as MemberId,
        device_hash,
        now,
    )
    .fetch_one(db)
    .await
}

/// Browsers that have not been seen for so long are strangers again.
pub(super) async fn delete_devices(
    db: &mut PgConnection,
    before: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from known_devices where last_seen_at < $1", before)
        .execute(db)
        .await?;
    Ok(())
}
