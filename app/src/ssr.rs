//! All that pages and server functions need of the running server: the backend, the visitor, the response.
//!
//! The server puts a [`Backend`] into the Leptos context and a [`Visitor`] and a `tower_sessions::Session` into
//! the extensions of every request before Leptos sees it.

mod second_factors;

pub(crate) use second_factors::{forget_step, set_step, show_codes_or, step_token};

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::header::{ACCEPT, COOKIE, HeaderName, RETRY_AFTER, SET_COOKIE, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use domain::members::Member;
use domain::sessions::{SessionFilter, SessionOrder};
use domain::sign_ins::actions::{Origin, SignInKey};
use domain::sign_ins::device::MAX_USER_AGENT;
use domain::sign_ins::{ADDRESS_KEY, USER_AGENT_KEY};
use domain::{Actor, Backend, LinkToken, Problem, Secret};
use leptos::prelude::*;
use leptos::server_fn::error::ServerFnUrlError;
use leptos_axum::ResponseOptions;
use leptos_router::params::ParamsMap;
use tower_sessions::Session;

use crate::answer::Answer;
use crate::error::UiError;
use crate::features::invitations::OneTimeLink;
use crate::features::sessions::ReportQuery;
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
/// Wakes the islands at an idle moment, or after half a second on a page that is never idle. In place of the script of
/// Leptos, which waits for every element of the page in turn: this one asks the browser where the islands are. An
/// island among the children of another belongs to it, and says so first.
const WAKE: &str = r#"((js, wasm) => {
    const wake = async () => {
        const site = await import(js);
        await site.default({ module_or_path: wasm });
        site.hydrate();
        for (const island of document.querySelectorAll("leptos-island")) {
            island.parentElement.closest("leptos-children")?.$$on_hydrate?.();
            await site[island.dataset.component]?.(island);
        }
    };
    window.requestIdleCallback ? requestIdleCallback(wake, { timeout: 500 }) : wake();
})"#;
/// Cookie of the one-shot [`Flash`]. The server takes it from the request of the next page and deletes it there.
pub const FLASH_COOKIE: &str = "flash";
/// Cookie of what a one-time link held, on its way from the link to the form.
pub const TOKEN_COOKIE: &str = "link";
/// Cookie by which a browser is known from its first sign-in on.
const DEVICE_COOKIE: &str = "device";
/// 139 bits.
const DEVICE_LENGTH: usize = 24;
const LINK_PURPOSE: &str = "link to be shown";

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

/// What a form that was posted without JavaScript left in the query of the page it came back to (`__path` and
/// `__err` of `server_fn`): the flash, and the query without it. None if there is nothing of that kind.
pub fn take_refusal(query: &str) -> Option<(Flash, String)> {
    let (mut path, mut error, mut rest) = (None, None, Vec::new());
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("__path", value)) => path = decoded(value),
            Some(("__err", value)) => error = decoded(value),
            _ => rest.push(pair),
        }
    }
    let error = ServerFnUrlError::<UiError>::decode_err(&error?);
    let flash = Flash::Problems {
        form: path?,
        error,
        typed: Vec::new(),
    };
    Some((flash, rest.join("&")))
}

/// What the query of the report's address narrows it to, or what of it means nothing.
pub fn read_report(
    query: &str,
    zone: &chrono_tz::Tz,
) -> Result<(SessionFilter, SessionOrder), Vec<Problem>> {
    let mut map = ParamsMap::new();
    for (name, value) in fields(query) {
        map.insert(name, value);
    }
    let request = ReportQuery::of(&map).read(zone);
    if request.problems.is_empty() {
        Ok((request.filter, request.order))
    } else {
        Err(request.problems)
    }
}

/// Names and values of a form or query (`application/x-www-form-urlencoded`).
pub fn fields(text: &str) -> Vec<(String, String)> {
    let read = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text)
            .decode_utf8_lossy()
            .into_owned()
    };
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (read(name), read(value))
        })
        .collect()
}

fn decoded(value: &str) -> Option<String> {
    percent_encoding::percent_decode_str(value)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

/// What makes islands run, fetched behind all that the eye sees first.
#[component]
pub(crate) fn WakeIslands(options: LeptosOptions) -> impl IntoView {
    // Nothing outside of islands is told apart for the browser.
    if let Some(shared) = Owner::current_shared_context() {
        shared.set_is_hydrating(false);
    }
    let stem = format!("/{}/{}", options.site_pkg_dir, options.output_name);
    let (js, wasm) = (format!("{stem}.js"), format!("{stem}.wasm"));
    let script = format!("{WAKE}({js:?}, {wasm:?})");
    view! {
        <link rel="modulepreload" href=js crossorigin="anonymous" fetchpriority="low" />
        <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous" fetchpriority="low" />
        <script type="module" nonce=leptos::nonce::use_nonce()>
            {script}
        </script>
    }
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

/// Leaves a one-time link for the next page to show, once.
pub(crate) fn set_link(link: &OneTimeLink) -> Result<(), UiError> {
    let text = Secret::new(serde_json::to_string(link).map_err(domain::Error::internal)?);
    let sealed = backend()?
        .master_key
        .seal(LINK_PURPOSE, &owner_of_link()?, &text);
    // SECURITY: sealed, so that neither a planted cookie shows a foreign link nor a stolen one opens ours.
    if let Some(value) = Flash::Link(sealed).encode() {
        set_cookie(&format!(
            "{FLASH_COOKIE}={value}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"
        ));
    }
    Ok(())
}

/// The link that the request before left for this page.
pub(crate) fn take_link() -> Result<Option<OneTimeLink>, UiError> {
    let Some(Flash::Link(sealed)) = visitor()?.flash else {
        return Ok(None);
    };
    let text = backend()?
        .master_key
        .unseal(LINK_PURPOSE, &owner_of_link()?, &sealed);
    Ok(text.and_then(|text| serde_json::from_str(text.reveal()).ok()))
}

fn owner_of_link() -> Result<String, UiError> {
    let member = actor()?.member().ok_or(domain::Error::Forbidden)?;
    Ok(member.to_string())
}

/// What the one-time link held that led to this page; `server` moved it out of the address.
pub(crate) fn link_token() -> Option<LinkToken> {
    let parts = parts()?;
    cookie(&parts.headers, TOKEN_COOKIE).map(LinkToken::new)
}

/// Makes the browser forget the one-time link.
pub(crate) fn forget_link_token() {
    set_cookie(&format!(
        "{TOKEN_COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
    ));
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

    #[test]
    fn a_refusal_leaves_the_address() {
        let error = UiError::invalid("email", "Enter an address & more.");
        let url = ServerFnUrlError::new("/rpc/x", error.clone())
            .to_url("http://localhost/sign-in?next=%2Fa%3Fb")
            .unwrap();
        let (flash, rest) = take_refusal(url.query().unwrap()).unwrap();
        assert_eq!(
            flash,
            Flash::Problems {
                form: "/rpc/x".to_owned(),
                error,
                typed: Vec::new(),
            }
        );
        assert_eq!(rest, "next=%2Fa%3Fb");
        assert_eq!(take_refusal("next=%2F"), None);
        assert_eq!(take_refusal("__path=%2Fx"), None);
    }
}
