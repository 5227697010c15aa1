//! Page `/video/settings/recording`: Recording Access Control.

use domain::Permission;
use domain::accounts::Account;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::api::{CredentialView, ResetCredential, get_credential};
use super::reset::ResetForm;
use crate::error::{UiError, respond_with};
use crate::features::accounts::{ChallengeForm, get_account};
use crate::layout::{Frame, Place, load};
use crate::ui::{CopyButton, Empty, Shape, Time, visible};
use crate::viewer::Viewer;

#[component]
pub(crate) fn AccessControl() -> impl IntoView {
    view! {
        <Frame place=Place::RecordingSettings>
            {
                let viewer = Viewer::current();
                if viewer.may(Permission::ResetCredential) && viewer.may(Permission::SetChallenge) {
                    load(gather(), move |settings| show(settings, &viewer)).into_any()
                } else {
                    view! { <NotForYou /> }.into_any()
                }
            }
        </Frame>
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Settings {
    credential: CredentialView,
    account: Account,
}

async fn gather() -> Result<Settings, UiError> {
    Ok(Settings {
        credential: get_credential().await?,
        account: get_account().await?,
    })
}

fn show(settings: Settings, viewer: &Viewer) -> impl IntoView + use<> {
    let refused = viewer.refusal_of::<ResetCredential>();
    let email = viewer
        .member
        .as_ref()
        .map(|member| member.email.clone())
        .unwrap_or_default();
    view! {
        <section class="panel" aria-labelledby="access">
            <h2 id="access">"Recording Access Control"</h2>
            <p class="panel-intro">
                "Programs and browsers open the account's session files with one user name and access password."
            </p>
            <Standing credential=settings.credential />
        </section>
        <section class="panel" aria-labelledby="reset">
            <h2 id="reset">"Reset the access password"</h2>
            <p class="panel-intro">
                "It takes effect at once: the old password is refused from then on, and the new one cannot be shown "
                "again, so keep it somewhere safe."
            </p>
            <ResetForm email=email refused=refused />
        </section>
        <section class="panel" aria-labelledby="challenge">
            <h2 id="challenge">"How callers are asked"</h2>
            <p class="panel-intro">
                "Members who are signed in open files without being asked. This is for everyone else."
            </p>
            <ChallengeForm current=settings.account.challenge />
        </section>
    }
}

/// User name, and when the password was last changed.
#[component]
fn Standing(credential: CredentialView) -> impl IntoView {
    let changed = match credential.changed {
        Some((at, by)) => view! {
            <Time moment=at />
            {by.map(|name| format!(" by {}", visible(&name)))}
        }
        .into_any(),
        None => "Preset password, not changed yet".into_any(),
    };
    view! {
        <dl class="facts">
            <div>
                <dt>"User name"</dt>
                <dd>
                    <code data-value="">{credential.username.clone()}</code>
                    <CopyButton text=credential.username label="Copy the user name" />
                </dd>
            </div>
            <div>
                <dt>"Password last changed"</dt>
                <dd>{changed}</dd>
            </div>
        </dl>
    }
}

#[component]
fn NotForYou() -> impl IntoView {
    respond_with(&UiError::Forbidden);
    view! {
        <Empty shape=Shape::Key title="Owners and admins look after this">
            <p>
                "Recording Access Control holds the user name and password that open the account's session files. "
                "Your role may see recordings, and not change how they are reached. Ask an owner or admin of the account."
            </p>
        </Empty>
    }
}
