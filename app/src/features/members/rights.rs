//! The table of what each role may do, from the table that the actions ask.

use domain::{Permission, Role};
use leptos::prelude::*;

use crate::ui::{Icon, Shape};

#[component]
pub(crate) fn Rights() -> impl IntoView {
    view! {
        <div class="rights-scroll" tabindex="0" role="region" aria-label="What each role may do">
            <table class="rights">
                <thead>
                    <tr>
                        <th scope="col">"May"</th>
                        {Role::ALL
                            .map(|role| view! { <th scope="col" class="capitalised">{role.as_str()}</th> })
                            .collect_view()}
                    </tr>
                </thead>
                <tbody>
                    {Permission::ALL
                        .map(|permission| {
                            view! {
                                <tr>
                                    <th scope="row">{permission.sentence()}</th>
                                    {Role::ALL.map(|role| view! { <Cell yes=role.may(permission) /> }).collect_view()}
                                </tr>
                            }
                        })
                        .collect_view()}
                    <tr>
                        <th scope="row">"Make, change and remove owners"</th>
                        {Role::ALL.map(|role| view! { <Cell yes=role.may_govern(Role::Owner) /> }).collect_view()}
                    </tr>
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn Cell(yes: bool) -> impl IntoView {
    view! {
        <td>
            {if yes {
                view! {
                    <Icon shape=Shape::Check />
                    <span class="visually-hidden">"yes"</span>
                }
                    .into_any()
            } else {
                view! { <span class="visually-hidden">"no"</span> }.into_any()
            }}
        </td>
    }
}
