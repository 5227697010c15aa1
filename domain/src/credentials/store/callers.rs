//! SQL of who used a credential. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::accounts::AccountId;
use crate::credentials::CredentialId;

/// Rows in columns, as `unnest` takes them.
#[derive(Default)]
pub(in crate::credentials) struct Batch {
    pub(in crate::credentials) credentials: Vec<uuid::Uuid>,
    pub(in crate::credentials) password_numbers: Vec<i32>,
    pub(in crate::credentials) addresses: Vec<String>,
    pub(in crate::credentials) clients: Vec<String>,
    pub(in crate::credentials) seen_at: Vec<DateTime<Utc>>,
    pub(in crate::credentials) requests: Vec<i64>,
}

/// Adds what was seen to what is known. Passwords that are neither the current nor the old one are left out, and so are
/// further callers of a password that has `limit` already. In one order, so that two processes do not wait for each
/// other in a circle.
pub(in crate::credentials) async fn add(
    db: &mut PgConnection,
    batch: &Batch,
    limit: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into credential_callers (credential_id, password_number, address, client, last_seen_at, requests)
        select s.credential_id, s.password_number, s.address, s.client, s.seen_at, s.requests
        from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::timestamptz[], $6::bigint[])
            as s (credential_id, password_number, address, client, seen_at, requests)
        join credentials c on c.id = s.credential_id
        where (s.password_number = c.password_number
                or (s.password_number = c.password_number - 1 and c.old_password_hash is not null))
            and (exists (select from credential_callers k where k.credential_id = s.credential_id
                    and k.password_number = s.password_number and k.address = s.address and k.client = s.client)
                or (select count(*) from credential_callers k where k.credential_id = s.credential_id
                    and k.password_number = s.password_number) < $7)
        order by 1, 2, 3, 4
        on conflict (credential_id, password_number, address, client) do update
        set last_seen_at = greatest(credential_callers.last_seen_at, excluded.last_seen_at),
            requests = credential_callers.requests + excluded.requests",
        &batch.credentials,
        &batch.password_numbers,
        &batch.addresses,
        &batch.clients,
        &batch.seen_at,
        &batch.requests,
        limit,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets the callers of every password of a credential that is not accepted any more, and counts those of the old
/// one anew: from now on it is the old one.
pub(in crate::credentials) async fn begin_anew(
    db: &mut PgConnection,
    credential: CredentialId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from credential_callers k using credentials c
        where c.id = $1 and k.credential_id = c.id
            and k.password_number < c.password_number - (c.old_password_hash is not null)::int",
        credential as CredentialId,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "update credential_callers k set requests = 0 from credentials c
        where c.id = $1 and k.credential_id = c.id and k.password_number < c.password_number",
        credential as CredentialId,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets callers of passwords that are over, those not seen since `before` but for the last one of each password,
/// and of too many the oldest.
pub(in crate::credentials) async fn trim(
    db: &mut PgConnection,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query!(
        "delete from credential_callers where (credential_id, password_number, address, client) in (
            select r.credential_id, r.password_number, r.address, r.client
            from (select k.*, row_number() over (partition by k.credential_id, k.password_number
                    order by k.last_seen_at desc) as place
                from credential_callers k) r
            join credentials c on c.id = r.credential_id
            where r.place > $2 or (r.place > 1 and r.last_seen_at < $1)
                or r.password_number < c.password_number - (c.old_password_hash is not null)::int
        )",
        before,
        limit,
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected())
}

/// A caller of the old password, and when the same one was last seen with the current password.
pub(in crate::credentials) struct OldCallerRow {
    pub(in crate::credentials) address: String,
    pub(in crate::credentials) client: String,
    pub(in crate::credentials) last_seen_at: DateTime<Utc>,
    pub(in crate::credentials) requests: i64,
    pub(in crate::credentials) changed_at: Option<DateTime<Utc>>,
    pub(in crate::credentials) switched_at: Option<DateTime<Utc>>,
}

pub(in crate::credentials) async fn list_old(
    db: &mut PgConnection,
    account: AccountId,
    credential: CredentialId,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<OldCallerRow>, sqlx::Error> {
    sqlx::query_as!(
        OldCallerRow,
        r#"
        select k.address, k.client, k.last_seen_at, k.requests, c.changed_at, n.last_seen_at as "switched_at?"
        from credentials c
        join credential_callers k on k.credential_id = c.id and k.password_number = c.password_number - 1
        left join credential_callers n on n.credential_id = c.id and n.password_number = c.password_number
            and n.address = k.address and n.client = k.client
        where c.account_id = $1 and c.id = $2 and c.old_accepted_until > $3
        order by k.last_seen_at desc
        limit $4
        "#,
        account as AccountId,
        credential as CredentialId,
        now,
        limit,
    )
    .fetch_all(db)
    .await
}
