//! `/webhooks/{webhook}/deliveries`: what was sent to an endpoint, what it answered; sending again; a test.

use axum::Json as Shown;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::webhooks::{self as nouns, DeliveryId, DeliveryState, EndpointId, log};
use domain::{Actor, Backend, Error, PageRequest};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::lists::{cursor_schema, page};
use super::query::{Nothing, Parameters, Query, Reader};
use super::request::{Application, Id};
use super::tags::tagged;
use super::webhooks::project_of;
use crate::api::problem::Problem;

/// A message to an endpoint.
#[derive(Serialize, ToSchema)]
pub(super) struct Delivery {
    id: Uuid,
    #[schema(examples("file.ready"))]
    event_type: String,
    session: Option<Uuid>,
    created_at: DateTime<Utc>,
    #[schema(schema_with = state_schema)]
    state: String,
    attempts: u32,
    /// While it waits.
    next_attempt_at: Option<DateTime<Utc>>,
    /// HTTP status of the last answer.
    last_status: Option<u16>,
    /// Why there was none, or why it did not count.
    last_error: Option<String>,
}

/// A page of deliveries, latest first.
#[derive(Serialize, ToSchema)]
pub(super) struct DeliveryList {
    items: Vec<Delivery>,
    /// Cursor of the page after this one; null on the last.
    next: Option<String>,
    /// Cursor of the page before this one; null on the first.
    previous: Option<String>,
    total: u64,
}

/// A delivery with what was sent and answered.
#[derive(Serialize, ToSchema)]
pub(super) struct DeliveryDetail {
    #[serde(flatten)]
    delivery: Delivery,
    url: String,
    /// `webhook-id`: the same on every attempt.
    message_id: String,
    /// Exactly as sent.
    body: String,
    /// The first one first.
    log: Vec<Attempt>,
}

/// One attempt.
#[derive(Serialize, ToSchema)]
pub(super) struct Attempt {
    number: u32,
    began_at: DateTime<Utc>,
    /// Until the answer, or until it was given up.
    duration_ms: u64,
    status: Option<u16>,
    /// The beginning of the answer.
    reply_body: String,
    /// False: the answer goes on.
    is_reply_whole: bool,
    /// Why no answer came.
    error: Option<String>,
}

/// A delivery that was put into the queue.
#[derive(Serialize, ToSchema)]
pub(super) struct Queued {
    /// Id of the delivery.
    id: Uuid,
}

fn state_schema() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(DeliveryState::ALL.map(DeliveryState::as_str)))
}

impl From<nouns::DeliverySummary> for Delivery {
    fn from(delivery: nouns::DeliverySummary) -> Self {
        Self {
            id: *delivery.id.as_uuid(),
            event_type: delivery.event_type.as_str().to_owned(),
            session: delivery.session.map(|session| *session.as_uuid()),
            created_at: delivery.created_at,
            state: delivery.state.as_str().to_owned(),
            attempts: delivery.attempts,
            next_attempt_at: delivery.next_attempt_at,
            last_status: delivery.last_status,
            last_error: delivery.last_error,
        }
    }
}

impl From<nouns::Attempt> for Attempt {
    fn from(attempt: nouns::Attempt) -> Self {
        Self {
            number: attempt.number,
            began_at: attempt.began_at,
            duration_ms: attempt.duration_ms,
            status: attempt.status,
            reply_body: attempt.reply_body,
            is_reply_whole: attempt.is_reply_whole,
            error: attempt.error,
        }
    }
}

/// What narrows the deliveries.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `DeliveryQuery` reads")]
pub(super) struct DeliveryParameters {
    /// Deliveries that stand so.
    #[param(schema_with = state_schema)]
    state: Option<String>,
    /// `next` or `previous` of an earlier page.
    #[param(schema_with = cursor_schema)]
    cursor: Option<String>,
    /// Deliveries of a page at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
}

/// The same as it is understood.
pub(super) struct DeliveryQuery {
    state: Option<DeliveryState>,
    page: PageRequest,
}

impl IntoParams for DeliveryQuery {
    fn into_params(
        place: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
    ) -> Vec<utoipa::openapi::path::Parameter> {
        DeliveryParameters::into_params(place)
    }
}

impl Parameters for DeliveryQuery {
    fn read(reader: &mut Reader) -> Self {
        Self {
            state: reader.one("state", "waiting, delivered or failed", |text| {
                text.parse().ok()
            }),
            page: page(reader),
        }
    }
}

