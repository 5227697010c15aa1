//! `/projects`: the application's project.

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::projects::{Access, GovernedProject, ProjectId, actions, policies};
use domain::{Backend, Error, Permission};
use http::HeaderMap;
use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::query::{Nothing, Query};
use super::request::{Application, Id, Json, present};
use super::tags::{changed_to, demand, stale, tagged};
use crate::api::problem::Problem;

/// A project and what was decided about it.
#[derive(Serialize, ToSchema)]
pub(super) struct Project {
    id: Uuid,
    name: String,
    created_at: DateTime<Utc>,
    /// It takes no recordings any more.
    archived_at: Option<DateTime<Utc>>,
    /// Secure mode: every file needs a credential.
    is_secure: bool,
    /// Otherwise, for so many hours after a session's end a file needs none.
    public_hours: u32,
    /// Files expire so many hours after their session's end; null: never.
    retention_hours: Option<u32>,
    /// Expired files are moved to the trash.
    deletes_expired: bool,
    /// A legal hold stands on all of it.
    is_held: bool,
    sessions: u64,
    files: u64,
    /// Of them, those that are marked secure: they need a credential even where the project is open.
    secure_files: u64,
    bytes: u64,
}

/// Projects, by name.
#[derive(Serialize, ToSchema)]
pub(super) struct ProjectList {
    items: Vec<Project>,
}

impl From<GovernedProject> for Project {
    fn from(project: GovernedProject) -> Self {
        Self {
            id: *project.id.as_uuid(),
            name: project.name,
            created_at: project.created_at,
            archived_at: project.archived_at,
            is_secure: project.policy.is_secure,
            public_hours: project.policy.public_hours,
            retention_hours: project.policy.retention_hours,
            deletes_expired: project.policy.deletes_bytes,
            is_held: project.hold.is_some(),
            sessions: project.holdings.sessions,
            files: project.holdings.files,
            secure_files: project.holdings.secure_files,
            bytes: project.holdings.bytes,
        }
    }
}

/// List projects
///
/// The one project that the API secret belongs to.
#[utoipa::path(get, path = "/projects", operation_id = "listProjects", tag = "Projects",
    responses((status = 200, description = "The projects", body = ProjectList)))]
pub(super) async fn list(
    State(backend): State<Backend>,
    Application(actor): Application,
    Query(Nothing): Query<Nothing>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let projects = actions::list_governed(&backend, &actor).await?;
    let items = projects.into_iter().map(Project::from).collect();
    tagged(&headers, &ProjectList { items })
}

/// Get a project
#[utoipa::path(get, path = "/projects/{project}", operation_id = "getProject", tag = "Projects",
    params(("project" = Uuid, Path, description = "Id of the project")),
    responses((status = 200, description = "The project", body = Project)))]
pub(super) async fn get(
    State(backend): State<Backend>,
    Application(actor): Application,
    Id(project): Id<ProjectId>,
    Query(Nothing): Query<Nothing>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let project = actions::get(&backend, &actor, project).await?;
    tagged(&headers, &Project::from(project))
}

/// Members that are left out stay as they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProjectChange {
    /// Secure mode. False: files are open to anyone with their address while the public window lasts.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<bool>, nullable = false)]
    is_secure: Option<bool>,
    /// Hours after a session's end; counts without secure mode.
    #[serde(default, deserialize_with = "hours")]
    #[schema(value_type = Option<u32>, nullable = false, minimum = 1, maximum = 87600)]
    public_hours: Option<u32>,
}

/// Whole hours, also as 24.0: a JSON number has no kinds (RFC 8259 section 6), and JSON Schema takes it for an integer.
fn hours<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let hours = f64::deserialize(deserializer)?;
    if hours.fract() != 0.0 || !(0.0..=f64::from(u32::MAX)).contains(&hours) {
        return Err(D::Error::invalid_value(
            Unexpected::Float(hours),
            &"whole hours",
        ));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the line before"
    )]
    Ok(Some(hours as u32))
}

/// Change a project
///
/// Who can open its files: secure mode, and the public window without it. It holds for the next request, for sessions of
/// the past as well. With `If-Match` only if the project still is what was read. Needs a secret that may set secure mode.
#[utoipa::path(patch, path = "/projects/{project}", operation_id = "changeProject", tag = "Projects",
    params(("project" = Uuid, Path, description = "Id of the project"),
        ("If-Match" = Option<String>, Header, description = "An ETag of the project: change it in this state only")),
    request_body = ProjectChange,
    responses((status = 200, description = "The project", body = Project),
        (status = 409, description = "It was changed at the same moment"),
        (status = 412, description = "It is not any more what If-Match says")))]
pub(super) async fn change(
    State(backend): State<Backend>,
    Application(actor): Application,
    Id(id): Id<ProjectId>,
    Query(Nothing): Query<Nothing>,
    headers: HeaderMap,
    Json(change): Json<ProjectChange>,
) -> Result<Response, Problem> {
    // First, so that a secret without the right learns nothing from conditions.
    actor.scope_of(Permission::SetPolicies, id)?;
    let project = actions::get(&backend, &actor, id).await?;
    let before = Access {
        is_secure: project.policy.is_secure,
        public_hours: project.policy.public_hours,
    };
    let is_bound = demand(&headers, &Project::from(project))?;
    let access = Access {
        is_secure: change.is_secure.unwrap_or(before.is_secure),
        public_hours: change.public_hours.unwrap_or(before.public_hours),
    };
    match policies::change_access(&backend, &actor, id, before, access).await {
        Err(Error::Conflict(_)) if is_bound => return Err(stale()),
        done => done?,
    }
    let project = actions::get(&backend, &actor, id).await?;
    changed_to(&Project::from(project))
}
