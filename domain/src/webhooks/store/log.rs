//! The delivery log.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::endpoints::event_type;
use crate::accounts::AccountId;
use crate::page::Position;
use crate::projects::ProjectId;
use crate::sessions::SessionId;
use crate::webhooks::{
    Attempt, DeliveryDetail, DeliveryId, DeliveryState, DeliverySummary, EndpointId,
};

struct Row {
    id: DeliveryId,
    event_type: String,
    session: Option<SessionId>,
    created_at: DateTime<Utc>,
    state: DeliveryState,
    attempts: i32,
    next_attempt_at: Option<DateTime<Utc>>,
    last_status: Option<i32>,
    last_error: Option<String>,
}

impl From<Row> for DeliverySummary {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            event_type: event_type(&row.event_type),
            session: row.session,
            created_at: row.created_at,
            state: row.state,
            attempts: row.attempts.cast_unsigned(),
            next_attempt_at: row.next_attempt_at,
            last_status: row.last_status.and_then(|status| status.try_into().ok()),
            last_error: row.last_error,
        }
    }
}

/// One direction of the walk along the index, and the moment and id that it begins behind.
macro_rules! walk {
    ($beyond:tt, $direction:tt, $endpoint:expr, $state:expr, $position:expr, $limit:expr) => {
        sqlx::query_as!(
            Row,
            r#"
            select id as "id: DeliveryId", event_type, session_id as "session: SessionId", created_at,
                state as "state: DeliveryState", attempts, next_attempt_at, last_status, last_error
            from webhook_deliveries
            where endpoint_id = $1 and ($2::text is null or state = $2) and (created_at, id) "# + $beyond + r#" ($3, $4)
            order by created_at "# + $direction + ", id " + $direction + " limit $5",
            $endpoint as EndpointId,
            $state.map(DeliveryState::as_str),
            $position.time(),
            $position.id,
            $limit,
        )
    };
}

/// The end of the year 9999, in microseconds.
const END_OF_TIME: i64 = 253_402_300_799_000_000;

/// At most `limit` deliveries beyond `position`, latest first.
pub(in crate::webhooks) async fn list(
    db: &mut PgConnection,
    endpoint: EndpointId,
    state: Option<DeliveryState>,
    position: Option<&Position>,
    limit: i64,
) -> Result<Vec<DeliverySummary>, sqlx::Error> {
    let end = Position::behind((END_OF_TIME, Uuid::max()));
    let position = position.unwrap_or(&end);
    let rows = if position.is_backward {
        let mut rows = walk!(">", "asc", endpoint, state, position, limit)
            .fetch_all(db)
            .await?;
        rows.reverse();
        rows
    } else {
        walk!("<", "desc", endpoint, state, position, limit)
            .fetch_all(db)
            .await?
    };
    Ok(rows.into_iter().map(DeliverySummary::from).collect())
}

pub(in crate::webhooks) async fn count(
    db: &mut PgConnection,
    endpoint: EndpointId,
    state: Option<DeliveryState>,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "count!" from webhook_deliveries
        where endpoint_id = $1 and ($2::text is null or state = $2)
        "#,
        endpoint as EndpointId,
        state.map(DeliveryState::as_str),
    )
    .fetch_one(db)
    .await
}

/// One of the account's project, with its attempts.
pub(in crate::webhooks) async fn find(
    db: &mut PgConnection,
    account: AccountId,
    project: ProjectId,
    id: DeliveryId,
) -> Result<Option<DeliveryDetail>, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        select d.endpoint_id as "endpoint: EndpointId", e.disabled_at is not null as "is_endpoint_off!", e.url, d.event_id, d.body, d.event_type,
            d.session_id as "session: SessionId", d.created_at, d.state as "state: DeliveryState", d.attempts,
            d.next_attempt_at, d.last_status, d.last_error
        from webhook_deliveries d
        join webhook_endpoints e on e.id = d.endpoint_id
        where d.id = $1 and d.account_id = $2 and d.project_id = $3
        "#,
        id as DeliveryId,
        account as AccountId,
        project as ProjectId,
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let attempts = sqlx::query!(
        r#"
        select number, began_at, duration_ms, request_headers as "request_headers: Json<Vec<(String, String)>>", status,
            reply_headers as "reply_headers: Json<Vec<(String, String)>>", reply_body, is_reply_whole, error
        from webhook_attempts
        where delivery_id = $1
        order by number, id
        "#,
        id as DeliveryId,
    )
    .fetch_all(db)
    .await?;
    Ok(Some(DeliveryDetail {
        endpoint: row.endpoint,
        is_endpoint_off: row.is_endpoint_off,
        url: row.url,
        message_id: crate::webhooks::events::message_id(row.event_id),
        body: row.body,
        attempts: attempts
            .into_iter()
            .map(|row| Attempt {
                number: row.number.cast_unsigned(),
                began_at: row.began_at,
                duration_ms: row.duration_ms.cast_unsigned(),
                request_headers: row.request_headers.0,
                status: row.status.and_then(|status| status.try_into().ok()),
                reply_headers: row.reply_headers.0,
                reply_body: row.reply_body,
                is_reply_whole: row.is_reply_whole,
                error: row.error,
            })
            .collect(),
        summary: Row {
            id,
            event_type: row.event_type,
            session: row.session,
            created_at: row.created_at,
            state: row.state,
            attempts: row.attempts,
            next_attempt_at: row.next_attempt_at,
            last_status: row.last_status,
            last_error: row.last_error,
        }
        .into(),
    }))
}

/// Begins another round of the schedule at once, of a delivery that nobody is at.
pub(in crate::webhooks) async fn send_again(
    db: &mut PgConnection,
    id: DeliveryId,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        r#"
        update webhook_deliveries
        set state = 'waiting', tries = 0, next_attempt_at = $2
        where id = $1 and (leased_until is null or leased_until <= $2)
        "#,
        id as DeliveryId,
        now,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// How many deliveries to an endpoint were given up; tests are not missed by anyone.
pub(in crate::webhooks) async fn count_missed(
    db: &mut PgConnection,
    endpoint: EndpointId,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "count!" from webhook_deliveries
        where endpoint_id = $1 and state = 'failed' and event_type <> 'webhook.test'
        "#,
        endpoint as EndpointId,
    )
    .fetch_one(db)
    .await
}

/// Begins another round of the schedule for each of them at once. How many there were.
pub(in crate::webhooks) async fn send_missed(
    db: &mut PgConnection,
    endpoint: EndpointId,
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        r#"
        update webhook_deliveries
        set state = 'waiting', tries = 0, next_attempt_at = $2
        where endpoint_id = $1 and state = 'failed' and event_type <> 'webhook.test'
        "#,
        endpoint as EndpointId,
        now,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
