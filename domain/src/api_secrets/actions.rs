//! What can be done with API secrets: see them, make, revoke; and what limits the APIs.

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};

pub use super::MadeApiSecret;
use super::{
    AllowList, ApiAccess, ApiRights, ApiSecret, ApiSecretId, ApiUse, MAX_HOURLY_QUOTA,
    ProjectAccess, store,
};
use crate::accounts::actions::name_of;
use crate::audit::{self, Event, Subject};
use crate::projects::ProjectId;
use crate::{Actor, Backend, Error, Permission, Problem, Secret, hashing, projects};

/// Secrets of a project at most that are not revoked.
pub const MAX: i64 = 20;

/// What every secret begins with, so that it is known for one where it was left lying (R058).
pub const PREFIX: &str = "rgs_";

/// Characters behind the prefix: more than 230 bits.
pub(super) const LENGTH: usize = 40;

/// A secret as somebody wishes it.
#[derive(Debug, Clone)]
pub struct ApiSecretDraft {
    pub project: ProjectId,
    pub name: String,
    pub rights: ApiRights,
}

/// All of the account's identifiers and secrets, its limits and its use.
pub async fn access(backend: &Backend, actor: &Actor) -> Result<ApiAccess, Error> {
    actor.may(Permission::ManageApi)?;
    let now = backend.clock.now();
    let hour = hour_of(now);
    let mut db = backend.db.acquire().await?;
    let limits = store::limits(&mut db, actor.account).await?;
    let mut projects = store::projects(&mut db, actor.account).await?;
    for secret in store::list(&mut db, actor.account).await? {
        let of = |project: &&mut ProjectAccess| project.project == secret.project;
        if let Some(project) = projects.iter_mut().find(of) {
            project.secrets.push(secret);
        }
    }
    Ok(ApiAccess {
        projects,
        allow_list: limits.allow_list()?,
        hourly_quota: limits.hourly_quota(),
        used: store::used(&mut db, actor.account, hour)
            .await?
            .cast_unsigned(),
        renews_at: hour + TimeDelta::hours(1),
    })
}

/// What is left of this hour's requests, for an application.
pub async fn usage(backend: &Backend, actor: &Actor) -> Result<ApiUse, Error> {
    let scope = actor.scope(Permission::SeeRecordings)?;
    let hour = hour_of(backend.clock.now());
    let mut db = backend.db.acquire().await?;
    let limits = store::limits(&mut db, scope.account).await?;
    Ok(ApiUse {
        hourly_quota: limits.hourly_quota(),
        used: store::used(&mut db, scope.account, hour)
            .await?
            .cast_unsigned(),
        renews_at: hour + TimeDelta::hours(1),
    })
}

