//! One session in full: what its page is given, who may have it, and what a broken file does to it.

use domain::files::FileKind;
use domain::sessions::completeness::Expected;
use domain::sessions::detail::{Read, SessionDetail, actions};
use domain::sessions::import::ImportOptions;
use domain::sessions::script::{self, Extent};
use domain::sessions::{SessionFilter, SessionId, SessionOrder};
use domain::testing::{actor, given_account};
use domain::{Actor, Caller, Error, PageRequest, Role, sessions};
use sqlx::PgPool;

use crate::import::Stage;

const CHAT: &str = r#"{"messages": [
    {"at": "2026-03-04T10:00:12Z", "offset_ms": 12000, "from": "Ada", "text": "<script>alert(1)</script>"},
    {"at": "2026-03-04T10:00:20Z", "offset_ms": 20000, "from": "Bo", "text": "Hello"}]}"#;
const METADATA: &str = r#"{"started_at": "2026-03-04T10:00:00Z", "ended_at": "2026-03-04T10:01:00Z",
    "participants": [{"name": "Ada", "role": "host", "joined_at": "2026-03-04T10:00:00Z"}, {"name": "Bo"}],
    "events": [{"at": "2026-03-04T10:00:02Z", "type": "recording_started"}]}"#;
const CAPTIONS: &str = "WEBVTT\n\n00:01.000 --> 00:02.000\nGood morning.\n";

/// Imports one session of these files, and gives its id.
async fn given_session(stage: &Stage, files: &[(&str, &[u8])]) -> SessionId {
    for (name, bytes) in files {
        stage.put(&format!("room/1/{name}"), bytes, 1);
    }
    let report = stage.import(ImportOptions::default()).await;
    assert_eq!(report.refused, []);
    sessions::actions::report(
        &stage.backend,
        &stage.operator,
        &SessionFilter::default(),
        SessionOrder::default(),
        &PageRequest {
            cursor: None,
            size: 10,
        },
    )
    .await
    .unwrap()
    .items[0]
        .id
}

async fn open(stage: &Stage, id: SessionId) -> SessionDetail {
    actions::open(&stage.backend, &stage.operator, id, None)
        .await
        .unwrap()
}

