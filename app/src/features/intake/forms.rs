//! The forms of sources, a page each: add and edit. They are posted by the browser itself, with scripts or without.

use domain::Permission;
use domain::intake::{SourceKind, SourceSettings};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::api::{self, get_source};
use super::fields::{Field, Group, groups_of};
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
            <form class="form form-wide" method="post" action=api::AddSource::PATH novalidate>
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
        <Back href=back.clone() label=visible(&source.name) />
        <section class="panel" aria-labelledby="edit">
            <h2 id="edit">{title}</h2>
            <p class="panel-intro">
                "It holds for the next event and the next attempt. Secrets that you leave empty stay as they are."
            </p>
            <form class="form form-wide" method="post" action=api::EditSource::PATH novalidate>
                <input type="hidden" name="project" value=source.project.clone() />
                <input type="hidden" name="source" value=source.id.clone() />
                <Fields kind=source.kind known=Some(detail) refused=refused />
                <Buttons label="Save" back=back />
            </form>
        </section>
    }
}

#[component]
pub(super) fn Back(href: String, #[prop(into)] label: String) -> impl IntoView {
    view! {
        <p class="back">
            <a href=href>
                <Icon shape=Shape::Left />
                <bdi>{label}</bdi>
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
    let group = move |group: Group| {
        let fields = group.fields.into_iter().map(&field).collect_view();
        if group.legend.is_empty() {
            return view! { <div class="field-group">{fields}</div> }.into_any();
        }
        view! {
            <fieldset class="field-group">
                <legend>{group.legend}</legend>
                {(!group.note.is_empty()).then(|| view! { <p class="hint">{group.note}</p> })}
                {fields}
            </fieldset>
        }
        .into_any()
    };
    view! {
        <Message text=Signal::stored(message) />
        {groups_of(kind).into_iter().map(group).collect_view()}
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
    let class = if field.is_half {
        "field-half"
    } else {
        "field-whole"
    };
    view! {
        <div class=class>
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
        </div>
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
