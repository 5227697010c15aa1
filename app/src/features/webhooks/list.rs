//! Page `/projects/{id}/webhooks`: a project's endpoints, how they stand, and when events are told.

use domain::Permission;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::api::list_webhooks;
use super::forms::heading;
use super::settings::SettingsPanel;
use super::views::{EndpointView, WebhooksView};
use super::words::{DeliveryBadge, EndpointBadge, outcome};
use crate::error::{UiError, respond_with};
use crate::layout::{Frame, Place, load};
use crate::routes::paths;
use crate::ui::{Empty, Icon, PageTitle, Shape, Time, count, visible};
use crate::viewer::Viewer;

#[component]
pub(crate) fn Webhooks() -> impl IntoView {
    let project = use_params_map().with_untracked(|map| map.get("project").unwrap_or_default());
    view! {
        <Frame place=Place::Projects>
            {if Viewer::current().may(Permission::ManageWebhooks) {
                load(list_webhooks(project), show).into_any()
            } else {
                view! { <NotForYou /> }.into_any()
            }}
        </Frame>
    }
}

fn show(found: WebhooksView) -> impl IntoView {
    let WebhooksView {
        project,
        project_name,
        endpoints,
        settings,
    } = found;
    let new = paths::new_webhook(&project);
    let is_empty = endpoints.is_empty();
    let id = project.clone();
    view! {
        <PageTitle text=format!("Webhooks · {} · Projects · Reelgate", visible(&project_name)) />
        <p class="back">
            <a href=paths::project(&project)>
                <Icon shape=Shape::Left />
                <bdi>{visible(&project_name)}</bdi>
            </a>
        </p>
        {if is_empty {
            view! {
                <Empty shape=Shape::Webhook title="No application is told yet">
                    <p>
                        "Add the address of an application, and Reelgate tells it when sessions and files of this project are "
                        "ready, expire or are deleted. Messages are signed, tried again for days, and logged."
                    </p>
                    <p class="empty-actions">
                        <a class="button button-primary" href=new>
                            "Add an endpoint"
                        </a>
                    </p>
                </Empty>
            }
                .into_any()
        } else {
            view! {
                <section class="panel" aria-labelledby="webhooks">
                    <div class="panel-head">
                        <h2 id="webhooks">"Webhooks"</h2>
                        <a class="button button-primary" href=new>
                            "Add an endpoint"
                        </a>
                    </div>
                    <p class="panel-intro">"Each endpoint is told of the events that were chosen for it. Messages are signed, tried again for days, and logged."</p>
                    <table class="listing" role="table">
                        <caption class="visually-hidden">"Endpoints of this project"</caption>
                        <thead role="rowgroup">
                            <tr role="row">
                                <th role="columnheader" scope="col">"Endpoint"</th>
                                <th role="columnheader" scope="col">"State"</th>
                                <th role="columnheader" scope="col">"Events"</th>
                                <th role="columnheader" scope="col">"Last delivery"</th>
                            </tr>
                        </thead>
                        <tbody role="rowgroup">
                            {endpoints
                                .into_iter()
                                .map(|endpoint| view! { <EndpointRow endpoint=endpoint project=id.clone() /> })
                                .collect_view()}
                        </tbody>
                    </table>
                </section>
            }
                .into_any()
        }}
        <SettingsPanel project=project settings=settings />
    }
}

#[component]
fn EndpointRow(endpoint: EndpointView, project: String) -> impl IntoView {
    let events: Vec<&str> = endpoint
        .event_types
        .iter()
        .map(|event| event.as_str())
        .collect();
    let is_off = endpoint.disabled.is_some();
    let waiting = (endpoint.waiting > 0).then(|| {
        let deliveries = count(endpoint.waiting, "delivery", "deliveries");
        let how = if is_off { "held" } else { "waiting" };
        format!("{deliveries} {how}")
    });
    let name = heading(&endpoint);
    let address = (!endpoint.description.is_empty())
        .then(|| view! { <span class="listing-beside">{visible(&endpoint.url)}</span> });
    let last = match endpoint.last.clone() {
        Some(last) => view! {
            <DeliveryBadge delivery=last.clone() is_off=is_off />
            <span class="listing-reason">
                <Time moment=last.created.clone() />
                {format!(" · {}", outcome(last.status, last.error.as_deref()))}
            </span>
        }
        .into_any(),
        None => "None yet".into_any(),
    };
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" class="listing-name">
                <a href=paths::webhook(&project, &endpoint.id)>
                    <bdi>{name}</bdi>
                </a>
                {address}
            </th>
            <td role="cell" data-label="State">
                <EndpointBadge endpoint=endpoint.clone() />
                {waiting.map(|text| view! { <span class="listing-reason">{text}</span> })}
            </td>
            <td role="cell" class="listing-text" data-label="Events">{events.join(", ")}</td>
            <td role="cell" class="listing-text" data-label="Last delivery">{last}</td>
        </tr>
    }
}

/// For roles that look after recordings, not after programs.
#[component]
pub(super) fn NotForYou() -> impl IntoView {
    respond_with(&UiError::Forbidden);
    view! {
        <Empty shape=Shape::Webhook title="Owners, admins and developers look after this">
            <p>
                "Webhooks tell applications what happens in a project. Your role may see recordings, and not where they are "
                "announced."
            </p>
        </Empty>
    }
}
