//! All that pages and server functions need of the running server: the backend, the visitor, the response.
//!
//! The server puts a [`Backend`] into the Leptos context and a [`Visitor`] and a `tower_sessions::Session` into
//! the extensions of every request before Leptos sees it.

mod islands; // their script
mod links; // one-time links
mod queries; // of addresses
mod second_factors; // steps of a sign-in
mod sign_in; // of this browser

pub(crate) use islands::WakeIslands;
pub(crate) use links::{forget_link_token, link_token, set_link, take_link};
pub use queries::{fields, read_report, take_refusal};
pub(crate) use second_factors::{forget_step, set_step, show_codes_or, step_token};
pub(crate) use sign_in::{begin_sign_in, complete_sign_in, end_sign_in, sign_in_key, user_agent};

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::header::{ACCEPT, COOKIE, RETRY_AFTER, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use domain::members::Member;
use domain::{Actor, Backend};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use crate::answer::Answer;
use crate::error::UiError;
use crate::flash::{Flash, Notice};
use crate::viewer::{Theme, Viewer};

/// Key under which a sign-in holds the id of its member.
pub const MEMBER_KEY: &str = "member_id";
/// Cookie of the viewer's time zone, an IANA name, set by the page itself.
pub const ZONE_COOKIE: &str = "tz";
/// The page's only script of its own: remembers the viewer's zone. Sign-in shows no time, so the first page that
/// does already has it.
pub(crate) const REMEMBER_ZONE: &str = "document.cookie = \"tz=\" + Intl.DateTimeFormat().resolvedOptions().timeZone + \
    \"; path=/; max-age=31536000; samesite=lax\" + (location.protocol === \"https:\" ? \"; secure\" : \"\")";
/// Cookie of the one-shot [`Flash`]. The server takes it from the request of the next page and deletes it there.
pub const FLASH_COOKIE: &str = "flash";
/// Cookie of what a one-time link held, on its way from the link to the form.
pub const TOKEN_COOKIE: &str = "link";
/// Who asks, as far as the layers found out. One for each request, in its extensions.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Who acts; None while nobody is signed in, or the member is disabled or gone.
    pub actor: Option<Actor>,
    /// The same person, for the frame of the page.
    pub member: Option<Member>,
    /// Where the request comes from, behind trusted proxies only.
    pub address: IpAddr,
    /// The zone in which times are shown; UTC without the cookie.
    pub zone: chrono_tz::Tz,
    /// Taken from the cookie, for this page only.
    pub flash: Option<Flash>,
    /// Scheme and host of the portal, without a slash at the end.
    pub public_url: String,
    /// Why nobody knows who asks: every page then shows this instead of itself.
    pub failure: Option<UiError>,
}

/// Where a server function leaves what its form is answered with, and the path of the page that shows it. The server
/// puts one into the request and renders that page in place of the redirect.
#[derive(Debug, Clone, Default)]
pub struct AnswerSlot(Arc<Mutex<Option<(String, Answer)>>>);

impl AnswerSlot {
    /// What was left, once.
    pub fn take(&self) -> Option<(String, Answer)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The zone that the cookie names; UTC for none or nonsense.
pub fn zone_of(cookie: Option<&str>) -> chrono_tz::Tz {
    cookie
        .and_then(|name| name.parse().ok())
        .unwrap_or(chrono_tz::UTC)
}

/// What the actions need. An error only if the server forgot to provide it.
pub(crate) fn backend() -> Result<Backend, UiError> {
    use_context().ok_or_else(|| missing("backend"))
}

pub(crate) fn visitor() -> Result<Visitor, UiError> {
    parts()
        .and_then(|parts| parts.extensions.get::<Visitor>().cloned())
        .ok_or_else(|| missing("visitor"))
}

/// On whose behalf this request acts.
pub(crate) fn actor() -> Result<Actor, UiError> {
    visitor()?
        .actor
        .ok_or_else(|| domain::Error::Unauthenticated.into())
}

fn parts() -> Option<Parts> {
    use_context()
}

fn missing(what: &str) -> UiError {
    domain::Error::internal(format!("the server did not provide the {what}")).into()
}

/// Makes the viewer of this page known to its components.
pub(crate) fn provide_viewer() {
    let Some(parts) = parts() else { return };
    let visitor = parts.extensions.get::<Visitor>().cloned();
    provide_context(Viewer {
        theme: cookie(&parts.headers, Theme::COOKIE)
            .map(Theme::parse)
            .unwrap_or_default(),
        path_and_query: parts
            .uri
            .path_and_query()
            .map(ToString::to_string)
            .unwrap_or_default(),
        member: visitor.as_ref().and_then(|visitor| visitor.member.clone()),
        flash: visitor.as_ref().and_then(|visitor| visitor.flash.clone()),
        failure: visitor.as_ref().and_then(|visitor| visitor.failure.clone()),
        answer: parts.extensions.get::<Answer>().cloned(),
        public_url: visitor
            .map(|visitor| visitor.public_url)
            .unwrap_or_default(),
    });
}

/// The theme that the cookie of this request asks for; `shell` needs it before there is a viewer.
pub(crate) fn theme() -> Theme {
    parts()
        .as_ref()
        .and_then(|parts| cookie(&parts.headers, Theme::COOKIE))
        .map(Theme::parse)
        .unwrap_or_default()
}

/// One cookie of a request, as it was sent and not decoded: what it means is the business of whoever set it. The
/// first one counts.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| {
        let (found, value) = pair.trim().split_once('=')?;
        (found == name).then_some(value)
    })
}

