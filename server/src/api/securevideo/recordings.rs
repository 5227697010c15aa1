//! Stored recordings: listing them, an address to fetch one, and deleting one after that.
//!
//! A stored recording is one recording (individual, live or transcoded) that can be opened. Its host is the person who
//! stands for the account, since a vault knows rooms and not who owned the call.

use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use domain::Error;
use domain::files::trash::{TrashTarget, discard};
use domain::files::{FileId, FileKind, FileState, actions as files, view as views};
use domain::members::directory::{Person, host};
use domain::numbers::{Named, actions as numbers};
use domain::sessions::{SessionFilter, SessionId, SessionSummary};
use http::StatusCode;
use serde::Serialize;

use super::asked::TIMESTAMP;
use super::message::{Kind, Message};
use super::{Asked, object};
use crate::api::listing::{self, Elements, Listing};

/// In the order of the documentation (compat.md 4.5).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct StoredRecording<'a> {
    cloud_recording_id: i64,
    host_user_id: i64,
    session_id: i64,
    host_user_full_name: &'a str,
    status: &'static str,
    cloud_recording_status_ts: String,
    recording_start_ts: String,
    /// Begun ones count.
    minutes_recorded: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Link {
    cloud_recording_id: i64,
    view_url: String,
    expires_ts: String,
}

/// `GET /StoredRecording` and `GET /StoredRecording/{hostUserId}`.
pub(super) async fn list(asked: &Asked<'_>) -> Result<Response, Message> {
    let period = asked.period()?;
    let host = host(asked.backend, &asked.actor).await?;
    if asked
        .person()
        .await?
        .is_some_and(|person| person.id != host.id)
    {
        return object(&[(); 0]);
    }
    let listing = Listing {
        backend: asked.backend.clone(),
        actor: asked.actor,
        filter: SessionFilter {
            kinds: FileKind::RECORDINGS.to_vec(),
            ..period
        },
    };
    Ok(Response::new(
        listing::body(listing, Recordings { host }).await?,
    ))
}

struct Recordings {
    host: Person,
}

impl Elements for Recordings {
    const AROUND: (&'static str, &'static str) = ("[", "]");

    async fn of(
        &self,
        listing: &Listing,
        sessions: &[SessionSummary],
    ) -> Result<Vec<String>, Error> {
        let ids: Vec<SessionId> = sessions.iter().map(|session| session.id).collect();
        let numbers = numbers::of(&listing.backend, &listing.actor, &ids).await?;
        let mut recordings = Vec::new();
        for session in sessions {
            let Some(&session_id) = numbers.sessions.get(&session.id) else {
                continue;
            };
            let there = session.files.iter().filter(|file| {
                file.state == FileState::There && FileKind::RECORDINGS.contains(&file.kind)
            });
            for file in there {
                let Some(&(cloud_recording_id, arrived_at)) = numbers.files.get(&file.id) else {
                    continue;
                };
                let recording = StoredRecording {
                    cloud_recording_id,
                    host_user_id: self.host.number,
                    session_id,
                    host_user_full_name: &self.host.name,
                    status: "Recording Complete",
                    cloud_recording_status_ts: arrived_at.format(TIMESTAMP).to_string(),
                    recording_start_ts: session.started_at.format(TIMESTAMP).to_string(),
                    minutes_recorded: file
                        .duration_ms
                        .unwrap_or(session.duration_ms)
                        .div_ceil(60_000),
                };
                recordings.push(serde_json::to_string(&recording).map_err(Error::internal)?);
            }
        }
        Ok(recordings)
    }
}

/// `GET /StoredRecordingView/{id}`: an address that needs no header, for ten minutes.
pub(super) async fn view(asked: &Asked<'_>) -> Result<Response, Message> {
    let (number, file) = recording(asked).await?;
    let link = views::make(asked.backend, &asked.actor, file).await?;
    let expires_at: DateTime<Utc> = link.expires_at;
    object(&Link {
        cloud_recording_id: number,
        view_url: format!("{}{}", asked.backend.public_url, link.path.reveal()),
        expires_ts: expires_at.format(TIMESTAMP).to_string(),
    })
}

/// `DELETE /StoredRecording/{id}`: into the trash, from which people of the account can take it back for 30 days.
pub(super) async fn delete(asked: &Asked<'_>) -> Result<Response, Message> {
    let (_, file) = recording(asked).await?;
    let reason = "Deleted by an application (SecureVideo form).";
    discard(asked.backend, &asked.actor, TrashTarget::File(file), reason).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The recording that the path names, if it can be opened: what is in the trash or has expired does not exist here.
async fn recording(asked: &Asked<'_>) -> Result<(i64, FileId), Message> {
    let number = asked.number()?;
    let missing = || Message::of(Kind::Missing("Stored Recording", Some(number)));
    let file = match numbers::recording(asked.backend, &asked.actor, number).await? {
        Named::Own(file) => file,
        Named::Foreign => {
            return Err(Message::of(Kind::Forbidden(
                "This Stored Recording belongs to another company.",
            )));
        }
        Named::Nothing => return Err(missing()),
    };
    let stored = files::get(asked.backend, &asked.actor, file).await?;
    match stored
        .lifecycle
        .state(&stored.policy, asked.backend.clock.now())
    {
        FileState::There => Ok((number, file)),
        _ => Err(missing()),
    }
}
