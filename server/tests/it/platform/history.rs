//! The call history and records.

use domain::files::trash::{TrashTarget, discard};
use domain::projects::{HoldTarget, holds};
use serde_json::json;

use super::*;

const MARCH: [Pair<'static>; 2] = [
    ("from_date", "2026-03-01 00:00:00"),
    ("to_date", "2026-03-31 23:59:59"),
];

fn with<'a>(more: &[Pair<'a>]) -> Vec<Pair<'a>> {
    MARCH.iter().copied().chain(more.iter().copied()).collect()
}

fn conferences(history: &Value) -> Vec<&str> {
    let sessions = history["result"].as_array().unwrap().iter();
    sessions
        .map(|session| session["custom_data"].as_str().unwrap())
        .collect()
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_session_has_its_records_and_its_log(db: PgPool) {
    let platform = Platform::new(db).await;
    let session = platform.session("77", "2026-03-04T10:15:30.900Z").await;
    for (kind, name) in [
        ("transcoded", "transcoded.mp4"),
        ("individual", "individual_recording_1.mkv"),
        ("chat", "chat.txt"),
        ("log", "session.log"),
    ] {
        platform.file(session, kind, name).await;
    }
    let found = platform
        .done(
            "GetCallHistory",
            &with(&[
                ("with_records", "True"),
                ("timezone", "Europe/Berlin"),
                ("with_calls", "true"),
                ("with_other_resources", "1"),
            ]),
        )
        .await;
    assert_eq!(
        (&found["total_count"], &found["count"], &found["timezone"]),
        (&json!(1), &json!(1), &json!("Europe/Berlin"))
    );
    let one = &found["result"][0];
    let application = platform.application().await;
    assert_eq!(one["application_id"], application);
    assert_eq!(
        one["application_name"],
        format!("care-team-{application}.acme.127.0.0.1")
    );
    assert_eq!(one["account_id"], platform.key.account_number);
    assert_eq!(
        (&one["rule_name"], &one["custom_data"]),
        (&json!("room"), &json!("77"))
    );
    assert_eq!(
        (&one["start_date"], &one["duration"]),
        (&json!("2026-03-04 11:15:30"), &json!(61))
    );
    assert_eq!(
        (&one["calls"], &one["other_resource_usage"]),
        (&json!([]), &json!([]))
    );
    let log = one["log_file_url"].as_str().unwrap();
    assert!(
        log.starts_with("http://127.0.0.1:3000/files/") && log.ends_with("/session.log"),
        "{log}"
    );
    let records = one["records"].as_array().unwrap();
    assert_eq!(records.len(), 2, "recordings only: {records:?}");
    let record = records
        .iter()
        .find(|one| one["record_name"] == "transcoded.mp4")
        .unwrap();
    assert!(
        record["record_url"]
            .as_str()
            .unwrap()
            .ends_with("/transcoded.mp4")
    );
    assert_eq!(
        (
            &record["file_size"],
            &record["cost"],
            &record["transcription_status"]
        ),
        (&json!(14), &json!(0), &json!("Not required"))
    );
    assert_eq!(record["start_time"], "2026-03-04 11:15:30");

    // Captions are what was said.
    platform
        .file(session, "captions", "transcoded.en.vtt")
        .await;
    let found = platform
        .done("GetCallHistory", &with(&[("with_records", "1")]))
        .await;
    let record = &found["result"][0]["records"][0];
    assert_eq!(record["transcription_status"], "Complete");
    let transcription = record["transcription_url"].as_str().unwrap();
    assert_eq!(transcription.rsplit_once('.').unwrap().1, "vtt");
    // Not asked for, not there.
    let found = platform
        .done("GetCallHistory", &with(&[("with_total_count", "false")]))
        .await;
    let one = &found["result"][0];
    assert!(
        one.get("records").is_none()
            && one.get("calls").is_none()
            && found.get("total_count").is_none()
    );
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_history_is_narrowed_ordered_and_cut(db: PgPool) {
    let platform = Platform::new(db).await;
    for (number, at) in [
        ("1", "2026-03-01T00:00:00Z"),
        ("2", "2026-03-15T12:00:00Z"),
        ("3", "2026-03-31T23:59:59.999Z"),
        ("4", "2026-04-01T00:00:00Z"),
    ] {
        platform.session(number, at).await;
    }
    platform
        .done("AddApplication", &[("application_name", "empty")])
        .await;
    let number = platform.application().await.to_string();
    let all = platform.done("GetCallHistory", &MARCH).await;
    let ids: Vec<String> = all["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["call_session_history_id"].to_string())
        .collect();
    let two = format!("{};{};999999", ids[0], ids[2]);
    for (more, expected, total) in [
        (vec![], vec!["1", "2", "3"], 3),
        (vec![("desc_order", "true")], vec!["3", "2", "1"], 3),
        (vec![("count", "2")], vec!["1", "2"], 3),
        (vec![("count", "2"), ("offset", "2")], vec!["3"], 3),
        (vec![("count", "0")], vec![], 3),
        (
            vec![("call_session_history_id", two.as_str())],
            vec!["1", "3"],
            2,
        ),
        (
            vec![("application_id", number.as_str())],
            vec!["1", "2", "3"],
            3,
        ),
        (vec![("application_name", "empty")], vec![], 0),
        (
            vec![("min_duration", "61"), ("max_duration", "61")],
            vec!["1", "2", "3"],
            3,
        ),
        (vec![("min_duration", "62")], vec![], 0),
        (vec![("max_duration", "60")], vec![], 0),
        (
            vec![
                ("rule_name", "room"),
                ("call_session_history_custom_data", "2"),
            ],
            vec!["2"],
            1,
        ),
        // The same hours of another place.
        (vec![("timezone", "Pacific/Auckland")], vec!["1", "2"], 2),
    ] {
        let found = platform.done("GetCallHistory", &with(&more)).await;
        assert_eq!(conferences(&found), expected, "{more:?}");
        assert_eq!(found["total_count"], total, "{more:?}");
        assert_eq!(found["count"], expected.len(), "{more:?}");
    }
    assert_eq!(
        platform
            .refused("GetCallHistory", &with(&[("application_name", "none")]))
            .await,
        9001
    );
}

/// Into the trash, by number or address; what cannot be opened is not there, and a legal hold stands.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_record_is_deleted_by_number_or_address(db: PgPool) {
    let platform = Platform::new(db).await;
    let owner = actor(&platform.owner);
    let session = platform.session("1", "2026-03-04T10:00:00Z").await;
    for name in ["a.mp4", "b.mp4", "c.mp4"] {
        platform.file(session, "transcoded", name).await;
    }
    let chat = platform.file(session, "chat", "chat.txt").await;
    let records = || async {
        let found = platform
            .done("GetCallHistory", &with(&[("with_records", "1")]))
            .await;
        found["result"][0]["records"].as_array().unwrap().clone()
    };
    let before = records().await;
    let id = |n: usize| before[n]["record_id"].to_string();
    let url = |n: usize| before[n]["record_url"].as_str().unwrap().to_owned();
    platform
        .done("DeleteRecord", &[("record_id", &id(0))])
        .await;
    platform
        .done(
            "DeleteRecord",
            &[("record_url", &format!("{}?record_id=1", url(1)))],
        )
        .await;
    assert_eq!(records().await.len(), 1);
    for gone in [("record_id", id(0)), ("record_url", url(1))] {
        assert_eq!(
            platform.refused("DeleteRecord", &[(gone.0, &gone.1)]).await,
            9001
        );
    }
    // A chat is no record.
    let account = platform.owner.account;
    let chat_url = format!("http://127.0.0.1:3000/files/{account}/{chat}/chat.txt");
    assert_eq!(
        platform
            .refused("DeleteRecord", &[("record_url", &chat_url)])
            .await,
        9001
    );
    holds::place(
        platform.backend(),
        &owner,
        HoldTarget::Session(session),
        "court",
    )
    .await
    .unwrap();
    assert_eq!(
        platform
            .refused("DeleteRecord", &[("record_id", &id(2))])
            .await,
        9002
    );
    assert_eq!(records().await.len(), 1);
    let held = discard(platform.backend(), &owner, TrashTarget::File(chat), "x").await;
    assert!(held.is_err(), "the hold stands for people, too");
}
