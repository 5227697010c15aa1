//! The samples of docs/webhooks.md are what is sent; no payload grows too large (R160).

use chrono::{DateTime, TimeDelta, Utc};
use domain::accounts::AccountId;
use domain::files::{FileId, FileKind};
use domain::projects::ProjectId;
use domain::sessions::SessionId;
use domain::webhooks::EventType;
use domain::webhooks::payload::{
    AboutFile, AboutProject, AboutSession, Detail, Happened, Missing, enablex, standard,
};
use serde_json::Value;
use uuid::Uuid;

const MANUAL: &str = include_str!("../../../../docs/webhooks.md");
const HOME: &str = "https://recordings.example.com";

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x018f_0000_0000_7000_8000_0000_0000_0000 + number)
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn happened(event: EventType) -> Happened {
    let file = AboutFile {
        id: FileId::from_uuid(id(4)),
        kind: FileKind::Live,
        name: "live recording.mp4".to_owned(),
        content_type: "video/mp4".to_owned(),
        size_bytes: 1_048_576,
        sha256: vec![0xab; 32],
        duration_ms: Some(3_600_000),
        stage: 1,
        is_deleted: false,
    };
    let missing = |kind: &str, number| Missing {
        kind: kind.to_owned(),
        number,
    };
    let detail = match event {
        EventType::SessionReady => Detail {
            missing: vec![missing("individual", Some(2)), missing("chat", None)],
            expires_at: None,
        },
        EventType::FileExpiring => Detail {
            missing: Vec::new(),
            expires_at: Some(at(1_795_000_000 - 400) + TimeDelta::days(1)),
        },
        _ => Detail::default(),
    };
    Happened {
        event,
        at: at(1_795_000_000),
        account: AccountId::from_uuid(id(1)),
        project: AboutProject {
            id: ProjectId::from_uuid(id(2)),
            name: "Support".to_owned(),
            identifier: "6a0f00000000000000000001".to_owned(),
        },
        session: Some(AboutSession {
            id: SessionId::from_uuid(id(3)),
            room: "609d0d12db51bd6148eeb9a1".to_owned(),
            conference_number: "911405231459".to_owned(),
            started_at: at(1_795_000_000 - 4000),
            ended_at: at(1_795_000_000 - 400),
            duration_ms: 3_600_000,
        }),
        files: vec![file],
        detail,
    }
}

/// The sample of this name in the manual.
fn sample(name: &str) -> &'static str {
    let (_, rest) = MANUAL.split_once(&format!("```json {name}\n")).unwrap();
    rest.split_once("\n```").unwrap().0
}

#[test]
fn the_samples_of_the_manual_are_what_is_sent() {
    for event in [EventType::SessionReady, EventType::FileExpiring] {
        let sent = standard(&happened(event), HOME);
        let shown: Value = serde_json::from_str(sample(event.as_str())).unwrap();
        let parsed: Value = serde_json::from_str(&sent).unwrap();
        assert_eq!(parsed, shown, "{sent}");
        // In the order of the manual, too.
        let plain: String = sample(event.as_str()).split_whitespace().collect();
        assert_eq!(sent.split_whitespace().collect::<String>(), plain);
    }
    for (event, name) in [
        (EventType::SessionEnded, "roomdrop"),
        (EventType::SessionReady, "recording"),
        (EventType::FileTranscoded, "transcoded"),
    ] {
        assert_eq!(enablex(&happened(event), HOME).unwrap(), sample(name));
    }
}

#[test]
fn every_event_and_its_word_stand_in_the_manual() {
    for event in EventType::ALL {
        assert!(
            MANUAL.contains(&format!("| `{}` |", event.as_str())),
            "{event:?}"
        );
        let word = event.enablex();
        assert_eq!(enablex(&happened(event), HOME).is_some(), word.is_some());
    }
}

/// R160: whatever a session holds.
#[test]
fn no_payload_is_larger_than_20_kb() {
    let mut huge = happened(EventType::SessionReady);
    let mut file = huge.files[0].clone();
    file.name = "ü".repeat(127);
    huge.files = vec![file; 5000];
    huge.project.name = "\u{1f600}".repeat(100);
    if let Some(session) = &mut huge.session {
        session.room = "ü".repeat(127);
        session.conference_number = "ü".repeat(127);
    }
    for text in [standard(&huge, HOME), enablex(&huge, HOME).unwrap()] {
        assert!(text.len() < 20_000, "{}", text.len());
    }
    let told: Value = serde_json::from_str(&standard(&huge, HOME)).unwrap();
    assert_eq!(told["data"]["file_count"], 5000);
    assert!(told["data"]["files"].as_array().unwrap().len() > 5);
    let told: Value = serde_json::from_str(&enablex(&huge, HOME).unwrap()).unwrap();
    assert!(told["recording"].as_array().unwrap().len() > 5);
}
