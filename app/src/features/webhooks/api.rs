//! Server functions of webhooks.

#![expect(
    clippy::too_many_arguments,
    reason = "an argument of a server function is a field of its form"
)]

use leptos::prelude::*;

use super::views::{DeliveryPage, EndpointPage, EndpointView, WebhooksView};
use crate::error::UiError;

/// A project's endpoints.
#[server]
pub(crate) async fn list_webhooks(project: String) -> Result<WebhooksView, UiError> {
    use domain::projects;
    use domain::webhooks::actions;

    use crate::ssr;

    let (backend, actor, zone) = (ssr::backend()?, ssr::actor()?, ssr::visitor()?.zone);
    let id = project_id(&project)?;
    let (endpoints, settings) = actions::list(&backend, &actor, id).await?;
    let found = projects::actions::get(&backend, &actor, id).await?;
    let now = backend.clock.now();
    Ok(WebhooksView {
        project,
        project_name: found.name,
        endpoints: endpoints
            .into_iter()
            .map(|endpoint| EndpointView::new(endpoint, zone, now))
            .collect(),
        settings,
    })
}

/// One of them.
#[server]
pub(crate) async fn get_webhook(
    project: String,
    endpoint: String,
) -> Result<EndpointView, UiError> {
    use domain::webhooks::actions;

    use crate::ssr;

    let (backend, zone) = (ssr::backend()?, ssr::visitor()?.zone);
    let (project, id) = (project_id(&project)?, endpoint_id(&endpoint)?);
    let found = actions::get(&backend, &ssr::actor()?, project, id).await?;
    Ok(EndpointView::new(found, zone, backend.clock.now()))
}

/// One of them with a page of its log.
#[server]
pub(crate) async fn get_webhook_log(
    project: String,
    endpoint: String,
    #[server(default)] state: String,
    #[server(default)] cursor: String,
) -> Result<EndpointPage, UiError> {
    use domain::PageRequest;
    use domain::projects;
    use domain::webhooks::{actions, log};

    use super::views::DeliveryView;
    use crate::ssr;

    let (backend, actor, zone) = (ssr::backend()?, ssr::actor()?, ssr::visitor()?.zone);
    let (id, of) = (endpoint_id(&endpoint)?, project_id(&project)?);
    let found = actions::get(&backend, &actor, of, id).await?;
    let missed = log::count_missed(&backend, &actor, of, id).await?;
    let state = state.parse().ok();
    let mut request = PageRequest {
        cursor: Some(cursor).filter(|cursor| !cursor.is_empty()),
        size: PageRequest::DEFAULT_SIZE,
    };
    let mut problem = None;
    let page = match log::list(&backend, &actor, of, id, state, &request).await {
        // A cursor that somebody cut off: the first page is better than none.
        Err(domain::Error::Invalid(problems)) if request.cursor.take().is_some() => {
            problem = problems.into_iter().next().map(|problem| problem.message);
            log::list(&backend, &actor, of, id, state, &request).await?
        }
        page => page?,
    };
    Ok(EndpointPage {
        project,
        project_name: projects::actions::get(&backend, &actor, of).await?.name,
        endpoint: EndpointView::new(found, zone, backend.clock.now()),
        deliveries: page
            .items
            .into_iter()
            .map(|row| DeliveryView::new(row, zone))
            .collect(),
        next: page.next,
        previous: page.previous,
        total: page.total,
        missed,
        problem,
    })
}

/// One delivery with its attempts.
#[server]
pub(crate) async fn get_delivery(
    project: String,
    delivery: String,
) -> Result<DeliveryPage, UiError> {
    use domain::webhooks::log;

    use super::views::{AttemptView, DeliveryView};
    use crate::ssr;

    let (of, id, zone) = (
        project_id(&project)?,
        delivery_id(&delivery)?,
        ssr::visitor()?.zone,
    );
    let found = log::get(&ssr::backend()?, &ssr::actor()?, of, id).await?;
    let attempts = found.attempts.into_iter().rev();
    Ok(DeliveryPage {
        project,
        endpoint: found.endpoint.to_string(),
        is_endpoint_off: found.is_endpoint_off,
        url: found.url,
        message_id: found.message_id,
        body: found.body,
        delivery: DeliveryView::new(found.summary, zone),
        attempts: attempts.map(|one| AttemptView::new(one, zone)).collect(),
    })
}

