//! Page `/invitation`: becoming a member. The link's secret is not in the address any more; it came in a cookie.

use domain::invitations::Welcome;
use leptos::prelude::*;

use super::api::{AcceptInvitation, look_at_invitation};
use crate::error::UiError;
use crate::layout::{PlainFrame, load};
use crate::routes::paths;
use crate::ui::{FormState, IslandForm, NewPasswordFields, TextField, visible};
use crate::viewer::Viewer;

#[component]
pub(crate) fn InvitationPage() -> impl IntoView {
    let viewer = Viewer::current();
    let refused = viewer.refusal_of::<AcceptInvitation>();
    let other = viewer.member.map(|member| visible(&member.email));
    view! {
        <PlainFrame title="Invitation">
            {load(
                look_at_invitation(),
                move |welcome| match welcome {
                    Some(welcome) => {
                        let email = welcome.email.clone();
                        view! {
                            <Greeting welcome=welcome other=other />
                            <AcceptForm email=email refused=refused />
                        }
                            .into_any()
                    }
                    None => view! { <NoInvitation /> }.into_any(),
                },
            )}
        </PlainFrame>
    }
}

#[component]
fn Greeting(
    welcome: Welcome,
    /// Who is signed in in this browser.
    other: Option<String>,
) -> impl IntoView {
    let by = welcome
        .invited_by
        .as_deref()
        .map_or_else(|| "The operator".to_owned(), visible);
    view! {
        <p>
            <bdi>{by}</bdi> " invites you to the recordings of " <strong><bdi>{visible(&welcome.account_name)}</bdi></strong>
            ", as " {welcome.role.as_str()} ". You will sign in with " <strong><bdi>{visible(&welcome.email)}</bdi></strong> "."
        </p>
        {other
            .map(|other| {
                view! {
                    <p>
                        "This browser is signed in as " <bdi>{other}</bdi>
                        ". Accepting does not change that: sign out afterwards to sign in as the new member."
                    </p>
                }
            })}
    }
}

#[component]
fn NoInvitation() -> impl IntoView {
    view! {
        <p>
            "This link does not work: it was used already, has expired, was withdrawn, or a newer one was sent. "
            "Ask whoever invited you for a new one."
        </p>
        <a class="button" href=paths::SIGN_IN>
            "Go to the sign-in"
        </a>
    }
}

#[island]
fn AcceptForm(
    /// Tells a password manager whose password it is.
    email: String,
    /// Why the last attempt was refused, without scripts.
    refused: Option<UiError>,
) -> impl IntoView {
    let form = FormState::<AcceptInvitation>::new(&["name", "password", "confirmation"], refused);
    view! {
        <IslandForm form=form label="Accept the invitation" busy_label="Accepting…">
            <input type="text" name="username" autocomplete="username" value=email hidden=true readonly=true />
            <TextField name="name" label="Your name" autocomplete="name" autofocus=true problem=form.problem("name") />
            <NewPasswordFields
                name="password"
                label="Account password"
                again_label="Account password again"
                problem=form.problem("password")
                confirmation_problem=form.problem("confirmation")
            />
        </IslandForm>
    }
}
