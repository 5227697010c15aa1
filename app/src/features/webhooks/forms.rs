//! The forms of an endpoint, a page each: add and edit. The browser posts them itself, with scripts or without: a secret
//! is shown in the answer and nowhere else.

use domain::Permission;
use domain::files::FileKind;
use domain::webhooks::{EventType, Form};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_params_map;

use super::api::{AddWebhook, EditWebhook, get_webhook, list_webhooks};
use super::list::NotForYou;
use super::views::EndpointView;
use crate::error::{UiError, respond_with};
use crate::layout::{Frame, Place, load};
use crate::routes::paths;
use crate::ui::{FieldFrame, Icon, Message, PageTitle, Shape, described_by, visible};
use crate::viewer::Viewer;

const FIELDS: [&str; 6] = [
    "url",
    "description",
    "event_types",
    "file_kinds",
    "username",
    "password",
];

/// Kinds of which `file.ready` can tell, and what they are called.
const KINDS: [(FileKind, &str); 6] = [
    (FileKind::Individual, "Individual recordings"),
    (FileKind::Live, "Live recordings"),
    (FileKind::Chat, "Chat scripts"),
    (FileKind::Metadata, "Metadata"),
    (FileKind::Captions, "Captions"),
    (FileKind::Log, "Logs"),
];

#[component]
pub(crate) fn AddWebhookPage() -> impl IntoView {
    let project = use_params_map().with_untracked(|map| map.get("project").unwrap_or_default());
    view! {
        <Frame place=Place::Projects>
            {if Viewer::current().may(Permission::ManageWebhooks) {
                // Asked for, so that a form for a project that is not there is not shown.
                load(
                    list_webhooks(project),
                    |found| {
                        let refused = Viewer::current().refusal_of::<AddWebhook>();
                        respond(refused.as_ref());
                        view! {
                            <PageTitle text="Add an endpoint · Webhooks · Reelgate" />
                            <Back project=found.project.clone() name=found.project_name.clone() />
                            <section class="panel" aria-labelledby="add">
                                <h2 id="add">"Add an endpoint"</h2>
                                <p class="panel-intro">
                                    "It is told of what happens from now on. A secret to verify its messages with is made for "
                                    "you and shown on the next page."
                                </p>
                                <form class="form form-wide" method="post" action=AddWebhook::PATH novalidate>
                                    <input type="hidden" name="project" value=found.project.clone() />
                                    <Fields known=None refused=refused />
                                    <Buttons label="Add" back=paths::webhooks(&found.project) />
                                </form>
                            </section>
                        }
                    },
                )
                    .into_any()
            } else {
                view! { <NotForYou /> }.into_any()
            }}
        </Frame>
    }
}

#[component]
pub(crate) fn EditWebhookPage() -> impl IntoView {
    let (project, id) = use_params_map().with_untracked(|map| {
        (
            map.get("project").unwrap_or_default(),
            map.get("id").unwrap_or_default(),
        )
    });
    view! {
        <Frame place=Place::Projects>
            {if Viewer::current().may(Permission::ManageWebhooks) {
                load(
                    get_webhook(project.clone(), id),
                    move |endpoint| view! { <EditForm project=project endpoint=endpoint /> },
                )
                    .into_any()
            } else {
                view! { <NotForYou /> }.into_any()
            }}
        </Frame>
    }
}

#[component]
fn EditForm(project: String, endpoint: EndpointView) -> impl IntoView {
    let refused = Viewer::current().refusal_of::<EditWebhook>();
    respond(refused.as_ref());
    let back = paths::webhook(&project, &endpoint.id);
    view! {
        <PageTitle text="Edit an endpoint · Webhooks · Reelgate" />
        <p class="back">
            <a href=back.clone()>
                <Icon shape=Shape::Left />
                <bdi>{heading(&endpoint)}</bdi>
            </a>
        </p>
        <section class="panel" aria-labelledby="edit">
            <h2 id="edit">"Edit the endpoint"</h2>
            <p class="panel-intro">"Deliveries that wait go to the new address, too. The secret stays."</p>
            <form class="form form-wide" method="post" action=EditWebhook::PATH novalidate>
                <input type="hidden" name="project" value=project />
                <input type="hidden" name="endpoint" value=endpoint.id.clone() />
                <Fields known=Some(endpoint) refused=refused />
                <Buttons label="Save" back=back />
            </form>
        </section>
    }
}

