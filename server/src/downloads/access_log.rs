//! The access log as CSV: all rows that its page would show, however many, a thousand at a time.

use app::access_log_filter;
use app::routes::paths;
use app::ssr::Visitor;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use bytes::Bytes;
use chrono::SecondsFormat;
use domain::access_log::actions::list_after;
use domain::access_log::report::{Entry, EntryFilter};
use domain::{Actor, Backend, Error};
use futures::stream::{self, Stream, StreamExt as _};

use crate::recordings::csv::{attachment, head, line};
use crate::recordings::refused;

/// Rows of one query.
const STEP: i64 = 1000;

const HEAD: [&str; 17] = [
    "time",
    "outcome",
    "reason",
    "status",
    "method",
    "bytes_sent",
    "file",
    "file_id",
    "room",
    "conference_number",
    "session_id",
    "caller_kind",
    "caller",
    "caller_id",
    "proof",
    "client_address",
    "user_agent",
];

/// `GET /video/insights/access/export`, with the query of the page.
pub async fn access_log(
    State(backend): State<Backend>,
    Extension(visitor): Extension<Visitor>,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    let Some(actor) = visitor.actor else {
        return Redirect::to(&paths::sign_in_then(paths::ACCESS)).into_response();
    };
    let filter = access_log_filter(query, &visitor.zone);
    // Before the head of the answer: what goes wrong here can still be said.
    let first = match list_after(&backend, &actor, &filter, None, STEP).await {
        Ok(first) => first,
        Err(error) => return refused(error),
    };
    let day = backend.clock.now().with_timezone(&visitor.zone);
    let name = format!("access-log-{}.csv", day.format("%Y-%m-%d"));
    attachment(
        &name,
        Body::from_stream(lines(backend, actor, filter, first)),
    )
}

/// The head, and one block for each query. An error breaks the connection: half a log must not look whole.
fn lines(
    backend: Backend,
    actor: Actor,
    filter: EntryFilter,
    first: Vec<Entry>,
) -> impl Stream<Item = Result<Bytes, Error>> + Send {
    let head = head(HEAD);
    let rest = stream::try_unfold(Some(first), move |entries| {
        let (backend, filter) = (backend.clone(), filter.clone());
        async move {
            let Some(entries) = entries.filter(|entries| !entries.is_empty()) else {
                return Ok(None);
            };
            let next = if i64::try_from(entries.len()).is_ok_and(|length| length < STEP) {
                None
            } else {
                Some(list_after(&backend, &actor, &filter, entries.last(), STEP).await?)
            };
            let mut block = String::new();
            for entry in &entries {
                push_entry(&mut block, entry);
            }
            Ok(Some((Bytes::from(block), next)))
        }
    });
    stream::once(async { Ok(Bytes::from(head)) }).chain(rest)
}

fn push_entry(out: &mut String, entry: &Entry) {
    let id = |id: Option<String>| id.unwrap_or_default();
    let (room, number) = entry.call.clone().unwrap_or_default();
    out.push_str(&line([
        entry
            .occurred_at
            .to_rfc3339_opts(SecondsFormat::Micros, true)
            .as_str(),
        if entry.reason.is_some() {
            "refused"
        } else {
            "granted"
        },
        entry.reason.as_deref().unwrap_or_default(),
        &entry.status.to_string(),
        &entry.method,
        &entry.bytes_sent.to_string(),
        entry.file_name.as_deref().unwrap_or_default(),
        &id(entry.file.map(|file| file.to_string())),
        &room,
        &number,
        &id(entry.session.map(|session| session.to_string())),
        &entry.caller_kind,
        entry.caller_name.as_deref().unwrap_or_default(),
        &id(entry.caller.map(|caller| caller.to_string())),
        &entry.proof,
        &entry.client_address,
        entry.user_agent.as_deref().unwrap_or_default(),
    ]));
}
