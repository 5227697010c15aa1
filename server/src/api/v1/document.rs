//! The OpenAPI document: what the routes say of themselves, and what holds for all of them.

use std::sync::Arc;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required,
    Response as Described, ServerBuilder,
};

use super::{PREFIX, docs};
use crate::api::problem::{MemberProblem, PROBLEM_JSON, Problem};
use crate::state::AppState;

/// Below [`PREFIX`].
const DOCUMENT: &str = "/openapi.json";
/// Below [`PREFIX`]: the document for people.
pub(super) const PAGE: &str = "/docs";

const ABOUT: &str = "Sessions, files, credentials and the access log of one project. Every request carries the \
    project's API identifier and an API secret over HTTP Basic; what a secret may do is said when it is made. Times are \
    RFC 3339 in UTC, sizes are bytes, ids are opaque. Members and parameters that are not known are refused.";

/// In the order in which people read about them.
const TAGS: [(&str, &str); 8] = [
    (
        "Sessions",
        "A session is one call: a room, a conference number, and the files that were recorded.",
    ),
    (
        "Files",
        "Session files as such. Their bytes are at their `url`, for whoever shows an access credential.",
    ),
    (
        "Uploads",
        "How programs send files in: one request for one file, or the tus protocol 1.0, which goes on after an \
         interruption.",
    ),
    ("Projects", "The project that the secret belongs to."),
    (
        "Webhooks",
        "Addresses that are told what happens, with signed requests, and the log of these.",
    ),
    (
        "Credentials",
        "Further access credentials of the account, which open files of all its projects.",
    ),
    ("Access log", "Who opened which file, and who was refused."),
    ("Usage", "How many requests this hour has left."),
];

/// What the routes are added to.
pub(super) fn frame() -> OpenApi {
    let components = ComponentsBuilder::new()
        .schema_from::<Problem>()
        .schema_from::<MemberProblem>()
        .security_scheme(
            "secret",
            SecurityScheme::Http(
                Http::builder()
                    .scheme(HttpAuthScheme::Basic)
                    .description(Some("A project's API identifier and an API secret"))
                    .build(),
            ),
        )
        .build();
    let info = InfoBuilder::new()
        .title("Reelgate")
        .version("1")
        .description(Some(ABOUT))
        .build();
    let tags = TAGS.map(|(name, about)| {
        TagBuilder::new()
            .name(name)
            .description(Some(about))
            .build()
    });
    OpenApiBuilder::new()
        .info(info)
        .tags(Some(tags))
        .servers(Some([ServerBuilder::new().url(PREFIX).build()]))
        .components(Some(components))
        .security(Some([SecurityRequirement::new("secret", [] as [&str; 0])]))
        .build()
}

/// Adds to each operation what it has in common with the others: the ways in which it may be refused.
pub(super) fn finish(mut document: OpenApi) -> OpenApi {
    for (path, item) in &mut document.paths.paths {
        let has_id = path.contains('{');
        let (reads, changes) = (
            item.get.as_mut(),
            [&mut item.post, &mut item.patch, &mut item.delete],
        );
        if let Some(operation) = reads {
            refuse(operation, has_id);
            tag(operation);
        }
        for operation in changes.into_iter().flatten() {
            refuse(operation, has_id);
        }
        if let Some(operation) = &mut item.post {
            repeat(operation);
        }
    }
    document
}

fn refuse(operation: &mut Operation, has_id: bool) {
    let has_body = operation.request_body.is_some();
    let mut ways = vec![
        (
            "400",
            "The request cannot be read, or holds a secret in its address",
        ),
        (
            "401",
            "The API identifier and secret are missing, wrong or revoked",
        ),
        (
            "403",
            "The secret or its address is not allowed to do this, or the request was not encrypted",
        ),
        ("406", "The header Accept excludes JSON"),
        ("422", "A member or parameter is wrong, unknown or missing"),
        (
            "429",
            "The requests of this hour are used up, or too many wrong secrets came from there",
        ),
        ("500", "Something went wrong in the server"),
        ("503", "The server is not available now"),
    ];
    if has_id {
        ways.push(("404", "There is no such thing in this project"));
    }
    if has_body {
        ways.push(("413", "The body is too large"));
        ways.push(("415", "The body is not application/json"));
    }
    as_problems(operation, &ways, true);
}

