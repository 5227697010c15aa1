//! Sends deliveries: takes what is due, several at once, and writes down what came of each.
//!
//! No transaction is open while an endpoint is spoken to. A delivery is leased for as long as an attempt may take; a
//! process that dies lets go of it when the lease is over, and another one sends it again (R159).

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::JoinSet;

use super::actions::{PASSWORD, SECRET, named};
use super::events::message_id;
use super::store::queue::{self as store, AtOnce, Claimed, Ended};
use super::store::{endpoints, events as outbox};
use super::{DeliveryState, DisabledCause, events, ready, schedule, signature};
use crate::audit::{self, Event, Who};
use crate::background::{More, News};
use crate::mail;
use crate::outbound::{Method, OutboundError, Reply, Request, SMALL_REPLY};
use crate::{Backend, Error, Secret};

/// Longer than an attempt can take (20 seconds), with time to write it down.
const LEASE: TimeDelta = TimeDelta::seconds(30);

/// Deliveries under way in one process.
const PLACES: usize = 256;

/// To one endpoint and of one account, from all processes: who is slow leaves the others their places (R165).
const AT_ONCE: AtOnce = AtOnce {
    healthy: 8,
    failing: 1,
    account: 64,
};

/// What another process wrote is noticed this late at most.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Where something happened, more often follows: events wait so long for others, and a place that became free does.
const GATHERED_FOR: Duration = Duration::from_millis(10);

/// Headers and bytes of one header that are kept of an answer.
const HEADERS_KEPT: usize = 40;
const HEADER_BYTES_KEPT: usize = 1000;

/// Works until it is dropped: what happened becomes deliveries, and deliveries are sent. One does not wait for the other,
/// so that a flood of events leaves no endpoint waiting.
pub async fn work(backend: Backend) {
    tokio::join!(fill_queue(&backend), work_queue(&backend));
}

async fn fill_queue(backend: &Backend) {
    loop {
        // Before the look, so that what comes during it is not missed.
        let nudged = backend.nudged(News::Events);
        let pause = match announce(backend).await {
            Ok(More::Now) => Duration::ZERO,
            Ok(More::Later) => LOOK_EVERY,
            Err(error) => {
                tracing::warn!(%error, "events could not be looked at and will be soon");
                LOOK_EVERY
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = nudged => tokio::time::sleep(GATHERED_FOR).await,
        }
    }
}

/// One step of each kind.
async fn announce(backend: &Backend) -> Result<More, Error> {
    let judged = ready::judge_some(backend).await?;
    let announced = events::announce_some(backend).await?;
    Ok(if judged == More::Now {
        judged
    } else {
        announced
    })
}

async fn work_queue(backend: &Backend) {
    let mut sending = JoinSet::new();
    loop {
        let nudged = backend.nudged(News::Deliveries);
        let pause = match send_some(backend, &mut sending).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(%error, "webhooks could not be looked at and will be soon");
                LOOK_EVERY
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = nudged => {}
            Some(_) = sending.join_next(), if !sending.is_empty() => gather(&mut sending).await,
        }
    }
}

/// Waits a moment for others to end, too: one look then fills all of their places, where each by itself would cost
/// as much.
async fn gather(sending: &mut JoinSet<()>) {
    let all = async { while sending.join_next().await.is_some() {} };
    // Over in time or not, both is well.
    let _ = tokio::time::timeout(GATHERED_FOR, all).await;
}

/// Begins what can be begun now; gives back when to look again.
async fn send_some(backend: &Backend, sending: &mut JoinSet<()>) -> Result<Duration, Error> {
    while sending.try_join_next().is_some() {}
    for claimed in claim(backend, PLACES - sending.len()).await? {
        let backend = backend.clone();
        sending.spawn(async move { deliver(&backend, claimed).await });
    }
    let due = store::next_due(&mut *backend.db.acquire().await?).await?;
    let until = due.and_then(|due| (due - backend.clock.now()).to_std().ok());
    // What is due now waits for a place: whoever ends wakes this up.
    Ok(until
        .unwrap_or(LOOK_EVERY)
        .clamp(Duration::from_millis(10), LOOK_EVERY))
}

async fn claim(backend: &Backend, places: usize) -> Result<Vec<Claimed>, Error> {
    let now = backend.clock.now();
    let places = i64::try_from(places).unwrap_or(0);
    let mut db = backend.db.acquire().await?;
    Ok(store::claim(&mut db, now, LEASE, AT_ONCE, places).await?)
}

