//! Page `/account`: who am I, and my account password.

use leptos::prelude::*;

use super::api::ChangePassword;
use super::password_change::PasswordChangeForm;
use crate::layout::{Frame, Place};
use crate::ui::visible;
use crate::viewer::Viewer;

#[component]
pub(crate) fn OwnAccount() -> impl IntoView {
    let viewer = Viewer::current();
    let refused = viewer.refusal_of::<ChangePassword>();
    let member = viewer.member;
    view! {
        <Frame place=Place::Account>
            {member
                .map(|member| {
                    let email = member.email.clone();
                    view! {
                        <section class="panel" aria-labelledby="you">
                            <h2 id="you">"You"</h2>
                            <dl class="facts">
                                <div>
                                    <dt>"Name"</dt>
                                    <dd>{visible(&member.name)}</dd>
                                </div>
                                <div>
                                    <dt>"E-mail"</dt>
                                    <dd>{visible(&member.email)}</dd>
                                </div>
                                <div>
                                    <dt>"Account"</dt>
                                    <dd>{visible(&member.account_name)}</dd>
                                </div>
                                <div>
                                    <dt>"Role"</dt>
                                    <dd class="capitalised">{member.role.as_str()}</dd>
                                </div>
                            </dl>
                        </section>
                        <section class="panel" aria-labelledby="password-title">
                            <h2 id="password-title">"Account password"</h2>
                            <p class="panel-intro">
                                "You sign in to the portal with it. It does not open files: that is the access \
                                password's work. Changing it signs you out everywhere else."
                            </p>
                            <PasswordChangeForm email=email refused=refused />
                        </section>
                    }
                })}
        </Frame>
    }
}
