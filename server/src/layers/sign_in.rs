//! The cookie of a sign-in, its record in PostgreSQL, and who it is.
//!
//! The record is read only when somebody asks for it, so a request that proves itself otherwise costs no query.

use std::sync::Arc;

use app::error::UiError;
use app::ssr::{MEMBER_KEY, Visitor, ZONE_COOKIE, cookie, zone_of};
use async_trait::async_trait;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use domain::members::{Member, MemberId};
use domain::sign_ins::actions::{self, SignInKey};
use domain::{Actor, Backend, Error};
use http::header::SET_COOKIE;
use http::{Extensions, HeaderValue, Method, StatusCode};
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{self, SessionStore};
use tower_sessions::{Session, SessionManagerLayer};

use super::address::ClientAddress;
use super::refusal::refuse;
use crate::state::{AppState, HttpSettings};

/// Name of the cookie. The prefix makes browsers insist on Secure, on no Domain and on the path `/` (R062).
pub const fn cookie_name(is_https: bool) -> &'static str {
    if is_https {
        "__Host-reelgate"
    } else {
        "reelgate"
    }
}

/// Puts a [`Session`] into every request, and its cookie into the response when it changed.
pub fn layer(state: &AppState) -> SessionManagerLayer<Store> {
    let is_https = state.http.public_url.is_https();
    // Without an expiry the cookie ends with the browser; the server's clock ends the sign-in itself (R066).
    SessionManagerLayer::new(Store(state.backend.clone()))
        .with_name(cookie_name(is_https))
        .with_secure(is_https)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
}

/// Browsers delete a `__Host-` cookie only if the deletion has its attributes too, which the library leaves out.
pub async fn complete_removal(
    State(settings): State<Arc<HttpSettings>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let removal = format!("{}=;", cookie_name(settings.public_url.is_https()));
    let headers = response.headers_mut();
    let is_removal = |value: &HeaderValue| value.as_bytes().starts_with(removal.as_bytes());
    if settings.public_url.is_https() && headers.get_all(SET_COOKIE).iter().any(is_removal) {
        let cookies: Vec<HeaderValue> = headers.get_all(SET_COOKIE).iter().cloned().collect();
        headers.remove(SET_COOKIE);
        for cookie in cookies {
            let complete = is_removal(&cookie)
                .then(|| [cookie.as_bytes(), b"; Secure; HttpOnly; SameSite=Lax"].concat());
            let complete = complete.and_then(|bytes| HeaderValue::from_bytes(&bytes).ok());
            headers.append(SET_COOKIE, complete.unwrap_or(cookie));
        }
    }
    response
}

/// Who is signed in, for the gate. None: nobody, or a member who is disabled or gone.
pub async fn actor_of(backend: &Backend, extensions: &Extensions) -> Result<Option<Actor>, Error> {
    Ok(member_of(backend, extensions)
        .await?
        .map(|(actor, _)| actor))
}

async fn member_of(
    backend: &Backend,
    extensions: &Extensions,
) -> Result<Option<(Actor, Member)>, Error> {
    let Some(session) = extensions.get::<Session>() else {
        return Ok(None);
    };
    let Some(id) = session
        .get::<MemberId>(MEMBER_KEY)
        .await
        .map_err(unavailable)?
    else {
        return Ok(None);
    };
    actions::actor(backend, id, Some(ClientAddress::of(extensions).0)).await
}

fn unavailable(error: tower_sessions::session::Error) -> Error {
    tracing::warn!(%error, "a sign-in cannot be read");
    Error::Unavailable("database")
}

/// For pages and server functions: finds out who asks, and puts a [`Visitor`] into the request.
pub async fn visitor(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let is_page = matches!(*request.method(), Method::GET | Method::HEAD);
    let (found, failure) = match member_of(&state.backend, request.extensions()).await {
        Ok(found) => (found.unzip(), None),
        // A page says it in the portal's own way.
        Err(Error::Unavailable(_)) if is_page => ((None, None), Some(UiError::Unavailable)),
        Err(Error::Unavailable(_)) => {
            return refuse(
                StatusCode::SERVICE_UNAVAILABLE,
                "The database cannot be reached just now. Try again in a moment.",
            );
        }
        Err(error) => {
            tracing::error!(?error, "a sign-in cannot be read");
            return refuse(
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something went wrong on the server.",
            );
        }
    };
    let zone = zone_of(cookie(request.headers(), ZONE_COOKIE));
    let extensions = request.extensions_mut();
    let visitor = Visitor {
        actor: found.0,
        member: found.1,
        address: ClientAddress::of(extensions).0,
        zone,
        flash: extensions.remove(),
        public_url: state.http.public_url.origin(),
        failure,
    };
    extensions.insert(visitor);
    next.run(request).await
}

/// Sign-ins in PostgreSQL, under the SHA-256 of what the cookie holds (R063).
#[derive(Debug, Clone)]
pub struct Store(Backend);

/// The text of the cookie is what is hashed.
fn key_of(id: Id) -> SignInKey {
    SignInKey::of(id.to_string().as_bytes())
}

fn failed(error: Error) -> session_store::Error {
    session_store::Error::Backend(error.to_string())
}

/// The member has a column of its own, so that all sign-ins of one member can be ended.
fn row_of(record: &Record) -> session_store::Result<(Option<MemberId>, serde_json::Value)> {
    let encode = |error: serde_json::Error| session_store::Error::Encode(error.to_string());
    let member = record
        .data
        .get(MEMBER_KEY)
        .cloned()
        .map(serde_json::from_value)
        .transpose()
        .map_err(encode)?;
    Ok((member, serde_json::to_value(&record.data).map_err(encode)?))
}

#[async_trait]
impl SessionStore for Store {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        let (member, data) = row_of(record)?;
        while !actions::create(&self.0, &key_of(record.id), member, data.clone())
            .await
            .map_err(failed)?
        {
            record.id = Id::default();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let (member, data) = row_of(record)?;
        actions::save(&self.0, &key_of(record.id), member, data)
            .await
            .map_err(failed)
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let Some(found) = actions::load(&self.0, &key_of(*id)).await.map_err(failed)? else {
            return Ok(None);
        };
        let data = serde_json::from_value(found.data)
            .map_err(|error| session_store::Error::Decode(error.to_string()))?;
        let expiry_date = OffsetDateTime::from_unix_timestamp(found.expires_at.timestamp())
            .map_err(|error| session_store::Error::Decode(error.to_string()))?;
        Ok(Some(Record {
            id: *id,
            data,
            expiry_date,
        }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        actions::end(&self.0, &key_of(*id)).await.map_err(failed)
    }
}
