//! `/projects`: the application's project.

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::Backend;
use domain::projects::{GovernedProject, ProjectId, actions};
use http::HeaderMap;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::query::{Nothing, Query};
use super::request::{Application, Id};
use super::tags::tagged;
use crate::api::problem::Problem;

/// A project and what was decided about it.
#[derive(Serialize, ToSchema)]
pub(super) struct Project {
    id: Uuid,
    name: String,
    created_at: DateTime<Utc>,
    /// It takes no recordings any more.
    archived_at: Option<DateTime<Utc>>,
    /// Every file needs a credential.
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
