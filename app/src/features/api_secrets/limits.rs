//! From where the APIs may be called, how often, and how much of that is used in this hour.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::api::SetApiLimits;
use super::views::LimitsView;
use crate::error::UiError;
use crate::ui::{FieldFrame, Message, Time, Warning, described_by, grouped};
use crate::viewer::Viewer;

/// What is used in this hour.
#[component]
pub(super) fn Use(limits: LimitsView) -> impl IntoView {
    let quota = u64::from(limits.hourly_quota);
    let (taken, refused) = (limits.used.min(quota), limits.used.saturating_sub(quota));
    view! {
        <section class="panel use-of-api" aria-labelledby="use">
            <h2 id="use">"Requests in this hour"</h2>
            <div class="use-figures">
                <p>
                    <strong>{grouped(taken)}</strong>
                    " of "
                    {grouped(quota)}
                </p>
                <p class="detail">"Renews at " <Time moment=limits.renews /></p>
            </div>
            <meter
                class="meter"
                min="0"
                max=quota.to_string()
                high=(quota * 9 / 10).to_string()
                value=taken.to_string()
                aria-labelledby="use"
            >
                {format!("{taken} of {quota}")}
            </meter>
            {(refused > 0)
                .then(|| {
                    view! {
                        <Warning>
                            "The quota is used up: " {grouped(refused)}
                            " further requests were refused. Programs are admitted again when it renews, or when you raise it."
                        </Warning>
                    }
                })}
            <p class="panel-intro">"Counted for the account: all its projects, secrets and APIs together."</p>
        </section>
    }
}

/// The form that sets the allow-list and the quota.
#[component]
pub(super) fn Limits(limits: LimitsView, refused: Option<UiError>) -> impl IntoView {
    let viewer = Viewer::current();
    let typed = |field: &str| viewer.typed_in(SetApiLimits::PATH, field);
    let allow_list = typed("allow_list").unwrap_or(limits.allow_list);
    let quota = typed("hourly_quota").unwrap_or_else(|| limits.hourly_quota.to_string());
    let problem = |field: &str| refused.as_ref().and_then(|error| error.problem_of(field));
    let (no_list, no_quota) = (problem("allow_list"), problem("hourly_quota"));
    let (list_is_wrong, quota_is_wrong) = (no_list.is_some(), no_quota.is_some());
    let message = refused
        .as_ref()
        .and_then(|error| error.message_for(&["allow_list", "hourly_quota"]));
    let warning = warning(limits.admits_nobody, limits.admits_own, &limits.own_address);
    view! {
        <section class="panel" aria-labelledby="limits">
            <h2 id="limits">"Limits"</h2>
            <p class="panel-intro">
                "They hold for every API and every project of the account, from a program's next request on. People who are "
                "signed in here are not concerned."
            </p>
            {warning.map(|text| view! { <Warning>{text}</Warning> })}
            <form class="form form-wide" method="post" action=SetApiLimits::PATH novalidate>
                <Message text=Signal::stored(message) />
                <FieldFrame
                    name="allow_list"
                    label="Addresses that may call"
                    hint="One address or network a line, such as 203.0.113.7, 10.0.0.0/8 or 2001:db8::/32. 0.0.0.0 is any address; while it is empty, nobody may call."
                    problem=Signal::stored(no_list)
                >
                    <textarea
                        id="allow_list"
                        name="allow_list"
                        rows="5"
                        spellcheck="false"
                        autocomplete="off"
                        autocapitalize="none"
                        aria-describedby=described_by("allow_list", true)
                        aria-invalid=list_is_wrong.then_some("true")
                    >
                        {allow_list}
                    </textarea>
                </FieldFrame>
                <div class="quota-field">
                    <FieldFrame
                        name="hourly_quota"
                        label="Requests in an hour"
                        hint="100,000 at most, which is the system's maximum."
                        problem=Signal::stored(no_quota)
                    >
                        <input
                            type="text"
                            id="hourly_quota"
                            name="hourly_quota"
                            inputmode="numeric"
                            autocomplete="off"
                            value=quota
                            aria-required="true"
                            aria-describedby=described_by("hourly_quota", true)
                            aria-invalid=quota_is_wrong.then_some("true")
                        />
                    </FieldFrame>
                </div>
                <button type="submit" class="button button-primary">
                    "Save"
                </button>
            </form>
        </section>
    }
}

/// What people should know before a program of theirs is refused.
fn warning(admits_nobody: bool, admits_own: bool, own_address: &str) -> Option<String> {
    if admits_nobody {
        Some("The list is empty: no program is admitted from anywhere.".to_owned())
    } else if admits_own {
        None
    } else {
        Some(format!(
            "You are at {own_address}, which is not on the list: a program on this computer would be refused."
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::warning;

    #[test]
    fn one_is_warned_of_what_would_refuse_oneself() {
        assert_eq!(warning(false, true, "203.0.113.7"), None);
        assert!(
            warning(false, false, "203.0.113.7").is_some_and(|text| text.contains("203.0.113.7"))
        );
        assert!(warning(true, false, "203.0.113.7").is_some_and(|text| text.contains("empty")));
    }
}
