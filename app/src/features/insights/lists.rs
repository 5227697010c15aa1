//! What stands below the plots: top files, refusals by reason, completeness, and what the figures count.

use domain::access_log::Reason;
use domain::insights::{Completeness, Period, Refusal, SessionWithGaps, TopFile};
use leptos::prelude::*;

use super::words;
use crate::features::access_log::reason_title;
use crate::routes::paths;
use crate::ui::{Moment, Time, bytes, bytes_exact, grouped, visible};

#[component]
pub(super) fn TopFiles(files: Vec<TopFile>, last: Vec<Moment>) -> impl IntoView {
    if files.is_empty() {
        return view! {
            <section class="panel" aria-labelledby="top-files">
                <h2 id="top-files">"Top files"</h2>
                <p class="panel-intro">
                    "The files that are downloaded most will stand here, with how often and by how many callers."
                </p>
            </section>
        }
        .into_any();
    }
    let rows = files
        .into_iter()
        .zip(last)
        .map(|(file, last)| view! { <TopRow file=file last=last /> });
    view! {
        <section class="panel" aria-labelledby="top-files">
            <h2 id="top-files">"Top files"</h2>
            <table class="ranked" role="table" aria-labelledby="top-files">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"File"</th>
                        <th role="columnheader" scope="col" class="number">"Downloads"</th>
                        <th role="columnheader" scope="col" class="number">"Callers"</th>
                        <th role="columnheader" scope="col" class="number">"Delivered"</th>
                        <th role="columnheader" scope="col">"Last"</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{rows.collect_view()}</tbody>
            </table>
        </section>
    }
    .into_any()
}

#[component]
fn TopRow(file: TopFile, last: Moment) -> impl IntoView {
    let callers = if file.are_more_callers {
        format!("over {}", grouped(file.callers))
    } else {
        grouped(file.callers)
    };
    view! {
        <tr role="row">
            <td role="cell" class="ranked-name">
                <bdi>{visible(&file.name)}</bdi>
                <small>
                    <a href=paths::session(file.session)>
                        <SessionName title=file.title room=file.room number=file.conference_number />
                    </a>
                </small>
            </td>
            <td role="cell" class="number" data-label="Downloads">{grouped(file.downloads)}</td>
            <td role="cell" class="number" data-label="Callers">{callers}</td>
            <td role="cell" class="number" data-label="Delivered">
                <span title=bytes_exact(file.delivered)>{bytes(file.delivered)}</span>
            </td>
            <td role="cell" class="ranked-time" data-label="Last"><Time moment=last /></td>
        </tr>
    }
}

#[component]
fn SessionName(title: Option<String>, room: String, number: String) -> impl IntoView {
    match title {
        Some(title) => view! { <bdi>{visible(&title)}</bdi> }.into_any(),
        None => view! {
            <bdi>{visible(&room)}</bdi>
            " #"
            <bdi>{visible(&number)}</bdi>
        }
        .into_any(),
    }
}

/// Refusals by reason, each with a share of the most frequent one.
#[component]
pub(super) fn Refusals(
    refusals: Vec<Refusal>,
    period: Period,
    /// The viewer may see the access log: each reason leads there.
    is_linked: bool,
) -> impl IntoView {
    let most = refusals.first().map_or(1, |first| first.requests.max(1));
    let is_empty = refusals.is_empty();
    let rows = refusals.into_iter().map(|refusal| {
        let title = Reason::parse(&refusal.reason).map_or_else(
            || visible(&refusal.reason),
            |reason| reason_title(reason).to_owned(),
        );
        let width = u128::from(refusal.requests) * 1000 / u128::from(most);
        let width = format!("{}.{}%", width / 10, width % 10);
        let name = if is_linked {
            view! { <a href=in_access_log(&refusal.reason, period)>{title}</a> }.into_any()
        } else {
            title.into_any()
        };
        view! {
            <tr>
                <th scope="row">
                    {name} <svg class="share" aria-hidden="true" width="100%" height="4">
                        <rect width=width height="4" rx="2"></rect>
                    </svg>
                </th>
                <td class="number">{grouped(refusal.requests)}</td>
            </tr>
        }
    });
    view! {
        <section class="panel" aria-labelledby="refusals">
            <h2 id="refusals">"Refusals by reason"</h2>
            {if is_empty {
                view! { <p class="panel-intro">"No request was refused in this period."</p> }.into_any()
            } else {
                view! {
                    <table class="shares" aria-labelledby="refusals">
                        <thead class="visually-hidden">
                            <tr>
                                <th scope="col">"Reason"</th>
                                <th scope="col">"Requests"</th>
                            </tr>
                        </thead>
                        <tbody>{rows.collect_view()}</tbody>
                    </table>
                    <p class="panel-note">
                        "Many programs and browsers ask once without user name and password and then with them: these "
                        "first tries are counted, too."
                    </p>
                }
                    .into_any()
            }}
        </section>
    }
}

