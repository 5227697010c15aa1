//! Page `/account/second-factor/codes`: making new recovery codes. Right after some were made, these, this once.

use domain::Secret;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::api::{FactorsView, RenewRecoveryCodes, get_second_factors};
use super::forms::{Below, PasswordForm};
use crate::answer::Answer;
use crate::layout::load;
use crate::routes::paths;
use crate::ui::{CopyButton, Icon, PrintButton, Shape};
use crate::viewer::Viewer;

#[component]
pub(crate) fn RecoveryCodes() -> impl IntoView {
    view! {
        <Below title="Recovery codes">
            {match Viewer::current().answer {
                Some(Answer::RecoveryCodes(codes)) => view! { <Once codes=codes /> }.into_any(),
                _ => load(get_second_factors(), make_new).into_any(),
            }}
        </Below>
    }
}

fn make_new(has: FactorsView) -> impl IntoView {
    if !has.are_on {
        return view! {
            <p>"Recovery codes come with an authenticator app or a passkey. Set up one of these first."</p>
        }
        .into_any();
    }
    view! {
        <section class="panel" aria-labelledby="new">
            <h2 id="new">"Make new recovery codes"</h2>
            <p class="panel-intro">
                "You get ten new ones, shown once, on the next page. " {has.codes_left}
                " of the present ones are left; they no longer work from then on."
            </p>
            <PasswordForm action=RenewRecoveryCodes::PATH label="Make new codes" />
        </section>
    }
    .into_any()
}

/// The codes, this once.
#[component]
fn Once(codes: Vec<Secret>) -> impl IntoView {
    let lines: Vec<String> = codes.iter().map(|code| code.reveal().to_owned()).collect();
    let text = lines.join("\n");
    // A file without a further request, so that the codes are in one answer only. Nothing in them needs an escape.
    let file = format!(
        "data:text/plain;charset=utf-8,Recovery%20codes%20of%20Reelgate%2C%20each%20for%20one%20sign-in%0A%0A{}%0A",
        lines.join("%0A")
    );
    view! {
        <section class="panel once" aria-labelledby="once" role="status">
            <h2 id="once">"Keep these recovery codes"</h2>
            <p class="panel-intro">
                "Each signs you in once, should you lose your app or passkey. They are not shown again: only their hashes are \
                kept. Put them into a password manager, or print them and keep them where you keep papers."
            </p>
            <ol class="codes">
                {lines.into_iter().map(|line| view! { <li><code>{line}</code></li> }).collect_view()}
            </ol>
            <div class="panel-actions">
                <CopyButton text=text label="Copy all codes" caption="Copy" />
                <a class="button button-small" href=file download="reelgate-recovery-codes.txt">
                    <Icon shape=Shape::Download />
                    "Download"
                </a>
                <PrintButton />
            </div>
            <div class="panel-actions">
                <a class="button button-primary" href=paths::SECOND_FACTOR>
                    "I have kept them"
                </a>
            </div>
        </section>
    }
}