/// A form that a browser posts by itself, without our scripts.
fn is_plain_form(parts: &Parts) -> bool {
    parts.method == Method::POST
        && parts
            .headers
            .get(ACCEPT)
            .and_then(|v| v.to_str().ok())
            .is_some_and(|v| v.contains("text/html"))
}

pub(crate) fn set_status(status: u16) {
    // A refused plain form is answered by a redirect to its page, which must not lose its 302.
    if parts().is_none_or(|parts| is_plain_form(&parts)) {
        return;
    }
    if let (Some(response), Ok(status)) = (
        use_context::<ResponseOptions>(),
        StatusCode::from_u16(status),
    ) {
        response.set_status(status);
    }
}

pub(crate) fn set_retry_after(seconds: u64) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.insert_header(RETRY_AFTER, HeaderValue::from(seconds));
    }
}

/// Finds an error again in the log: the request's id, or else the time.
pub(crate) fn reference() -> String {
    let id = parts()
        .and_then(|parts| Some(parts.headers.get("x-request-id")?.to_str().ok()?.to_owned()));
    id.unwrap_or_else(|| {
        use_context::<Backend>().map_or_else(String::new, |b| {
            format!("{:x}", b.clock.now().timestamp_micros())
        })
    })
}

/// Goes on to another page: a 302 for a plain form, a hint to our own script otherwise.
pub(crate) fn redirect(path: &str) {
    leptos_axum::redirect(path);
}

/// Answers the form with the page at this path, which shows `answer` this once.
pub(crate) fn answer_on(path: &str, answer: Answer) {
    let slot = parts().and_then(|parts| parts.extensions.get::<AnswerSlot>().cloned());
    if let Some(slot) = slot {
        *slot.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((path.to_owned(), answer));
    }
}

/// The outcome of a form's action. What is wrong with a field is told on the page at this path, with what was typed.
pub(crate) fn refused_on<T>(
    outcome: Result<T, domain::Error>,
    path: &str,
    form: &'static str,
    typed: Vec<(&'static str, String)>,
) -> Result<T, UiError> {
    outcome.map_err(|error| {
        let error = UiError::from(error);
        answer_on(
            path,
            Answer::Refused {
                form,
                error: error.clone(),
                typed,
            },
        );
        error
    })
}

/// Leaves a notice for the next page.
pub(crate) fn set_notice(notice: Notice) {
    if let Some(value) = Flash::Notice(notice).encode() {
        set_cookie(&format!(
            "{FLASH_COOKIE}={value}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"
        ));
    }
}

/// Remembers the choice of theme for a year; the system's needs no memory.
pub(crate) fn set_theme(theme: Theme) {
    let age = if theme == Theme::System {
        0
    } else {
        31_536_000
    };
    set_cookie(&format!(
        "{}={}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax",
        Theme::COOKIE,
        theme.as_str()
    ));
}

fn set_cookie(cookie: &str) {
    let is_https = visitor().is_ok_and(|visitor| visitor.public_url.starts_with("https:"));
    let cookie = format!("{cookie}{}", if is_https { "; Secure" } else { "" });
    if let (Some(response), Ok(value)) = (
        use_context::<ResponseOptions>(),
        HeaderValue::from_str(&cookie),
    ) {
        response.append_header(SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "xflash=1; flash=a%20b=c; flash=2".parse().unwrap());
        headers.append(COOKIE, "tz=Europe/Berlin".parse().unwrap());
        assert_eq!(cookie(&headers, "flash"), Some("a%20b=c"));
        assert_eq!(cookie(&headers, "tz"), Some("Europe/Berlin"));
        assert_eq!(cookie(&headers, "fl"), None);
    }

    #[test]
    fn the_zone_is_that_of_the_cookie_or_utc() {
        assert_eq!(zone_of(Some("Europe/Berlin")), chrono_tz::Europe::Berlin);
        for nonsense in [
            None,
            Some(""),
            Some("Mars/Olympus"),
            Some("../../etc/passwd"),
        ] {
            assert_eq!(zone_of(nonsense), chrono_tz::UTC);
        }
    }
}