/// The way back to the page of all endpoints.
#[component]
pub(super) fn Back(
    project: String,
    /// The project's.
    name: String,
) -> impl IntoView {
    view! {
        <p class="back">
            <a href=paths::webhooks(&project)>
                <Icon shape=Shape::Left />
                "Webhooks of "
                <bdi>{visible(&name)}</bdi>
            </a>
        </p>
    }
}

#[component]
fn Fields(
    /// What holds now, where there is something.
    known: Option<EndpointView>,
    refused: Option<UiError>,
) -> impl IntoView {
    let viewer = Viewer::current();
    let typed =
        |field: &str, known: Option<String>| viewer.typed(field).or(known).unwrap_or_default();
    let url = typed("url", known.as_ref().map(|k| k.url.clone()));
    let description = typed("description", known.as_ref().map(|k| k.description.clone()));
    let username = typed("username", known.as_ref().and_then(|k| k.username.clone()));
    let form = typed("form", known.as_ref().map(|k| k.form.as_str().to_owned()));
    let form: Form = form.parse().unwrap_or_default();
    let chosen = match viewer.typed("event_types") {
        Some(typed) => typed
            .split(',')
            .filter_map(|name| name.parse().ok())
            .collect(),
        None => known
            .as_ref()
            .map_or_else(first_choice, |k| k.event_types.clone()),
    };
    let kinds: Vec<FileKind> = match viewer.typed("file_kinds") {
        Some(typed) => typed
            .split(',')
            .filter_map(|name| name.parse().ok())
            .collect(),
        None => known.as_ref().map_or_else(
            || KINDS.map(|(kind, _)| kind).to_vec(),
            |k| k.file_kinds.clone(),
        ),
    };
    let has_password = known.is_some_and(|k| k.username.is_some());
    let problem = {
        let refused = refused.clone();
        move |field: &str| refused.as_ref().and_then(|error| error.problem_of(field))
    };
    let message = refused
        .as_ref()
        .and_then(|error| error.message_for(&FIELDS));
    view! {
        <Message text=Signal::stored(message) />
        <Line name="url" label="Address" hint="Where messages are posted to, such as https://example.com/reelgate. Without https anyone on the way can read them." value=url inputmode="url" problem=problem("url") />
        <Line name="description" label="Description" hint="What it is, for your team. May be empty." value=description inputmode="text" problem=problem("description") />
        <FormChoice chosen=form />
        <Events chosen=chosen kinds=kinds problem=problem("event_types") />
        <Basic username=username has_password=has_password wrong_name=problem("username") wrong_password=problem("password") />
    }
}

/// What most applications want.
fn first_choice() -> Vec<EventType> {
    vec![EventType::SessionReady, EventType::FileTranscoded]
}

#[component]
fn Line(
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    value: String,
    inputmode: &'static str,
    problem: Option<String>,
) -> impl IntoView {
    let is_wrong = problem.is_some();
    view! {
        <FieldFrame name=name label=label hint=hint problem=Signal::stored(problem)>
            <input
                type="text"
                id=name
                name=name
                value=value
                inputmode=inputmode
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                aria-describedby=described_by(name, true)
                aria-invalid=is_wrong.then_some("true")
            />
        </FieldFrame>
    }
}

#[component]
fn FormChoice(chosen: Form) -> impl IntoView {
    let text = |form| match form {
        Form::Standard => {
            "As standardwebhooks.com has it: libraries for most languages verify it. All events."
        }
        Form::Enablex => {
            "As the hosted service of EnableX sends it, for receivers that were written for that: roomdrop (a session has \
             ended), recording (a session is ready) and transcoded."
        }
    };
    let choice = move |form: Form| {
        let id = format!("form-{}", form.as_str());
        let described = format!("{id}-text");
        view! {
            <div class="choice">
                <input
                    type="radio"
                    id=id.clone()
                    name="form"
                    value=form.as_str()
                    checked=form == chosen
                    aria-describedby=described.clone()
                />
                <label for=id>{form.label()}</label>
                <p id=described>{text(form)}</p>
            </div>
        }
    };
    view! {
        <fieldset class="choices">
            <legend>"Form of the messages"</legend>
            {Form::ALL.into_iter().map(choice).collect_view()}
        </fieldset>
    }
}