/// Sends everything that is due, one step, and waits for all of it. For a process that does nothing else, and for tests.
pub async fn send_due(backend: &Backend) -> Result<usize, Error> {
    while announce(backend).await? == More::Now {}
    let mut sending = JoinSet::new();
    for claimed in claim(backend, PLACES).await? {
        let backend = backend.clone();
        sending.spawn(async move { deliver(&backend, claimed).await });
    }
    Ok(sending.join_all().await.len())
}

async fn deliver(backend: &Backend, claimed: Claimed) {
    let (id, endpoint) = (claimed.id, claimed.endpoint);
    if let Err(error) = attempt(backend, claimed).await {
        // The lease runs out, and it is sent again.
        tracing::warn!(delivery = %id, endpoint = %endpoint, %error, "what came of a webhook could not be written down");
    }
}

async fn attempt(backend: &Backend, claimed: Claimed) -> Result<(), Error> {
    let began_at = backend.clock.now();
    let headers = headers(backend, &claimed, began_at);
    let began = Instant::now();
    let sent = backend
        .outbound
        .send(Request {
            method: Method::Post,
            url: &claimed.url,
            headers: &headers,
            body: claimed.body.clone().into_bytes(),
            max_reply: SMALL_REPLY,
        })
        .await;
    let duration = began.elapsed();
    let outcome = Outcome::of(&claimed, &sent, backend.clock.now(), rand::random());
    let shown: Vec<(String, String)> = headers.into_iter().map(without_secret).collect();
    let (status, reply_headers, reply_body, is_whole) = match &sent {
        Ok(reply) => (
            Some(i32::from(reply.status)),
            reply.headers.iter().take(HEADERS_KEPT).map(cut).collect(),
            text(&reply.body),
            reply.is_whole,
        ),
        Err(_) => (None, Vec::new(), String::new(), true),
    };
    let error = sent.as_ref().err().map(ToString::to_string);
    let mut tx = backend.db.begin().await?;
    let is_ours = store::finish(
        &mut tx,
        Ended {
            delivery: claimed.id,
            endpoint: claimed.endpoint,
            leased_until: claimed.leased_until,
            number: claimed.attempts,
            began_at,
            duration_ms: i64::try_from(duration.as_millis()).unwrap_or(i64::MAX),
            request_headers: &shown,
            status,
            reply_headers: &reply_headers,
            reply_body: &reply_body,
            is_reply_whole: is_whole,
            error: error.as_deref(),
            state: outcome.state,
            next_attempt_at: outcome.next_attempt_at,
        },
    )
    .await?;
    let is_told = is_ours && judge_endpoint(backend, &mut tx, &claimed, &outcome).await?;
    tx.commit().await?;
    if is_told {
        backend.nudge(News::Letters);
    }
    Ok(())
}

/// What an attempt means for its delivery.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    state: DeliveryState,
    next_attempt_at: Option<DateTime<Utc>>,
    /// The endpoint wants nothing any more (410).
    is_gone: bool,
}

impl Outcome {
    fn of(
        claimed: &Claimed,
        sent: &Result<Reply, OutboundError>,
        now: DateTime<Utc>,
        chance: f64,
    ) -> Self {
        let ended = |state, is_gone| Self {
            state,
            next_attempt_at: None,
            is_gone,
        };
        let retry_after = match sent {
            Ok(reply) if reply.is_success() => return ended(DeliveryState::Delivered, false),
            Ok(reply) if reply.status == 410 => return ended(DeliveryState::Failed, true),
            Ok(reply) => reply
                .header("retry-after")
                .and_then(|value| schedule::retry_after(value, now)),
            Err(_) => None,
        };
        if store::is_test(claimed) {
            return ended(DeliveryState::Failed, false);
        }
        let tries = claimed.tries.cast_unsigned();
        match schedule::next(tries, now, chance, retry_after) {
            Some(at) => Self {
                state: DeliveryState::Waiting,
                next_attempt_at: Some(at),
                is_gone: false,
            },
            None => ended(DeliveryState::Failed, false),
        }
    }
}

