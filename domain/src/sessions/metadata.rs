//! Who took part in a session and what happened, read from its metadata file: JSON that nobody vouches for.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::script::{clock, field, name};

/// Bytes of a metadata file that are read. One that is larger is not shown.
pub const MAX_BYTES: usize = 2 << 20;
/// Participants that are kept.
const MAX_PARTICIPANTS: usize = 500;
/// Events that are kept.
const MAX_EVENTS: usize = 5_000;

/// What a metadata file says, as far as it is understood.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// What people call the room, where the room itself has only an id.
    pub room_name: Option<String>,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    /// In the order of the file, which numbers the individual recordings.
    pub participants: Vec<Participant>,
    /// By time.
    pub events: Vec<SessionEvent>,
}

/// Somebody who took part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    pub name: String,
    pub role: Option<String>,
    pub joined_at: Option<DateTime<Utc>>,
    pub left_at: Option<DateTime<Utc>>,
}

/// Something that happened at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionEvent {
    pub at: DateTime<Utc>,
    pub kind: EventKind,
    /// Whom it concerns.
    pub name: Option<String>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    Joined,
    Left,
    RecordingStarted,
    RecordingStopped,
    /// In the file's own words, `screen share started`.
    Other(String),
}

/// Reads a metadata file; None if it is no JSON object.
pub fn read_metadata(bytes: &[u8]) -> Option<Metadata> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    value.is_object().then(|| {
        let mut events: Vec<SessionEvent> = list(&value, &["events", "timeline"])
            .filter_map(event)
            .take(MAX_EVENTS)
            .collect();
        events.sort_by_key(|event| event.at);
        let mut participants: Vec<Participant> =
            list(&value, &["participants", "users", "attendees", "members"])
                .filter_map(participant)
                .take(MAX_PARTICIPANTS)
                .collect();
        for participant in &mut participants {
            participant.complete(&events);
        }
        Metadata {
            room_name: field(&value, &["room_name", "roomName"]).and_then(name),
            started_at: field(&value, &["started_at", "start_time", "trans_date"]).and_then(clock),
            ended_at: field(&value, &["ended_at", "end_time"]).and_then(clock),
            participants,
            events,
        }
    })
}

impl Metadata {
    /// When the recording began: as an event says, else with the session.
    pub fn recording_started_at(&self) -> Option<DateTime<Utc>> {
        let started = self
            .events
            .iter()
            .find(|event| event.kind == EventKind::RecordingStarted);
        started.map(|event| event.at).or(self.started_at)
    }
}

impl Participant {
    /// Takes what the entry itself does not say from the events.
    fn complete(&mut self, events: &[SessionEvent]) {
        let mut own = events
            .iter()
            .filter(|event| event.name.as_deref() == Some(&self.name));
        if self.joined_at.is_none() {
            let joined = own.clone().find(|event| event.kind == EventKind::Joined);
            self.joined_at = joined.map(|event| event.at);
        }
        if self.left_at.is_none() {
            let left = own.rfind(|event| event.kind == EventKind::Left);
            self.left_at = left.map(|event| event.at);
        }
    }
}

fn list<'a>(value: &'a Value, keys: &[&str]) -> impl Iterator<Item = &'a Value> {
    field(value, keys)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn participant(value: &Value) -> Option<Participant> {
    const JOINED: [&str; 4] = ["joined_at", "join_time", "joinedAt", "joined"];
    const LEFT: [&str; 5] = ["left_at", "leave_time", "leftAt", "left", "left_time"];
    Some(Participant {
        name: name(value)?,
        role: field(value, &["role", "user_role"]).and_then(name),
        joined_at: field(value, &JOINED).and_then(clock),
        left_at: field(value, &LEFT).and_then(clock),
    })
}

fn event(value: &Value) -> Option<SessionEvent> {
    let at = clock(field(value, &["at", "time", "timestamp"])?)?;
    let kind = name(field(value, &["type", "event", "kind"])?)?;
    let words = kind.to_lowercase().replace(['_', '-', '.'], " ");
    let kind = match words.as_str() {
        "participant joined" | "user joined" | "user connected" | "joined" | "join" => {
            EventKind::Joined
        }
        "participant left" | "user left" | "user disconnected" | "left" | "leave" => {
            EventKind::Left
        }
        "recording started" | "recording start" | "record started" => EventKind::RecordingStarted,
        "recording stopped" | "recording ended" | "record stopped" => EventKind::RecordingStopped,
        _ => EventKind::Other(words),
    };
    Some(SessionEvent {
        at,
        kind,
        name: field(value, &["name", "participant", "user"]).and_then(name),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn participants_and_events_are_read_in_order() {
        let metadata = read_metadata(
            br#"{"room_name": " Desk ", "started_at": "2026-09-30T10:00:00Z", "ended_at": 1790763600,
            "participants": [{"name": "Ada", "role": "host", "joined_at": "2026-09-30T10:00:00Z"}, "Grace", {"x": 1}],
            "events": [
                {"at": "2026-09-30T10:19:00Z", "type": "participant_left", "name": "Grace"},
                {"at": "2026-09-30T10:00:02Z", "type": "recording_started"},
                {"at": "2026-09-30T10:01:00Z", "type": "participant-joined", "participant": {"name": "Grace"}},
                {"at": "2026-09-30T10:05:00Z", "type": "Screen_Share.Started", "name": "Ada"},
                {"at": "yesterday", "type": "participant_left"}, {}]}"#,
        )
        .unwrap();
        let kinds: Vec<_> = metadata.events.iter().map(|event| &event.kind).collect();
        let other = EventKind::Other("screen share started".to_owned());
        assert_eq!(
            kinds,
            [
                &EventKind::RecordingStarted,
                &EventKind::Joined,
                &other,
                &EventKind::Left
            ]
        );
        assert_eq!(metadata.recording_started_at(), Some(metadata.events[0].at));
        assert_eq!(metadata.room_name.as_deref(), Some("Desk"));
        assert_eq!(metadata.participants.len(), 2);
        assert_eq!(metadata.participants[0].role.as_deref(), Some("host"));
        assert_eq!(metadata.participants[0].left_at, None);
        assert_eq!(
            metadata.participants[1].joined_at,
            Some(metadata.events[1].at)
        );
        assert_eq!(
            metadata.participants[1].left_at,
            Some(metadata.events[3].at)
        );
        assert_eq!(metadata.ended_at.unwrap().timestamp(), 1_790_763_600);
    }

    #[test]
    fn what_is_no_object_says_nothing() {
        for other in ["", "[]", "3", "{\"a\":", "\u{0}"] {
            assert_eq!(read_metadata(other.as_bytes()), None, "{other}");
        }
        let strange = r#"{"participants": {"a": 1}, "events": "none", "started_at": []}"#;
        assert_eq!(read_metadata(strange.as_bytes()), Some(Metadata::default()));
    }

    proptest! {
        /// R128.
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = read_metadata(&bytes);
        }

        #[test]
        fn any_json_is_read(text in "\\{\"(participants|events)\":\\[(\\{(\"(at|type|name)\":(\"[a-z0-9:-]{0,9}\"|-?[0-9]{0,20}),?){0,3}\\},?){0,4}\\]\\}") {
            let _ = read_metadata(text.as_bytes());
        }
    }
}
