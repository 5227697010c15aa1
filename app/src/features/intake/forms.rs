//! The forms of sources, a page each: add and edit. They are posted by the browser itself, with scripts or without.

use domain::Permission;
use domain::intake::{SourceKind, SourceSettings};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::api::{self, get_source};
use super::list::{KindChoice, NotForYou};
use super::views::DetailView;
use crate::error::UiError;
use crate::layout::{Frame, Place, load};
use crate::routes::paths;
use crate::ui::{FieldFrame, Icon, Message, PageTitle, Shape, described_by, visible};
use crate::viewer::Viewer;

const FIELDS: [&str; 12] = [
    "name",
    "server_url",
    "api_key",
    "api_secret",
    "callback_user",
    "callback_password",
    "signature_secret",
    "folder",
    "path_prefix",
    "files_url",
    "files_user",
    "files_password",
];

#[component]
pub(crate) fn AddSource() -> impl IntoView {
    let project = use_params_map().with_untracked(|map| map.get("project").unwrap_or_default());
    let kind =
        use_query_map().with_untracked(|map| map.get("kind").and_then(|kind| kind.parse().ok()));
    view! {
        <Frame place=Place::Projects>
            {match (Viewer::current().may(Permission::ManageIntake), kind) {
                (false, _) => view! { <NotForYou /> }.into_any(),
                (true, Some(kind)) => view! { <AddForm project=project kind=kind /> }.into_any(),
                (true, None) => {
                    view! {
                        <PageTitle text="Add a source · Projects · Reelgate" />
                        <Back href=paths::intake(&project) label="Intake" />
                        <KindChoice project=project />
                    }
                        .into_any()
                }
            }}
        </Frame>
    }
}

#[component]
fn AddForm(project: String, kind: SourceKind) -> impl IntoView {
    let refused = Viewer::current().refusal_of::<api::AddSource>();
    respond(refused.as_ref());
    view! {
        <PageTitle text=format!("Add {} · Intake · Reelgate", kind.label()) />
        <Back href=paths::new_source(&project, None) label="All kinds of sources" />
        <section class="panel" aria-labelledby="add">
            <h2 id="add">{format!("Add a source: {}", kind.label())}</h2>
            <p class="panel-intro">{intro(kind)}</p>
            <form class="form" method="post" action=api::AddSource::PATH novalidate>
                <input type="hidden" name="project" value=project.clone() />
                <input type="hidden" name="kind" value=kind.as_str() />
                <Fields kind=kind known=None refused=refused />
                <Buttons label="Add" back=paths::intake(&project) />
            </form>
        </section>
    }
}

#[component]
pub(crate) fn EditSource() -> impl IntoView {
    let source = use_params_map().with_untracked(|map| map.get("source").unwrap_or_default());
    view! {
        <Frame place=Place::Projects>
            {if Viewer::current().may(Permission::ManageIntake) {
                load(get_source(source), |detail| view! { <EditForm detail=detail /> }).into_any()
            } else {
                view! { <NotForYou /> }.into_any()
            }}
        </Frame>
    }
}

#[component]
fn EditForm(detail: DetailView) -> impl IntoView {
    let refused = Viewer::current().refusal_of::<api::EditSource>();
    respond(refused.as_ref());
    let source = detail.source.clone();
    let back = paths::source(&source.project, &source.id);
    let title = format!("Edit {}", visible(&source.name));
    view! {
        <PageTitle text=format!("{title} · Intake · Reelgate") />
        <Back href=back.clone() label="The source" />
        <section class="panel" aria-labelledby="edit">
            <h2 id="edit">{title}</h2>
            <p class="panel-intro">
                "It holds for the next event and the next attempt. Secrets that you leave empty stay as they are, unless \
                 the host or the user name that they are for is another one."
            </p>
            <form class="form" method="post" action=api::EditSource::PATH novalidate>
                <input type="hidden" name="project" value=source.project.clone() />
                <input type="hidden" name="source" value=source.id.clone() />
                <Fields kind=source.kind known=Some(detail) refused=refused />
                <Buttons label="Save" back=back />
            </form>
        </section>
    }
}

