//! The sign-in of the browser that asks: begun, found again, ended.

use axum::http::HeaderValue;
use axum::http::header::{HeaderName, USER_AGENT};
use domain::Secret;
use domain::members::Member;
use domain::sign_ins::actions::{Origin, SignInKey};
use domain::sign_ins::device::MAX_USER_AGENT;
use domain::sign_ins::{ADDRESS_KEY, USER_AGENT_KEY};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use tower_sessions::Session;

use super::{MEMBER_KEY, backend, cookie, missing, parts, set_cookie, visitor};
use crate::error::UiError;

/// Cookie by which a browser is known from its first sign-in on.
const DEVICE_COOKIE: &str = "device";
/// 139 bits.
const DEVICE_LENGTH: usize = 24;
fn sign_in_session() -> Result<Session, UiError> {
    parts()
        .and_then(|parts| parts.extensions.get::<Session>().cloned())
        .ok_or_else(|| missing("sign-in"))
}

fn failed(error: tower_sessions::session::Error) -> UiError {
    match error {
        tower_sessions::session::Error::Store(_) => {
            tracing::warn!(%error, "sign-ins cannot be read or written");
            domain::Error::Unavailable("database").into()
        }
        other @ tower_sessions::session::Error::SerdeJson(_) => {
            domain::Error::internal(other).into()
        }
    }
}

/// Signs in a browser whose person has proved everything that is asked for: the last step of every sign-in.
pub(crate) async fn complete_sign_in(member: &Member) -> Result<(), UiError> {
    let origin = Origin {
        address: visitor()?.address,
        user_agent: user_agent(),
        device: Some(device()),
    };
    domain::sign_ins::actions::complete(&backend()?, member, &origin).await?;
    begin_sign_in(member).await
}

/// Gives this browser a sign-in of the member's.
pub(crate) async fn begin_sign_in(member: &Member) -> Result<(), UiError> {
    let session = sign_in_session()?;
    // SECURITY: a new id, so that one that was planted before is worth nothing (R064).
    if session.id().is_some() {
        session.flush().await.map_err(failed)?;
    }
    session.cycle_id().await.map_err(failed)?;
    let address = visitor()?.address.to_string();
    session.insert(ADDRESS_KEY, address).await.map_err(failed)?;
    if let Some(user_agent) = user_agent() {
        let inserted = session.insert(USER_AGENT_KEY, user_agent).await;
        inserted.map_err(failed)?;
    }
    session.insert(MEMBER_KEY, member.id).await.map_err(failed)
}

/// The sign-in that this request came with.
pub(crate) fn sign_in_key() -> Result<SignInKey, UiError> {
    let id = sign_in_session()?
        .id()
        .ok_or(domain::Error::Unauthenticated)?;
    Ok(SignInKey::of(id.to_string().as_bytes()))
}

pub(crate) fn user_agent() -> Option<String> {
    let parts = parts()?;
    let text = parts.headers.get(USER_AGENT)?.to_str().ok()?;
    Some(text.chars().take(MAX_USER_AGENT).collect())
}

/// What this browser is known by from its first sign-in on. It proves nothing; it only tells a new browser from one
/// that was there before.
fn device() -> Secret {
    let known = parts()
        .and_then(|parts| cookie(&parts.headers, DEVICE_COOKIE).map(Secret::new))
        .filter(|known| known.reveal().len() == DEVICE_LENGTH);
    let device = known.unwrap_or_else(|| domain::random_text(DEVICE_LENGTH));
    set_cookie(&format!(
        "{DEVICE_COOKIE}={}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax",
        device.reveal()
    ));
    device
}

/// Signs this browser out, and asks it to forget what it showed (R054).
pub(crate) async fn end_sign_in() -> Result<(), UiError> {
    sign_in_session()?.flush().await.map_err(failed)?;
    if let Some(response) = use_context::<ResponseOptions>() {
        let value = HeaderValue::from_static("\"cache\", \"storage\"");
        response.insert_header(HeaderName::from_static("clear-site-data"), value);
    }
    Ok(())
}
