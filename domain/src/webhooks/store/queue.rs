//! Taking deliveries that are due, and writing down what came of them.
//!
//! Neither waits for PostgreSQL's disk (`synchronous_commit`): what a power failure, or a crash of PostgreSQL, forgets of
//! the last second is sent again, as it is after a kill.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::accounts::AccountId;
use crate::projects::ProjectId;
use crate::webhooks::{DeliveryId, DeliveryState, EndpointId, EventType};

/// A delivery that this process is to send now, with all it needs.
#[derive(Debug)]
pub(in crate::webhooks) struct Claimed {
    pub(in crate::webhooks) id: DeliveryId,
    pub(in crate::webhooks) account: AccountId,
    pub(in crate::webhooks) project: ProjectId,
    pub(in crate::webhooks) endpoint: EndpointId,
    pub(in crate::webhooks) event: Uuid,
    pub(in crate::webhooks) event_type: String,
    pub(in crate::webhooks) body: String,
    pub(in crate::webhooks) attempts: i32,
    pub(in crate::webhooks) tries: i32,
    pub(in crate::webhooks) leased_until: DateTime<Utc>,
    pub(in crate::webhooks) url: String,
    pub(in crate::webhooks) secret_sealed: Vec<u8>,
    pub(in crate::webhooks) former_secret_sealed: Option<Vec<u8>>,
    pub(in crate::webhooks) former_secret_until: Option<DateTime<Utc>>,
    pub(in crate::webhooks) username: Option<String>,
    pub(in crate::webhooks) password_sealed: Option<Vec<u8>>,
}

/// How many deliveries are under way at once, from all processes.
#[derive(Debug, Clone, Copy)]
pub(in crate::webhooks) struct AtOnce {
    /// To one endpoint.
    pub(in crate::webhooks) healthy: i64,
    /// To one at which nothing comes through.
    pub(in crate::webhooks) failing: i64,
    /// Of one account, to all of its endpoints.
    pub(in crate::webhooks) account: i64,
}

/// Takes up to `limit` deliveries that are due, until `now + lease`. What is under way already counts, so that a slow
/// endpoint takes few places, and so does an account that has many slow ones.
///
/// Where places are scarce they go round: first to whichever account has the fewest under way, and within it to whichever
/// endpoint has. Who waits longest comes first among equals only, or one account's backlog would be everybody's.
pub(in crate::webhooks) async fn claim(
    db: &mut PgConnection,
    now: DateTime<Utc>,
    lease: TimeDelta,
    at_once: AtOnce,
    limit: i64,
) -> Result<Vec<Claimed>, sqlx::Error> {
    sqlx::query_as!(
        Claimed,
        r#"
        with relaxed as (
            select set_config('synchronous_commit', 'off', true)
        ), at_endpoint as materialized (
            select endpoint_id, account_id, count(*) as under_way
            from webhook_deliveries
            where leased_until > $1
            group by endpoint_id, account_id
        ), of_account as (
            select account_id, sum(under_way)::bigint as under_way from at_endpoint group by account_id
        ), ready as (
            select d.id, d.next_attempt_at, e.account_id, coalesce(u.under_way, 0)
                + row_number() over (partition by e.id order by d.next_attempt_at, d.id) as place
            from webhook_endpoints e
            left join at_endpoint u on u.endpoint_id = e.id
            cross join lateral (
                select w.id, w.next_attempt_at
                from webhook_deliveries w
                where w.endpoint_id = e.id and w.state = 'waiting' and w.next_attempt_at <= $1
                    and (w.leased_until is null or w.leased_until <= $1)
                order by w.next_attempt_at, w.id
                limit greatest(0, case when e.failing_since is null then $3::bigint else $4::bigint end
                    - coalesce(u.under_way, 0))
                for update skip locked
            ) d
            where e.disabled_at is null
        ), placed as (
            select r.id, r.next_attempt_at, coalesce(o.under_way, 0)
                + row_number() over (partition by r.account_id order by r.place, r.next_attempt_at, r.id) as place
            from ready r
            left join of_account o on o.account_id = r.account_id
        ), due as (
            select id from placed where place <= $5 order by place, next_attempt_at, id limit $6
        )
        update webhook_deliveries w
        set leased_until = $2, attempts = w.attempts + 1, tries = w.tries + 1
        from relaxed, due, webhook_endpoints e
        where w.id = due.id and e.id = w.endpoint_id
        returning w.id as "id: DeliveryId", w.account_id as "account: AccountId", w.project_id as "project: ProjectId",
            w.endpoint_id as "endpoint: EndpointId", w.event_id as event, w.event_type, w.body, w.attempts, w.tries,
            w.leased_until as "leased_until!", e.url, e.secret_sealed, e.former_secret_sealed, e.former_secret_until,
            e.username, e.password_sealed
        "#,
        now,
        now + lease,
        at_once.healthy,
        at_once.failing,
        at_once.account,
        limit,
    )
    .fetch_all(db)
    .await
}

