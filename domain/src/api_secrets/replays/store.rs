//! SQL of kept answers. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::ApiSecretId;

/// False if somebody has the key since `end`.
pub(super) async fn take(
    db: &mut PgConnection,
    secret: ApiSecretId,
    key: &str,
    request_hash: &[u8],
    now: DateTime<Utc>,
    end: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let taken = sqlx::query!(
        "insert into api_replays as r (secret_id, key, request_hash, begun_at) values ($1, $2, $3, $4)
        on conflict (secret_id, key) do update
            set request_hash = excluded.request_hash, begun_at = excluded.begun_at, answer = null
            where r.begun_at <= $5",
        secret as ApiSecretId,
        key,
        request_hash,
        now,
        end,
    )
    .execute(db)
    .await?;
    Ok(taken.rows_affected() == 1)
}

pub(super) struct ReplayRow {
    pub(super) request_hash: Vec<u8>,
    pub(super) answer: Option<Vec<u8>>,
}

pub(super) async fn find(
    db: &mut PgConnection,
    secret: ApiSecretId,
    key: &str,
) -> Result<Option<ReplayRow>, sqlx::Error> {
    sqlx::query_as!(
        ReplayRow,
        "select request_hash, answer from api_replays where secret_id = $1 and key = $2",
        secret as ApiSecretId,
        key,
    )
    .fetch_optional(db)
    .await
}

pub(super) async fn finish(
    db: &mut PgConnection,
    secret: ApiSecretId,
    key: &str,
    answer: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update api_replays set answer = $3 where secret_id = $1 and key = $2",
        secret as ApiSecretId,
        key,
        answer,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn forget(
    db: &mut PgConnection,
    secret: ApiSecretId,
    key: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from api_replays where secret_id = $1 and key = $2 and answer is null",
        secret as ApiSecretId,
        key,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn delete_old(
    db: &mut PgConnection,
    end: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query!("delete from api_replays where begun_at <= $1", end)
        .execute(db)
        .await?;
    Ok(deleted.rows_affected())
}
