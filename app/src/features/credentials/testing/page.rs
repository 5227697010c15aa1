//! Page `/video/settings/test`: paste what a program sends, and see what is wrong.

use domain::Permission;
use domain::credentials::inspection::{Finding, TestedClient};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::api::TestCredential;
use super::words::{Weight, words};
use crate::answer::Answer;
use crate::error::{UiError, respond_with};
use crate::layout::{Frame, Place};
use crate::ui::{Empty, FieldFrame, Icon, Message, Shape, described_by};
use crate::viewer::Viewer;

const FIELDS: [&str; 2] = ["sent", "address"];

#[component]
pub(crate) fn CredentialTest() -> impl IntoView {
    view! {
        <Frame place=Place::CredentialTest>
            {if Viewer::current().may(Permission::TestCredentials) {
                view! { <Test /> }.into_any()
            } else {
                respond_with(&UiError::Forbidden);
                view! {
                    <Empty shape=Shape::Key title="Owners, admins and developers use this">
                        <p>"Here they find out why a program does not get its files. Ask one of them."</p>
                    </Empty>
                }
                    .into_any()
            }}
        </Frame>
    }
}

#[component]
fn Test() -> impl IntoView {
    let viewer = Viewer::current();
    let refused = viewer.refusal_of::<TestCredential>();
    if let Some(error) = &refused {
        respond_with(error);
    }
    let findings = match viewer.answer {
        Some(Answer::Tested { findings, .. }) => findings,
        _ => Vec::new(),
    };
    view! {
        {(!findings.is_empty()).then(|| view! { <Findings findings=findings /> })}
        <section class="panel" aria-labelledby="test">
            <h2 id="test">"Test a credential"</h2>
            <p class="panel-intro">
                "See what is wrong with what your program sends. It is compared and forgotten: nothing of it is stored, "
                "logged or shown again. Wrong passwords count here as they do when signing in."
            </p>
            <TestForm refused=refused />
        </section>
    }
}

#[component]
fn Findings(findings: Vec<Finding>) -> impl IntoView {
    view! {
        <section class="panel findings" aria-labelledby="findings" role="status">
            <h2 id="findings">"What was found"</h2>
            <ul class="entries">
                {findings.into_iter().map(|finding| view! { <One finding=finding /> }).collect_view()}
            </ul>
        </section>
    }
}

#[component]
fn One(finding: Finding) -> impl IntoView {
    let said = words(finding);
    let (class, shape) = match said.weight {
        Weight::Good => ("finding finding-good", Shape::Check),
        Weight::Bad => ("finding finding-bad", Shape::Warning),
        Weight::Note => ("finding", Shape::Right),
    };
    view! {
        <li class=class>
            <Icon shape=shape />
            <div>
                <strong>{said.title}</strong>
                <p>{said.advice}</p>
            </div>
        </li>
    }
}

#[component]
fn TestForm(refused: Option<UiError>) -> impl IntoView {
    let viewer = Viewer::current();
    let problem = |field: &str| refused.as_ref().and_then(|error| error.problem_of(field));
    let wrong = |field: &str| problem(field).map(|_| "true");
    let (wrong_sent, wrong_address) = (wrong("sent"), wrong("address"));
    let typed_address = viewer.typed("address").unwrap_or_default();
    let message = refused
        .as_ref()
        .and_then(|error| error.message_for(&FIELDS));
    let chosen: TestedClient = viewer
        .typed("client")
        .and_then(|typed| typed.parse().ok())
        .unwrap_or_default();
    view! {
        <form class="form form-wide" method="post" action=TestCredential::PATH autocomplete="off" novalidate>
            <Message text=Signal::stored(message) />
            <FieldFrame
                name="sent"
                label="What your program sends"
                hint="A header (Authorization: Basic …), a whole address (https://user:password@…), or a curl command."
                problem=Signal::stored(problem("sent"))
            >
                <textarea
                    id="sent"
                    name="sent"
                    rows="4"
                    class="code"
                    spellcheck="false"
                    autocomplete="off"
                    autocapitalize="none"
                    aria-describedby=described_by("sent", true)
                    aria-invalid=wrong_sent
                ></textarea>
            </FieldFrame>
            <fieldset class="pair">
                <legend>"Or user name and password"</legend>
                <Plain name="tested_name" label="User name" kind="text" />
                <Plain name="tested_password" label="Password" kind="password" />
            </fieldset>
            <FieldFrame
                name="client"
                label="How it sends them"
                problem=Signal::stored(None::<String>)
            >
                <select id="client" name="client" autocomplete="off">
                    {TestedClient::ALL
                        .map(|client| {
                            view! {
                                <option value=client.as_str() selected=client == chosen>
                                    {client_words(client)}
                                </option>
                            }
                        })
                        .collect_view()}
                </select>
            </FieldFrame>
            <FieldFrame
                name="address"
                label="Its IP address, if you know it"
                hint="As this server sees it. Then address lists and too many wrong passwords are checked, too."
                problem=Signal::stored(problem("address"))
            >
                <input
                    type="text"
                    id="address"
                    name="address"
                    value=typed_address
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    aria-describedby=described_by("address", true)
                    aria-invalid=wrong_address
                />
            </FieldFrame>
            <button type="submit" class="button button-primary">
                "Test"
            </button>
        </form>
    }
}

/// An input that comes back empty.
#[component]
fn Plain(name: &'static str, label: &'static str, kind: &'static str) -> impl IntoView {
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input type=kind id=name name=name autocomplete="off" autocapitalize="none" spellcheck="false" />
        </div>
    }
}

const fn client_words(client: TestedClient) -> &'static str {
    match client {
        TestedClient::NotSure => "I do not know",
        TestedClient::SendsAtOnce => "At once: curl, Python requests, most libraries",
        TestedClient::KnownToWait => {
            "When asked: wget, ffmpeg, mpv, VLC, Java, Apache HttpClient, urllib"
        }
        TestedClient::WaitsUnknown => "When asked: another program",
        TestedClient::Browser => "In a browser's dialog",
    }
}
