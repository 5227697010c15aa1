//! Sessions, files and the access log as a program sees them.

use axum::body::Body;
use domain::access_log::{Attempt, Caller, EntryId, Way};
use domain::projects::HoldTarget;
use domain::projects::holds;
use domain::testing::{ADDRESS, actor, given_file, given_session};
use http::header::{IF_MATCH, IF_NONE_MATCH};
use http::{Method, StatusCode};
use sqlx::PgPool;

use super::{asked, call, call_with, given, given_with, with_body};
use crate::support::TestApp;

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn sessions_are_listed_narrowed_and_paged(db: PgPool) {
    let app = TestApp::new(db);
    let own = given(&app.backend, "acme").await;
    let mut made = Vec::new();
    for number in ["100", "200", "300"] {
        let session = given_session(&app.backend, &own.owner, own.project, number).await;
        given_file(
            &app.backend,
            &own.owner,
            session,
            "live.mp4",
            number.as_bytes(),
        )
        .await;
        made.push(session.to_string());
        app.backend.clock.advance(chrono::TimeDelta::minutes(1));
    }
    let ids = async |query: &str| {
        let answer = call(&app, &own, Method::GET, &format!("/api/v1/sessions{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{query} {}", answer.body);
        let found = answer.json();
        let ids = found["items"].as_array().unwrap().iter();
        ids.map(|item| item["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let newest: Vec<_> = made.iter().rev().cloned().collect();
    assert_eq!(ids("").await, newest);
    assert_eq!(ids("?order=oldest").await, made);
    assert_eq!(ids("?text=200").await, [made[1].clone()]);
    assert_eq!(
        ids("?room=room&conference_number=300").await,
        [made[2].clone()]
    );
    assert_eq!(ids("?kind=live&kind=chat").await, newest);
    assert!(ids("?kind=chat").await.is_empty());
    assert_eq!(ids(&format!("?project={}", own.project)).await, newest);
    let first = call(&app, &own, Method::GET, "/api/v1/sessions?order=oldest")
        .await
        .json();
    let start = first["items"][1]["started_at"].as_str().unwrap();
    assert_eq!(ids(&format!("?order=oldest&from={start}")).await, made[1..]);
    assert_eq!(ids(&format!("?until={start}")).await, made[..1]);

    // R151: pages follow each other without gap or double, whatever comes meanwhile.
    let page = call(&app, &own, Method::GET, "/api/v1/sessions?limit=2")
        .await
        .json();
    assert_eq!(
        (&page["total"], &page["is_total_exact"]),
        (&3.into(), &true.into())
    );
    assert_eq!(page["previous"], serde_json::Value::Null);
    given_session(&app.backend, &own.owner, own.project, "400").await;
    let next = page["next"].as_str().unwrap();
    assert_eq!(ids(&format!("?limit=2&cursor={next}")).await, newest[2..]);

    let file = &page["items"][0]["files"][0];
    assert_eq!(file["kind"], "live");
    assert_eq!(file["state"], "there");
    assert_eq!(file["bytes"], 3);
    let url = file["url"].as_str().unwrap();
    assert!(
        url.starts_with("http://127.0.0.1:3000/files/") && url.ends_with("/live.mp4"),
        "{url}"
    );
    let files = call(
        &app,
        &own,
        Method::GET,
        "/api/v1/files?order=oldest&kind=live",
    )
    .await
    .json();
    let of: Vec<_> = files["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["session"].clone())
        .collect();
    assert_eq!(of, made);
    assert_eq!(files["items"][2], *file);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_change_is_bound_to_what_was_read(db: PgPool) {
    let app = TestApp::new(db);
    let own = given(&app.backend, "acme").await;
    let session = given_session(&app.backend, &own.owner, own.project, "1").await;
    let path = format!("/api/v1/sessions/{session}");
    let read = call(&app, &own, Method::GET, &path).await;
    let tag = read.header("etag").unwrap().to_owned();
    let known = asked(&app, &own, Method::GET, &path).header(IF_NONE_MATCH, &tag);
    assert_eq!(
        app.send(known.body(Body::empty()).unwrap()).await.status,
        StatusCode::NOT_MODIFIED
    );
    let change = async |tag: &str, body: &str| {
        app.send(with_body(
            asked(&app, &own, Method::PATCH, &path).header(IF_MATCH, tag),
            body,
        ))
        .await
    };
    let changed = change(
        &tag,
        r#"{"title": "Follow-up", "tags": ["care", "Berlin"]}"#,
    )
    .await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    assert_eq!(changed.json()["title"], "Follow-up");
    // R152.
    let stale = change(&tag, r#"{"title": "Lost"}"#).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(stale.problem(), "stale");
    let shown = call(&app, &own, Method::GET, &path).await;
    assert_eq!(shown.header("etag"), changed.header("etag"));
    assert_eq!(shown.json()["tags"], serde_json::json!(["care", "Berlin"]));
    let without = call_with(&app, &own, Method::PATCH, &path, r#"{"title": null}"#)
        .await
        .json();
    assert_eq!(
        (&without["title"], without["tags"].as_array().unwrap().len()),
        (&serde_json::Value::Null, 2)
    );
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_is_deleted_is_gone_until_it_is_restored(db: PgPool) {
    let app = TestApp::new(db);
    let own = given(&app.backend, "acme").await;
    let session = given_session(&app.backend, &own.owner, own.project, "1").await;
    let file = given_file(&app.backend, &own.owner, session, "live.mp4", b"x").await;
    let (file, session_path) = (
        format!("/api/v1/files/{file}"),
        format!("/api/v1/sessions/{session}"),
    );
    let status = async |method: Method, path: &str| call(&app, &own, method, path).await.status;
    let hold = holds::place(
        &app.backend,
        &actor(&own.owner),
        HoldTarget::Session(session),
        "case",
    )
    .await;
    assert!(hold.is_ok());
    let held = call(&app, &own, Method::DELETE, &format!("{file}?reason=Old")).await;
    assert_eq!(
        (held.status, held.problem().as_str()),
        (StatusCode::CONFLICT, "conflict")
    );
    holds::lift(
        &app.backend,
        &actor(&own.owner),
        HoldTarget::Session(session),
    )
    .await
    .unwrap();

    assert_eq!(
        status(Method::DELETE, &file).await,
        StatusCode::UNPROCESSABLE_ENTITY,
        "without a reason"
    );
    assert_eq!(
        status(Method::DELETE, &format!("{file}?reason=%20")).await,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        status(Method::DELETE, &format!("{session_path}?reason=Old+one")).await,
        StatusCode::NO_CONTENT
    );
    for path in [&file, &session_path] {
        let gone = call(&app, &own, Method::GET, path).await;
        assert_eq!(
            (gone.status, gone.problem().as_str()),
            (StatusCode::GONE, "gone")
        );
    }
    let listed = call(&app, &own, Method::GET, "/api/v1/files").await.json();
    assert_eq!(listed["items"][0]["state"], "trashed");
    let restored = call(&app, &own, Method::POST, &format!("{file}/restore")).await;
    assert_eq!(restored.json()["state"], "there");
    assert_eq!(status(Method::GET, &file).await, StatusCode::OK);
    assert_eq!(status(Method::GET, &session_path).await, StatusCode::OK);
    assert_eq!(
        status(Method::POST, &format!("{file}/restore")).await,
        StatusCode::CONFLICT
    );
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_access_log_is_the_projects(db: PgPool) {
    let app = TestApp::new(db);
    let own = given(&app.backend, "acme").await;
    let sales = given_with(&app.backend, own.owner.clone(), "Sales", super::ALL).await;
    let mut files = Vec::new();
    for project in [own.project, sales.project] {
        let session = given_session(&app.backend, &own.owner, project, "1").await;
        let file = given_file(&app.backend, &own.owner, session, "live.mp4", b"x").await;
        let now = app.backend.clock.now();
        app.backend.access_log.record(Attempt {
            id: EntryId::new(now),
            occurred_at: now,
            account: Some(own.owner.account),
            caller_account: Some(own.owner.account),
            file: Some((file, "live.mp4".to_owned())),
            caller: Caller::NOBODY,
            way: Way::Nothing,
            client: ADDRESS,
            user_agent: None,
            method: "GET".to_owned(),
            status: 403,
            bytes_sent: 0,
            reason: Some(domain::access_log::Reason::NoProof),
        });
        files.push(file.to_string());
    }
    app.backend.access_log.flush(&app.backend.db).await.unwrap();
    let list = async |query: &str| {
        call(
            &app,
            &own,
            Method::GET,
            &format!("/api/v1/access-log{query}"),
        )
        .await
        .json()
    };
    let all = list("").await;
    assert_eq!(all["total"], 1);
    let entry = &all["items"][0];
    assert_eq!(
        (&entry["file"], &entry["reason"]),
        (&files[0].as_str().into(), &"no_proof".into())
    );
    for (query, count) in [
        (format!("?file={}", files[0]), 1),
        (format!("?file={}", files[1]), 0),
        ("?outcome=granted".to_owned(), 0),
        ("?outcome=no_proof&caller=none".to_owned(), 1),
        (format!("?address={ADDRESS}"), 1),
        ("?until=2020-01-01T00:00:00Z".to_owned(), 0),
    ] {
        assert_eq!(list(&query).await["total"], count, "{query}");
    }
}
