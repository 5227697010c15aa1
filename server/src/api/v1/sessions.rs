//! `/sessions`: the Recordings report, one session, its title and tags.

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::files::FileKind;
use domain::files::trash::{self, TrashTarget};
use domain::projects::ProjectId;
use domain::sessions::actions::{self, report};
use domain::sessions::description::{Description, is_deceptive};
use domain::sessions::detail::actions::describe_anew;
use domain::sessions::{SessionFilter, SessionId, SessionOrder, SessionSummary};
use domain::{Actor, Backend, Error, PageRequest, Problem as FieldProblem};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::files::{File, Stage, Why, details, gone};
use super::lists::{cursor_schema, moment, page};
use super::query::{Nothing, Parameters, Query, Reader};
use super::request::{Application, Id, Json, present};
use super::tags::{changed_to, demand, is_conditional, stale, tagged};
use crate::api::problem::Problem;

/// A session with its files.
#[derive(Serialize, ToSchema)]
pub(super) struct Session {
    id: Uuid,
    project: Uuid,
    room: String,
    conference_number: String,
    /// What people call it, if somebody gave it a title.
    title: Option<String>,
    tags: Vec<String>,
    started_at: DateTime<Utc>,
    ended_at: DateTime<Utc>,
    /// Milliseconds, of the longest recording or from start to end.
    duration_ms: u64,
    /// Of all files.
    bytes: u64,
    /// Recordings first, by kind and name.
    files: Vec<File>,
}

/// A page of sessions.
#[derive(Serialize, ToSchema)]
pub(super) struct SessionList {
    items: Vec<Session>,
    /// Cursor of the page after this one; null on the last.
    next: Option<String>,
    /// Cursor of the page before this one; null on the first.
    previous: Option<String>,
    /// Sessions that the filter finds.
    total: u64,
    /// False: there are more than `total`. Counting ends at 10,000, and at 100 with `text`.
    is_total_exact: bool,
}

/// What narrows and orders a list of sessions.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `SessionQuery` reads")]
pub(super) struct SessionParameters {
    /// Id of the project; without it the secret's own.
    #[param(value_type = Option<Uuid>)]
    project: Option<ProjectId>,
    /// Exactly this room.
    #[param(max_length = 200)]
    room: Option<String>,
    /// Exactly this conference number.
    #[param(max_length = 200)]
    conference_number: Option<String>,
    /// Sessions that started at this moment or later.
    from: Option<DateTime<Utc>>,
    /// Sessions that started before this moment.
    until: Option<DateTime<Utc>>,
    /// Sessions with a file of one of these kinds. May come several times.
    #[param(value_type = Option<Vec<super::files::Kind>>, inline)]
    kind: Vec<FileKind>,
    /// A part of room, conference number, title or a tag; or words of the participants, captions and the chat.
    #[param(max_length = 200)]
    text: Option<String>,
    #[param(inline)]
    order: Option<Order>,
    /// `next` or `previous` of an earlier page. Goes with the filter and order that it came from.
    #[param(schema_with = cursor_schema)]
    cursor: Option<String>,
    /// Sessions of a page at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
}

/// How sessions are sorted.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(
    dead_code,
    reason = "the description of `domain::sessions::SessionOrder`"
)]
pub(super) enum Order {
    Newest,
    Oldest,
    Longest,
    Largest,
}

/// The same as it is understood.
pub(super) struct SessionQuery {
    pub(super) filter: SessionFilter,
    pub(super) order: SessionOrder,
    pub(super) page: PageRequest,
}

impl IntoParams for SessionQuery {
    fn into_params(
        place: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
    ) -> Vec<utoipa::openapi::path::Parameter> {
        SessionParameters::into_params(place)
    }
}

/// Longer texts are not searched for.
const MAX_TEXT: usize = 200;

fn short(text: &str) -> Option<String> {
    (text.chars().count() <= MAX_TEXT).then(|| text.to_owned())
}

