//! Who was there when, and what happened: drawn on the server, and written out as a list.

use chrono::{DateTime, Utc};
use domain::accounts::AccountId;
use domain::files::{FileId, FileSummary, file_path};
use domain::sessions::detail::{Read, SessionDetail};
use domain::sessions::metadata::{EventKind, Metadata, Participant, SessionEvent};
use leptos::prelude::*;

use super::address::Address;
use crate::ui::{duration, visible};

/// Participants that are drawn. The list below names the events of all.
const MAX_LANES: usize = 40;
/// Events that are listed.
const MAX_LISTED: usize = 500;

/// Nothing where there is no metadata: what is missing is said above.
#[component]
pub(super) fn Timeline(
    session: SessionDetail,
    playing: Option<FileSummary>,
    address: Address,
    account: AccountId,
) -> impl IntoView {
    let metadata = match &session.metadata {
        Read::Absent => return None,
        Read::Unreadable(id) => return Some(unreadable(&session, *id, account).into_any()),
        Read::Understood(_, metadata) => metadata.clone(),
    };
    let length = playing.as_ref().and_then(|file| file.duration_ms);
    let scale = Scale::new(&session, length);
    let lanes = metadata
        .participants
        .iter()
        .take(MAX_LANES)
        .map(|participant| lane(participant, &scale))
        .collect_view();
    let more = metadata.participants.len().saturating_sub(MAX_LANES);
    let marks = (!metadata.events.is_empty()).then(|| marks(&metadata, &scale));
    let events = metadata
        .events
        .into_iter()
        .take(MAX_LISTED)
        .map(|event| listed(&event, &scale, &address, length))
        .collect_view();
    let ticks = scale.ticks();
    Some(
        view! {
            <section class="panel timeline" aria-labelledby="timeline-title">
                <h2 id="timeline-title">"Timeline"</h2>
                <div class="timeline-lanes">
                    {lanes} {marks}
                    <div class="timeline-axis" aria-hidden="true">
                        {ticks.into_iter().map(|tick| view! { <span>{tick}</span> }).collect_view()}
                    </div>
                    // Lies over all lanes: where it is clicked the recording goes on from.
                    <div class="timeline-track scripted" data-timeline=scale.span.to_string() aria-hidden="true">
                        <span class="timeline-head" data-playhead=""></span>
                    </div>
                </div>
                {(more > 0).then(|| view! { <p class="hint">{format!("And {more} further participants.")}</p> })}
                <details class="timeline-events">
                    <summary>"Everything that happened, as a list"</summary>
                    <ol>{events}</ol>
                </details>
            </section>
        }
        .into_any(),
    )
}

fn unreadable(session: &SessionDetail, id: FileId, account: AccountId) -> impl IntoView + use<> {
    let file = session.files.iter().find(|file| file.id == id);
    let path = file.map(|file| format!("{}?download", file_path(account, id, &file.name)));
    view! {
        <section class="panel timeline" aria-labelledby="timeline-title">
            <h2 id="timeline-title">"Timeline"</h2>
            <p class="panel-intro">
                "The metadata cannot be read, so nothing says who took part. The file itself is safe."
            </p>
            <p>
                <a class="button button-small" href=path>
                    "Download it"
                </a>
            </p>
        </section>
    }
}

/// From the moment that is counted from to the end of the session or of the recording.
struct Scale {
    beginning: DateTime<Utc>,
    /// Milliseconds, 1 at least.
    span: u64,
}

impl Scale {
    fn new(session: &SessionDetail, length: Option<u64>) -> Self {
        let beginning = session.recording_started_at.unwrap_or(session.started_at);
        let whole = u64::try_from((session.ended_at - beginning).num_milliseconds()).unwrap_or(0);
        Self {
            beginning,
            span: whole.max(length.unwrap_or(0)).max(1),
        }
    }

    /// Milliseconds since the beginning, within the span.
    fn place(&self, at: DateTime<Utc>) -> u64 {
        let ms = (at - self.beginning).num_milliseconds();
        u64::try_from(ms).unwrap_or(0).min(self.span)
    }

    /// The same as a share of the width.
    fn percent(&self, ms: u64) -> String {
        let hundredths = u128::from(ms) * 10_000 / u128::from(self.span);
        format!("{}.{:02}%", hundredths / 100, hundredths % 100)
    }

    fn ticks(&self) -> [String; 5] {
        [0, 1, 2, 3, 4].map(|quarter| duration(self.span * quarter / 4))
    }
}

fn lane(participant: &Participant, scale: &Scale) -> impl IntoView + use<> {
    let from = participant.joined_at.map_or(0, |at| scale.place(at));
    let to = participant
        .left_at
        .map_or(scale.span, |at| scale.place(at))
        .max(from);
    let when = format!("from {} to {}", duration(from), duration(to));
    view! {
        <div class="timeline-lane">
            <p class="timeline-name">
                <bdi>{visible(&participant.name)}</bdi>
                {participant.role.as_deref().map(|role| view! { <span class="timeline-role"><bdi>{visible(role)}</bdi></span> })}
                <span class="visually-hidden">{when}</span>
            </p>
            <svg class="timeline-drawing" aria-hidden="true" focusable="false">
                <rect class="timeline-empty" x="0" y="0" width="100%" height="100%" rx="3" />
                <rect
                    class="timeline-stay"
                    x=scale.percent(from)
                    y="0"
                    width=scale.percent(to - from)
                    height="100%"
                    rx="3"
                />
            </svg>
        </div>
    }
}

fn marks(metadata: &Metadata, scale: &Scale) -> impl IntoView + use<> {
    let marks = metadata
        .events
        .iter()
        .take(MAX_LISTED)
        .map(|event| {
            let class = match event.kind {
                EventKind::RecordingStarted | EventKind::RecordingStopped => "timeline-mark timeline-recorded",
                _ => "timeline-mark",
            };
            view! { <circle class=class cx=scale.percent(scale.place(event.at)) cy="50%" r="3.5" /> }
        })
        .collect_view();
    view! {
        <div class="timeline-lane timeline-marks" aria-hidden="true">
            <p class="timeline-name">"Events"</p>
            <svg class="timeline-drawing" focusable="false">
                <line class="timeline-rail" x1="0" y1="50%" x2="100%" y2="50%" />
                {marks}
            </svg>
        </div>
    }
}

fn listed(
    event: &SessionEvent,
    scale: &Scale,
    address: &Address,
    length: Option<u64>,
) -> impl IntoView + use<> {
    let ms = scale.place(event.at);
    let seek = length.filter(|&length| ms <= length).map(|_| ms);
    let shown = duration(ms / 1000 * 1000);
    let time = match seek {
        Some(ms) => view! { <a class="line-time" href=address.at(ms)>{shown}</a> }.into_any(),
        None => view! { <span class="line-time">{shown}</span> }.into_any(),
    };
    view! {
        <li data-seek=seek.map(|ms| ms.to_string())>
            {time}
            <span>{sentence(event)}</span>
        </li>
    }
}

fn sentence(event: &SessionEvent) -> String {
    let name = event.name.as_deref().map_or_else(
        || "Somebody".to_owned(),
        |name| format!("\u{2068}{}\u{2069}", visible(name)),
    );
    match &event.kind {
        EventKind::Joined => format!("{name} joined"),
        EventKind::Left => format!("{name} left"),
        EventKind::RecordingStarted => "The recording began".to_owned(),
        EventKind::RecordingStopped => "The recording ended".to_owned(),
        EventKind::Other(words) => match event.name {
            Some(_) => format!("{name}: {}", visible(words)),
            None => visible(words),
        },
    }
}