/// Makes a secret. `Forbidden` if it would have a right that its maker lacks.
pub async fn make(
    backend: &Backend,
    actor: &Actor,
    draft: ApiSecretDraft,
) -> Result<MadeApiSecret, Error> {
    actor.may(Permission::ManageApi)?;
    // SECURITY: or a developer would delete by way of a program.
    if draft.rights.may_delete {
        actor.may(Permission::DeleteFiles)?;
    }
    if draft.rights.may_set_access {
        actor.may(Permission::SetPolicies)?;
    }
    if draft.rights.may_manage_credentials {
        actor.may(Permission::ManageCredentials)?;
    }
    let name = name_of("name", &draft.name)?;
    let project = projects::actions::get(backend, actor, draft.project).await?;
    let secret = Secret::new(format!("{PREFIX}{}", hashing::random_text(LENGTH).reveal()));
    let now = backend.clock.now();
    let id = ApiSecretId::new(now);
    let mut tx = backend.db.begin().await?;
    let identifier = store::lock_project(&mut tx, actor.account, project.id)
        .await?
        .ok_or(Error::NotFound("project"))?;
    if store::count(&mut tx, project.id).await? >= MAX {
        return Err(Error::Conflict(format!(
            "A project has at most {MAX} API secrets. Revoke one that is no longer used."
        )));
    }
    let new = store::NewSecret {
        id,
        account: actor.account,
        project: project.id,
        name: &name,
        hash: &hash(secret.reveal().as_bytes()),
        hint: &secret.reveal()[PREFIX.len() + LENGTH - 4..],
        rights: draft.rights,
        by: actor.member(),
        now,
    };
    store::insert(&mut tx, new).await?;
    audit::record_on(
        &mut tx,
        actor,
        Event::ApiSecretMade,
        Subject::Named(*id.as_uuid()),
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(MadeApiSecret {
        id,
        project: project.id,
        identifier,
        name,
        secret,
    })
}

/// Identifier and secrets of one project.
pub async fn of_project(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
) -> Result<ProjectAccess, Error> {
    actor.may(Permission::ManageApi)?;
    let all = access(backend, actor).await?.projects;
    all.into_iter()
        .find(|one| one.project == project)
        .ok_or(Error::NotFound("project"))
}

/// A secret in force of a project, by its id or by its name, where no other has it.
pub async fn find(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
    name_or_id: &str,
) -> Result<ApiSecret, Error> {
    actor.may(Permission::ManageApi)?;
    let found = of_project(backend, actor, project).await?.secrets;
    let in_force = found
        .into_iter()
        .filter(|secret| secret.revoked_at.is_none());
    let mut meant = in_force.filter(|secret| {
        secret.name == name_or_id.trim() || secret.id.to_string() == name_or_id.trim()
    });
    match (meant.next(), meant.next()) {
        (None, _) => Err(Error::NotFound("API secret")),
        (Some(secret), None) => Ok(secret),
        (Some(_), Some(_)) => Err(Error::Conflict(
            "The project has several API secrets of this name. Say which by its id.".to_owned(),
        )),
    }
}

/// Revokes a secret: the next request with it is refused, on every process. Nothing happens to one that is revoked.
pub async fn revoke(backend: &Backend, actor: &Actor, id: ApiSecretId) -> Result<(), Error> {
    actor.may(Permission::ManageApi)?;
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    match store::revoke(&mut tx, actor.account, id, actor.member(), now).await? {
        None => return Err(Error::NotFound("API secret")),
        Some(false) => {}
        Some(true) => {
            let subject = Subject::Named(*id.as_uuid());
            audit::record_on(&mut tx, actor, Event::ApiSecretRevoked, subject, now).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Sets from where the APIs may be called, and how often in an hour. `Invalid` names `allow_list` and `hourly_quota`.
pub async fn limit(
    backend: &Backend,
    actor: &Actor,
    allow_list: &str,
    hourly_quota: &str,
) -> Result<(), Error> {
    actor.may(Permission::ManageApi)?;
    let mut problems = Vec::new();
    let list = AllowList::parse(allow_list).unwrap_or_else(|message| {
        problems.push(Problem {
            field: "allow_list".to_owned(),
            message,
        });
        AllowList::default()
    });
    let quota = hourly_quota.trim().parse::<u32>();
    let Some(quota) = quota
        .ok()
        .filter(|quota| (1..=MAX_HOURLY_QUOTA).contains(quota))
    else {
        problems.push(Problem {
            field: "hourly_quota".to_owned(),
            message: "Enter a number from 1 to 100,000, without separators.".to_owned(),
        });
        return Err(Error::Invalid(problems));
    };
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    let mut tx = backend.db.begin().await?;
    store::set_limits(&mut tx, actor.account, &list.entries(), quota.cast_signed()).await?;
    audit::record(&mut tx, actor, Event::ApiLimitsChanged, backend.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// The API identifier of the application's own project.
pub async fn identifier(backend: &Backend, actor: &Actor) -> Result<String, Error> {
    let scope = actor.scope(Permission::SeeRecordings)?;
    let project = scope.project.ok_or(Error::Forbidden)?;
    store::identifier(&mut *backend.db.acquire().await?, project)
        .await?
        .ok_or(Error::NotFound("project"))
}

/// Requests of the account in this hour (UTC), and how many it may make, as its applications may know it.
pub async fn use_of_hour(backend: &Backend, actor: &Actor) -> Result<(u64, u32), Error> {
    let scope = actor.scope(Permission::SeeRecordings)?;
    let mut db = backend.db.acquire().await?;
    let limits = store::limits(&mut db, scope.account).await?;
    let hour = hour_of(backend.clock.now());
    let used = store::used(&mut db, scope.account, hour).await?;
    Ok((used.cast_unsigned(), limits.hourly_quota()))
}

/// What is kept of a secret. A text of that many random bits needs no slow hash (R058).
pub(super) fn hash(secret: &[u8]) -> Vec<u8> {
    Sha256::digest(secret).to_vec()
}

/// The hour (UTC) that a moment lies in.
pub(super) fn hour_of(now: DateTime<Utc>) -> DateTime<Utc> {
    now.duration_trunc(TimeDelta::hours(1)).unwrap_or(now)
}
