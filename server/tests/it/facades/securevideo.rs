//! SecureVideo's conventions: paths in any case, statuses, shapes, numbers. compat.md section 4.

use domain::Role;
use domain::projects::{HoldTarget, holds};
use domain::testing::given_member;
use serde_json::json;

use super::*;

/// A session with two recordings and a chat.
async fn given_recordings(vault: &Vault) -> [FileId; 2] {
    let session = vault
        .session("Room 1", "123456789", "2026-03-04T22:00:00.5Z")
        .await;
    let first = vault.file(session, "transcoded", "transcoded.mp4").await;
    let second = vault.file(session, "individual", "one.mkv").await;
    vault.file(session, "chat", "chat.json").await;
    [first, second]
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn recordings_are_listed_with_the_documented_members(db: PgPool) {
    let vault = Vault::new(db).await;
    let [first, second] = given_recordings(&vault).await;
    let (first, second) = (
        vault.number_of_file(first).await,
        vault.number_of_file(second).await,
    );
    let host = vault.number_of_member(&vault.owner).await;
    let answer = vault.get("/storedRECORDING").await;
    for (name, value) in [
        ("content-type", "application/json; charset=utf-8"),
        ("cache-control", "no-cache, no-store"),
        ("pragma", "no-cache"),
        ("expires", "-1"),
    ] {
        assert_eq!(answer.header(name), Some(value));
    }
    let list = json(&answer);
    let arrived = vault
        .app
        .backend
        .clock
        .now()
        .format("%Y-%m-%dT%H:%M:%S")
        .to_string();
    assert_eq!(
        list[0],
        json!({
            "CloudRecordingId": first,
            "HostUserId": host,
            "SessionId": list[0]["SessionId"].as_i64().unwrap(),
            "HostUserFullName": "Owner of acme",
            "Status": "Recording Complete",
            "CloudRecordingStatusTs": arrived,
            "RecordingStartTs": "2026-03-04T22:00:00",
            "MinutesRecorded": 2,
        })
    );
    assert!(
        answer.body.starts_with(r#"[{"CloudRecordingId":"#),
        "{}",
        answer.body
    );
    assert_eq!(list[1]["CloudRecordingId"], second);
    assert_eq!(list.as_array().unwrap().len(), 2);

    let other = given_member(&vault.app.backend, &vault.owner, Role::Support, "sam").await;
    let other = vault.number_of_member(&other).await;
    for (query, count) in [
        (String::new(), 2),
        ("?startDt=2026-03-04".to_owned(), 2),
        ("?STARTDT=2026-03-05".to_owned(), 0),
        ("?startDt=2026-03-01&endDt=2026-03-04".to_owned(), 2),
        ("?endDt=2026-03-03".to_owned(), 0),
        (format!("/{host}?startDt=2026-03-04"), 2),
        (format!("/{other}"), 0),
        ("/0?externalId=OWNER@acme.example".to_owned(), 2),
    ] {
        let list = vault.json(&format!("/StoredRecording{query}")).await;
        assert_eq!(list.as_array().unwrap().len(), count, "{query}");
    }
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn statuses_are_the_documented_ones(db: PgPool) {
    let vault = Vault::new(db).await;
    given_recordings(&vault).await;
    let host = vault.number_of_member(&vault.owner).await;
    // Another account with a recording, and another project of ours: neither may be had, and both exist.
    let neighbour = given_account(&vault.app.backend, "neighbour").await;
    let foreign_host = vault.number_of_member(&neighbour).await;
    let mut foreign = Vec::new();
    for owner in [&neighbour, &vault.owner] {
        let project = projects::actions::create(&vault.app.backend, &actor(owner), "Other")
            .await
            .unwrap();
        let session = given_session(&vault.app.backend, owner, project.id, "1").await;
        let file = given_file(&vault.app.backend, owner, session, "live.mp4", b"bytes").await;
        foreign.push(vault.number_of_file(file).await);
    }
    let chat = vault.number(
        "select number from files where kind = 'chat' and account_id = $1",
        *vault.owner.account.as_uuid(),
    );
    let chat = chat.await;
    let rows = [
        (Method::GET, "/StoredRecordingView/999999".to_owned(), 404),
        (Method::GET, format!("/StoredRecordingView/{chat}"), 404),
        (
            Method::GET,
            "/StoredRecordingView/99999999999999999999".to_owned(),
            400,
        ),
        (Method::GET, "/StoredRecordingView/abc".to_owned(), 400),
        (Method::GET, "/StoredRecordingView/-1".to_owned(), 400),
        (Method::GET, "/StoredRecordingView".to_owned(), 404),
        (
            Method::GET,
            format!("/StoredRecordingView/{}", foreign[0]),
            403,
        ),
        (
            Method::GET,
            format!("/StoredRecordingView/{}", foreign[1]),
            403,
        ),
        (
            Method::DELETE,
            format!("/StoredRecording/{}", foreign[0]),
            403,
        ),
        (Method::DELETE, "/StoredRecording/999999".to_owned(), 404),
        (
            Method::GET,
            "/StoredRecording?startDt=04-03-2026".to_owned(),
            400,
        ),
        (
            Method::GET,
            "/StoredRecording?startDt=2026-03-04&endDt=2026-03-03".to_owned(),
            400,
        ),
        (Method::GET, format!("/StoredRecording/{foreign_host}"), 403),
        (Method::GET, "/StoredRecording/999999".to_owned(), 404),
        (Method::POST, "/StoredRecording".to_owned(), 405),
        (Method::GET, format!("/User/{foreign_host}"), 403),
        (Method::GET, "/User/2112".to_owned(), 404),
        (Method::GET, "/User/0".to_owned(), 404),
        (
            Method::GET,
            "/User/0?externalId=nobody@acme.example".to_owned(),
            404,
        ),
        (Method::DELETE, format!("/User/{host}"), 403),
        (Method::POST, "/User".to_owned(), 501),
        (Method::POST, format!("/Session/{host}"), 501),
        (Method::PUT, "/Session/1".to_owned(), 501),
        (Method::DELETE, "/Session/1".to_owned(), 501),
        (
            Method::GET,
            "/Session?participantEmail=a@example.org".to_owned(),
            501,
        ),
        (Method::POST, "/participant/1".to_owned(), 501),
        (Method::DELETE, "/Usage".to_owned(), 405),
        (Method::GET, "/Usage?month=March".to_owned(), 400),
        (Method::GET, "/User/1/2".to_owned(), 404),
    ];
    for (method, path, status) in rows {
        let answer = vault
            .ask(method.clone(), &path, Some(&vault.authorization))
            .await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        let body = json(&answer);
        assert!(
            body["Message"].is_string() && body.as_object().unwrap().len() == 1,
            "{path}"
        );
        assert_eq!(
            answer.header("content-type"),
            Some("application/json; charset=utf-8")
        );
        assert_eq!(answer.header("allow").is_some(), status == 405, "{path}");
    }
    let answer = vault.get("/User/2112").await;
    assert_eq!(
        json(&answer)["Message"],
        "The User with ID 2112 does not exist."
    );
    let answer = vault
        .ask(Method::DELETE, "/Usage", Some(&vault.authorization))
        .await;
    assert_eq!(answer.header("allow"), Some("GET"));
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn users_sessions_and_use_are_the_accounts_own(db: PgPool) {
    let vault = Vault::new(db).await;
    given_recordings(&vault).await;
    vault
        .session("Room 2", "not a number", "2026-04-01T00:00:00Z")
        .await;
    let sam = given_member(&vault.app.backend, &vault.owner, Role::Support, "sam").await;
    let host = vault.number_of_member(&vault.owner).await;
    let users = vault.json("/user").await;
    assert_eq!(users.as_array().unwrap().len(), 2);
    assert_eq!(users[0]["SystemUserId"], host.to_string());
    assert_eq!(users[0], vault.json(&format!("/User/{host}")).await);
    assert_eq!(
        vault.json("/user/0?externalId=sam%40acme.example").await,
        json!({
            "SystemUserId": vault.number_of_member(&sam).await.to_string(), "FullName": "sam",
            "EmailAddress": "sam@acme.example", "SmsNumber": "", "DefaultResolution": "", "TimeZoneWindowsId": "UTC",
            "HelpNumber": "", "VideoId": "", "ExternalId": "sam@acme.example", "SystemRoles": "H,P", "NewPassword": null,
        })
    );
    let sam = vault.number_of_member(&sam).await;
    let refused = vault
        .ask(
            Method::DELETE,
            &format!("/User/{sam}"),
            Some(&vault.authorization),
        )
        .await;
    assert_eq!(refused.status, StatusCode::NOT_IMPLEMENTED);

    let sessions = vault.json("/Session").await;
    assert_eq!(sessions[0]["ConnectCode"], Value::Null);
    assert_eq!(
        sessions[1],
        json!({
            "SessionId": sessions[1]["SessionId"].as_i64().unwrap(), "ScheduleTs": "2026-03-04T22:00:00",
            "ConnectCode": 123_456_789, "DurationMinutes": 2, "UserId": host, "IsRecorded": true,
            "ExternalSessionId": "123456789", "Topic": "Room 1", "Participants": [],
        })
    );
    assert_eq!(sessions[0]["IsRecorded"], false);
    for (query, count) in [
        ("?externalId=123456789".to_owned(), 1),
        ("?externalId=12345678".to_owned(), 0),
        (format!("/{host}"), 2),
        (format!("/{sam}"), 0),
        ("?startDt=2026-04-01".to_owned(), 1),
    ] {
        assert_eq!(
            vault
                .json(&format!("/Session{query}"))
                .await
                .as_array()
                .unwrap()
                .len(),
            count,
            "{query}"
        );
    }
    let usage = vault.json("/Usage?month=2026-03-01").await;
    assert_eq!(usage["Month"], "2026-03-01T00:00:00");
    assert_eq!(
        (&usage["Sessions"], &usage["Minutes"]),
        (&json!(1), &json!(2))
    );
    let bytes = "transcoded.mp4".len() + "one.mkv".len() + "chat.json".len();
    assert_eq!(usage["Bytes"], bytes);
    assert!(usage["ApiRequestsThisHour"].as_u64().unwrap() > 5);
}

/// List, view, fetch without a header, delete: the loop that the documentation describes.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn list_view_fetch_delete(db: PgPool) {
    let vault = Vault::new(db).await;
    let [_, second] = given_recordings(&vault).await;
    let list = vault.json("/StoredRecording").await;
    for recording in list.as_array().unwrap() {
        let id = recording["CloudRecordingId"].as_i64().unwrap();
        let view = vault.json(&format!("/StoredRecordingView/{id}")).await;
        assert_eq!(view["CloudRecordingId"], id);
        let url = view["ViewUrl"].as_str().unwrap();
        let path = url.strip_prefix("http://127.0.0.1:3000").unwrap();
        let fetched = vault.ask(Method::GET, path, None).await;
        assert_eq!(fetched.status, StatusCode::OK);
        assert!(path.contains(&fetched.body), "each file holds its own name");
        let answer = vault
            .ask(
                Method::DELETE,
                &format!("/storedrecording/{id}"),
                Some(&vault.authorization),
            )
            .await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (StatusCode::NO_CONTENT, "")
        );
        assert_eq!(answer.header("content-type"), None);
        assert_eq!(
            vault
                .get(&format!("/StoredRecordingView/{id}"))
                .await
                .status,
            StatusCode::NOT_FOUND
        );
        // The link died with the file.
        assert_eq!(
            vault.ask(Method::GET, path, None).await.status,
            StatusCode::GONE
        );
    }
    assert_eq!(vault.json("/StoredRecording").await, json!([]));
    // In the trash, not gone.
    domain::files::trash::restore(&vault.app.backend, &actor(&vault.owner), second)
        .await
        .unwrap();
    assert_eq!(
        vault
            .json("/StoredRecording")
            .await
            .as_array()
            .unwrap()
            .len(),
        1
    );
    // What a legal hold keeps, nobody deletes.
    let number = vault.number_of_file(second).await;
    holds::place(
        &vault.app.backend,
        &actor(&vault.owner),
        HoldTarget::Project(vault.project),
        "a case",
    )
    .await
    .unwrap();
    let answer = vault
        .ask(
            Method::DELETE,
            &format!("/StoredRecording/{number}"),
            Some(&vault.authorization),
        )
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

/// RFC 2045: lines of 76 characters, which a proxy has joined by blanks.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn base64_of_mail_is_read(db: PgPool) {
    let vault = Vault::new(db).await;
    let encoded = vault.authorization.strip_prefix("Basic ").unwrap();
    assert!(encoded.len() > 76);
    for blank in [" ", "\t", "  "] {
        let folded = format!("Basic {}{blank}{}", &encoded[..76], &encoded[76..]);
        let answer = vault.ask(Method::GET, "/Usage", Some(&folded)).await;
        assert_eq!(answer.status, StatusCode::OK, "{blank:?}");
    }
}

/// A browser that is signed in to the portal is nobody here.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_sign_in_counts_for_nothing(db: PgPool) {
    let vault = Vault::new(db).await;
    let mut browser = vault.app.signed_in_as("owner@acme.example").await;
    for path in ["/User", "/video/v2/archive"] {
        assert_eq!(
            browser.get(path).await.status,
            StatusCode::UNAUTHORIZED,
            "{path}"
        );
    }
}
