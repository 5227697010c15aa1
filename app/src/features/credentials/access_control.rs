//! Page `/video/settings/recording`: Recording Access Control.

use domain::Permission;
use domain::accounts::Account;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use serde::{Deserialize, Serialize};

use super::api::{
    CredentialView, EndBrowserAccess, ResetCredential, get_browser_end, get_credential,
    get_old_password,
};
use super::further::{FurtherList, FurtherView, list_credentials};
use super::old_password::{OldPassword, OldPasswordView};
use super::reset::ResetForm;
use crate::error::{UiError, respond_with};
use crate::features::accounts::{ChallengeForm, get_account};
use crate::layout::{Frame, Place, load};
use crate::routes::paths;
use crate::ui::{Confirm, CopyButton, Empty, Moment, Shape, Time, visible};
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
    old: Option<OldPasswordView>,
    further: Vec<FurtherView>,
    browser_end: Option<Moment>,
    account: Account,
}

async fn gather() -> Result<Settings, UiError> {
    Ok(Settings {
        credential: get_credential().await?,
        old: get_old_password().await?,
        further: list_credentials().await?,
        browser_end: get_browser_end().await?,
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
            <p>
                "A program is refused and you do not see why? "
                <a href=paths::CREDENTIAL_TEST>"Test what it sends"</a>
                "."
            </p>
        </section>
        {settings
            .old
            .map(|old| {
                view! {
                    <section class="panel panel-marked" aria-labelledby="old">
                        <h2 id="old">"The old password still opens files"</h2>
                        <OldPassword old=old />
                    </section>
                }
            })}
        <section class="panel" aria-labelledby="reset">
            <h2 id="reset">"Reset the access password"</h2>
            <p class="panel-intro">
                "The new password opens files at once, and cannot be shown again, so keep it somewhere safe. The old one "
                "is refused from then on, or after the time that you choose."
            </p>
            <ResetForm email=email refused=refused />
        </section>
        <section class="panel" aria-labelledby="further">
            <FurtherList credentials=settings.further />
        </section>
        <section class="panel" aria-labelledby="browsers">
            <h2 id="browsers">"Browser access"</h2>
            <BrowserAccess ended=settings.browser_end />
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

/// Asks everyone at a browser again.
#[component]
fn BrowserAccess(
    /// When that was done last.
    ended: Option<Moment>,
) -> impl IntoView {
    view! {
        <p class="panel-intro">
            "Who types the access password into a browser's dialog can open files there until the browser is closed. End "
            "that for everybody when somebody leaves or a shared computer was used. Whoever knows the password can type "
            "it again: if somebody should not, reset it."
        </p>
        {ended
            .map(|at| {
                view! {
                    <p>
                        "Last ended: "
                        <Time moment=at />
                    </p>
                }
            })}
        <Confirm label="End browser access now…">
            <p>
                "Every browser has to ask for user name and password again, from its next request on. Programs and members "
                "who are signed in go on."
            </p>
            <form method="post" action=EndBrowserAccess::PATH>
                <button type="submit" class="button button-danger">
                    "End browser access"
                </button>
            </form>
        </Confirm>
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
pub(super) fn NotForYou() -> impl IntoView {
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
