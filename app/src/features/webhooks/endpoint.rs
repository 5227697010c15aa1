//! Page `/projects/{id}/webhooks/{endpoint}`: an endpoint, its secret, what can be done with it, and its deliveries.

use domain::Permission;
use domain::webhooks::DisabledCause;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::api::{
    DeleteWebhook, EnableWebhook, ResendMissedWebhooks, RotateWebhookSecret, ShowWebhookSecret,
    TestWebhook, get_webhook_log,
};
use super::deliveries::Deliveries;
use super::forms::{Back, heading};
use super::list::NotForYou;
use super::views::{EndpointPage, EndpointView};
use super::words::EndpointBadge;
use crate::answer::Answer;
use crate::layout::{Frame, Place, load};
use crate::routes::paths;
use crate::ui::{Badge, Confirm, CopyButton, Message, PageTitle, Time, Tone, Warning, visible};
use crate::viewer::Viewer;

#[component]
pub(crate) fn OneWebhook() -> impl IntoView {
    let (project, id) = use_params_map().with_untracked(|map| {
        (
            map.get("project").unwrap_or_default(),
            map.get("id").unwrap_or_default(),
        )
    });
    let (state, cursor) = use_query_map().with_untracked(|map| {
        (
            map.get("state").unwrap_or_default(),
            map.get("cursor").unwrap_or_default(),
        )
    });
    view! {
        <Frame place=Place::Projects>
            {if Viewer::current().may(Permission::ManageWebhooks) {
                load(
                    get_webhook_log(project, id, state.clone(), cursor),
                    move |page| view! { <Page page=page state=state /> },
                )
                    .into_any()
            } else {
                view! { <NotForYou /> }.into_any()
            }}
        </Frame>
    }
}

#[component]
fn Page(page: EndpointPage, state: String) -> impl IntoView {
    let viewer = Viewer::current();
    let secret = match &viewer.answer {
        Some(Answer::WebhookSecret(secret)) => Some(secret.reveal().to_owned()),
        _ => None,
    };
    let refused = viewer
        .refusal_of::<TestWebhook>()
        .or_else(|| viewer.refusal_of::<ResendMissedWebhooks>())
        .map(|error| error.sentence());
    let (endpoint, project) = (page.endpoint.clone(), page.project.clone());
    let title = heading(&endpoint);
    view! {
        <PageTitle text=format!("{title} · Webhooks · Reelgate") />
        <Back project=project.clone() name=page.project_name.clone() />
        <Message text=Signal::stored(refused) />
        {secret.map(|secret| view! { <Shown secret=secret /> })}
        <section class="panel" aria-labelledby="endpoint">
            <div class="panel-head">
                <h2 id="endpoint" class="panel-title">
                    <bdi>{title}</bdi>
                    <EndpointBadge endpoint=endpoint.clone() />
                </h2>
                <div class="panel-actions">
                    {endpoint
                        .disabled
                        .is_none()
                        .then(|| {
                            view! {
                                <Act path=TestWebhook::PATH project=project.clone() endpoint=endpoint.id.clone()>
                                    <button type="submit" class="button">
                                        "Send a test event"
                                    </button>
                                </Act>
                            }
                        })}
                    <a class="button" href=paths::webhook_edit(&project, &endpoint.id)>
                        "Edit"
                    </a>
                </div>
            </div>
            <Standing endpoint=endpoint.clone() />
            <Facts endpoint=endpoint.clone() />
        </section>
        <SecretPanel project=project.clone() endpoint=endpoint.clone() />
        <Deliveries page=page state=state />
        <Ending project=project endpoint=endpoint />
    }
}

/// A form of one button that posts which endpoint it is about.
#[component]
pub(super) fn Act(
    path: &'static str,
    project: String,
    endpoint: String,
    children: Children,
) -> impl IntoView {
    view! {
        <form method="post" action=path>
            <input type="hidden" name="project" value=project />
            <input type="hidden" name="endpoint" value=endpoint />
            {children()}
        </form>
    }
}

/// The secret, this time.
#[component]
fn Shown(secret: String) -> impl IntoView {
    view! {
        <section class="panel once" aria-labelledby="shown" role="status">
            <h2 id="shown">"Copy the signing secret"</h2>
            <p class="panel-intro">
                "Put it into the receiver, which verifies with it that a message is from here. It can be shown again."
            </p>
            <dl class="facts">
                <div>
                    <dt>"Secret"</dt>
                    <dd>
                        <code data-value="">{secret.clone()}</code>
                        <CopyButton text=secret label="Copy the secret" />
                    </dd>
                </div>
            </dl>
        </section>
    }
}