/// Adds answers that are not described yet, and says of each refusal that it is a problem.
pub(in crate::api) fn as_problems(
    operation: &mut Operation,
    ways: &[(&str, &str)],
    has_body: bool,
) {
    let responses = &mut operation.responses.responses;
    for (status, description) in ways {
        responses
            .entry((*status).to_owned())
            .or_insert_with(|| RefOr::T(Described::new(*description)));
    }
    for (status, response) in responses.iter_mut() {
        let RefOr::T(response) = response else {
            continue;
        };
        if !status.starts_with('4') && !status.starts_with('5') {
            continue;
        }
        if has_body {
            let problem = ContentBuilder::new()
                .schema(Some(Ref::from_schema_name("Problem")))
                .build();
            response
                .content
                .insert(PROBLEM_JSON.to_owned(), problem.into());
        }
        let header = match status.as_str() {
            "401" => ("WWW-Authenticate", Type::String, "How to authenticate"),
            "429" | "503" => (
                "Retry-After",
                Type::Integer,
                "Seconds after which to try again",
            ),
            _ => continue,
        };
        describe(response, header);
    }
}

/// Adds a header to an answer.
pub(in crate::api) fn describe(response: &mut Described, (name, kind, about): (&str, Type, &str)) {
    let header = HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(kind)))
        .description(Some(about))
        .build();
    response.headers.insert(name.to_owned(), header.into());
}

/// A GET that shows its state.
fn tag(operation: &mut Operation) {
    let is_tagged = operation.operation_id.as_deref() != Some("getUsage");
    if !is_tagged {
        return;
    }
    let parameter = header(
        "If-None-Match",
        "An ETag: the answer is 304 while it is still this",
    );
    operation
        .parameters
        .get_or_insert_default()
        .push(parameter.into());
    let responses = &mut operation.responses.responses;
    let mut same = Described::new("It is what If-None-Match says");
    let tag = ("ETag", Type::String, "Its state");
    describe(&mut same, tag.clone());
    responses.insert("304".to_owned(), RefOr::T(same));
    if let Some(RefOr::T(shown)) = responses.get_mut("200") {
        describe(shown, tag);
    }
}

/// A POST may be repeated.
fn repeat(operation: &mut Operation) {
    let mut key = header(
        "Idempotency-Key",
        "A text of your own for this request: sent again within a day, it happens once, and the first answer comes \
         again with Idempotency-Replayed",
    );
    key.schema = Some(
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(255))
            .pattern(Some("^[!-~]+$"))
            .into(),
    );
    operation
        .parameters
        .get_or_insert_default()
        .push(key.into());
    operation
        .responses
        .responses
        .entry("409".to_owned())
        .or_insert_with(|| {
            let mut response = Described::new("A request with this Idempotency-Key is under way");
            let problem = ContentBuilder::new()
                .schema(Some(Ref::from_schema_name("Problem")))
                .build();
            response
                .content
                .insert(PROBLEM_JSON.to_owned(), problem.into());
            RefOr::T(response)
        });
}

fn header(name: &str, about: &str) -> utoipa::openapi::path::Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(about))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
}

/// The document as it is served, made once. R154: behind the same door as all else, since it tells what there is.
pub(super) struct Document {
    json: Arc<str>,
    page: Arc<docs::Page>,
}

impl Document {
    pub(super) fn new(document: &OpenApi) -> Self {
        let value = serde_json::to_value(document).unwrap_or_default();
        Self {
            json: text_of(document).into(),
            page: Arc::new(docs::Page::of(&value)),
        }
    }

    pub(super) fn router(self) -> Router<AppState> {
        let Self { json, page } = self;
        let serve = async move || -> Response {
            let mut response = json.to_string().into_response();
            let kind = HeaderValue::from_static("application/json");
            response.headers_mut().insert(CONTENT_TYPE, kind);
            response
        };
        Router::new()
            .route(DOCUMENT, get(serve))
            .route(PAGE, get(async move || page.answer()))
    }
}

/// As docs/openapi.json has it.
pub fn text_of(document: &OpenApi) -> String {
    let mut text = document.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}