/// Turns an endpoint off that is gone, or at which nothing came through for days; says whether letters were written.
async fn judge_endpoint(
    backend: &Backend,
    tx: &mut sqlx::PgConnection,
    claimed: &Claimed,
    outcome: &Outcome,
) -> Result<bool, Error> {
    let now = backend.clock.now();
    if outcome.is_gone {
        return disable(backend, tx, claimed, DisabledCause::Gone).await;
    }
    if outcome.state == DeliveryState::Delivered {
        // Whatever the endpoint was when this began: another attempt may have failed while this one was under way.
        store::set_failing(tx, claimed.endpoint, None).await?;
        return Ok(false);
    }
    if store::is_test(claimed) {
        return Ok(false);
    }
    let since = store::set_failing(tx, claimed.endpoint, Some(now)).await?;
    if since.is_some_and(|since| now - since >= schedule::GIVE_UP_AFTER) {
        return disable(backend, tx, claimed, DisabledCause::Failing).await;
    }
    Ok(false)
}

/// With a letter to everybody who can do something about it.
async fn disable(
    backend: &Backend,
    tx: &mut sqlx::PgConnection,
    claimed: &Claimed,
    cause: DisabledCause,
) -> Result<bool, Error> {
    let now = backend.clock.now();
    if !endpoints::set_disabled(tx, claimed.endpoint, Some((now, cause))).await? {
        return Ok(false);
    }
    // People are told, so it must not be forgotten any more.
    store::wait_for_the_disk(tx).await?;
    tracing::info!(endpoint = %claimed.endpoint, ?cause, "a webhook endpoint was turned off");
    let who = Who {
        account: Some(claimed.account),
        member: None,
        api_secret: None,
        service_account: None,
        address: None,
    };
    audit::record_on(
        tx,
        who,
        Event::WebhookDisabled,
        named(claimed.endpoint),
        now,
    )
    .await?;
    let project = outbox::project(tx, claimed.project).await?;
    let target = backend.outbound.check(&claimed.url).ok();
    let letter = mail::letters::webhook_disabled(
        &project.map(|project| project.name).unwrap_or_default(),
        // Without path and query, which may hold a secret of the other side's.
        &target.map(|target| target.origin()).unwrap_or_default(),
        cause,
        &format!(
            "{}/projects/{}/webhooks/{}",
            backend.public_url, claimed.project, claimed.endpoint
        ),
    );
    for email in endpoints::managers(tx, claimed.account).await? {
        mail::outbox::put(backend, tx, &email, &letter).await?;
    }
    Ok(true)
}

/// Signed with every secret that is good now; the bytes of the body are those that are sent (R157).
fn headers(backend: &Backend, claimed: &Claimed, now: DateTime<Utc>) -> Vec<(String, String)> {
    let owner = claimed.endpoint.to_string();
    let open = |purpose, sealed: &[u8]| backend.master_key.unseal(purpose, &owner, sealed);
    let former = claimed
        .former_secret_sealed
        .as_deref()
        .filter(|_| claimed.former_secret_until.is_some_and(|until| now < until));
    let secrets: Vec<Secret> = [Some(claimed.secret_sealed.as_slice()), former]
        .into_iter()
        .flatten()
        .filter_map(|sealed| open(SECRET, sealed))
        .collect();
    let id = message_id(claimed.event);
    let signature = signature::sign(&secrets, &id, now, &claimed.body);
    let mut headers = vec![
        ("content-type", "application/json".to_owned()),
        ("webhook-id", id),
        ("webhook-timestamp", now.timestamp().to_string()),
        ("webhook-signature", signature),
    ];
    let password = claimed
        .password_sealed
        .as_deref()
        .and_then(|sealed| open(PASSWORD, sealed));
    if let (Some(username), Some(password)) = (&claimed.username, password) {
        let pair = Secret::new(format!("{username}:{}", password.reveal()));
        headers.push((
            AUTHORIZATION,
            format!("Basic {}", STANDARD.encode(pair.reveal())),
        ));
    }
    headers
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

const AUTHORIZATION: &str = "authorization";

fn without_secret((name, value): (String, String)) -> (String, String) {
    if name == AUTHORIZATION {
        (name, "Basic (not shown)".to_owned())
    } else {
        (name, value)
    }
}

fn cut((name, value): &(String, String)) -> (String, String) {
    let value = value.chars().take(HEADER_BYTES_KEPT).collect();
    (name.chars().take(HEADER_BYTES_KEPT).collect(), value)
}

/// PostgreSQL's texts take no NUL.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\0', "\u{FFFD}")
}
