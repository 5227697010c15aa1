//! How callers without a valid credential are answered: three choices, each explained.

use domain::accounts::Challenge;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::api::SetChallenge;
use crate::ui::Message;
use crate::viewer::Viewer;

#[component]
pub(crate) fn ChallengeForm(
    /// What holds now.
    current: Challenge,
) -> impl IntoView {
    let refused = Viewer::current()
        .refusal_of::<SetChallenge>()
        .map(|error| error.sentence());
    view! {
        <form class="form" method="post" action=SetChallenge::PATH>
            <Message text=Signal::stored(refused) />
            <fieldset class="choices">
                <legend>"Callers without a valid user name and password"</legend>
                {Challenge::ALL.map(|choice| view! { <Choice choice=choice current=current /> }).collect_view()}
            </fieldset>
            <button type="submit" class="button">
                "Save"
            </button>
        </form>
    }
}

#[component]
fn Choice(choice: Challenge, current: Challenge) -> impl IntoView {
    let id = format!("challenge-{}", choice.as_str());
    let (name, explanation) = words(choice);
    view! {
        <div class="choice">
            <input
                type="radio"
                id=id.clone()
                name="challenge"
                value=choice.as_str()
                checked=choice == current
                aria-describedby=format!("{id}-text")
            />
            <label for=id.clone()>{name}</label>
            <p id=format!("{id}-text")>{explanation}</p>
        </div>
    }
}

const fn words(choice: Challenge) -> (&'static str, &'static str) {
    match choice {
        Challenge::Documented => (
            "As documented (default)",
            "A browser asks for user name and password; a program is answered 403 Forbidden. Programs that are known \
             to send their password only when asked, such as wget, VLC, ffmpeg and Java clients, are asked.",
        ),
        Challenge::Everyone => (
            "Ask everyone",
            "Every caller is answered 401 Unauthorized and asked for user name and password. Choose this if a program \
             of yours holds the right password and still gets 403.",
        ),
        Challenge::NeverPrograms => (
            "Never ask programs",
            "Every program is answered 403 Forbidden; only browsers are asked. Programs that wait to be asked, such as \
             wget, VLC and ffmpeg, can then not open files with a password.",
        ),
    }
}
