//! What the forms of second factors share, and page `/account/second-factor/off`. They are posted by the browser
//! itself, with scripts or without: what is made is shown in the answer and nowhere else.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::api::{FactorsView, TurnOffSecondFactor, get_second_factors};
use crate::error::UiError;
use crate::layout::{Frame, Place, load};
use crate::routes::paths;
use crate::ui::{ConfirmPassword, Icon, Message, PageTitle, Shape};
use crate::viewer::Viewer;

/// A page below that of second factors, with the way back.
#[component]
pub(super) fn Below(#[prop(into)] title: String, children: Children) -> impl IntoView {
    view! {
        <Frame place=Place::SecondFactor>
            <PageTitle text=format!("{title} · Account · Reelgate") />
            <Back />
            {children()}
        </Frame>
    }
}

#[component]
fn Back() -> impl IntoView {
    view! {
        <p class="back">
            <a href=paths::SECOND_FACTOR>
                <Icon shape=Shape::Left />
                "Second factor"
            </a>
        </p>
    }
}

/// A form that only asks for the account password.
#[component]
pub(super) fn PasswordForm(
    /// Where it posts to.
    action: &'static str,
    label: &'static str,
    /// What it does is a loss.
    #[prop(optional)]
    is_danger: bool,
    /// A further hidden field: its name and value.
    #[prop(optional)]
    hidden: Option<(&'static str, String)>,
    /// Where somebody goes who would rather not; none on a page that has more to it.
    #[prop(default = Some(paths::SECOND_FACTOR))]
    back: Option<&'static str>,
) -> impl IntoView {
    let viewer = Viewer::current();
    let refused = viewer.refusal_at(action);
    respond(refused.as_ref());
    let problem = refused
        .as_ref()
        .and_then(|error| error.problem_of("account_password"));
    let message = refused.and_then(|error| error.message_for(&["account_password"]));
    let class = if is_danger {
        "button button-danger"
    } else {
        "button button-primary"
    };
    view! {
        <form class="form" method="post" action=action novalidate>
            <Message text=Signal::stored(message) />
            {hidden.map(|(name, value)| view! { <input type="hidden" name=name value=value /> })}
            <ConfirmPassword email=email() problem=problem />
            <div class="form-buttons">
                <button type="submit" class=class>
                    {label}
                </button>
                {back.map(|back| view! { <a class="button" href=back>"Cancel"</a> })}
            </div>
        </form>
    }
}

/// Gives the page the status of what its form was refused with.
pub(super) fn respond(refused: Option<&UiError>) {
    if let Some(error) = refused {
        crate::error::respond_with(error);
    }
}

pub(super) fn email() -> String {
    let member = Viewer::current().member;
    member.map(|member| member.email).unwrap_or_default()
}

/// What it means to have none left.
pub(super) const WITHOUT: &str = "Your account password alone signs you in from then on, and your recovery codes no longer work.";

#[component]
pub(crate) fn TurnOffPage() -> impl IntoView {
    view! {
        <Below title="Turn off the second factor">{load(get_second_factors(), turn_off_form)}</Below>
    }
}

fn turn_off_form(has: FactorsView) -> impl IntoView {
    if !has.are_on {
        return view! { <p>"Your second factor is off already."</p> }.into_any();
    }
    view! {
        <section class="panel" aria-labelledby="off">
            <h2 id="off">"Turn off the second factor"</h2>
            <p class="panel-intro">
                "Removes your authenticator app, all passkeys and all recovery codes. " {WITHOUT}
                " Whoever learns it can sign in as you."
            </p>
            <PasswordForm action=TurnOffSecondFactor::PATH label="Turn off" is_danger=true />
        </section>
    }
    .into_any()
}