#[component]
pub(super) fn Back(href: String, label: &'static str) -> impl IntoView {
    view! {
        <p class="back">
            <a href=href>
                <Icon shape=Shape::Left />
                {label}
            </a>
        </p>
    }
}

const fn intro(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Livekit => {
            "The server signs its webhooks with an API key; give the same key and secret here. The address to call is shown \
             on the next page."
        }
        SourceKind::Bigbluebutton => {
            "Run bbb-conf --secret on the server: it prints both values. The video format must be switched on there."
        }
        SourceKind::Vonage => {
            "Archives that are uploaded to your bucket are read from its folder or address; those in the vendor's cloud need \
             the API key and secret."
        }
        SourceKind::Enablex => {
            "APP ID and APP KEY are those of the project in the EnableX portal; its files have a user name and password of \
             their own."
        }
        SourceKind::Folder => {
            "The folder is looked into every few seconds. What was taken is moved to done/ within it, what cannot be taken to \
             failed/ with the reason beside it."
        }
    }
}

/// What a kind of source is asked for.
#[derive(Clone, Copy)]
struct Field {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    is_secret: bool,
}

const fn plain(name: &'static str, label: &'static str, hint: &'static str) -> Field {
    Field {
        name,
        label,
        hint,
        is_secret: false,
    }
}

const fn secret(name: &'static str, label: &'static str, hint: &'static str) -> Field {
    Field {
        name,
        label,
        hint,
        is_secret: true,
    }
}

const FILES_USER: Field = plain(
    "files_user",
    "User name for the files",
    "For Basic. Empty: none is needed.",
);
const FILES_PASSWORD: Field = secret(
    "files_password",
    "Password for the files",
    "Sent to the host above, and to no other.",
);
const CALLBACK_USER: Field = plain(
    "callback_user",
    "User name of its calls",
    "If the sender is told to use HTTP authentication. The address has a secret part in any case.",
);
const CALLBACK_PASSWORD: Field = secret("callback_password", "Password of its calls", "");

fn fields_of(kind: SourceKind) -> Vec<Field> {
    let name = plain(
        "name",
        "Name",
        "Of the server or project, as your team calls it.",
    );
    let specific = match kind {
        SourceKind::Livekit => vec![
            plain(
                "api_key",
                "API key",
                "The one under webhook: api_key in the server's settings.",
            ),
            secret("api_secret", "API secret", ""),
            plain(
                "folder",
                "Folder of its files",
                "If this server can read the egress output. Within a folder that the operator allows.",
            ),
            plain(
                "path_prefix",
                "How their paths begin",
                "What stands before the folder's content in the egress' paths, such as /out/.",
            ),
            plain(
                "files_url",
                "Or the address of its files",
                "Where they can be fetched, such as https://files.example.com/rec/.",
            ),
            FILES_USER,
            FILES_PASSWORD,
        ],
        SourceKind::Bigbluebutton => vec![
            plain(
                "server_url",
                "Server address",
                "Such as https://bbb.example.com/bigbluebutton/.",
            ),
            secret("api_secret", "Shared secret", ""),
            plain(
                "files_url",
                "Address of its files",
                "Only if they ask for a user name and password.",
            ),
            FILES_USER,
            FILES_PASSWORD,
        ],
        SourceKind::Vonage => vec![
            plain(
                "api_key",
                "API key",
                "For archives in the vendor's cloud. Its files lie in the bucket under this key.",
            ),
            secret("api_secret", "API secret", ""),
            plain(
                "server_url",
                "API address",
                "Empty: https://api.opentok.com.",
            ),
            secret(
                "signature_secret",
                "Signature secret",
                "If callbacks are signed; then unsigned ones are refused.",
            ),
            CALLBACK_USER,
            CALLBACK_PASSWORD,
            plain(
                "folder",
                "Folder of the bucket's files",
                "If the bucket is mounted here. Within a folder that the operator allows.",
            ),
            plain(
                "path_prefix",
                "How their keys begin",
                "What stands before the folder's content in the keys. As a rule empty.",
            ),
            plain(
                "files_url",
                "Or the address of the bucket's files",
                "Where they can be fetched by HTTP.",
            ),
            FILES_USER,
            FILES_PASSWORD,
        ],
        SourceKind::Enablex => vec![
            plain("api_key", "APP ID", ""),
            secret("api_secret", "APP KEY", ""),
            plain(
                "server_url",
                "API address",
                "Empty: https://api.enablex.io. White labels have their own.",
            ),
            CALLBACK_USER,
            CALLBACK_PASSWORD,
            plain(
                "files_url",
                "Address of its files",
                "Scheme and host of the files' addresses, such as https://portal.example.com.",
            ),
            FILES_USER,
            FILES_PASSWORD,
        ],
        SourceKind::Folder => vec![plain(
            "folder",
            "Folder",
            "Its whole path, within a folder that the operator allows (REELGATE_INTAKE_FOLDERS).",
        )],
    };
    std::iter::once(name).chain(specific).collect()
}

