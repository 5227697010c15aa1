//! Secure mode over our own API: a project's, and a file's mark; conditions, refusals, and what is shown.

use domain::api_secrets::ApiRights;
use domain::projects::{actions as projects, policies};
use domain::testing::{actor, given_file, given_session};
use http::header::IF_MATCH;
use http::{Method, StatusCode};
use sqlx::PgPool;

use super::{ALL, asked, call, call_with, given, given_with, with_body};
use crate::support::TestApp;

/// R152, with the switch that matters most.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_project_is_opened_and_closed(db: PgPool) {
    let app = TestApp::new(db);
    let own = given(&app.backend, "acme").await;
    let path = format!("/api/v1/projects/{}", own.project);
    let shown = call(&app, &own, Method::GET, &path).await;
    let tag = shown.header("etag").unwrap().to_owned();
    assert_eq!(shown.json()["is_secure"], true);
    let change = async |tag: &str, body: &str| {
        let request = asked(&app, &own, Method::PATCH, &path).header(IF_MATCH, tag);
        app.send(with_body(request, body)).await
    };
    let opened = change(&tag, r#"{"is_secure": false, "public_hours": 24}"#).await;
    assert_eq!(opened.status, StatusCode::OK, "{}", opened.body);
    let json = opened.json();
    assert_eq!(
        (&json["is_secure"], &json["public_hours"]),
        (&false.into(), &24.into())
    );
    let stale = change(&tag, r#"{"is_secure": true}"#).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(stale.problem(), "stale");
    let now = opened.header("etag").unwrap().to_owned();
    let closed = change(&now, r#"{"is_secure": true}"#).await.json();
    assert_eq!(
        (&closed["is_secure"], &closed["public_hours"]),
        (&true.into(), &24.into())
    );
    for (body, status) in [
        (r#"{"public_hours": 0}"#, StatusCode::UNPROCESSABLE_ENTITY),
        (
            r#"{"public_hours": 87601}"#,
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (r#"{"is_secure": null}"#, StatusCode::UNPROCESSABLE_ENTITY),
        (r#"{"is_secure": "no"}"#, StatusCode::UNPROCESSABLE_ENTITY),
        (
            r#"{"retention_hours": 1}"#,
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        ("{}", StatusCode::OK),
    ] {
        let answer = call_with(&app, &own, Method::PATCH, &path, body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.body);
    }
    let policy = projects::get(&app.backend, &actor(&own.owner), own.project)
        .await
        .unwrap()
        .policy;
    assert_eq!((policy.is_secure, policy.public_hours), (true, 24));
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_file_is_marked_and_says_until_when_it_is_open(db: PgPool) {
    let app = TestApp::new(db);
    let own = given(&app.backend, "acme").await;
    let end = app.backend.clock.now();
    let session = given_session(&app.backend, &own.owner, own.project, "1").await;
    let file = given_file(&app.backend, &own.owner, session, "live.mp4", b"x").await;
    policies::set_access(&app.backend, &actor(&own.owner), own.project, false, 72)
        .await
        .unwrap();
    let path = format!("/api/v1/files/{file}");
    let shown = call(&app, &own, Method::GET, &path).await;
    let tag = shown.header("etag").unwrap().to_owned();
    let json = shown.json();
    let until = json["open_until"].as_str().unwrap();
    let until: chrono::DateTime<chrono::Utc> = until.parse().unwrap();
    assert_eq!(until, end + chrono::TimeDelta::hours(72));
    assert_eq!(json["is_secure"], false);
    let change = async |tag: &str, body: &str| {
        let request = asked(&app, &own, Method::PATCH, &path).header(IF_MATCH, tag);
        app.send(with_body(request, body)).await
    };
    let marked = change(&tag, r#"{"is_secure": true}"#).await;
    assert_eq!(marked.status, StatusCode::OK, "{}", marked.body);
    let json = marked.json();
    assert_eq!(
        (&json["is_secure"], &json["open_until"]),
        (&true.into(), &serde_json::Value::Null)
    );
    let project = call(
        &app,
        &own,
        Method::GET,
        &format!("/api/v1/projects/{}", own.project),
    )
    .await;
    assert_eq!(project.json()["secure_files"], 1);
    assert_eq!(
        change(&tag, r#"{"is_secure": false}"#).await.problem(),
        "stale"
    );
    let unmarked = call_with(&app, &own, Method::PATCH, &path, r#"{"is_secure": false}"#).await;
    assert_eq!(unmarked.json()["is_secure"], false);
    let deleted = call(&app, &own, Method::DELETE, &format!("{path}?reason=Old")).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    let gone = call_with(&app, &own, Method::PATCH, &path, r#"{"is_secure": true}"#).await;
    assert_eq!(
        (gone.status, gone.problem().as_str()),
        (StatusCode::GONE, "gone")
    );
}

/// R143: every other right together opens nothing.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_secret_that_may_write_opens_nothing(db: PgPool) {
    let app = TestApp::new(db);
    let own = given(&app.backend, "acme").await;
    let rights = ApiRights {
        may_set_access: false,
        ..ALL
    };
    let writer = given_with(&app.backend, own.owner.clone(), "Sales", rights).await;
    let session = given_session(&app.backend, &own.owner, writer.project, "1").await;
    let file = given_file(&app.backend, &own.owner, session, "live.mp4", b"x").await;
    for (path, body) in [
        (
            format!("/api/v1/projects/{}", writer.project),
            r#"{"is_secure": false}"#,
        ),
        (format!("/api/v1/files/{file}"), r#"{"is_secure": true}"#),
    ] {
        let request = asked(&app, &writer, Method::PATCH, &path).header(IF_MATCH, "\"x\"");
        let answer = app.send(with_body(request, body)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(answer.problem(), "not-allowed");
    }
}
