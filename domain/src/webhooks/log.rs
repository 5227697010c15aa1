//! The delivery log: what was sent to an endpoint and what it answered; sending again; sending a test.

use chrono::TimeDelta;
use uuid::Uuid;

use super::actions::{NO_ENDPOINT, named};
use super::events::compose;
use super::payload::{Detail, Happened};
use super::store::{endpoints, events, log as store, queue};
use super::{DeliveryDetail, DeliveryId, DeliveryState, DeliverySummary, EndpointId, EventType};
use crate::audit::{self, Event};
use crate::background::{More, News};
use crate::page::{Position, limit};
use crate::projects::ProjectId;
use crate::{Actor, Backend, Error, Page, PageRequest, Permission};

/// How long deliveries can be seen.
pub const KEPT: TimeDelta = TimeDelta::days(30);

/// Deliveries of one step of forgetting.
const BATCH: i64 = 1000;

/// One page of an endpoint's deliveries, latest first; all or those that stand so. A damaged cursor is a problem of the
/// field `cursor`.
pub async fn list(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
    endpoint: EndpointId,
    state: Option<DeliveryState>,
    request: &PageRequest,
) -> Result<Page<DeliverySummary>, Error> {
    actor.scope_of(Permission::ManageWebhooks, project)?;
    super::actions::get(backend, actor, project, endpoint).await?;
    let position = Position::asked_by_time(request)?;
    let mut db = backend.db.acquire().await?;
    let rows = store::list(&mut db, endpoint, state, position.as_ref(), limit(request)).await?;
    let total = store::count(&mut db, endpoint, state).await?;
    let place = |row: &DeliverySummary| (row.created_at.timestamp_micros(), *row.id.as_uuid());
    Ok(Page::keyset(
        rows,
        request,
        position.as_ref(),
        total.cast_unsigned(),
        place,
    ))
}

/// One delivery with its attempts.
pub async fn get(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
    id: DeliveryId,
) -> Result<DeliveryDetail, Error> {
    actor.scope_of(Permission::ManageWebhooks, project)?;
    let mut db = backend.db.acquire().await?;
    store::find(&mut db, actor.account, project, id)
        .await?
        .ok_or(NO_DELIVERY)
}

/// Sends a delivery again, at once and then by the schedule, with the same id and bytes. `Conflict` while it is being
/// sent, and while its endpoint is off.
pub async fn send_again(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
    id: DeliveryId,
) -> Result<(), Error> {
    actor.scope_of(Permission::ManageWebhooks, project)?;
    let delivery = get(backend, actor, project, id).await?;
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    let endpoint = endpoints::lock(&mut tx, actor.account, project, delivery.endpoint)
        .await?
        .ok_or(NO_ENDPOINT)?;
    if endpoint.is_disabled {
        return Err(is_off());
    }
    if !store::send_again(&mut tx, id, now).await? {
        return Err(Error::Conflict(
            "It is being sent right now: wait for its outcome.".to_owned(),
        ));
    }
    let event = Event::WebhookSentAgain;
    audit::record_on(&mut tx, actor, event, named(delivery.endpoint), now).await?;
    tx.commit().await?;
    backend.nudge(News::Deliveries);
    Ok(())
}

/// How many deliveries to an endpoint were given up and can be sent again together. Tests are not counted.
pub async fn count_missed(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
    endpoint: EndpointId,
) -> Result<u64, Error> {
    actor.scope_of(Permission::ManageWebhooks, project)?;
    super::actions::get(backend, actor, project, endpoint).await?;
    let mut db = backend.db.acquire().await?;
    let count = store::count_missed(&mut db, endpoint).await?;
    Ok(count.cast_unsigned())
}

/// Sends all of them again, in the order in which they were written; says how many. `Conflict` while the endpoint is off.
pub async fn send_missed(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
    endpoint: EndpointId,
) -> Result<u64, Error> {
    actor.scope_of(Permission::ManageWebhooks, project)?;
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    let found = endpoints::lock(&mut tx, actor.account, project, endpoint)
        .await?
        .ok_or(NO_ENDPOINT)?;
    if found.is_disabled {
        return Err(is_off());
    }
    let count = store::send_missed(&mut tx, endpoint, now).await?;
    if count > 0 {
        let event = Event::WebhookSentAgain;
        audit::record_on(&mut tx, actor, event, named(endpoint), now).await?;
    }
    tx.commit().await?;
    backend.nudge(News::Deliveries);
    Ok(count)
}

/// Sends a test event to an endpoint: one attempt, whatever the endpoint was told to be told of. `Conflict` while it is
/// off.
pub async fn send_test(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
    endpoint: EndpointId,
) -> Result<DeliveryId, Error> {
    actor.scope_of(Permission::ManageWebhooks, project)?;
    let found = super::actions::get(backend, actor, project, endpoint).await?;
    if found.disabled.is_some() {
        return Err(is_off());
    }
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    // It may have been deleted since.
    endpoints::lock(&mut tx, actor.account, project, endpoint)
        .await?
        .ok_or(NO_ENDPOINT)?;
    let happened = Happened {
        event: EventType::Test,
        at: now,
        account: actor.account,
        project: events::project(&mut tx, project)
            .await?
            .ok_or(Error::NotFound("project"))?,
        session: None,
        files: Vec::new(),
        detail: Detail::default(),
    };
    let body = compose(&happened, found.form, &backend.public_url)
        .ok_or_else(|| Error::internal("a test has words in every form"))?;
    let id = DeliveryId::new(now);
    let new = events::NewDelivery {
        id,
        account: actor.account,
        project,
        endpoint,
        event: Uuid::new_v4(),
        event_type: EventType::Test.as_str(),
        session: None,
        body: &body,
    };
    events::insert_delivery(&mut tx, new, now).await?;
    let event = Event::WebhookTested;
    audit::record_on(&mut tx, actor, event, named(endpoint), now).await?;
    tx.commit().await?;
    backend.nudge(News::Deliveries);
    Ok(id)
}

/// Background work: forgets deliveries of more than 30 days.
pub async fn forget_old(backend: &Backend) -> Result<More, Error> {
    let mut db = backend.db.acquire().await?;
    let before = backend.clock.now() - KEPT;
    let count = queue::delete_old(&mut db, before, BATCH).await?;
    Ok(if count == BATCH.cast_unsigned() {
        More::Now
    } else {
        More::Later
    })
}

const NO_DELIVERY: Error = Error::NotFound("delivery");

fn is_off() -> Error {
    Error::Conflict("This endpoint is off. Turn it on first.".to_owned())
}