fn known_value(settings: &SourceSettings, name: &str, own_name: &str) -> String {
    match name {
        "name" => own_name,
        "server_url" => &settings.server_url,
        "api_key" => &settings.api_key,
        "callback_user" => &settings.callback_user,
        "folder" => &settings.folder,
        "path_prefix" => &settings.path_prefix,
        "files_url" => &settings.files_url,
        "files_user" => &settings.files_user,
        _ => "",
    }
    .to_owned()
}

#[component]
fn Fields(
    kind: SourceKind,
    /// What holds now, where there is something.
    known: Option<DetailView>,
    refused: Option<UiError>,
) -> impl IntoView {
    let viewer = Viewer::current();
    let message = refused
        .as_ref()
        .and_then(|error| error.message_for(&FIELDS));
    let field = move |field: Field| {
        let problem = refused
            .as_ref()
            .and_then(|error| error.problem_of(field.name));
        let now = known
            .as_ref()
            .map(|known| known_value(&known.source.settings, field.name, &known.source.name));
        let value = viewer.typed(field.name).or(now).unwrap_or_default();
        let is_set = known
            .as_ref()
            .is_some_and(|known| known.has_secrets.iter().any(|name| name == field.name));
        view! { <OneField field=field value=value problem=problem is_set=is_set /> }
    };
    view! {
        <Message text=Signal::stored(message) />
        {fields_of(kind).into_iter().map(field).collect_view()}
    }
}

#[component]
fn OneField(field: Field, value: String, problem: Option<String>, is_set: bool) -> impl IntoView {
    let is_wrong = problem.is_some().then_some("true");
    // A secret that is there is never shown: what stands in its place says so.
    let (kind, value, placeholder) = match (field.is_secret, is_set) {
        (false, _) => ("text", value, None),
        (true, false) => ("password", String::new(), None),
        (true, true) => (
            "password",
            String::new(),
            Some("Set; leave empty to keep it"),
        ),
    };
    view! {
        <FieldFrame name=field.name label=field.label hint=field.hint problem=Signal::stored(problem)>
            <input
                type=kind
                id=field.name
                name=field.name
                value=value
                placeholder=placeholder
                maxlength="500"
                autocomplete=if field.is_secret { "new-password" } else { "off" }
                autocapitalize="none"
                spellcheck="false"
                aria-describedby=described_by(field.name, !field.hint.is_empty())
                aria-invalid=is_wrong
            />
        </FieldFrame>
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
        crate::error::respond_with(error);
    }
}
