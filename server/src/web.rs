//! The portal's routes: pages, server functions, and the files of the built site.

use std::sync::LazyLock;

use app::answer::Answer;
use app::routes::paths;
use app::ssr::AnswerSlot;
use app::{App, shell};
use axum::Router;
use axum::extract::{FromRef as _, Path, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use domain::sessions::SessionId;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, SET_COOKIE};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, Uri};
use leptos::nonce::Nonce;
use leptos::prelude::{LeptosOptions, provide_context, use_context};
use leptos::server_fn::axum::get_server_fn_service;
use leptos_axum::{AxumRouteListing, LeptosRoutes as _, generate_route_list};
use tower::ServiceExt as _;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::services::ServeDir;

use crate::downloads;
use crate::layers::headers::ScriptNonce;
use crate::layers::refusal::refuse;
use crate::layers::{compression, flash, link_token, sign_in};
use crate::state::AppState;

/// Found out once in a process: while Leptos does so, no page loads anything, and one that is being rendered at that
/// moment would wait for ever.
static PAGES: LazyLock<Vec<AxumRouteListing>> = LazyLock::new(|| generate_route_list(App));

/// Bytes of a posted form.
const MAX_FORM: usize = 64 * 1024;

/// Pages, server functions and site files. Everything else is the page that says so.
pub fn router(state: &AppState) -> Router<AppState> {
    // Not the other ways to add Leptos' routes: they would add the server functions too, outside the layers below.
    let pages = Router::new()
        .leptos_routes_with_handler(PAGES.clone(), get(page))
        .route(paths::ACCESS_CSV, get(downloads::access_log))
        .route(paths::OVERVIEW_CSV, get(downloads::overview))
        .route(paths::FORMER_SESSION, get(former_session))
        .fallback(not_found)
        .layer(from_fn(no_file_names))
        .layer(map_response(finish_redirect))
        .layer(compression::layer())
        .layer(from_fn(compression::only_for_our_own))
        .layer(from_fn_with_state(state.clone(), sign_in::visitor))
        .layer(from_fn_with_state(state.http.clone(), flash::take))
        .layer(from_fn_with_state(state.http.clone(), link_token::take));
    let functions = Router::new()
        .route(
            "/rpc/{*function}",
            post(server_function).route_layer(from_fn(only_forms)),
        )
        .layer(from_fn_with_state(state.clone(), sign_in::visitor))
        .layer(from_fn_with_state(state.http.clone(), flash::put))
        .layer(RequestBodyLimitLayer::new(MAX_FORM));
    pages
        .merge(functions)
        .layer(from_fn_with_state(state.clone(), site_file))
}

/// Leptos takes whoever does not ask for `text/html` for its own script, and leaves a page's redirect at 200 with
/// nothing in it: a program or a monitor would see a blank page.
async fn finish_redirect(mut response: Response) -> Response {
    if response.status().is_success() && response.headers().contains_key(LOCATION) {
        *response.status_mut() = StatusCode::FOUND;
    }
    response
}

/// SECURITY: a page must not answer at an address that looks like a file: a cache that goes by the ending would keep
/// what one member saw for all others (R086). Parameters of pages are ids, which have no dot.
async fn no_file_names(mut request: Request, next: Next) -> Response {
    let last = request.uri().path().rsplit('/').next().unwrap_or_default();
    if last.contains('.') || last.to_ascii_lowercase().contains("%2e") {
        // Leptos finds the page by this, and there is none.
        *request.uri_mut() = Uri::from_static("/nowhere");
    }
    next.run(request).await
}

/// What pages and server functions find in the Leptos context, beside the request itself.
fn context(state: &AppState) -> impl Fn() + Clone + Send + Sync + 'static {
    let backend = state.backend.clone();
    move || {
        provide_context(backend.clone());
        // In place of the one that Leptos drew: the header was told this one.
        let nonce = use_context::<http::request::Parts>()
            .and_then(|parts| parts.extensions.get::<ScriptNonce>().cloned());
        if let Some(nonce) = nonce {
            provide_context(Nonce::from_value(nonce.0));
        }
    }
}