/// When the next delivery is due that is not under way; None if nothing waits.
pub(in crate::webhooks) async fn next_due(
    db: &mut PgConnection,
) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select min(due)
        from webhook_endpoints e
        cross join lateral (
            select greatest(w.next_attempt_at, w.leased_until) as due
            from webhook_deliveries w
            where w.endpoint_id = e.id and w.state = 'waiting'
            order by w.next_attempt_at
            limit 1
        ) d
        where e.disabled_at is null
        "#
    )
    .fetch_one(db)
    .await
}

/// What came of an attempt.
pub(in crate::webhooks) struct Ended<'a> {
    pub(in crate::webhooks) delivery: DeliveryId,
    pub(in crate::webhooks) endpoint: EndpointId,
    pub(in crate::webhooks) leased_until: DateTime<Utc>,
    pub(in crate::webhooks) number: i32,
    pub(in crate::webhooks) began_at: DateTime<Utc>,
    pub(in crate::webhooks) duration_ms: i64,
    pub(in crate::webhooks) request_headers: &'a [(String, String)],
    pub(in crate::webhooks) status: Option<i32>,
    pub(in crate::webhooks) reply_headers: &'a [(String, String)],
    pub(in crate::webhooks) reply_body: &'a str,
    pub(in crate::webhooks) is_reply_whole: bool,
    pub(in crate::webhooks) error: Option<&'a str>,
    pub(in crate::webhooks) state: DeliveryState,
    pub(in crate::webhooks) next_attempt_at: Option<DateTime<Utc>>,
}

/// Writes the attempt down and lets go of the delivery. False if another process has it by now, since the lease was over,
/// and if the endpoint is gone.
///
/// The endpoint is locked before the delivery, as by whoever deletes it with its deliveries: the other way round the two
/// would wait for each other, since an attempt that failed is noted at the endpoint afterwards.
pub(in crate::webhooks) async fn finish(
    db: &mut PgConnection,
    ended: Ended<'_>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        r#"
        with relaxed as (
            select set_config('synchronous_commit', 'off', true)
        ), endpoint as materialized (
            select id from webhook_endpoints where id = $14 for key share
        ), let_go as (
            update webhook_deliveries w
            set leased_until = null, state = $12, next_attempt_at = $13, last_status = $7, last_error = $11
            from relaxed, endpoint e
            where w.id = $1 and w.endpoint_id = e.id and w.leased_until = $2 and w.state = 'waiting'
            returning w.id
        )
        insert into webhook_attempts (delivery_id, number, began_at, duration_ms, request_headers, status, reply_headers,
            reply_body, is_reply_whole, error)
        select id, $3, $4, $5, $6, $7, $8, $9, $10, $11 from let_go
        "#,
        ended.delivery as DeliveryId,
        ended.leased_until,
        ended.number,
        ended.began_at,
        ended.duration_ms,
        Json(ended.request_headers) as Json<&[(String, String)]>,
        ended.status,
        Json(ended.reply_headers) as Json<&[(String, String)]>,
        ended.reply_body,
        ended.is_reply_whole,
        ended.error,
        ended.state as DeliveryState,
        ended.next_attempt_at,
        ended.endpoint as EndpointId,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The transaction is on the disk when it is committed, whatever was said before ([`finish`]).
pub(in crate::webhooks) async fn wait_for_the_disk(
    db: &mut PgConnection,
) -> Result<(), sqlx::Error> {
    sqlx::query!("set local synchronous_commit to default")
        .execute(db)
        .await?;
    Ok(())
}

/// Notes that something came through, or since when nothing does; gives back since when. An endpoint that was not failing
/// is not written to when something comes through.
pub(in crate::webhooks) async fn set_failing(
    db: &mut PgConnection,
    endpoint: EndpointId,
    failed_at: Option<DateTime<Utc>>,
) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    let row = sqlx::query_scalar!(
        r#"
        update webhook_endpoints
        set failing_since = case when $2::timestamptz is not null then coalesce(failing_since, $2) end
        where id = $1 and ($2::timestamptz is not null or failing_since is not null)
        returning failing_since
        "#,
        endpoint as EndpointId,
        failed_at,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.flatten())
}

/// Deliveries of an age, whatever became of them. Waits for nobody who is deleting some of them as well.
pub(in crate::webhooks) async fn delete_old(
    db: &mut PgConnection,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        r#"
        delete from webhook_deliveries
        where id in (
            select id from webhook_deliveries where created_at < $1 order by created_at limit $2 for update skip locked
        )
        "#,
        before,
        limit,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Whether a test is not part of what an endpoint is judged by.
pub(in crate::webhooks) fn is_test(claimed: &Claimed) -> bool {
    claimed.event_type == EventType::Test.as_str()
}
