//! Page `/account/sign-ins`: where one is signed in, and ending it.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::api::{EndOtherSignIns, EndSignIn, SignInView, list_sign_ins};
use crate::layout::{Frame, Place, load};
use crate::ui::{Badge, Message, Time, Tone, visible};
use crate::viewer::Viewer;

#[component]
pub(crate) fn OwnSignIns() -> impl IntoView {
    view! {
        <Frame place=Place::SignIns>
            {
                let viewer = Viewer::current();
                let refused = viewer
                    .refusal_of::<EndSignIn>()
                    .or_else(|| viewer.refusal_of::<EndOtherSignIns>())
                    .map(|error| error.sentence());
                view! {
                    <section class="panel" aria-labelledby="sign-ins">
                        <h2 id="sign-ins">"Where you are signed in"</h2>
                        <p class="panel-intro">
                            "If you do not know one of these, end it and change your account password."
                        </p>
                        <Message text=Signal::stored(refused) />
                        {load(list_sign_ins(), |sign_ins| view! { <List sign_ins=sign_ins /> })}
                    </section>
                }
            }
        </Frame>
    }
}

#[component]
fn List(sign_ins: Vec<SignInView>) -> impl IntoView {
    let has_others = sign_ins.len() > 1;
    view! {
        <ul class="rows">
            {sign_ins.into_iter().map(|sign_in| view! { <Row sign_in=sign_in /> }).collect_view()}
        </ul>
        {if has_others {
            view! {
                <form method="post" action=EndOtherSignIns::PATH>
                    <button type="submit" class="button">
                        "End all others"
                    </button>
                </form>
            }
                .into_any()
        } else {
            view! { <p class="hint">"You are signed in nowhere else."</p> }.into_any()
        }}
    }
}

#[component]
fn Row(sign_in: SignInView) -> impl IntoView {
    let device = visible(&sign_in.device);
    let label = format!("End: {device}");
    view! {
        <li class="row">
            <div class="row-main">
                <p class="row-title">
                    {device} {sign_in.is_this.then(|| view! { <Badge tone=Tone::Green text="This browser" /> })}
                </p>
                <p class="row-facts">
                    <span>{sign_in.address.map_or_else(|| "Unknown address".to_owned(), |address| visible(&address))}</span>
                    <span>"Signed in " <Time moment=sign_in.created /></span>
                    <span>"Last seen " <Time moment=sign_in.last_seen /></span>
                </p>
            </div>
            {(!sign_in.is_this)
                .then(|| {
                    view! {
                        <form method="post" action=EndSignIn::PATH>
                            <input type="hidden" name="id" value=sign_in.id.to_string() />
                            <button type="submit" class="button button-small" aria-label=label>
                                "End"
                            </button>
                        </form>
                    }
                })}
        </li>
    }
}
