//! Changes that meet: what one has not committed yet, the other waits for and sees. And conditions on changes.

use axum::body::Body;
use domain::testing::{given_file, given_session};
use http::header::{IF_MATCH, IF_NONE_MATCH};
use http::{Method, StatusCode};
use sqlx::PgPool;

use super::{Given, asked, call, call_with, given, with_body};
use crate::support::{Answer, TestApp};

const WEBHOOKS: &str = "/api/v1/webhooks";
const HOOK: &str = r#"{"url": "https://hooks.example/a", "event_types": ["session.ended"],
    "username": "ada", "password": "secret"}"#;

/// Its address.
async fn given_hook(app: &TestApp, own: &Given) -> String {
    let made = call_with(app, own, Method::POST, WEBHOOKS, HOOK).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    made.header("location").unwrap().to_owned()
}

async fn tag_of(app: &TestApp, own: &Given, path: &str) -> String {
    let read = call(app, own, Method::GET, path).await;
    read.header("etag").unwrap().to_owned()
}

/// R152: nothing comes between the comparison and the change.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_webhook_is_compared_while_nobody_changes_it(db: PgPool) {
    let app = TestApp::new(db);
    let own = given(&app.backend, "acme").await;
    let hook = given_hook(&app, &own).await;
    let tag = tag_of(&app, &own, &hook).await;
    let patch = |body: &str| with_body(asked(&app, &own, Method::PATCH, &hook), body);
    let mut bound = patch(r#"{"description": "mine"}"#);
    bound.headers_mut().insert(IF_MATCH, tag.parse().unwrap());
    let meanwhile = "update webhook_endpoints set description = 'theirs'";
    let stale = app.send_beside(meanwhile, bound).await;
    assert_eq!(
        stale.status,
        StatusCode::PRECONDITION_FAILED,
        "{}",
        stale.body
    );
    assert_eq!(stale.problem(), "stale");
    let shown = call(&app, &own, Method::GET, &hook).await.json();
    assert_eq!(shown["description"], "theirs");

    // Without a condition, each changes what it names and keeps what the other made.
    let meanwhile = "update webhook_endpoints set description = 'latest'";
    let moved = patch(r#"{"url": "https://hooks.example/b"}"#);
    let changed = app.send_beside(meanwhile, moved).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    let both = changed.json();
    assert_eq!(
        (&both["description"], &both["url"]),
        (&"latest".into(), &"https://hooks.example/b".into())
    );
    let shown = call(&app, &own, Method::GET, &hook).await;
    assert_eq!(shown.header("etag"), changed.header("etag"));
}

/// As the manual says: without `If-Match` the last one wins, and what it leaves out stays.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_last_change_of_a_session_wins(db: PgPool) {
    let app = TestApp::new(db);
    let own = given(&app.backend, "acme").await;
    let session = given_session(&app.backend, &own.owner, own.project, "1").await;
    let path = format!("/api/v1/sessions/{session}");
    let tag = tag_of(&app, &own, &path).await;
    let patch = |body: &str| with_body(asked(&app, &own, Method::PATCH, &path), body);
    let meanwhile = "update sessions set title = 'Theirs', tags = '{old}'";
    let changed = app
        .send_beside(meanwhile, patch(r#"{"tags": ["mine"]}"#))
        .await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    let changed = changed.json();
    assert_eq!(
        (&changed["title"], &changed["tags"]),
        (&"Theirs".into(), &serde_json::json!(["mine"]))
    );
    let mut bound = patch(r#"{"title": "Mine"}"#);
    bound.headers_mut().insert(IF_MATCH, tag.parse().unwrap());
    let stale = app.send(bound).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_project_has_at_most_100_webhooks_however_they_come(db: PgPool) {
    let app = TestApp::new(db);
    let own = given(&app.backend, "acme").await;
    given_hook(&app, &own).await;
    let copy = |count: u32| {
        format!(
            "select 1 from projects where id = '{}' for no key update; \
             insert into webhook_endpoints (id, account_id, project_id, url, description, form, event_types, file_kinds, \
                secret_sealed, created_at) \
             select gen_random_uuid(), account_id, project_id, url, '', form, event_types, file_kinds, secret_sealed, \
                created_at \
             from (select * from webhook_endpoints limit 1) one, generate_series(1, {count})",
            own.project
        )
    };
    let add = || with_body(asked(&app, &own, Method::POST, WEBHOOKS), HOOK);
    let last = app.send_beside(&copy(98), add()).await;
    assert_eq!(last.status, StatusCode::CREATED, "{}", last.body);
    sqlx::raw_sql(
        "delete from webhook_endpoints where id in (select id from webhook_endpoints limit 1)",
    )
    .execute(&app.backend.db)
    .await
    .unwrap();
    let one_too_many = app.send_beside(&copy(1), add()).await;
    assert_eq!(
        one_too_many.status,
        StatusCode::CONFLICT,
        "{}",
        one_too_many.body
    );
}

/// RFC 9110 section 13.1.2: a change under a condition that does not hold is 412, and is not made.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_change_is_never_not_modified(db: PgPool) {
    let app = TestApp::new(db);
    let own = given(&app.backend, "acme").await;
    let session = given_session(&app.backend, &own.owner, own.project, "1").await;
    let hook = given_hook(&app, &own).await;
    for (path, body, member) in [
        (
            format!("/api/v1/sessions/{session}"),
            r#"{"title": "New"}"#,
            "title",
        ),
        (hook, r#"{"description": "New"}"#, "description"),
    ] {
        let tag = tag_of(&app, &own, &path).await;
        let patch = async |condition: &str| -> Answer {
            let request = asked(&app, &own, Method::PATCH, &path).header(IF_NONE_MATCH, condition);
            app.send(with_body(request, body)).await
        };
        for condition in ["*", tag.as_str()] {
            let refused = patch(condition).await;
            assert_eq!(refused.status, StatusCode::PRECONDITION_FAILED, "{path}");
            assert_eq!(refused.problem(), "stale");
            assert_eq!(tag_of(&app, &own, &path).await, tag, "no change");
        }
        // The condition is about what was, not about what comes of it.
        let changed = patch("\"another\"").await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
        assert_eq!(changed.json()[member], "New");
    }
}

/// R152: what has changed since it was read is not deleted.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_deletion_is_bound_to_what_was_read(db: PgPool) {
    let app = TestApp::new(db);
    let own = given(&app.backend, "acme").await;
    let session = given_session(&app.backend, &own.owner, own.project, "1").await;
    let one = given_file(&app.backend, &own.owner, session, "one.mp4", b"one").await;
    given_file(&app.backend, &own.owner, session, "two.mp4", b"two").await;
    let hook = given_hook(&app, &own).await;
    let why = "?reason=Not%20needed";
    // The file first: it changes its session, too.
    for (path, query) in [
        (format!("/api/v1/files/{one}"), why),
        (format!("/api/v1/sessions/{session}"), why),
        (hook, ""),
    ] {
        let tag = tag_of(&app, &own, &path).await;
        let delete = async |name, condition: &str| -> Answer {
            let request = asked(&app, &own, Method::DELETE, &format!("{path}{query}"));
            app.send(request.header(name, condition).body(Body::empty()).unwrap())
                .await
        };
        for (name, condition) in [(IF_MATCH, "\"another\""), (IF_NONE_MATCH, tag.as_str())] {
            let refused = delete(name, condition).await;
            assert_eq!(refused.status, StatusCode::PRECONDITION_FAILED, "{path}");
            assert_eq!(refused.problem(), "stale");
            assert_eq!(tag_of(&app, &own, &path).await, tag, "it is there");
        }
        let deleted = delete(IF_MATCH, &tag).await;
        assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{}", deleted.body);
        // What cannot be done at all is told so, whatever the condition (RFC 9110 section 13.2.1).
        let again = delete(IF_MATCH, &tag).await;
        let expected = if query.is_empty() {
            StatusCode::NOT_FOUND
        } else {
            StatusCode::CONFLICT
        };
        assert_eq!(again.status, expected, "{path}: {}", again.body);
    }
}

/// R152: nor is a webhook that changes just now.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_webhook_that_changes_meanwhile_is_not_deleted(db: PgPool) {
    let app = TestApp::new(db);
    let own = given(&app.backend, "acme").await;
    let hook = given_hook(&app, &own).await;
    let tag = tag_of(&app, &own, &hook).await;
    let request = asked(&app, &own, Method::DELETE, &hook).header(IF_MATCH, &tag);
    let meanwhile = "update webhook_endpoints set description = 'Theirs'";
    let refused = app
        .send_beside(meanwhile, request.body(Body::empty()).unwrap())
        .await;
    assert_eq!(refused.status, StatusCode::PRECONDITION_FAILED);
    let kept = call(&app, &own, Method::GET, &hook).await;
    assert_eq!(kept.json()["description"], "Theirs");
}

/// R166: the stored password is sent to no other server and under no other name.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_webhooks_password_does_not_follow_its_address(db: PgPool) {
    let app = TestApp::new(db);
    let own = given(&app.backend, "acme").await;
    let hook = given_hook(&app, &own).await;
    let patch = async |body: &str| call_with(&app, &own, Method::PATCH, &hook, body).await;
    for body in [
        r#"{"url": "https://evil.example/a"}"#,
        r#"{"url": "http://hooks.example/a"}"#,
        r#"{"username": "bob"}"#,
    ] {
        let refused = patch(body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        let error = refused.json()["errors"][0].clone();
        assert_eq!(error["field"], "password", "{error}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("Enter the one"), "{message}");
    }
    let shown = call(&app, &own, Method::GET, &hook).await.json();
    assert_eq!(shown["url"], "https://hooks.example/a");
    for body in [
        r#"{"url": "https://hooks.example/b"}"#,
        r#"{"url": "https://other.example/", "password": "another"}"#,
        r#"{"url": "https://hooks.example/a", "username": ""}"#,
    ] {
        let changed = patch(body).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    }
}
