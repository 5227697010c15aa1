//! `/files`: session files as such. Their bytes are at their `url`, behind the gate.

use std::collections::HashMap;

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::accounts::AccountId;
use domain::files::actions::{FileDetail, describe};
use domain::files::trash::{self, TrashTarget};
use domain::files::{FileId, FileKind, FileState, file_path};
use domain::sessions::actions::report;
use domain::{Actor, Backend, Error, Permission};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::query::{Nothing, Parameters, Query, Reader};
use super::request::{Application, Id, Json, present};
use super::sessions::SessionQuery;
use super::tags::{changed_to, demand, is_conditional, tagged};
use crate::api::problem::Problem;

/// What a session file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::api) enum Kind {
    /// One participant's stream.
    Individual,
    /// The mix that was recorded while the call went on.
    Live,
    /// The mix that was made afterwards.
    Transcoded,
    Chat,
    /// Participants and events.
    Metadata,
    Captions,
    /// What the scenario of the call wrote.
    Log,
}

impl From<FileKind> for Kind {
    fn from(kind: FileKind) -> Self {
        match kind {
            FileKind::Individual => Self::Individual,
            FileKind::Live => Self::Live,
            FileKind::Transcoded => Self::Transcoded,
            FileKind::Chat => Self::Chat,
            FileKind::Metadata => Self::Metadata,
            FileKind::Captions => Self::Captions,
            FileKind::Log => Self::Log,
        }
    }
}

/// What has become of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Stage {
    /// It can be opened.
    There,
    /// Its project's retention is over.
    Expired,
    /// It is in the trash, and can be restored.
    Trashed,
    /// Its bytes are deleted.
    Deleted,
}

impl From<FileState> for Stage {
    fn from(state: FileState) -> Self {
        match state {
            FileState::There => Self::There,
            FileState::Expired => Self::Expired,
            FileState::Trashed => Self::Trashed,
            FileState::Deleted => Self::Deleted,
        }
    }
}

/// A session file.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct File {
    pub(super) id: Uuid,
    session: Uuid,
    kind: Kind,
    #[schema(examples("transcoded.mp4"))]
    name: String,
    #[schema(examples("video/mp4"))]
    content_type: String,
    bytes: u64,
    /// Of the bytes, in hexadecimal digits. It is the file's ETag, too.
    #[schema(min_length = 64, max_length = 64)]
    sha256: String,
    pub(super) state: Stage,
    /// Marked secure: it needs a credential even where its project is open.
    is_secure: bool,
    /// Until when anyone who has its `url` can open it, as things are decided now; null: now it needs a credential.
    open_until: Option<DateTime<Utc>>,
    /// A legal hold keeps it from expiring and from being deleted.
    is_held: bool,
    /// Where its bytes are. Holds no credential: send an access credential over Basic.
    #[schema(format = "uri")]
    url: String,
    created_at: DateTime<Utc>,
    /// Milliseconds; null for what does not play.
    duration_ms: Option<u64>,
    /// Pixels; null for sound and text.
    width: Option<u32>,
    height: Option<u32>,
}

/// Files of a page of sessions.
#[derive(Serialize, ToSchema)]
pub(super) struct FileList {
    items: Vec<File>,
    /// Cursor of the page after this one; null on the last.
    next: Option<String>,
    /// Cursor of the page before this one; null on the first.
    previous: Option<String>,
}