async fn server_function(State(state): State<AppState>, mut request: Request) -> Response {
    // Leptos would answer with advice for its programmers.
    if get_server_fn_service(request.uri().path(), Method::POST).is_none() {
        return refuse(StatusCode::NOT_FOUND, "There is nothing at this address.");
    }
    let slot = AnswerSlot::default();
    request.extensions_mut().insert(slot.clone());
    let (parts, body) = request.into_parts();
    let asked = parts.clone();
    let request = Request::from_parts(parts, body);
    let response = leptos_axum::handle_server_fns_with_context(context(&state), request)
        .await
        .into_response();
    match slot.take() {
        Some((path, answer)) => {
            let mut page = answer_page(state, asked, &path, answer).await;
            for cookie in response.headers().get_all(SET_COOKIE) {
                page.headers_mut().append(SET_COOKIE, cookie.clone());
            }
            page
        }
        None => response,
    }
}

/// The page at `path`, as the answer to the form that was posted.
async fn answer_page(state: AppState, mut asked: Parts, path: &str, answer: Answer) -> Response {
    let Ok(uri) = path.parse() else {
        return refuse(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong on the server.",
        );
    };
    asked.method = Method::GET;
    asked.uri = uri;
    for name in [CONTENT_TYPE, CONTENT_LENGTH] {
        asked.headers.remove(name);
    }
    asked.extensions.insert(answer);
    let request = Request::from_parts(asked, axum::body::Body::empty());
    page(State(state), request).await
}

/// SECURITY: `text/plain` is what a foreign page can send without being asked back (R073).
async fn only_forms(request: Request, next: Next) -> Response {
    let kind = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        next.run(request).await
    } else {
        refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Send a form.")
    }
}

/// Renders a page whole, so that its status is right and a reader without scripts has its data.
async fn page(State(state): State<AppState>, request: Request) -> Response {
    let options = LeptosOptions::from_ref(&state);
    leptos_axum::render_app_async_with_context(context(&state), move || shell(options.clone()))(
        request,
    )
    .await
}

/// An address that an earlier version had, and that people may have kept.
async fn former_session(
    State(state): State<AppState>,
    Path(session): Path<String>,
    request: Request,
) -> Response {
    match session.parse::<SessionId>() {
        Ok(session) => Redirect::permanent(&paths::session(session)).into_response(),
        Err(_) => not_found(State(state), request).await,
    }
}

/// The page for addresses that lead nowhere.
async fn not_found(State(state): State<AppState>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return refuse(StatusCode::NOT_FOUND, "There is nothing at this address.");
    }
    let mut response = page(State(state), request).await;
    if response.status().is_success() {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

/// Answers with a file of the built site, if there is one of this name; before anything asks who is signed in.
async fn site_file(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_file_name = path
        .rsplit_once('/')
        .is_some_and(|(_, name)| name.contains('.'));
    if !is_file_name || !matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let is_hashed = has_hashed_name(path);
    let (parts, body) = request.into_parts();
    let asked = Request::from_parts(parts.clone(), axum::body::Body::empty());
    let folder = ServeDir::new(&state.http.site_dir)
        .append_index_html_on_directories(false)
        .precompressed_br();
    let mut response = match folder.oneshot(asked).await {
        Ok(response) if response.status() != StatusCode::NOT_FOUND => {
            response.map(axum::body::Body::new)
        }
        _ => return next.run(Request::from_parts(parts, body)).await,
    };
    // Without a hash in its name a file may change under the same address: the browser asks each time.
    let kept = if is_hashed {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static(kept));
    response
}

/// `reelgate.0123456789abcdef.js`: what the site's build names by its content.
fn has_hashed_name(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let mut parts = name.split('.').skip(1).collect::<Vec<_>>();
    parts.pop();
    parts
        .iter()
        .any(|part| part.len() >= 16 && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}
