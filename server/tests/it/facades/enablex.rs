//! The archive API of EnableX: routes, JSON and errors to the letter of the reference (compat.md 1.1 to 1.4).

use domain::files::trash::{TrashTarget, discard};
use domain::projects::{Retention, policies};
use serde_json::json;

use super::*;

const CARE: &str = "6b0000000000000000000002";

/// Three sessions in March and April, two of them in one room.
async fn given_archive(vault: &Vault) -> [domain::sessions::SessionId; 3] {
    let first = vault
        .session(CARE, "123456789012", "2026-03-04T10:15:30.123Z")
        .await;
    for (kind, name) in [
        ("individual", "individual_recording_1.mkv"),
        ("live", "live_recording.mp4"),
        ("transcoded", "transcoded.mp4"),
        ("chat", "chat.txt"),
        ("chat", "chatdata.json"),
        ("metadata", "metadata.json"),
        ("captions", "transcoded.en.vtt"),
    ] {
        vault.file(first, kind, name).await;
    }
    let second = vault
        .session(CARE, "123456789013", "2026-03-31T23:59:59Z")
        .await;
    vault.file(second, "individual", "a b.mkv").await;
    let third = vault.session("a/b ü", "7", "2026-04-01T00:00:00Z").await;
    vault.file(third, "transcoded", "transcoded.mp4").await;
    // Nothing of it was recorded.
    vault.session(CARE, "8", "2026-03-05T00:00:00Z").await;
    [first, second, third]
}

fn numbers(list: &Value) -> Vec<&str> {
    let entries = list["archive"].as_array().unwrap().iter();
    entries
        .map(|entry| entry["conf_num"].as_str().unwrap())
        .collect()
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_entry_has_every_member_of_the_reference_in_its_form(db: PgPool) {
    let vault = Vault::new(db).await;
    given_archive(&vault).await;
    let answer = vault.get("/video/v2/archive/conf/123456789012").await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let text = answer.body.as_str();
    assert!(
        text.starts_with(r#"{"result":"0","archive":[{"_id":""#),
        "{text}"
    );
    let list = json(&answer);
    let entry = &list["archive"][0];
    let members: Vec<&str> = [
        "_id",
        "trans_date",
        "conf_num",
        "app_id",
        "room_id",
        "recording",
        "transcoded",
        "chatdata",
        "metadata",
    ]
    .into();
    let places = members
        .iter()
        .map(|name| text.find(&format!("\"{name}\":")).unwrap());
    assert!(places.is_sorted(), "{text}");
    assert_eq!(entry.as_object().unwrap().len(), members.len());
    let id = entry["_id"].as_str().unwrap();
    assert!(
        id.len() == 24
            && id
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
        "{id}"
    );
    assert_eq!(entry["trans_date"], "2026-03-04T10:15:30.123Z");
    assert_eq!(entry["app_id"], vault.identifier.as_str());
    assert_eq!(entry["room_id"], CARE);
    let names = |list: &Value| -> Vec<String> {
        let urls = list.as_array().unwrap().iter().map(|file| {
            assert_eq!(file.as_object().unwrap().len(), 1);
            let url = file["url"].as_str().unwrap();
            assert!(
                url.starts_with("http://127.0.0.1:3000/files/") && !url.contains('@'),
                "{url}"
            );
            url.rsplit('/').next().unwrap().to_owned()
        });
        urls.collect()
    };
    assert_eq!(
        names(&entry["recording"]),
        ["individual_recording_1.mkv", "live_recording.mp4"]
    );
    assert_eq!(names(&entry["transcoded"]), ["transcoded.mp4"]);
    assert!(
        entry["chatdata"]
            .as_str()
            .unwrap()
            .ends_with("/chatdata.json")
    );
    assert!(
        entry["metadata"]
            .as_str()
            .unwrap()
            .ends_with("/metadata.json")
    );
    // The same id each time.
    assert_eq!(
        vault.json("/video/v1/archive/conf/123456789012").await["archive"][0]["_id"],
        id
    );

    // What does not exist is empty, not missing.
    let other = &vault.json("/video/v2/archive/conf/123456789013").await["archive"][0];
    assert_eq!(
        (&other["transcoded"], &other["chatdata"], &other["metadata"]),
        (&json!([]), &json!(""), &json!(""))
    );
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn every_route_narrows_and_the_newest_come_first(db: PgPool) {
    let vault = Vault::new(db).await;
    given_archive(&vault).await;
    let (first, second, third) = ("123456789012", "123456789013", "7");
    for (path, expected) in [
        (
            "period/2026-03-01/2026-03-31".to_owned(),
            vec![second, first],
        ),
        ("period/2026-03-04/2026-03-04".to_owned(), vec![first]),
        ("period/2026-04-01/2026-04-01/".to_owned(), vec![third]),
        ("period/2025-01-01/2025-12-31".to_owned(), vec![]),
        (format!("room/{CARE}"), vec![second, first]),
        ("room/a%2Fb%20%C3%BC".to_owned(), vec![third]),
        ("room/A%2FB".to_owned(), vec![]),
        // A part of a room is no room.
        ("room/6b0000".to_owned(), vec![]),
        (
            format!("room-period/{CARE}/2026-03-05/2026-04-30"),
            vec![second],
        ),
        (
            format!("room-period/{CARE}/period/2026-03-05/2026-04-30"),
            vec![second],
        ),
        (format!("conf/{first}"), vec![first]),
        ("conf/99".to_owned(), vec![]),
    ] {
        for version in ["v1", "v2"] {
            let list = vault
                .json(&format!("/video/{version}/archive/{path}"))
                .await;
            assert_eq!(list["result"], "0");
            assert_eq!(numbers(&list), expected, "{path}");
        }
    }
    for (query, expected) in [
        ("", vec![third, second, first]),
        ("?from_date=2026-03-31", vec![third, second]),
        ("?to_date=2026-03-31", vec![second, first]),
        ("?room_id=a/b+%C3%BC", vec![third]),
        ("?conf_num=7&room_id=elsewhere", vec![]),
    ] {
        assert_eq!(
            numbers(&vault.json(&format!("/video/v2/archive{query}")).await),
            expected,
            "{query}"
        );
    }
    let head = vault
        .ask(
            Method::HEAD,
            "/video/v2/archive",
            Some(&vault.authorization),
        )
        .await;
    assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""));
}

/// Each wrong question is told in both published forms at once.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn errors_carry_both_sets_of_keys(db: PgPool) {
    let vault = Vault::new(db).await;
    for (path, status, result, code) in [
        (
            "/video/v2/archive/period/01-03-2026/2026-03-31",
            400,
            10001,
            "INVALID_PARAM",
        ),
        (
            "/video/v2/archive/period/2026-03-31/2026-03-01",
            400,
            10001,
            "INVALID_PARAM",
        ),
        (
            "/video/v2/archive/period/2026-03-31",
            400,
            10001,
            "MISSING_PARAM",
        ),
        ("/video/v2/archive/everything", 404, 404, "NOT_FOUND"),
        ("/video/v2/cdr/conf/1", 404, 404, "NOT_FOUND"),
    ] {
        let answer = vault.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        let body = json(&answer);
        assert_eq!(body["result"], result, "{path}");
        assert_eq!(body["status"], "error");
        assert_eq!(body["error_code"], code);
        assert_eq!(body["message"], body["desc"]);
        assert!(!body["error"].as_str().unwrap().is_empty());
        assert_eq!(body["request_id"].as_str(), answer.header("x-request-id"));
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
    let posted = vault
        .ask(
            Method::POST,
            "/video/v2/archive",
            Some(&vault.authorization),
        )
        .await;
    assert_eq!(
        (posted.status, posted.header("allow")),
        (StatusCode::METHOD_NOT_ALLOWED, Some("GET, HEAD"))
    );
}

/// What cannot be opened is not listed; nor is a session of which nothing can be.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn trashed_and_expired_files_are_left_out(db: PgPool) {
    let vault = Vault::new(db).await;
    given_archive(&vault).await;
    let backend = &vault.app.backend;
    let session = vault.session("room", "55", "2026-05-01T00:00:00Z").await;
    let gone = vault.file(session, "individual", "gone.mkv").await;
    vault.file(session, "individual", "kept.mkv").await;
    discard(
        backend,
        &actor(&vault.owner),
        TrashTarget::File(gone),
        "test",
    )
    .await
    .unwrap();
    let list = vault.json("/video/v2/archive/conf/55").await;
    assert_eq!(list["archive"][0]["recording"].as_array().unwrap().len(), 1);
    assert!(
        list["archive"][0]["recording"][0]["url"]
            .as_str()
            .unwrap()
            .ends_with("/kept.mkv")
    );
    let retention = Retention {
        hours: Some(72),
        deletes_bytes: false,
    };
    policies::set_retention(backend, &actor(&vault.owner), vault.project, retention)
        .await
        .unwrap();
    assert_eq!(
        vault.json("/video/v2/archive").await,
        json!({"result": "0", "archive": []})
    );
}