impl File {
    pub(super) fn of(detail: &FileDetail, backend: &Backend, account: AccountId) -> Self {
        let file = &detail.file;
        Self {
            id: *file.id.as_uuid(),
            session: *detail.session.as_uuid(),
            kind: file.kind.into(),
            name: file.name.clone(),
            content_type: file.content_type.clone(),
            bytes: file.size,
            sha256: hexadecimal(&file.sha256),
            state: detail.state.into(),
            is_secure: file.lifecycle.is_secure,
            open_until: file.lifecycle.open_until(&file.policy, backend.clock.now()),
            is_held: file.lifecycle.is_held,
            url: format!(
                "{}{}",
                backend.public_url,
                file_path(account, file.id, &file.name)
            ),
            created_at: file.created_at,
            duration_ms: detail.duration_ms,
            width: detail.dimensions.map(|(width, _)| width),
            height: detail.dimensions.map(|(_, height)| height),
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Why something is moved to the trash.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Why {
    /// Kept with the record.
    #[param(
        min_length = 1,
        max_length = 300,
        pattern = "^[^\\x00-\\x1f\\x7f-\\x9f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff]*[^\\s\\x00-\\x1f\\x7f-\\x9f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff][^\\x00-\\x1f\\x7f-\\x9f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff]*$"
    )]
    pub(super) reason: String,
}

impl Parameters for Why {
    fn read(reader: &mut Reader) -> Self {
        let reason = reader.required("reason", "a sentence", |text| Some(text.to_owned()));
        Self {
            reason: reason.unwrap_or_default(),
        }
    }
}

/// List files
///
/// Files of the sessions that the filter finds, session by session: `limit` counts sessions, and a page has all files
/// of each. With `kind`, files of these kinds only. Files in the trash and deleted ones are in the list, and their
/// `state` says so.
#[utoipa::path(get, path = "/files", operation_id = "listFiles", tag = "Files", params(SessionQuery),
    responses((status = 200, description = "A page of files", body = FileList),
        (status = 404, description = "The secret reaches no such project")))]
pub(super) async fn list(
    State(backend): State<Backend>,
    Application(actor): Application,
    Query(query): Query<SessionQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = report(&backend, &actor, &query.filter, query.order, &query.page).await?;
    let ids: Vec<_> = page.items.iter().map(|session| session.id).collect();
    let mut details = details(&backend, &actor, &ids).await?;
    let kinds = &query.filter.kinds;
    let wanted = page
        .items
        .iter()
        .flat_map(|session| &session.files)
        .filter(|file| kinds.is_empty() || kinds.contains(&file.kind))
        .filter_map(|file| details.remove(&file.id));
    let list = FileList {
        items: wanted.collect(),
        next: page.next,
        previous: page.previous,
    };
    tagged(&headers, &list)
}

/// All files of these sessions.
pub(super) async fn details(
    backend: &Backend,
    actor: &Actor,
    sessions: &[domain::sessions::SessionId],
) -> Result<HashMap<FileId, File>, Error> {
    let found = describe(backend, actor, sessions, &[]).await?;
    let shown = |detail: &FileDetail| (detail.file.id, File::of(detail, backend, actor.account));
    Ok(found.iter().map(shown).collect())
}

async fn find(backend: &Backend, actor: &Actor, id: FileId) -> Result<File, Problem> {
    let found = describe(backend, actor, &[], &[id]).await?;
    let file = found.first().ok_or(Error::NotFound("file"))?;
    Ok(File::of(file, backend, actor.account))
}

/// As [`find`], but 410 for what is in the trash or deleted.
async fn find_kept(backend: &Backend, actor: &Actor, id: FileId) -> Result<File, Problem> {
    let file = find(backend, actor, id).await?;
    if matches!(file.state, Stage::Trashed | Stage::Deleted) {
        return Err(gone("file"));
    }
    Ok(file)
}

/// It was there, and was deleted.
pub(super) fn gone(what: &str) -> Problem {
    Problem::new(StatusCode::GONE, "gone", "Gone").detail(format!(
        "This {what} was deleted. What is in the trash can be restored for 30 days."
    ))
}

/// Get a file
///
/// What is known of it. Its bytes are at its `url`.
#[utoipa::path(get, path = "/files/{file}", operation_id = "getFile", tag = "Files",
    params(("file" = Uuid, Path, description = "Id of the file")),
    responses((status = 200, description = "The file", body = File),
        (status = 410, description = "It is in the trash, or its bytes are deleted")))]
pub(super) async fn get(
    State(backend): State<Backend>,
    Application(actor): Application,
    Id(file): Id<FileId>,
    Query(Nothing): Query<Nothing>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let file = find_kept(&backend, &actor, file).await?;
    tagged(&headers, &file)
}