/// The Access page with these refusals.
fn in_access_log(reason: &str, period: Period) -> String {
    format!(
        "{}?outcome={}&from={}&to={}",
        paths::ACCESS,
        paths::encoded(reason),
        period.first(),
        period.last()
    )
}

#[component]
pub(super) fn CompletenessPanel(
    all: Completeness,
    with_gaps: Vec<SessionWithGaps>,
    starts: Vec<Moment>,
) -> impl IntoView {
    if all.sessions == 0 {
        return view! {
            <section class="panel" aria-labelledby="completeness">
                <h2 id="completeness">"Completeness"</h2>
                <p class="panel-intro">
                    "No session began in this period. Of those that do, this says which have everything that should "
                    "have come with them: recordings, chat and metadata."
                </p>
            </section>
        }
        .into_any();
    }
    let missing = [
        ("No recording", all.without_recording),
        ("An individual recording is missing", all.without_track),
        ("No chat", all.without_chat),
        ("No metadata", all.without_metadata),
    ];
    let more = all.incomplete.saturating_sub(with_gaps.len() as u64);
    view! {
        <section class="panel" aria-labelledby="completeness">
            <h2 id="completeness">"Completeness"</h2>
            <Parts all=all />
            <dl class="parts">
                <div class="parts-complete">
                    <dt>"Complete"</dt>
                    <dd>{words::share(all.complete(), all.sessions)}</dd>
                </div>
                <div class="parts-incomplete">
                    <dt>"Something is missing"</dt>
                    <dd>{words::share(all.incomplete, all.sessions)}</dd>
                </div>
                {missing
                    .into_iter()
                    .filter(|(_, sessions)| *sessions > 0)
                    .map(|(what, sessions)| {
                        view! {
                            <div class="parts-what">
                                <dt>{what}</dt>
                                <dd>{grouped(sessions)}</dd>
                            </div>
                        }
                    })
                    .collect_view()}
                {(all.waiting() > 0)
                    .then(|| {
                        view! {
                            <div class="parts-waiting">
                                <dt>"Not judged yet: files may still come for two hours"</dt>
                                <dd>{words::share(all.waiting(), all.sessions)}</dd>
                            </div>
                        }
                    })}
            </dl>
            {(!with_gaps.is_empty()).then(|| view! { <WithGaps sessions=with_gaps starts=starts more=more /> })}
        </section>
    }
    .into_any()
}

/// One bar of all sessions, cut into complete, incomplete and not judged yet. The list below says the same in words.
#[component]
fn Parts(all: Completeness) -> impl IntoView {
    let percent = |part: u64| {
        let thousandths = u128::from(part) * 100_000 / u128::from(all.sessions.max(1));
        format!("{}.{:03}%", thousandths / 1000, thousandths % 1000)
    };
    view! {
        <svg class="parts-bar" aria-hidden="true" width="100%" height="10">
            <rect class="parts-bar-waiting" width="100%" height="10"></rect>
            <rect class="parts-bar-incomplete" width=percent(all.judged) height="10"></rect>
            <rect class="parts-bar-complete" width=percent(all.complete()) height="10"></rect>
        </svg>
    }
}

#[component]
fn WithGaps(sessions: Vec<SessionWithGaps>, starts: Vec<Moment>, more: u64) -> impl IntoView {
    view! {
        <h3>"Newest with something missing"</h3>
        <ul class="with-gaps">
            {sessions
                .into_iter()
                .zip(starts)
                .map(|(session, start)| {
                    view! {
                        <li>
                            <a href=paths::session(session.id)>
                                <SessionName title=session.title room=session.room number=session.conference_number />
                            </a>
                            <span>{words::gaps(session.gaps)}</span>
                            <Time moment=start />
                        </li>
                    }
                })
                .collect_view()}
        </ul>
        {(more > 0).then(|| view! { <p class="panel-note">{grouped(more)} " more. Narrow the days or the project to see them."</p> })}
    }
}

/// What is counted as what.
#[component]
pub(super) fn Definitions() -> impl IntoView {
    view! {
        <details class="definitions">
            <summary>"What these figures count"</summary>
            <dl>
                <dt>"Days"</dt>
                <dd>"From midnight to midnight in UTC, so that everybody who looks sees the same figures."</dd>
                <dt>"Recorded sessions and time"</dt>
                <dd>"Sessions on the day they began, and the length of the longest recording of each."</dd>
                <dt>"Stored"</dt>
                <dd>"Bytes of all files that came and were not deleted since. Files in the trash still count."</dd>
                <dt>"Download"</dt>
                <dd>
                    "One caller got at least one byte of one file on one day. A caller is a member, a credential or an "
                    "unknown visitor at one address. Players ask for many pieces of a file, and come back after a pause: "
                    "all of that is one download."
                </dd>
                <dt>"Delivered"</dt>
                <dd>"Bytes that were sent to callers who were granted a file, all pieces and repetitions."</dd>
                <dt>"Refused requests"</dt>
                <dd>"Every request for a file that got none, as the Access page lists them."</dd>
            </dl>
        </details>
    }
}