/// Adds an endpoint, and shows its secret on its page.
#[server]
pub(crate) async fn add_webhook(
    #[server(default)] project: String,
    #[server(default)] url: String,
    #[server(default)] description: String,
    #[server(default)] form: String,
    #[server(default)] event_types: Vec<String>,
    #[server(default)] file_kinds: Vec<String>,
    #[server(default)] username: String,
    #[server(default)] password: String,
) -> Result<(), UiError> {
    use domain::webhooks::actions;
    use leptos::server_fn::ServerFn as _;

    use crate::{answer::Answer, routes::paths, ssr};

    let typed = Typed {
        url,
        description,
        form,
        event_types,
        file_kinds,
        username,
    };
    let of = project_id(&project)?;
    let added = actions::add(&ssr::backend()?, &ssr::actor()?, of, typed.draft(password)).await;
    let path = paths::new_webhook(&project);
    let (id, secret) = ssr::refused_on(added, &path, AddWebhook::PATH, typed.fields())?;
    let path = paths::webhook(&project, &id.to_string());
    ssr::answer_on(&path, Answer::WebhookSecret(secret));
    Ok(())
}

/// Changes an endpoint.
#[server]
pub(crate) async fn edit_webhook(
    #[server(default)] project: String,
    #[server(default)] endpoint: String,
    #[server(default)] url: String,
    #[server(default)] description: String,
    #[server(default)] form: String,
    #[server(default)] event_types: Vec<String>,
    #[server(default)] file_kinds: Vec<String>,
    #[server(default)] username: String,
    #[server(default)] password: String,
) -> Result<(), UiError> {
    use domain::webhooks::actions;
    use leptos::server_fn::ServerFn as _;

    use crate::{flash::Notice, routes::paths, ssr};

    let typed = Typed {
        url,
        description,
        form,
        event_types,
        file_kinds,
        username,
    };
    let (of, id) = (project_id(&project)?, endpoint_id(&endpoint)?);
    let (backend, actor) = (ssr::backend()?, ssr::actor()?);
    let done = actions::edit(&backend, &actor, of, id, typed.draft(password)).await;
    let path = paths::webhook_edit(&project, &endpoint);
    ssr::refused_on(done, &path, EditWebhook::PATH, typed.fields())?;
    ssr::set_notice(Notice::WebhookSaved);
    ssr::redirect(&paths::webhook(&project, &endpoint));
    Ok(())
}

/// Shows an endpoint's secret on its page.
#[server]
pub(crate) async fn show_webhook_secret(
    #[server(default)] project: String,
    #[server(default)] endpoint: String,
) -> Result<(), UiError> {
    use domain::webhooks::actions;

    use crate::{answer::Answer, routes::paths, ssr};

    let (of, id) = (project_id(&project)?, endpoint_id(&endpoint)?);
    let secret = actions::secret(&ssr::backend()?, &ssr::actor()?, of, id).await?;
    ssr::answer_on(
        &paths::webhook(&project, &endpoint),
        Answer::WebhookSecret(secret),
    );
    Ok(())
}

/// Makes a new secret, and shows it there.
#[server]
pub(crate) async fn rotate_webhook_secret(
    #[server(default)] project: String,
    #[server(default)] endpoint: String,
) -> Result<(), UiError> {
    use domain::webhooks::actions;

    use crate::{answer::Answer, routes::paths, ssr};

    let (of, id) = (project_id(&project)?, endpoint_id(&endpoint)?);
    let secret = actions::rotate(&ssr::backend()?, &ssr::actor()?, of, id).await?;
    ssr::answer_on(
        &paths::webhook(&project, &endpoint),
        Answer::WebhookSecret(secret),
    );
    Ok(())
}