/// Members that are left out stay as they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FileChange {
    /// The secure mark.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<bool>, nullable = false)]
    is_secure: Option<bool>,
}

/// Change a file
///
/// Marks it secure, so that it needs a credential even where its project is open, or takes the mark away. It holds for
/// the next request. With `If-Match` only if the file still is what was read. Needs a secret that may set secure mode.
#[utoipa::path(patch, path = "/files/{file}", operation_id = "changeFile", tag = "Files",
    params(("file" = Uuid, Path, description = "Id of the file"),
        ("If-Match" = Option<String>, Header, description = "An ETag of the file: change it in this state only")),
    request_body = FileChange,
    responses((status = 200, description = "The file", body = File),
        (status = 410, description = "It is in the trash, or its bytes are deleted"),
        (status = 412, description = "It is not any more what If-Match says")))]
pub(super) async fn change(
    State(backend): State<Backend>,
    Application(actor): Application,
    Id(id): Id<FileId>,
    Query(Nothing): Query<Nothing>,
    headers: HeaderMap,
    Json(change): Json<FileChange>,
) -> Result<Response, Problem> {
    // First, so that a secret without the right learns nothing from conditions.
    actor.scope(Permission::SetPolicies)?;
    let before = find_kept(&backend, &actor, id).await?;
    demand(&headers, &before)?;
    if let Some(is_secure) = change.is_secure
        && is_secure != before.is_secure
    {
        trash::set_secure(&backend, &actor, id, is_secure).await?;
    }
    changed_to(&find(&backend, &actor, id).await?)
}

/// Delete a file
///
/// Moves it to the trash: its address answers 410 at once, it can be restored for 30 days, and then its bytes are
/// deleted. With `If-Match` only if the file still is what was read. Needs a secret that may delete.
#[utoipa::path(delete, path = "/files/{file}", operation_id = "deleteFile", tag = "Files",
    params(("file" = Uuid, Path, description = "Id of the file"), Why,
        ("If-Match" = Option<String>, Header, description = "An ETag of the file: delete it in this state only")),
    responses((status = 204, description = "It is in the trash"),
        (status = 409, description = "A legal hold stands on it, or it is in the trash already"),
        (status = 412, description = "It is not any more what If-Match says")))]
pub(super) async fn discard(
    State(backend): State<Backend>,
    Application(actor): Application,
    Id(file): Id<FileId>,
    Query(why): Query<Why>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    if is_conditional(&headers) {
        actor.scope(Permission::DeleteFiles)?;
        let found = find(&backend, &actor, file).await?;
        // What is in the trash already is told so, whatever the condition.
        if !matches!(found.state, Stage::Trashed | Stage::Deleted) {
            demand(&headers, &found)?;
        }
    }
    trash::discard(&backend, &actor, TrashTarget::File(file), &why.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Restore a file
///
/// Takes it out of the trash. Needs a secret that may delete.
#[utoipa::path(post, path = "/files/{file}/restore", operation_id = "restoreFile", tag = "Files",
    params(("file" = Uuid, Path, description = "Id of the file")),
    responses((status = 200, description = "The file", body = File),
        (status = 409, description = "It is not in the trash, its bytes are deleted, or retention would delete it again")))]
pub(super) async fn restore(
    State(backend): State<Backend>,
    Application(actor): Application,
    Id(file): Id<FileId>,
    Query(Nothing): Query<Nothing>,
) -> Result<Response, Problem> {
    trash::restore(&backend, &actor, file).await?;
    changed_to(&find(&backend, &actor, file).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_states_are_called_as_the_domain_calls_them() {
        for kind in FileKind::ALL {
            let shown = serde_json::to_value(Kind::from(kind)).unwrap();
            assert_eq!(shown, kind.as_str());
        }
        for state in [
            FileState::There,
            FileState::Expired,
            FileState::Trashed,
            FileState::Deleted,
        ] {
            assert_eq!(
                serde_json::to_value(Stage::from(state)).unwrap(),
                serde_json::to_value(state).unwrap()
            );
        }
    }
}
