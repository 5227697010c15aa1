//! What pages of intake show, written out for one viewer. Holds no secret but the receiver's address.

use domain::intake::{ItemState, Light, SourceKind, SourceSettings, Verdict};
use serde::{Deserialize, Serialize};

use crate::ui::Moment;

/// How a source is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HealthView {
    pub(crate) light: Light,
    /// When the last recording came, and how long ago that is.
    pub(crate) last_recording: Option<(Moment, String)>,
    /// How often one comes, in words; None while too few have come.
    pub(crate) usual: Option<String>,
    pub(crate) done: u64,
    pub(crate) waiting: u64,
    pub(crate) failed: u64,
    pub(crate) last_event: Option<Moment>,
    pub(crate) refusals: u64,
    /// When, why, from where.
    pub(crate) refused: Option<(Moment, String, String)>,
    pub(crate) polled: Option<Moment>,
    pub(crate) poll_failure: Option<String>,
}

/// A source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SourceView {
    pub(crate) id: String,
    pub(crate) project: String,
    pub(crate) kind: SourceKind,
    pub(crate) name: String,
    pub(crate) settings: SourceSettings,
    pub(crate) created: Moment,
    pub(crate) health: HealthView,
}

/// A project's sources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IntakeView {
    pub(crate) project: String,
    pub(crate) project_name: String,
    pub(crate) is_archived: bool,
    pub(crate) sources: Vec<SourceView>,
}

/// A file that is or was expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ItemView {
    pub(crate) id: String,
    pub(crate) file_name: String,
    pub(crate) room: String,
    pub(crate) conference_number: String,
    pub(crate) state: ItemState,
    pub(crate) attempts: u32,
    pub(crate) due: Moment,
    pub(crate) reason: Option<String>,
    /// When the sender deletes its copy, while that matters.
    pub(crate) expires: Option<Moment>,
    pub(crate) announced: Moment,
    pub(crate) done: Option<Moment>,
    pub(crate) session: Option<String>,
}

/// An event that was stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EventView {
    pub(crate) name: String,
    pub(crate) external_id: String,
    pub(crate) payload: String,
    pub(crate) verdict: Verdict,
    pub(crate) reason: Option<String>,
    pub(crate) received: Moment,
    pub(crate) repeats: u32,
}

/// One source in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DetailView {
    pub(crate) project_name: String,
    pub(crate) source: SourceView,
    /// The whole address of its receiver.
    pub(crate) receiver: Option<String>,
    pub(crate) has_secrets: Vec<String>,
    pub(crate) items: Vec<ItemView>,
    pub(crate) events: Vec<EventView>,
}

#[cfg(feature = "ssr")]
mod writing {
    use chrono::{DateTime, TimeDelta, Utc};
    use chrono_tz::Tz;
    use domain::intake::{Item, Source, SourceDetail, StoredEvent};

    use super::{DetailView, EventView, HealthView, ItemView, SourceView};
    use crate::ui::Moment;

    impl SourceView {
        pub(crate) fn new(source: Source, now: DateTime<Utc>, zone: Tz) -> Self {
            let moment = |at| Moment::new(at, &zone);
            let health = source.health;
            let light = health.light();
            Self {
                id: source.id.to_string(),
                project: source.project.to_string(),
                kind: source.kind,
                name: source.name,
                settings: source.settings,
                created: moment(source.created_at),
                health: HealthView {
                    light,
                    last_recording: health.last_recording.map(|at| (moment(at), ago(now - at))),
                    usual: health.rhythm.words().map(str::to_owned),
                    done: health.done,
                    waiting: health.waiting,
                    failed: health.failed,
                    last_event: health.last_event.map(moment),
                    refusals: health.refusals,
                    refused: health
                        .refused
                        .map(|call| (moment(call.at), call.why, call.from)),
                    polled: health.polled_at.map(moment),
                    poll_failure: health.poll_failure,
                },
            }
        }
    }

    impl DetailView {
        pub(crate) fn new(
            detail: SourceDetail,
            project_name: String,
            public_url: &str,
            now: DateTime<Utc>,
            zone: Tz,
        ) -> Self {
            Self {
                project_name,
                source: SourceView::new(detail.source, now, zone),
                receiver: detail.receiver.map(|path| format!("{public_url}{path}")),
                has_secrets: detail.has_secrets,
                items: detail
                    .items
                    .into_iter()
                    .map(|item| item_of(item, zone))
                    .collect(),
                events: detail
                    .events
                    .into_iter()
                    .map(|event| event_of(event, zone))
                    .collect(),
            }
        }
    }

    fn item_of(item: Item, zone: Tz) -> ItemView {
        let moment = |at| Moment::new(at, &zone);
        ItemView {
            id: item.id.to_string(),
            file_name: item.file_name,
            room: item.room,
            conference_number: item.conference_number,
            state: item.state,
            attempts: item.attempts,
            due: moment(item.due_at),
            reason: item.reason,
            expires: item.expires_at.map(moment),
            announced: moment(item.announced_at),
            done: item.done_at.map(moment),
            session: item.session.map(|id| id.to_string()),
        }
    }

    fn event_of(event: StoredEvent, zone: Tz) -> EventView {
        EventView {
            name: event.name,
            external_id: event.external_id,
            payload: event.payload,
            verdict: event.verdict,
            reason: event.reason,
            received: Moment::precise(event.received_at, &zone),
            repeats: event.repeats,
        }
    }

    /// How long ago, in the largest unit that says enough.
    fn ago(gone: TimeDelta) -> String {
        let (minutes, hours, days) = (gone.num_minutes(), gone.num_hours(), gone.num_days());
        match (minutes, hours, days) {
            (..=0, ..) => "just now".to_owned(),
            (1, ..) => "a minute ago".to_owned(),
            (..120, ..) => format!("{minutes} minutes ago"),
            (_, ..72, _) => format!("{hours} hours ago"),
            _ => format!("{days} days ago"),
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn ages_are_said_in_fitting_units() {
            let said = |minutes| ago(TimeDelta::minutes(minutes));
            assert_eq!(said(-3), "just now");
            assert_eq!(said(1), "a minute ago");
            assert_eq!(said(119), "119 minutes ago");
            assert_eq!(said(26 * 60), "26 hours ago");
            assert_eq!(said(80 * 60), "3 days ago");
        }
    }
}
