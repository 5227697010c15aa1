//! What can be done with a project's endpoints: see them, add, change, rotate the secret, turn off and on, delete.

use chrono::{DateTime, TimeDelta, Utc};

use super::draft::{Checked, Stored};
use super::store::endpoints::{self as store, Sealed, Written};
use super::{
    DisabledCause, Endpoint, EndpointDraft, EndpointId, SettingsDraft, WebhookSettings, signature,
};
use crate::audit::{self, Event, Subject};
use crate::background::News;
use crate::projects::ProjectId;
use crate::{Actor, Backend, Error, Permission, Secret};

/// Endpoints of a project at most: each makes a delivery of every event.
pub const MAX: i64 = 100;

/// How long the former secret signs beside the new one (R156).
pub const OVERLAP: TimeDelta = TimeDelta::hours(24);

/// What a secret is sealed for.
pub(super) const SECRET: &str = "webhook secret";
pub(super) const PASSWORD: &str = "webhook password";

/// A project's endpoints by age, and what it says about all of them.
pub async fn list(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
) -> Result<(Vec<Endpoint>, WebhookSettings), Error> {
    actor.scope_of(Permission::ManageWebhooks, project)?;
    let mut db = backend.db.acquire().await?;
    let settings = store::settings(&mut db, actor.account, project)
        .await?
        .ok_or(Error::NotFound("project"))?;
    let endpoints = store::list(&mut db, actor.account, project, None).await?;
    Ok((endpoints, settings))
}

/// One of them.
pub async fn get(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
    id: EndpointId,
) -> Result<Endpoint, Error> {
    actor.scope_of(Permission::ManageWebhooks, project)?;
    let mut db = backend.db.acquire().await?;
    store::list(&mut db, actor.account, project, Some(id))
        .await?
        .pop()
        .ok_or(NO_ENDPOINT)
}

/// Adds an endpoint; it is told of what happens from now on. Gives back its secret, which [`secret`] shows again.
pub async fn add(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
    draft: EndpointDraft,
) -> Result<(EndpointId, Secret), Error> {
    actor.scope_of(Permission::ManageWebhooks, project)?;
    let checked = draft.check(&backend.outbound, None)?;
    let now = backend.clock.now();
    let id = EndpointId::new(now);
    let secret = signature::new_secret();
    let key = &backend.master_key;
    let mut tx = backend.db.begin().await?;
    // Of several that add one, each counts the one before.
    if !store::lock_project(&mut tx, actor.account, project).await? {
        return Err(Error::NotFound("project"));
    }
    if store::count(&mut tx, project).await? >= MAX {
        return Err(Error::Conflict(format!(
            "A project has at most {MAX} endpoints. Delete one that is no longer used."
        )));
    }
    let password = seal_password(backend, id, &checked);
    store::insert(
        &mut tx,
        id,
        (actor.account, project),
        &written(&checked, password.as_deref()),
        &key.seal(SECRET, &id.to_string(), &secret),
        now,
    )
    .await?;
    audit::record_on(&mut tx, actor, Event::WebhookAdded, named(id), now).await?;
    tx.commit().await?;
    Ok((id, secret))
}

/// Replaces what an endpoint is; see [`change`].
pub async fn edit(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
    id: EndpointId,
    draft: EndpointDraft,
) -> Result<(), Error> {
    actor.scope_of(Permission::ManageWebhooks, project)?;
    let wish = EndpointChange {
        draft: Some(draft),
        is_enabled: None,
    };
    change(backend, actor, project, id, |_| Ok::<_, Error>(wish)).await?;
    Ok(())
}

/// What is to become of an endpoint. None stays as it is.
#[derive(Debug, Clone, Default)]
pub struct EndpointChange {
    pub draft: Option<EndpointDraft>,
    pub is_enabled: Option<bool>,
}

/// Changes an endpoint, all or nothing; gives back what it is then. Deliveries that wait go to the new address.
///
/// `wish` sees the endpoint as it is while nobody else changes it: what it compares and keeps holds until the change is
/// made (R152). A stored password goes with no other server and user name.
pub async fn change<E: From<Error>>(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
    id: EndpointId,
    wish: impl FnOnce(&Endpoint) -> Result<EndpointChange, E> + Send,
) -> Result<Endpoint, E> {
    actor.scope_of(Permission::ManageWebhooks, project)?;
    let mut tx = backend.db.begin().await.map_err(Error::from)?;
    let (found, sealed) = lock(&mut tx, actor, project, id).await?;
    let wish = wish(&found)?;
    let changed = apply(backend, &mut tx, actor, &found, &sealed, wish).await?;
    tx.commit().await.map_err(Error::from)?;
    backend.nudge(News::Deliveries);
    Ok(changed)
}

async fn lock(
    db: &mut sqlx::PgConnection,
    actor: &Actor,
    project: ProjectId,
    id: EndpointId,
) -> Result<(Endpoint, Sealed), Error> {
    let sealed = store::lock(db, actor.account, project, id)
        .await?
        .ok_or(NO_ENDPOINT)?;
    let found = store::list(db, actor.account, project, Some(id)).await?;
    let found = found.into_iter().next().ok_or(NO_ENDPOINT)?;
    Ok((found, sealed))
}