fn picture() -> Vec<u8> {
    std::fs::read("tests/media/picture.webm").unwrap()
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_session_is_opened_with_what_its_files_say(db: PgPool) {
    let stage = Stage::new(db).await;
    let id = given_session(
        &stage,
        &[
            ("individual_recording_1.webm", &picture()),
            ("chat.json", CHAT.as_bytes()),
            ("metadata.json", METADATA.as_bytes()),
            ("captions.en.vtt", CAPTIONS.as_bytes()),
        ],
    )
    .await;
    let session = open(&stage, id).await;
    let kinds: Vec<FileKind> = session.files.iter().map(|file| file.kind).collect();
    assert_eq!(
        kinds,
        [
            FileKind::Individual,
            FileKind::Chat,
            FileKind::Metadata,
            FileKind::Captions
        ]
    );
    let chat = session.chat.as_ref().unwrap();
    let moments: Vec<_> = chat
        .lines
        .iter()
        .map(|line| line.since(session.recording_started_at))
        .collect();
    assert_eq!(
        moments,
        [Some(10_000), Some(18_000)],
        "counted from the recording's start"
    );
    assert_eq!(
        chat.lines[0].text, "<script>alert(1)</script>",
        "as it came"
    );
    assert_eq!(
        session.metadata.as_ref().unwrap().participants[1].name,
        "Bo"
    );
    assert_eq!(session.captions[0].1.lines[0].text, "Good morning.");
    let missing: Vec<_> = session
        .gaps
        .iter()
        .map(|gap| gap.expected.clone())
        .collect();
    let second = Expected::Individual {
        number: 2,
        name: "Bo".to_owned(),
    };
    assert_eq!(missing, [second]);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn another_accounts_session_is_not_there(db: PgPool) {
    let stage = Stage::new(db).await;
    let id = given_session(&stage, &[("chat.json", CHAT.as_bytes())]).await;
    let stranger = actor(&given_account(&stage.backend, "other").await);
    for error in [
        actions::open(&stage.backend, &stranger, id, None)
            .await
            .unwrap_err(),
        actions::describe(&stage.backend, &stranger, id, "Mine", "")
            .await
            .unwrap_err(),
    ] {
        assert!(matches!(error, Error::NotFound("session")), "{error:?}");
    }
    assert_eq!(open(&stage, id).await.title, None);
}

/// The page reads so much of a file and no more, and a broken one harms nothing else.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn broken_and_huge_files_leave_the_rest_alone(db: PgPool) {
    let stage = Stage::new(db).await;
    let message = r#"{"from":"Ada","text":"again and again and again and again"},"#;
    let huge = format!(
        "[{}1]",
        message.repeat(script::MAX_BYTES / message.len() + 10)
    );
    let id = given_session(
        &stage,
        &[
            ("individual_recording_1.webm", &picture()),
            ("chat.json", huge.as_bytes()),
            ("metadata.json", b"[\"no object\"]"),
        ],
    )
    .await;
    let session = open(&stage, id).await;
    let chat = session.chat.as_ref().unwrap();
    assert_eq!(
        (chat.lines.len(), chat.extent),
        (script::MAX_LINES, Extent::Cut)
    );
    assert!(matches!(session.metadata, Read::Unreadable(_)));
    assert_eq!(session.captions, []);

    // The vault lost the chat: the page says that it cannot be read.
    let objects = stage.vault().join("objects");
    std::fs::remove_dir_all(&objects).unwrap();
    let session = open(&stage, id).await;
    assert!(matches!(session.chat, Read::Unreadable(_)));
    assert_eq!(session.files.len(), 3);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn title_and_tags_are_written_by_those_who_may(db: PgPool) {
    let stage = Stage::new(db).await;
    let id = given_session(&stage, &[("chat.json", CHAT.as_bytes())]).await;
    let owner = actor(&given_account(&stage.backend, "other").await);
    let Caller::Member { id: member, .. } = owner.caller else {
        panic!("a member");
    };
    for role in Role::ALL {
        let someone = Actor {
            account: stage.operator.account,
            caller: Caller::Member { id: member, role },
            address: None,
        };
        actions::open(&stage.backend, &someone, id, None)
            .await
            .unwrap();
        let title = format!("By {}", role.as_str());
        let described = actions::describe(&stage.backend, &someone, id, &title, "a, b").await;
        if role == Role::Support {
            assert!(matches!(described, Err(Error::Forbidden)), "{role:?}");
        } else {
            described.unwrap();
            let session = open(&stage, id).await;
            assert_eq!(session.title, Some(title));
            assert_eq!(session.tags, ["a", "b"]);
        }
    }
    let too_long = "x".repeat(201);
    let refused = actions::describe(&stage.backend, &stage.operator, id, &too_long, "c").await;
    assert!(matches!(refused, Err(Error::Invalid(_))));
    assert_eq!(open(&stage, id).await.tags, ["a", "b"], "nothing changed");
    actions::describe(&stage.backend, &stage.operator, id, " ", "")
        .await
        .unwrap();
    let session = open(&stage, id).await;
    assert_eq!((session.title, session.tags), (None, Vec::new()));
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn captions_and_plain_chats_must_be_text(db: PgPool) {
    let stage = Stage::new(db).await;
    for (name, bytes) in [
        (
            "room/1/a.vtt",
            &b"1\n00:01,000 --> 00:02,000\nno WebVTT"[..],
        ),
        ("room/1/b.vtt", b"WEBVTT\n\n\xff"),
        ("room/1/chat.txt", b"00:01 Ada: \xe2\x82"),
    ] {
        stage.put(name, bytes, 1);
    }
    let report = stage.import(ImportOptions::default()).await;
    let reasons: Vec<_> = report
        .refused
        .iter()
        .map(|refusal| refusal.reason.as_str())
        .collect();
    assert_eq!(
        reasons,
        [
            "not a readable WebVTT: it does not begin with WEBVTT",
            "not a readable WebVTT: it is not UTF-8",
            "not a readable text: it is not UTF-8"
        ]
    );
}