/// Why it is off, or since when nothing comes through.
#[component]
fn Standing(endpoint: EndpointView) -> impl IntoView {
    if let Some((at, cause)) = endpoint.disabled {
        let by_itself = (cause != DisabledCause::Manual).then_some(
            " When the endpoint works again, turn it on below, and send again what it missed.",
        );
        return view! {
            <Warning>
                    {cause.sentence()} " Since " <Time moment=at /> ". What happens while it is off is not told." {by_itself}
            </Warning>
        }
        .into_any();
    }
    let failing = endpoint.failing_since.map(|since| {
        view! {
            <Warning>
                    "Nothing has come through since " <Time moment=since />
                    ". After five days of that it is turned off by itself, and whoever manages webhooks gets a mail."
            </Warning>
        }
    });
    failing.into_any()
}

#[component]
fn Facts(endpoint: EndpointView) -> impl IntoView {
    let is_open = endpoint.url.starts_with("http:");
    let kinds: Vec<&str> = endpoint
        .file_kinds
        .iter()
        .map(|kind| kind.as_str())
        .collect();
    let events = endpoint.event_types.into_iter().map(|event| {
        let kinds = (event == domain::webhooks::EventType::FileReady && kinds.len() < 5)
            .then(|| format!(" ({})", kinds.join(", ")));
        view! {
            <li>
                <code>{event.as_str()}</code>
                {kinds}
            </li>
        }
    });
    let events = events.collect_view();
    view! {
        <dl class="facts">
            <div>
                <dt>"Address"</dt>
                <dd>
                    <code>{visible(&endpoint.url)}</code>
                    {is_open
                        .then(|| {
                            view! {
                                " "
                                <Badge tone=Tone::Amber text="Not encrypted" />
                            }
                        })}
                </dd>
            </div>
            <div>
                <dt>"Form"</dt>
                <dd>{endpoint.form.label()}</dd>
            </div>
            <div>
                <dt>"Events"</dt>
                <dd>
                    <ul class="entries">{events}</ul>
                </dd>
            </div>
            {endpoint
                .username
                .map(|username| {
                    view! {
                        <div>
                            <dt>"HTTP user name"</dt>
                            <dd>
                                <code>{visible(&username)}</code>
                            </dd>
                        </div>
                    }
                })}
            <div>
                <dt>"Added"</dt>
                <dd>
                    <Time moment=endpoint.created />
                </dd>
            </div>
        </dl>
    }
}

#[component]
fn SecretPanel(project: String, endpoint: EndpointView) -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="secret">
            <h2 id="secret">"Signing secret"</h2>
            <p class="panel-intro">
                "Every message is signed with it (headers webhook-id, webhook-timestamp and webhook-signature), so that the "
                "receiver can tell ours from others. Showing it is noted in the audit."
            </p>
            {endpoint
                .former_until
                .map(|until| {
                    view! {
                        <p class="hint">
                            "The former secret signs as well until "
                            <Time moment=until />
                            "."
                        </p>
                    }
                })}
            <div class="panel-links">
                <Act path=ShowWebhookSecret::PATH project=project.clone() endpoint=endpoint.id.clone()>
                    <button type="submit" class="button">
                        "Show the secret"
                    </button>
                </Act>
                <Confirm label="Make a new secret…">
                    <p>
                        "For 24 hours messages carry two signatures, one with the new secret and one with the present one: time "
                        "to change the receiver over. A secret before that signs no more."
                    </p>
                    <Act path=RotateWebhookSecret::PATH project=project endpoint=endpoint.id>
                        <button type="submit" class="button button-primary">
                            "Make a new secret"
                        </button>
                    </Act>
                </Confirm>
            </div>
        </section>
    }
}

/// On, off, gone.
#[component]
fn Ending(project: String, endpoint: EndpointView) -> impl IntoView {
    let is_off = endpoint.disabled.is_some();
    let (title, text) = if is_off {
        (
            "Turn on or delete",
            "Turned on, it is told of what happens from then on; deliveries that wait go on.",
        )
    } else {
        (
            "Turn off or delete",
            "Turned off, it is told nothing; what happens meanwhile is not told later.",
        )
    };
    view! {
        <section class="panel" aria-labelledby="ending">
            <h2 id="ending">{title}</h2>
            <p class="panel-intro">{text}</p>
            <div class="panel-links">
                <Act path=EnableWebhook::PATH project=project.clone() endpoint=endpoint.id.clone()>
                    <input type="hidden" name="is_enabled" value=is_off.to_string() />
                    <button type="submit" class="button">
                        {if is_off { "Turn on" } else { "Turn off" }}
                    </button>
                </Act>
                <Confirm label="Delete this endpoint…">
                    <p>"Its secret and its delivery log go with it. This cannot be undone."</p>
                    <Act path=DeleteWebhook::PATH project=project endpoint=endpoint.id>
                        <button type="submit" class="button button-danger">
                            "Delete for good"
                        </button>
                    </Act>
                </Confirm>
            </div>
        </section>
    }
}