/// List deliveries
///
/// Of the last 30 days.
#[utoipa::path(get, path = "/webhooks/{webhook}/deliveries", operation_id = "listDeliveries", tag = "Webhooks",
    params(("webhook" = Uuid, Path, description = "Id of the webhook"), DeliveryQuery),
    responses((status = 200, description = "A page of deliveries", body = DeliveryList)))]
pub(super) async fn list(
    State(backend): State<Backend>,
    Application(actor): Application,
    Id(webhook): Id<EndpointId>,
    Query(query): Query<DeliveryQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let project = project_of(&actor)?;
    let page = log::list(&backend, &actor, project, webhook, query.state, &query.page).await?;
    let list = DeliveryList {
        items: page.items.into_iter().map(Delivery::from).collect(),
        next: page.next,
        previous: page.previous,
        total: page.total,
    };
    tagged(&headers, &list)
}

/// Both ids of an address; a delivery of another endpoint is not there.
async fn find(
    backend: &Backend,
    actor: &Actor,
    (webhook, delivery): (String, String),
) -> Result<nouns::DeliveryDetail, Error> {
    const NONE: Error = Error::NotFound("delivery");
    let project = project_of(actor)?;
    let webhook: EndpointId = webhook.parse().map_err(|_| NONE)?;
    let delivery: DeliveryId = delivery.parse().map_err(|_| NONE)?;
    let found = log::get(backend, actor, project, delivery).await?;
    if found.endpoint == webhook {
        Ok(found)
    } else {
        Err(NONE)
    }
}

/// Get a delivery
///
/// With what was sent and answered.
#[utoipa::path(get, path = "/webhooks/{webhook}/deliveries/{delivery}", operation_id = "getDelivery", tag = "Webhooks",
    params(("webhook" = Uuid, Path, description = "Id of the webhook"),
        ("delivery" = Uuid, Path, description = "Id of the delivery")),
    responses((status = 200, description = "The delivery", body = DeliveryDetail)))]
pub(super) async fn get(
    State(backend): State<Backend>,
    Application(actor): Application,
    Path(ids): Path<(String, String)>,
    Query(Nothing): Query<Nothing>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let found = find(&backend, &actor, ids).await?;
    let detail = DeliveryDetail {
        delivery: found.summary.into(),
        url: found.url,
        message_id: found.message_id,
        body: found.body,
        log: found.attempts.into_iter().map(Attempt::from).collect(),
    };
    tagged(&headers, &detail)
}

/// Send a delivery again
///
/// At once and then by the schedule, with the same id and bytes.
#[utoipa::path(post, path = "/webhooks/{webhook}/deliveries/{delivery}/resend", operation_id = "resendDelivery",
    tag = "Webhooks",
    params(("webhook" = Uuid, Path, description = "Id of the webhook"),
        ("delivery" = Uuid, Path, description = "Id of the delivery")),
    responses((status = 202, description = "It will be sent", body = Queued),
        (status = 409, description = "It is being sent right now, or its webhook is off")))]
pub(super) async fn resend(
    State(backend): State<Backend>,
    Application(actor): Application,
    Path(ids): Path<(String, String)>,
    Query(Nothing): Query<Nothing>,
) -> Result<(StatusCode, Shown<Queued>), Problem> {
    let id = find(&backend, &actor, ids).await?.summary.id;
    log::send_again(&backend, &actor, project_of(&actor)?, id).await?;
    Ok(queued(id))
}

/// Send a test event
///
/// One attempt, whatever the webhook is told of.
#[utoipa::path(post, path = "/webhooks/{webhook}/test", operation_id = "testWebhook", tag = "Webhooks",
    params(("webhook" = Uuid, Path, description = "Id of the webhook")),
    responses((status = 202, description = "It will be sent", body = Queued),
        (status = 409, description = "The webhook is off")))]
pub(super) async fn test(
    State(backend): State<Backend>,
    Application(actor): Application,
    Id(webhook): Id<EndpointId>,
    Query(Nothing): Query<Nothing>,
) -> Result<(StatusCode, Shown<Queued>), Problem> {
    let project = project_of(&actor)?;
    let id = log::send_test(&backend, &actor, project, webhook).await?;
    Ok(queued(id))
}

fn queued(id: DeliveryId) -> (StatusCode, Shown<Queued>) {
    let id = *id.as_uuid();
    (StatusCode::ACCEPTED, Shown(Queued { id }))
}
