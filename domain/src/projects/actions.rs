//! What can be done with projects.

use super::{Project, ProjectId, store};
use crate::accounts::actions::name_of;
use crate::audit::{self, Event};
use crate::error::OnConstraint;
use crate::{Actor, Backend, Caller, Error, Permission};

/// The account's projects, by name.
pub async fn list(backend: &Backend, actor: &Actor) -> Result<Vec<Project>, Error> {
    actor.may(Permission::SeeRecordings)?;
    Ok(store::list(&mut *backend.db.acquire().await?, actor.account).await?)
}

/// The project of this id or name.
pub async fn find(backend: &Backend, actor: &Actor, id_or_name: &str) -> Result<Project, Error> {
    list(backend, actor)
        .await?
        .into_iter()
        .find(|project| project.name == id_or_name || project.id.to_string() == id_or_name)
        .ok_or(Error::NotFound("project"))
}

/// Makes a project. For the operator's command line.
pub async fn create(backend: &Backend, actor: &Actor, name: &str) -> Result<Project, Error> {
    if actor.caller != Caller::Operator {
        return Err(Error::Forbidden);
    }
    let now = backend.clock.now();
    let project = Project {
        id: ProjectId::new(now),
        name: name_of("name", name)?,
    };
    let mut tx = backend.db.begin().await?;
    store::insert(&mut tx, actor.account, &project, now)
        .await
        .on_constraint("projects_account_id_name_key", || {
            Error::Conflict(format!("a project named {:?} exists", project.name))
        })?;
    audit::record(&mut tx, actor, Event::ProjectCreated, now).await?;
    tx.commit().await?;
    Ok(project)
}
