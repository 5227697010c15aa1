//! `GET /video/insights/recordings/export`: the report as CSV, one line for each file, as the report's query narrows it.
//!
//! It is read from the database in batches and written as they come, so a million sessions take the memory of one
//! batch, and a slow reader holds no connection to the database.

use std::sync::Arc;

use app::ssr::{Visitor, read_report};
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use chrono::SecondsFormat;
use domain::accounts::AccountId;
use domain::files::{FileSummary, file_path};
use domain::sessions::actions::Position;
use domain::sessions::{SessionFilter, SessionOrder, SessionSummary, actions};
use domain::{Actor, Backend, Error};
use http::StatusCode;

use super::csv::{attachment, head, line};
use super::refused;
use crate::layers::refusal::refuse;

const HEADINGS: [&str; 15] = [
    "Project",
    "Room",
    "Conference number",
    "Title",
    "Tags",
    "Started (UTC)",
    "Session duration (s)",
    "Kind",
    "File",
    "File duration (s)",
    "Width",
    "Height",
    "Size (bytes)",
    "Address",
    "Session",
];

/// What is exported, and to whom.
struct Export {
    backend: Backend,
    actor: Actor,
    filter: SessionFilter,
    order: SessionOrder,
    public_url: String,
}

enum Step {
    First,
    After(Position),
    End,
}

pub(super) async fn answer(
    State(backend): State<Backend>,
    Extension(actor): Extension<Actor>,
    request: Request,
) -> Response {
    let Some(visitor) = request.extensions().get::<Visitor>() else {
        return refuse(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong.");
    };
    // Exporting something else than was asked for would go unnoticed.
    let (filter, order) =
        match read_report(request.uri().query().unwrap_or_default(), &visitor.zone) {
            Ok(report) => report,
            Err(problems) => return refused(Error::Invalid(problems)),
        };
    let name = format!("recordings-{}.csv", backend.clock.now().format("%Y-%m-%d"));
    let export = Arc::new(Export {
        backend,
        actor,
        filter,
        order,
        public_url: visitor.public_url.clone(),
    });
    // The first batch before the headers: what fails at once is still told with a status.
    let first = match export.batch(None).await {
        Ok((text, next)) => (head(HEADINGS) + &text, next),
        Err(error) => return refused(error),
    };
    attachment(&name, body(export, first))
}

fn body(export: Arc<Export>, first: (String, Option<Position>)) -> Body {
    let rest = |next: Option<Position>| next.map_or(Step::End, Step::After);
    let begin = (export, Step::First, Some(first));
    Body::from_stream(futures::stream::try_unfold(
        begin,
        move |(export, step, first)| async move {
            let (text, next) = match (step, first) {
                (Step::First, Some(first)) => first,
                (Step::After(position), _) => {
                    // An error breaks the connection: a short table that ended well would pass for the whole.
                    export.batch(Some(position)).await.inspect_err(|error| {
                        tracing::error!(?error, "an export could not be read to its end");
                    })?
                }
                _ => return Ok::<_, Error>(None),
            };
            Ok(Some((Bytes::from(text), (export, rest(next), None))))
        },
    ))
}

impl Export {
    async fn batch(&self, after: Option<Position>) -> Result<(String, Option<Position>), Error> {
        let (sessions, next) =
            actions::export(&self.backend, &self.actor, &self.filter, self.order, after).await?;
        let mut text = String::new();
        for session in &sessions {
            if session.files.is_empty() {
                text.push_str(&row(session, None, self.actor.account, &self.public_url));
            }
            for file in &session.files {
                text.push_str(&row(
                    session,
                    Some(file),
                    self.actor.account,
                    &self.public_url,
                ));
            }
        }
        Ok((text, next))
    }
}

fn row(
    session: &SessionSummary,
    file: Option<&FileSummary>,
    account: AccountId,
    public_url: &str,
) -> String {
    let started = session
        .started_at
        .to_rfc3339_opts(SecondsFormat::Secs, true);
    let tags = session.tags.join(", ");
    let text = |value: Option<String>| value.unwrap_or_default();
    line([
        session.project_name.as_str(),
        &session.room,
        &session.conference_number,
        session.title.as_deref().unwrap_or_default(),
        &tags,
        &started,
        &seconds(session.duration_ms),
        file.map(|file| file.kind.as_str()).unwrap_or_default(),
        file.map(|file| file.name.as_str()).unwrap_or_default(),
        &text(file.and_then(|file| file.duration_ms).map(seconds)),
        &text(
            file.and_then(|file| file.dimensions)
                .map(|(width, _)| width.to_string()),
        ),
        &text(
            file.and_then(|file| file.dimensions)
                .map(|(_, height)| height.to_string()),
        ),
        &text(file.map(|file| file.size.to_string())),
        &text(file.map(|file| format!("{public_url}{}", file_path(account, file.id, &file.name)))),
        &session.id.to_string(),
    ])
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}