impl Parameters for SessionQuery {
    fn read(reader: &mut Reader) -> Self {
        Self {
            filter: SessionFilter {
                project: reader.one("project", "the id of a project", |text| text.parse().ok()),
                room: reader.one("room", "at most 200 characters", short),
                conference_number: reader.one("conference_number", "at most 200 characters", short),
                from: moment(reader, "from"),
                until: moment(reader, "until"),
                kinds: reader.many(
                    "kind",
                    "individual, live, transcoded, chat, metadata or captions",
                    |text| text.parse().ok(),
                ),
                text: reader
                    .one("text", "at most 200 characters", short)
                    .filter(|text| !text.is_empty()),
            },
            order: reader
                .one("order", "newest, oldest, longest or largest", |text| {
                    text.parse().ok()
                })
                .unwrap_or_default(),
            page: page(reader),
        }
    }
}

/// List sessions
///
/// The Recordings report with all of its filters; all that are given must hold.
#[utoipa::path(get, path = "/sessions", operation_id = "listSessions", tag = "Sessions", params(SessionQuery),
    responses((status = 200, description = "A page of sessions", body = SessionList),
        (status = 404, description = "The secret reaches no such project")))]
pub(super) async fn list(
    State(backend): State<Backend>,
    Application(actor): Application,
    Query(query): Query<SessionQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = report(&backend, &actor, &query.filter, query.order, &query.page).await?;
    let most = query.filter.count_limit();
    let list = SessionList {
        items: shown(&backend, &actor, page.items).await?,
        next: page.next,
        previous: page.previous,
        total: page.total.min(most),
        is_total_exact: page.total <= most,
    };
    tagged(&headers, &list)
}

async fn shown(
    backend: &Backend,
    actor: &Actor,
    sessions: Vec<SessionSummary>,
) -> Result<Vec<Session>, Error> {
    let ids: Vec<SessionId> = sessions.iter().map(|session| session.id).collect();
    let mut details = details(backend, actor, &ids).await?;
    let show = |session: SessionSummary| Session {
        id: *session.id.as_uuid(),
        project: *session.project.as_uuid(),
        room: session.room,
        conference_number: session.conference_number,
        title: session.title,
        tags: session.tags,
        started_at: session.started_at,
        ended_at: session.ended_at,
        duration_ms: session.duration_ms,
        bytes: session.size,
        files: session
            .files
            .iter()
            .filter_map(|file| details.remove(&file.id))
            .collect(),
    };
    Ok(sessions.into_iter().map(show).collect())
}

/// A session that has not been deleted: that had files, and all of them are in the trash or beyond.
async fn find(backend: &Backend, actor: &Actor, id: SessionId) -> Result<Session, Problem> {
    let summary = actions::get(backend, actor, id).await?;
    let session = shown(backend, actor, vec![summary]).await?.pop();
    let session = session.ok_or(Error::NotFound("session"))?;
    let is_gone = |file: &File| matches!(file.state, Stage::Trashed | Stage::Deleted);
    if !session.files.is_empty() && session.files.iter().all(is_gone) {
        return Err(gone("session"));
    }
    Ok(session)
}

/// Get a session
#[utoipa::path(get, path = "/sessions/{session}", operation_id = "getSession", tag = "Sessions",
    params(("session" = Uuid, Path, description = "Id of the session")),
    responses((status = 200, description = "The session", body = Session),
        (status = 410, description = "All of its files are in the trash or deleted")))]
pub(super) async fn get(
    State(backend): State<Backend>,
    Application(actor): Application,
    Id(session): Id<SessionId>,
    Query(Nothing): Query<Nothing>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    tagged(&headers, &find(&backend, &actor, session).await?)
}

/// Members that are left out stay as they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::option_option,
    reason = "left out, null and a text are three things"
)]
pub(super) struct SessionChange {
    /// Null takes the title away.
    #[serde(default, deserialize_with = "given")]
    #[schema(
        value_type = Option<String>,
        max_length = 200,
        pattern = "^[^\\x00-\\x1f\\x7f-\\x9f\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff]*$"
    )]
    title: Option<Option<String>>,
    /// In place of all that it has.
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = tags_schema)]
    tags: Option<Vec<String>>,
}

/// What is there, null too.
#[expect(clippy::option_option, reason = "as its member is")]
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

fn tags_schema() -> ArrayBuilder {
    let tag = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(Description::MAX_TAG))
        .pattern(Some(
            "^[^,\\x00-\\x1f\\x7f-\\x9f\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff]*$",
        ));
    ArrayBuilder::new()
        .description(Some("In place of all that it has."))
        .items(tag)
        .max_items(Some(Description::MAX_TAGS))
}