/// More sessions than one batch of the database, none twice and none left out.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_list_of_many_batches_is_one_json(db: PgPool) {
    let vault = Vault::new(db).await;
    vault
        .sql(
            "with s as (insert into sessions (id, account_id, project_id, room, conference_number, started_at, ended_at, \
             duration_ms, size_bytes, created_at) select gen_random_uuid(), $1, $2, 'room', n::text, now() - n * \
             interval '1 minute', now(), 0, 0, now() from generate_series(1, 1700) n returning id) \
             insert into files (id, account_id, session_id, kind, name, content_type, size_bytes, sha256, created_at) \
             select gen_random_uuid(), $1, id, 'live', 'live.mp4', 'video/mp4', 1, sha256('x'), now() from s",
            |query| query.bind(vault.owner.account).bind(vault.project),
        )
        .await;
    let list = vault.json("/video/v2/archive/room/room").await;
    let expected: Vec<String> = (1..=1700).map(|n| n.to_string()).collect();
    assert_eq!(numbers(&list), expected);
}

/// The addresses open their files with the account's access credential, and not without or with the API secret.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn addresses_open_with_the_access_credential(db: PgPool) {
    let vault = Vault::new(db).await;
    given_archive(&vault).await;
    let list = vault.json("/video/v2/archive/conf/123456789013").await;
    let url = list["archive"][0]["recording"][0]["url"].as_str().unwrap();
    let path = url.strip_prefix("http://127.0.0.1:3000").unwrap();
    let (username, password) = vault.preset().await;
    let opened = vault
        .ask(Method::GET, path, Some(&basic(&username, &password)))
        .await;
    assert_eq!(
        (opened.status, opened.body.as_str()),
        (StatusCode::OK, "a b.mkv")
    );
    assert_eq!(
        vault.ask(Method::GET, path, None).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(vault.get(path).await.status, StatusCode::FORBIDDEN);
}
