//! What can be done with projects as such: list, create, rename, archive, bring back.

use super::{GovernedProject, Project, ProjectId, store};
use crate::accounts::actions::name_of;
use crate::audit::{self, Event, Subject};
use crate::error::OnConstraint;
use crate::{Actor, Backend, Error, Permission};

/// The account's projects by name, archived ones included.
pub async fn list(backend: &Backend, actor: &Actor) -> Result<Vec<Project>, Error> {
    let scope = actor.scope(Permission::SeeRecordings)?;
    let mut projects = store::list(&mut *backend.db.acquire().await?, scope.account).await?;
    projects.retain(|project| scope.covers(project.id));
    Ok(projects)
}

/// The project of this id or name.
pub async fn find(backend: &Backend, actor: &Actor, id_or_name: &str) -> Result<Project, Error> {
    list(backend, actor)
        .await?
        .into_iter()
        .find(|project| project.name == id_or_name || project.id.to_string() == id_or_name)
        .ok_or(Error::NotFound("project"))
}

/// The account's projects by name, with what they hold and what was decided about them.
pub async fn list_governed(
    backend: &Backend,
    actor: &Actor,
) -> Result<Vec<GovernedProject>, Error> {
    let scope = actor.scope(Permission::SeeRecordings)?;
    let mut db = backend.db.acquire().await?;
    Ok(store::list_governed(&mut db, scope.account, scope.project).await?)
}

/// One of them.
pub async fn get(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
) -> Result<GovernedProject, Error> {
    let scope = actor.scope_of(Permission::SeeRecordings, project)?;
    let mut db = backend.db.acquire().await?;
    store::list_governed(&mut db, scope.account, Some(project))
        .await?
        .pop()
        .ok_or(Error::NotFound("project"))
}

/// Makes a project: secure, and keeping its files for ever.
pub async fn create(backend: &Backend, actor: &Actor, name: &str) -> Result<Project, Error> {
    actor.may(Permission::ManageProjects)?;
    let now = backend.clock.now();
    let project = Project {
        id: ProjectId::new(now),
        name: name_of("name", name)?,
        is_archived: false,
    };
    let mut tx = backend.db.begin().await?;
    store::insert(&mut tx, actor.account, &project, now)
        .await
        .on_constraint(NAME_KEY, name_is_taken)?;
    audit::record_on(
        &mut tx,
        actor,
        Event::ProjectCreated,
        Subject::Project(project.id),
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(project)
}

/// Gives a project another name. Addresses of its files do not have it, so they stay.
pub async fn rename(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
    name: &str,
) -> Result<(), Error> {
    actor.may(Permission::ManageProjects)?;
    let name = name_of("name", name)?;
    let mut tx = backend.db.begin().await?;
    if !store::rename(&mut tx, actor.account, project, &name)
        .await
        .on_constraint(NAME_KEY, name_is_taken)?
    {
        return Err(Error::NotFound("project"));
    }
    audit::record_on(
        &mut tx,
        actor,
        Event::ProjectRenamed,
        Subject::Project(project),
        backend.clock.now(),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Archives a project or brings it back. Nothing happens to one that is so already.
pub async fn set_archived(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
    is_archived: bool,
) -> Result<(), Error> {
    actor.may(Permission::ManageProjects)?;
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    if !store::set_archived(&mut tx, actor.account, project, is_archived.then_some(now)).await? {
        return Err(Error::NotFound("project"));
    }
    let event = if is_archived {
        Event::ProjectArchived
    } else {
        Event::ProjectUnarchived
    };
    audit::record_on(&mut tx, actor, event, Subject::Project(project), now).await?;
    tx.commit().await?;
    Ok(())
}

const NAME_KEY: &str = "projects_account_id_name_key";

fn name_is_taken() -> Error {
    Error::invalid(
        "name",
        "The account has a project of this name. Choose another one.",
    )
}
