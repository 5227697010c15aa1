//! The delivery log of an endpoint, narrowed by outcome.

use domain::webhooks::DeliveryState;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::api::ResendMissedWebhooks;
use super::endpoint::Act;
use super::views::{DeliveryView, EndpointPage};
use super::words::{DeliveryBadge, label, outcome};
use crate::routes::paths;
use crate::ui::{Message, Pagination, Time, count};

#[component]
pub(super) fn Deliveries(page: EndpointPage, state: String) -> impl IntoView {
    let base = paths::webhook(&page.project, &page.endpoint.id);
    let chosen: Option<DeliveryState> = state.parse().ok();
    let at = {
        let base = base.clone();
        move |cursor: &str| {
            let state = chosen
                .map(|state| format!("state={}&", state.as_str()))
                .unwrap_or_default();
            format!("{base}?{state}cursor={}#deliveries", paths::encoded(cursor))
        }
    };
    let none = if chosen.is_some() {
        "No delivery of the last 30 days stands so."
    } else {
        "Nothing was sent in the last 30 days. Send a test event to see whether the endpoint takes it."
    };
    let project = page.project.clone();
    let is_off = page.endpoint.disabled.is_some();
    let again = (page.missed > 0 && !is_off).then(|| {
        let label = format!("Send {} again", count(page.missed, "failed delivery", "failed deliveries"));
        view! {
            <Act path=ResendMissedWebhooks::PATH project=page.project.clone() endpoint=page.endpoint.id.clone()>
                <button type="submit" class="button">
                    {label}
                </button>
            </Act>
        }
    });
    view! {
        <section class="panel" aria-labelledby="deliveries">
            <div class="panel-head">
                <h2 id="deliveries">"Deliveries"</h2>
                {again}
            </div>
            <p class="panel-intro">"Of the last 30 days, latest first."</p>
            <Outcomes base=base chosen=chosen />
            <Message text=Signal::stored(page.problem.clone()) />
            {if page.deliveries.is_empty() {
                view! { <p class="none">{none}</p> }.into_any()
            } else {
                view! {
                    <table class="listing deliveries" role="table">
                        <caption class="visually-hidden">"Deliveries"</caption>
                        <thead role="rowgroup">
                            <tr role="row">
                                <th role="columnheader" scope="col">"Event"</th>
                                <th role="columnheader" scope="col">"Outcome"</th>
                                <th role="columnheader" scope="col" class="number">"Attempts"</th>
                                <th role="columnheader" scope="col">"Last answer"</th>
                            </tr>
                        </thead>
                        <tbody role="rowgroup">
                            {page
                                .deliveries
                                .into_iter()
                                .map(|delivery| view! { <Row delivery=delivery project=project.clone() is_off=is_off /> })
                                .collect_view()}
                        </tbody>
                    </table>
                    <Pagination
                        label="Pages of deliveries"
                        previous=page.previous.as_deref().map(&at)
                        next=page.next.as_deref().map(&at)
                        total=count(page.total, "delivery", "deliveries")
                    />
                }
                    .into_any()
            }}
        </section>
    }
}

/// Links, so that the address says what is shown.
#[component]
fn Outcomes(base: String, chosen: Option<DeliveryState>) -> impl IntoView {
    let all = std::iter::once(None).chain(DeliveryState::ALL.map(Some));
    let links = all.map(|state| {
        let href = match state {
            Some(state) => format!("{base}?state={}#deliveries", state.as_str()),
            None => format!("{base}#deliveries"),
        };
        view! {
            <li>
                <a href=href aria-current=(state == chosen).then_some("true")>
                    {state.map_or("All", label)}
                </a>
            </li>
        }
    });
    let links = links.collect_view();
    view! {
        <nav class="outcomes" aria-label="Outcome">
            <ul>{links}</ul>
        </nav>
    }
}

#[component]
fn Row(delivery: DeliveryView, project: String, is_off: bool) -> impl IntoView {
    let answer = outcome(delivery.status, delivery.error.as_deref());
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" class="listing-name">
                <a href=paths::webhook_delivery(&project, &delivery.id)>{delivery.event_type.as_str()}</a>
                <span class="listing-beside">
                    <Time moment=delivery.created.clone() />
                </span>
            </th>
            <td role="cell" data-label="Outcome">
                <DeliveryBadge delivery=delivery.clone() is_off=is_off />
            </td>
            <td role="cell" class="number">
                {delivery.attempts}
                <span class="listing-unit">{if delivery.attempts == 1 { " attempt" } else { " attempts" }}</span>
            </td>
            <td role="cell" class="listing-text" data-label="Last answer">
                {answer}
                {delivery
                    .next
                    .filter(|_| delivery.attempts > 0 && !is_off)
                    .map(|next| {
                        view! {
                            <span class="listing-reason">
                                "Next attempt "
                                <Time moment=next />
                            </span>
                        }
                    })}
            </td>
        </tr>
    }
}