impl SessionChange {
    /// Stricter than what people type, which is tidied up: a program should send what it means.
    fn check(&self) -> Result<(), Error> {
        let mut problems = Vec::new();
        let mut complain = |field: &str, message: String| {
            let field = field.to_owned();
            problems.push(FieldProblem { field, message });
        };
        let title = self.title.as_ref().and_then(Option::as_deref).unwrap_or("");
        if title.chars().count() > Description::MAX_TITLE || title.chars().any(is_deceptive) {
            complain(
                "title",
                format!(
                    "Use at most {} characters, and no control or invisible characters.",
                    Description::MAX_TITLE
                ),
            );
        }
        let tags = self.tags.as_deref().unwrap_or_default();
        let is_wrong = |tag: &String| {
            !(1..=Description::MAX_TAG).contains(&tag.chars().count())
                || tag.chars().any(|c| is_deceptive(c) || c == ',')
        };
        if tags.len() > Description::MAX_TAGS || tags.iter().any(is_wrong) {
            complain(
                "tags",
                format!(
                    "Use at most {} tags of 1 to {} characters, without commas and control or invisible characters.",
                    Description::MAX_TAGS,
                    Description::MAX_TAG
                ),
            );
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Error::Invalid(problems))
        }
    }
}

/// Change a session
///
/// Title and tags. With `If-Match` only if the session still is what was read. Needs a secret that may write.
#[utoipa::path(patch, path = "/sessions/{session}", operation_id = "changeSession", tag = "Sessions",
    params(("session" = Uuid, Path, description = "Id of the session"),
        ("If-Match" = Option<String>, Header, description = "An ETag of the session: change it in this state only")),
    request_body = SessionChange,
    responses((status = 200, description = "The session", body = Session),
        (status = 410, description = "All of its files are in the trash or deleted"),
        (status = 412, description = "It is not any more what If-Match says")))]
pub(super) async fn change(
    State(backend): State<Backend>,
    Application(actor): Application,
    Id(id): Id<SessionId>,
    Query(Nothing): Query<Nothing>,
    headers: HeaderMap,
    Json(change): Json<SessionChange>,
) -> Result<Response, Problem> {
    // First, so that a secret without the right learns nothing from conditions.
    actor.scope(domain::Permission::EditSessions)?;
    change.check()?;
    let session = find(&backend, &actor, id).await?;
    let is_bound = demand(&headers, &session)?;
    let before = Description {
        title: session.title,
        tags: session.tags,
    };
    // Onto what is there then: what is left out stays as somebody else may have made it meanwhile.
    let anew = |found: Description| {
        let title = change.title.unwrap_or(found.title);
        let tags = change.tags.unwrap_or(found.tags);
        Description::of(
            title.as_deref().unwrap_or_default(),
            tags.iter().map(String::as_str),
        )
    };
    let before = is_bound.then_some(&before);
    match describe_anew(&backend, &actor, id, before, anew).await {
        Err(Error::Conflict(_)) => return Err(stale()),
        done => done?,
    }
    changed_to(&find(&backend, &actor, id).await?)
}

/// Delete a session
///
/// Moves all of its files to the trash. With `If-Match` only if the session still is what was read. Needs a secret that
/// may delete.
#[utoipa::path(delete, path = "/sessions/{session}", operation_id = "deleteSession", tag = "Sessions",
    params(("session" = Uuid, Path, description = "Id of the session"), Why,
        ("If-Match" = Option<String>, Header, description = "An ETag of the session: delete it in this state only")),
    responses((status = 204, description = "Its files are in the trash"),
        (status = 409, description = "A legal hold stands on it, or its files are in the trash already"),
        (status = 412, description = "It is not any more what If-Match says")))]
pub(super) async fn discard(
    State(backend): State<Backend>,
    Application(actor): Application,
    Id(id): Id<SessionId>,
    Query(why): Query<Why>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    if is_conditional(&headers) {
        actor.scope(domain::Permission::DeleteFiles)?;
        // What cannot be read cannot be deleted either, whatever the condition: why not is told below.
        if let Ok(found) = find(&backend, &actor, id).await {
            demand(&headers, &found)?;
        }
    }
    trash::discard(&backend, &actor, TrashTarget::Session(id), &why.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}
