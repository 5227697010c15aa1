//! How long files are kept. A rule is tried first: the page says what it would do, and only then offers to save it.

use domain::projects::PRESET_HOURS;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::params::ParamsMap;
use serde::{Deserialize, Serialize};

use super::api::SetProjectRetention;
use super::views::{ForecastView, ProjectView};
use super::words::how_long;
use crate::error::UiError;
use crate::routes::paths;
use crate::ui::{FieldFrame, Message, Time, bytes, count, described_by};
use crate::viewer::Viewer;

/// A rule as it stands in the address of the page, to be tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RetentionWish {
    /// `always` or `hours`.
    pub(super) retention: String,
    /// As typed.
    pub(super) hours: String,
    pub(super) deletes_bytes: bool,
}

impl RetentionWish {
    /// None if the address asks for no trial.
    pub(super) fn of(map: &ParamsMap) -> Option<Self> {
        Some(Self {
            retention: map.get("retention")?,
            hours: map.get("retention_hours").unwrap_or_default(),
            deletes_bytes: map.get("deletes_bytes").is_some(),
        })
    }

    /// What holds now, for the form.
    fn standing(project: &ProjectView) -> Self {
        let hours = project.policy.retention_hours;
        Self {
            retention: if hours.is_some() { "hours" } else { "always" }.to_owned(),
            hours: hours.unwrap_or(PRESET_HOURS).to_string(),
            deletes_bytes: project.policy.deletes_bytes,
        }
    }

    fn is_always(&self) -> bool {
        self.retention != "hours"
    }
}

#[component]
pub(super) fn RetentionPanel(
    project: ProjectView,
    preview: Option<(RetentionWish, Result<ForecastView, UiError>)>,
) -> impl IntoView {
    let refused = Viewer::current()
        .refusal_of::<SetProjectRetention>()
        .or_else(|| preview.as_ref().and_then(|(_, tried)| tried.clone().err()));
    let problem = refused
        .as_ref()
        .and_then(|error| error.problem_of("retention_hours"));
    let message = refused.and_then(|error| error.message_for(&["retention_hours"]));
    let now = how_long(&project.policy);
    let action = format!("{}#retention", paths::project(&project.id));
    let wish = preview.as_ref().map_or_else(
        || RetentionWish::standing(&project),
        |(wish, _)| wish.clone(),
    );
    let tried = preview.and_then(|(wish, tried)| Some((wish, tried.ok()?)));
    view! {
        <section class="panel" aria-labelledby="retention">
            <h2 id="retention">"How long files are kept"</h2>
            <p class="panel-intro">
                "An expired file can no longer be opened or downloaded; the report says Expired beside it. Now: " {now} "."
            </p>
            {tried.map(|(wish, forecast)| view! { <Preview project=project.id.clone() wish=wish forecast=forecast /> })}
            <form class="form form-wide" method="get" action=action>
                <Message text=Signal::stored(message) />
                <Choices wish=wish.clone() />
                <div class="narrow">
                    <FieldFrame
                        name="retention_hours"
                        label="Hours after the session's end (if they expire)"
                        problem=Signal::stored(problem.clone())
                    >
                        <input
                            type="text"
                            id="retention_hours"
                            name="retention_hours"
                            inputmode="numeric"
                            autocomplete="off"
                            value=wish.hours
                            aria-describedby=described_by("retention_hours", false)
                            aria-invalid=problem.is_some().then_some("true")
                        />
                    </FieldFrame>
                </div>
                <label class="check">
                    <input type="checkbox" name="deletes_bytes" value="true" checked=wish.deletes_bytes />
                    "Also delete the bytes of expired files: to the trash at once, gone for good 30 days later"
                </label>
                <button type="submit" class="button">
                    "See what this would do"
                </button>
            </form>
        </section>
    }
}

#[component]
fn Choices(wish: RetentionWish) -> impl IntoView {
    let is_always = wish.is_always();
    view! {
        <fieldset class="choices">
            <legend>"Files"</legend>
            <div class="choice">
                <input
                    type="radio"
                    id="retention-always"
                    name="retention"
                    value="always"
                    checked=is_always
                    aria-describedby="retention-always-text"
                />
                <label for="retention-always">"Are kept always (default)"</label>
                <p id="retention-always-text">"Nothing expires."</p>
            </div>
            <div class="choice">
                <input
                    type="radio"
                    id="retention-hours"
                    name="retention"
                    value="hours"
                    checked=!is_always
                    aria-describedby="retention-hours-text"
                />
                <label for="retention-hours">"Expire"</label>
                <p id="retention-hours-text">
                    "Some hours after their session's end. 72 is what hosted services use."
                </p>
            </div>
        </fieldset>
    }
}

/// The dry run, and the button that means it.
#[component]
fn Preview(project: String, wish: RetentionWish, forecast: ForecastView) -> impl IntoView {
    let cancel = paths::project(&project);
    let deletes = wish.deletes_bytes && !wish.is_always();
    view! {
        <div class="preview" role="group" aria-labelledby="preview">
            <h3 id="preview">"What this rule would do now"</h3>
            <Forecast forecast=forecast />
            <form class="preview-actions" method="post" action=SetProjectRetention::PATH>
                <input type="hidden" name="project" value=project />
                <input type="hidden" name="retention" value=wish.retention />
                <input type="hidden" name="retention_hours" value=wish.hours />
                <input type="hidden" name="deletes_bytes" value=deletes.to_string() />
                <button type="submit" class=if deletes { "button button-danger" } else { "button button-primary" }>
                    "Save this rule"
                </button>
                <a class="button" href=cancel>
                    "Cancel"
                </a>
            </form>
        </div>
    }
}

#[component]
fn Forecast(forecast: ForecastView) -> impl IntoView {
    let files = |n| count(n, "file", "files");
    let expiring = match forecast.oldest {
        Some(oldest) => view! {
            "This rule would expire "
            <strong>{files(forecast.expiring_files)} ", " {bytes(forecast.expiring_bytes)}</strong>
            ", the oldest from "
            <Time moment=oldest />
            "."
        }
        .into_any(),
        None => "No further file would expire now.".into_any(),
    };
    view! {
        <ul class="preview-list">
            <li>{expiring}</li>
            {(forecast.returning_files > 0)
                .then(|| {
                    view! {
                        <li>{format!("{} expired today could be opened again.", files(forecast.returning_files))}</li>
                    }
                })}
            {(forecast.held_files > 0)
                .then(|| {
                    view! { <li>{format!("{} stay, because of a legal hold.", files(forecast.held_files))}</li> }
                })}
            {(forecast.trashing_files > 0)
                .then(|| {
                    view! {
                        <li>
                            <strong>
                                {format!("{}, {}", files(forecast.trashing_files), bytes(forecast.trashing_bytes))}
                            </strong>
                            " would move to the trash within minutes. They can be restored for 30 days; then their bytes are deleted, which cannot be undone."
                        </li>
                    }
                })}
        </ul>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_asks_for_a_trial_or_not() {
        let mut map = ParamsMap::new();
        assert_eq!(RetentionWish::of(&map), None);
        map.insert("retention", "hours".to_owned());
        map.insert("retention_hours", "72".to_owned());
        let wish = RetentionWish::of(&map).unwrap();
        assert!(!wish.is_always() && !wish.deletes_bytes);
        map.insert("deletes_bytes", "true".to_owned());
        assert!(RetentionWish::of(&map).unwrap().deletes_bytes);
    }
}