/// Turns an endpoint on or off.
#[server]
pub(crate) async fn enable_webhook(
    #[server(default)] project: String,
    #[server(default)] endpoint: String,
    #[server(default)] is_enabled: bool,
) -> Result<(), UiError> {
    use domain::webhooks::actions;

    use crate::{flash::Notice, routes::paths, ssr};

    let (of, id) = (project_id(&project)?, endpoint_id(&endpoint)?);
    actions::set_enabled(&ssr::backend()?, &ssr::actor()?, of, id, is_enabled).await?;
    ssr::set_notice(if is_enabled {
        Notice::WebhookEnabled
    } else {
        Notice::WebhookDisabled
    });
    ssr::redirect(&paths::webhook(&project, &endpoint));
    Ok(())
}

/// Deletes an endpoint with its log.
#[server]
pub(crate) async fn delete_webhook(
    #[server(default)] project: String,
    #[server(default)] endpoint: String,
) -> Result<(), UiError> {
    use domain::webhooks::actions;

    use crate::{flash::Notice, routes::paths, ssr};

    let (of, id) = (project_id(&project)?, endpoint_id(&endpoint)?);
    let check = |_: &_| Ok::<_, domain::Error>(());
    actions::delete(&ssr::backend()?, &ssr::actor()?, of, id, check).await?;
    ssr::set_notice(Notice::WebhookDeleted);
    ssr::redirect(&paths::webhooks(&project));
    Ok(())
}

/// Sends a test event.
#[server]
pub(crate) async fn test_webhook(
    #[server(default)] project: String,
    #[server(default)] endpoint: String,
) -> Result<(), UiError> {
    use domain::webhooks::log;

    use crate::{flash::Notice, routes::paths, ssr};

    let (of, id) = (project_id(&project)?, endpoint_id(&endpoint)?);
    let delivery = log::send_test(&ssr::backend()?, &ssr::actor()?, of, id).await?;
    ssr::set_notice(Notice::WebhookTestSent);
    ssr::redirect(&paths::webhook_delivery(&project, &delivery.to_string()));
    Ok(())
}

/// Sends a delivery again.
#[server]
pub(crate) async fn resend_webhook(
    #[server(default)] project: String,
    #[server(default)] delivery: String,
) -> Result<(), UiError> {
    use domain::webhooks::log;

    use crate::{flash::Notice, routes::paths, ssr};

    let (of, id) = (project_id(&project)?, delivery_id(&delivery)?);
    log::send_again(&ssr::backend()?, &ssr::actor()?, of, id).await?;
    ssr::set_notice(Notice::WebhookSentAgain);
    ssr::redirect(&paths::webhook_delivery(&project, &delivery));
    Ok(())
}

/// Sends all deliveries again that an endpoint missed.
#[server]
pub(crate) async fn resend_missed_webhooks(
    #[server(default)] project: String,
    #[server(default)] endpoint: String,
) -> Result<(), UiError> {
    use domain::webhooks::log;

    use crate::{flash::Notice, routes::paths, ssr};

    let (of, id) = (project_id(&project)?, endpoint_id(&endpoint)?);
    log::send_missed(&ssr::backend()?, &ssr::actor()?, of, id).await?;
    ssr::set_notice(Notice::WebhookMissedSentAgain);
    ssr::redirect(&paths::webhook(&project, &endpoint));
    Ok(())
}

/// Says when sessions are ready and files are announced to expire.
#[server]
pub(crate) async fn set_webhook_settings(
    #[server(default)] project: String,
    #[server(default)] ready_after_minutes: String,
    #[server(default)] expiring_notice_hours: String,
) -> Result<(), UiError> {
    use domain::webhooks::{SettingsDraft, actions};
    use leptos::server_fn::ServerFn as _;

    use crate::{flash::Notice, routes::paths, ssr};

    let of = project_id(&project)?;
    let draft = SettingsDraft {
        ready_after_minutes,
        expiring_notice_hours,
    };
    let done = actions::set_settings(&ssr::backend()?, &ssr::actor()?, of, &draft).await;
    let typed = vec![
        ("ready_after_minutes", draft.ready_after_minutes),
        ("expiring_notice_hours", draft.expiring_notice_hours),
    ];
    let path = paths::webhooks(&project);
    ssr::refused_on(done, &path, SetWebhookSettings::PATH, typed)?;
    ssr::set_notice(Notice::WebhookSettingsSaved);
    ssr::redirect(&path);
    Ok(())
}

#[cfg(feature = "ssr")]
use super::typed::{Typed, delivery_id, endpoint_id, project_id};