async fn apply(
    backend: &Backend,
    db: &mut sqlx::PgConnection,
    actor: &Actor,
    found: &Endpoint,
    sealed: &Sealed,
    wish: EndpointChange,
) -> Result<Endpoint, Error> {
    let (id, now) = (found.id, backend.clock.now());
    if let Some(draft) = wish.draft {
        let stored = found.username.as_deref().filter(|_| sealed.has_password);
        let stored = stored.map(|username| Stored {
            url: &found.url,
            username,
        });
        let checked = draft.check(&backend.outbound, stored.as_ref())?;
        let password = seal_password(backend, id, &checked);
        store::update(db, id, &written(&checked, password.as_deref())).await?;
        audit::record_on(db, actor, Event::WebhookEdited, named(id), now).await?;
    }
    if let Some(is_enabled) = wish.is_enabled {
        enable(db, actor, id, is_enabled, now).await?;
    }
    let changed = store::list(db, actor.account, found.project, Some(id)).await?;
    changed.into_iter().next().ok_or(NO_ENDPOINT)
}

/// The secret with which the endpoint's messages are signed, for whoever sets up its receiver. Noted in the audit.
pub async fn secret(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
    id: EndpointId,
) -> Result<Secret, Error> {
    actor.scope_of(Permission::ManageWebhooks, project)?;
    let mut tx = backend.db.begin().await?;
    let sealed = store::lock(&mut tx, actor.account, project, id)
        .await?
        .ok_or(NO_ENDPOINT)?;
    let secret = backend
        .master_key
        .unseal(SECRET, &id.to_string(), &sealed.secret)
        .ok_or_else(|| Error::internal("a webhook's secret does not open with this master key"))?;
    let now = backend.clock.now();
    audit::record_on(&mut tx, actor, Event::WebhookSecretShown, named(id), now).await?;
    tx.commit().await?;
    Ok(secret)
}

/// Makes a new secret. For 24 hours the former one signs as well, so that receivers can change over in peace; one
/// before that signs no more.
pub async fn rotate(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
    id: EndpointId,
) -> Result<Secret, Error> {
    actor.scope_of(Permission::ManageWebhooks, project)?;
    let now = backend.clock.now();
    let secret = signature::new_secret();
    let mut tx = backend.db.begin().await?;
    store::lock(&mut tx, actor.account, project, id)
        .await?
        .ok_or(NO_ENDPOINT)?;
    let sealed = backend.master_key.seal(SECRET, &id.to_string(), &secret);
    store::rotate(&mut tx, id, &sealed, now + OVERLAP).await?;
    audit::record_on(&mut tx, actor, Event::WebhookSecretRotated, named(id), now).await?;
    tx.commit().await?;
    Ok(secret)
}

/// Turns an endpoint off or on. Off, it is told nothing, and what happens meanwhile is not told later; deliveries that
/// waited go on when it is on again. Nothing happens to one that is so already.
pub async fn set_enabled(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
    id: EndpointId,
    is_enabled: bool,
) -> Result<(), Error> {
    actor.scope_of(Permission::ManageWebhooks, project)?;
    let wish = EndpointChange {
        draft: None,
        is_enabled: Some(is_enabled),
    };
    change(backend, actor, project, id, |_| Ok::<_, Error>(wish)).await?;
    Ok(())
}

async fn enable(
    db: &mut sqlx::PgConnection,
    actor: &Actor,
    id: EndpointId,
    is_enabled: bool,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let disabled = (!is_enabled).then_some((now, DisabledCause::Manual));
    if store::set_disabled(db, id, disabled).await? {
        let event = if is_enabled {
            Event::WebhookEnabled
        } else {
            Event::WebhookDisabled
        };
        audit::record_on(db, actor, event, named(id), now).await?;
    }
    Ok(())
}

/// Deletes an endpoint with its delivery log.
///
/// `check` sees the endpoint as [`change`] shows it: what it finds holds until the endpoint is gone (R152).
pub async fn delete<E: From<Error>>(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
    id: EndpointId,
    check: impl FnOnce(&Endpoint) -> Result<(), E> + Send,
) -> Result<(), E> {
    actor.scope_of(Permission::ManageWebhooks, project)?;
    let mut tx = backend.db.begin().await.map_err(Error::from)?;
    let (found, _) = lock(&mut tx, actor, project, id).await?;
    check(&found)?;
    store::delete(&mut tx, id).await.map_err(Error::from)?;
    let now = backend.clock.now();
    audit::record_on(&mut tx, actor, Event::WebhookDeleted, named(id), now).await?;
    tx.commit().await.map_err(Error::from)?;
    Ok(())
}

/// Says when sessions count as ready and files are announced to expire, for all endpoints of the project.
pub async fn set_settings(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
    draft: &SettingsDraft,
) -> Result<WebhookSettings, Error> {
    actor.scope_of(Permission::ManageWebhooks, project)?;
    let settings = draft.check()?;
    let mut tx = backend.db.begin().await?;
    if !store::set_settings(&mut tx, actor.account, project, settings).await? {
        return Err(Error::NotFound("project"));
    }
    audit::record_on(
        &mut tx,
        actor,
        Event::WebhookSettingsChanged,
        Subject::Project(project),
        backend.clock.now(),
    )
    .await?;
    tx.commit().await?;
    backend.nudge(News::Events);
    Ok(settings)
}

pub(super) const NO_ENDPOINT: Error = Error::NotFound("webhook endpoint");

pub(super) const fn named(id: EndpointId) -> Subject {
    Subject::Named(*id.as_uuid())
}

fn seal_password(backend: &Backend, id: EndpointId, checked: &Checked) -> Option<Vec<u8>> {
    let password = checked.password.as_ref()?;
    Some(backend.master_key.seal(PASSWORD, &id.to_string(), password))
}

fn written<'a>(checked: &'a Checked, password_sealed: Option<&'a [u8]>) -> Written<'a> {
    Written {
        url: &checked.url,
        description: &checked.description,
        form: checked.form,
        event_types: &checked.event_types,
        file_kinds: &checked.file_kinds,
        username: checked.username.as_deref(),
        password_sealed,
    }
}