#[component]
fn Events(chosen: Vec<EventType>, kinds: Vec<FileKind>, problem: Option<String>) -> impl IntoView {
    let is_wrong = problem.is_some();
    let choice = move |event: EventType| {
        let id = format!("event-{}", event.as_str().replace('.', "-"));
        let described = format!("{id}-text");
        let is_file_ready = event == EventType::FileReady;
        let kinds = kinds.clone();
        view! {
            <div class="choice">
                <input
                    type="checkbox"
                    id=id.clone()
                    name="event_types[]"
                    value=event.as_str()
                    checked=chosen.contains(&event)
                    aria-describedby=described.clone()
                />
                <label for=id>
                    <code>{event.as_str()}</code>
                </label>
                <p id=described>{event.sentence()}</p>
                {is_file_ready.then(|| view! { <Kinds chosen=kinds /> })}
            </div>
        }
    };
    view! {
        <fieldset
            class="choices event-choices"
            id="event_types"
            tabindex="-1"
            aria-describedby="event_types-hint event_types-problem"
            data-wrong=is_wrong.then_some("")
        >
            <legend>"Events"</legend>
            <p class="hint" id="event_types-hint">
                "The EnableX form has words for session.ended, session.ready and file.transcoded only."
            </p>
            {EventType::ALL.into_iter().map(choice).collect_view()}
            <p class="problem" id="event_types-problem" role="alert" hidden=!is_wrong>
                {problem.unwrap_or_default()}
            </p>
        </fieldset>
    }
}

#[component]
fn Kinds(chosen: Vec<FileKind>) -> impl IntoView {
    let choice = move |(kind, label): (FileKind, &'static str)| {
        view! {
            <label class="check">
                <input type="checkbox" name="file_kinds[]" value=kind.as_str() checked=chosen.contains(&kind) />
                {label}
            </label>
        }
    };
    view! {
        <div
            class="event-kinds"
            role="group"
            aria-label="Kinds of files that file.ready tells of"
            aria-describedby="file_kinds-hint"
        >
            {KINDS.into_iter().map(choice).collect_view()}
            <p class="hint" id="file_kinds-hint">
                "Only of these kinds. None ticked: of every kind."
            </p>
        </div>
    }
}

#[component]
fn Basic(
    username: String,
    has_password: bool,
    wrong_name: Option<String>,
    wrong_password: Option<String>,
) -> impl IntoView {
    let hint = if has_password {
        "Empty keeps the one that is there."
    } else {
        "Kept encrypted, and never shown again."
    };
    let is_wrong = wrong_password.is_some();
    view! {
        <fieldset class="field-group">
            <legend>"HTTP authentication (optional)"</legend>
            <Line
                name="username"
                label="User name"
                hint="If the endpoint asks for one (HTTP Basic). Empty: none is sent."
                value=username
                inputmode="text"
                problem=wrong_name
            />
            <FieldFrame name="password" label="Password" hint=hint problem=Signal::stored(wrong_password)>
                <input
                    type="password"
                    id="password"
                    name="password"
                    autocomplete="new-password"
                    aria-describedby=described_by("password", true)
                    aria-invalid=is_wrong.then_some("true")
                />
            </FieldFrame>
        </fieldset>
    }
}

#[component]
fn Buttons(label: &'static str, back: String) -> impl IntoView {
    view! {
        <div class="form-buttons">
            <button type="submit" class="button button-primary">
                {label}
            </button>
            <a class="button" href=back>
                "Cancel"
            </a>
        </div>
    }
}

fn respond(refused: Option<&UiError>) {
    if let Some(error) = refused {
        respond_with(error);
    }
}

/// The address of an endpoint as a heading: long ones wrap.
pub(super) fn heading(endpoint: &EndpointView) -> String {
    if endpoint.description.is_empty() {
        visible(&endpoint.url)
    } else {
        visible(&endpoint.description)
    }
}
