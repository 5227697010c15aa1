//! The files of a source, and the events that told of them.

use domain::intake::{ItemState, Verdict};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::api::RetryFiles;
use super::views::{EventView, ItemView};
use crate::routes::paths;
use crate::ui::{Badge, Time, Tone, count, visible};

#[component]
pub(super) fn Files(
    items: Vec<ItemView>,
    project: String,
    source: String,
    failed: u64,
) -> impl IntoView {
    let all = (project.clone(), source.clone());
    view! {
        <section class="panel" aria-labelledby="files">
            <div class="panel-head">
                <h2 id="files">"Files"</h2>
                {(failed > 1)
                    .then(|| {
                        view! {
                            <Retry
                                project=all.0
                                source=all.1
                                item=String::new()
                                label=format!("Retry {} that failed", count(failed, "file", "files"))
                                name=String::new()
                            />
                        }
                    })}
            </div>
            {if items.is_empty() {
                view! { <p class="none">"None yet. Files are listed here as soon as they are announced."</p> }.into_any()
            } else {
                view! {
                    <table class="listing" role="table">
                        <caption class="visually-hidden">"Files of this source"</caption>
                        <thead role="rowgroup">
                            <tr role="row">
                                <th role="columnheader" scope="col">"File"</th>
                                <th role="columnheader" scope="col">"State"</th>
                                <th role="columnheader" scope="col">"When"</th>
                                <th role="columnheader" scope="col"><span class="visually-hidden">"Actions"</span></th>
                            </tr>
                        </thead>
                        <tbody role="rowgroup">
                            {items
                                .into_iter()
                                .map(|item| view! { <Row item=item project=project.clone() source=source.clone() /> })
                                .collect_view()}
                        </tbody>
                    </table>
                }
                    .into_any()
            }}
        </section>
    }
}

#[component]
fn Row(item: ItemView, project: String, source: String) -> impl IntoView {
    let (tone, text) = match item.state {
        ItemState::Waiting => (Tone::Blue, "Waiting"),
        ItemState::Fetching => (Tone::Blue, "Fetching"),
        ItemState::Done => (Tone::Green, "In the vault"),
        ItemState::Failed => (Tone::Red, "Not fetched"),
    };
    let name = visible(&item.file_name);
    let heading = match &item.session {
        Some(session) => {
            view! { <a href=paths::session(session)><bdi>{name.clone()}</bdi></a> }.into_any()
        }
        None => view! { <bdi>{name.clone()}</bdi> }.into_any(),
    };
    let can_retry =
        matches!(item.state, ItemState::Failed | ItemState::Waiting) && item.attempts > 0;
    let expires = item.expires.filter(|_| item.state == ItemState::Waiting);
    let when = match (item.state, item.done) {
        (ItemState::Done, Some(done)) => view! { <Time moment=done /> }.into_any(),
        (ItemState::Waiting, _) if item.attempts > 0 => view! {
            "Next attempt "
            <Time moment=item.due />
        }
        .into_any(),
        _ => view! {
            "Announced "
            <Time moment=item.announced />
        }
        .into_any(),
    };
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" class="listing-name">
                {heading}
                <span class="listing-beside">
                    <bdi>{visible(&item.room)}</bdi>
                    " · "
                    <bdi>{visible(&item.conference_number)}</bdi>
                </span>
            </th>
            <td role="cell" class="listing-text" data-label="State">
                <Badge tone=tone text=text />
                {item.reason.map(|reason| view! { <span class="listing-reason">{visible(&reason)}</span> })}
            </td>
            <td role="cell" class="listing-text" data-label="When">
                {when}
                {expires
                    .map(|at| {
                        view! {
                            <span class="listing-reason">
                                "Its sender deletes it "
                                <Time moment=at />
                            </span>
                        }
                    })}
            </td>
            <td role="cell" class="listing-action">
                {can_retry
                    .then(|| view! { <Retry project=project source=source item=item.id label="Retry".to_owned() name=name /> })}
            </td>
        </tr>
    }
}

#[component]
fn Retry(
    project: String,
    source: String,
    item: String,
    label: String,
    /// Of the file, for those who cannot see what it stands beside.
    name: String,
) -> impl IntoView {
    view! {
        <form method="post" action=RetryFiles::PATH>
            <input type="hidden" name="project" value=project />
            <input type="hidden" name="source" value=source />
            <input type="hidden" name="item" value=item />
            <button type="submit" class="button button-small">
                {label}
                {(!name.is_empty()).then(|| view! { <span class="visually-hidden">" " {name}</span> })}
            </button>
        </form>
    }
}

#[component]
pub(super) fn Events(events: Vec<EventView>) -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="events">
            <h2 id="events">"Recent events"</h2>
            <p class="panel-intro">"As they came, without the passwords, keys and tokens in them. Kept for 90 days."</p>
            {if events.is_empty() {
                view! { <p class="none">"None yet."</p> }.into_any()
            } else {
                view! {
                    <ul class="told">
                        {events.into_iter().map(|event| view! { <Event event=event /> }).collect_view()}
                    </ul>
                }
                    .into_any()
            }}
        </section>
    }
}

#[component]
fn Event(event: EventView) -> impl IntoView {
    let (tone, text) = match event.verdict {
        Verdict::Taken => (Tone::Green, "Taken"),
        Verdict::Ignored => (Tone::Grey, "Nothing to fetch"),
        Verdict::Failed => (Tone::Red, "Failed"),
    };
    let again = (event.repeats > 0).then(|| {
        format!(
            " · came again {}",
            count(u64::from(event.repeats), "time", "times")
        )
    });
    let about = (!event.external_id.is_empty())
        .then(|| view! { " · " <bdi>{visible(&event.external_id)}</bdi> });
    view! {
        <li>
            <details>
                <summary>
                    <span class="told-head">
                        <span class="told-name"><bdi>{visible(&event.name)}</bdi></span>
                        <Badge tone=tone text=text />
                        <span class="told-facts">
                            <Time moment=event.received />
                            {about}
                            {again}
                        </span>
                        {event.reason.map(|reason| view! { <span class="told-reason">{visible(&reason)}</span> })}
                    </span>
                </summary>
                <pre tabindex="0"><code>{event.payload}</code></pre>
            </details>
        </li>
    }
}
