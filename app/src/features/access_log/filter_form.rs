//! What the log is narrowed to: a GET form, so that the address holds all of it.

use domain::Problem;
use domain::access_log::report::{CallerFilter, KnownCaller};
use domain::access_log::{CallerKind, Reason};
use leptos::prelude::*;

use super::query::AccessQuery;
use super::words;
use crate::features::sessions::DayField;
use crate::routes::paths;
use crate::ui::{FieldFrame, Fold, Shape, described_by, visible};

#[component]
pub(super) fn FilterForm(
    /// As it came, so that a slip can be mended rather than typed again.
    query: AccessQuery,
    callers: Vec<KnownCaller>,
    problems: Vec<Problem>,
) -> impl IntoView {
    // A slip must be seen where it was made.
    let is_open = problems.iter().any(|problem| problem.field != "cursor");
    let narrowings = query.narrowings();
    let problem = move |field: &str| {
        Signal::stored(
            problems
                .iter()
                .find(|problem| problem.field == field)
                .map(|problem| problem.message.clone()),
        )
    };
    let is_clear = query.page_address() == paths::ACCESS;
    view! {
        <Fold label="Filter" shape=Shape::Filter in_use=narrowings is_open=is_open>
            <form class="filter log-filter" method="get" action=paths::ACCESS aria-label="Filter the access log">
                <FieldFrame name="outcome" label="Outcome" problem=problem("outcome")>
                    <select id="outcome" name="outcome" aria-describedby=described_by("outcome", false)>
                        <Choice value="" text="All" chosen=query.outcome.clone() />
                        <Choice value="granted" text="Granted" chosen=query.outcome.clone() />
                        <Choice value="refused" text="Refused" chosen=query.outcome.clone() />
                        <optgroup label="Refused because">
                            {Reason::ALL
                                .iter()
                                .map(|&reason| {
                                    view! {
                                        <Choice value=reason.as_str() text=words::title(reason) chosen=query.outcome.clone() />
                                    }
                                })
                                .collect_view()}
                        </optgroup>
                    </select>
                </FieldFrame>
                <CallerField chosen=query.caller.clone() callers=callers problem=problem("caller") />
                <DayField name="from" label="From" value=query.from.clone() problem=problem("from") />
                <DayField name="to" label="To" value=query.to.clone() problem=problem("to") />
                <TextFilter name="file" label="File (address or id)" value=query.file.clone() problem=problem("file") />
                <TextFilter
                    name="session"
                    label="Session (address or id)"
                    value=query.session.clone()
                    problem=problem("session")
                />
                <TextFilter
                    name="address"
                    label="Client address"
                    value=query.address.clone()
                    problem=problem("address")
                />
                <div class="filter-actions">
                    <button type="submit" class="button button-primary">
                        "Apply"
                    </button>
                    {(!is_clear)
                        .then(|| {
                            view! {
                                <a class="button" href=paths::ACCESS>
                                    "Clear"
                                </a>
                            }
                        })}
                </div>
            </form>
        </Fold>
    }
}

#[component]
fn Choice(
    #[prop(into)] value: String,
    #[prop(into)] text: String,
    chosen: String,
) -> impl IntoView {
    let is_chosen = value == chosen;
    view! {
        <option value=value selected=is_chosen>
            {text}
        </option>
    }
}

#[component]
fn TextFilter(
    name: &'static str,
    label: &'static str,
    value: String,
    problem: Signal<Option<String>>,
) -> impl IntoView {
    view! {
        <FieldFrame name=name label=label problem=problem>
            <input
                type="text"
                id=name
                name=name
                value=value
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                aria-describedby=described_by(name, false)
            />
        </FieldFrame>
    }
}

#[component]
fn CallerField(
    chosen: String,
    callers: Vec<KnownCaller>,
    problem: Signal<Option<String>>,
) -> impl IntoView {
    let is_known = |caller: &KnownCaller| caller.id.to_string() == chosen;
    // One that was removed since: the choice shall not look like "everyone".
    let gone = (!chosen.is_empty()
        && chosen != CallerFilter::NOBODY
        && CallerFilter::parse(&chosen).is_some()
        && !callers.iter().any(is_known))
    .then(|| chosen.clone());
    let group = |kind: CallerKind, label: &'static str| {
        let known: Vec<_> = callers
            .iter()
            .filter(|caller| caller.kind == kind)
            .cloned()
            .collect();
        (!known.is_empty()).then(|| {
            let choices = known
                .into_iter()
                .map(|caller| {
                    view! { <Choice value=caller.id.to_string() text=visible(&caller.name) chosen=chosen.clone() /> }
                })
                .collect_view();
            view! { <optgroup label=label>{choices}</optgroup> }
        })
    };
    let groups = [
        group(CallerKind::Credential, "Access credentials"),
        group(CallerKind::ServiceAccount, "Service accounts"),
        group(CallerKind::Member, "Members"),
    ];
    view! {
        <FieldFrame name="caller" label="Caller" problem=problem>
            <select id="caller" name="caller" aria-describedby=described_by("caller", false)>
                <Choice value="" text="Everyone" chosen=chosen.clone() />
                <Choice value=CallerFilter::NOBODY text="Without a valid proof" chosen=chosen.clone() />
                {gone.map(|id| view! { <Choice value=id.clone() text="One who is no longer here" chosen=id.clone() /> })}
                {groups.into_iter().collect_view()}
            </select>
        </FieldFrame>
    }
}
