//! Sessions that were held. Scheduling, changing and cancelling calls is not here.

use axum::response::Response;
use domain::Error;
use domain::files::{FileKind, FileState};
use domain::members::directory::{Person, host};
use domain::numbers::actions as numbers;
use domain::sessions::{SessionFilter, SessionId, SessionSummary};
use serde::Serialize;

use super::asked::TIMESTAMP;
use super::message::{Kind, Message};
use super::{Asked, object};
use crate::api::listing::{self, Elements, Listing};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Held<'a> {
    session_id: i64,
    schedule_ts: String,
    /// The conference number, where it is one.
    connect_code: Option<u64>,
    /// Begun ones count.
    duration_minutes: u64,
    user_id: i64,
    is_recorded: bool,
    external_session_id: &'a str,
    topic: &'a str,
    /// Who took part stands in the session's metadata file.
    participants: [(); 0],
}

/// `GET /Session` and `GET /Session/{userId}`; `externalId` is a conference number.
pub(super) async fn list(asked: &Asked<'_>) -> Result<Response, Message> {
    if asked.parameter("participantEmail").is_some() {
        return Err(Message::of(Kind::NotHere));
    }
    let period = asked.period()?;
    let host = host(asked.backend, &asked.actor).await?;
    if asked
        .person()
        .await?
        .is_some_and(|person| person.id != host.id)
    {
        return object(&[(); 0]);
    }
    // Behind an id it names the user.
    let external = asked.parameter("externalId").filter(|_| asked.id.is_none());
    let listing = Listing {
        backend: asked.backend.clone(),
        actor: asked.actor,
        filter: SessionFilter {
            conference_number: external.map(std::borrow::Cow::into_owned),
            ..period
        },
    };
    Ok(Response::new(
        listing::body(listing, Sessions { host }).await?,
    ))
}

struct Sessions {
    host: Person,
}

impl Elements for Sessions {
    const AROUND: (&'static str, &'static str) = ("[", "]");

    async fn of(
        &self,
        listing: &Listing,
        sessions: &[SessionSummary],
    ) -> Result<Vec<String>, Error> {
        let ids: Vec<SessionId> = sessions.iter().map(|session| session.id).collect();
        let numbers = numbers::of(&listing.backend, &listing.actor, &ids).await?;
        let numbered = sessions
            .iter()
            .filter_map(|session| Some((session, *numbers.sessions.get(&session.id)?)));
        numbered
            .map(|(session, number)| {
                serde_json::to_string(&held(session, number, &self.host)).map_err(Error::internal)
            })
            .collect()
    }
}

fn held<'a>(session: &'a SessionSummary, number: i64, host: &Person) -> Held<'a> {
    Held {
        session_id: number,
        schedule_ts: session.started_at.format(TIMESTAMP).to_string(),
        connect_code: session.conference_number.parse().ok(),
        duration_minutes: session.duration_ms.div_ceil(60_000),
        user_id: host.number,
        is_recorded: session.files.iter().any(|file| {
            file.state == FileState::There && FileKind::RECORDINGS.contains(&file.kind)
        }),
        external_session_id: &session.conference_number,
        topic: session.title.as_deref().unwrap_or(&session.room),
        participants: [],
    }
}
