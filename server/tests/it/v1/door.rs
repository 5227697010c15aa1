//! Who is let in and how, and what every refusal looks like.

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HOST};
use http::{Method, Request, StatusCode};
use sqlx::PgPool;
use std::net::SocketAddr;

use super::{asked, call, call_with, given, with_body};
use crate::support::TestApp;

/// R144, R145: each way to be refused is a problem of its kind, and says which request it was.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn every_refusal_is_a_problem(db: PgPool) {
    let app = TestApp::new(db);
    let given = given(&app.backend, "acme").await;
    let get = async |path: &str| call(&app, &given, Method::GET, path).await;
    let nobody = app
        .send(
            app.request(Method::GET, "/api/v1/sessions")
                .body(Body::empty())
                .unwrap(),
        )
        .await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    assert_eq!(nobody.problem(), "unauthenticated");
    assert!(
        nobody
            .header("www-authenticate")
            .unwrap()
            .starts_with("Basic realm=")
    );
    for (path, status, kind) in [
        ("/api/v1/nowhere", 404, "not-found"),
        ("/api/v1", 404, "not-found"),
        ("/api/v1/files/x", 404, "not-found"),
        ("/api/v1/sessions?kinds=live", 422, "invalid"),
        ("/api/v1/sessions?kind=live&limit=201", 422, "invalid"),
        ("/api/v1/sessions?limit=1&limit=1", 422, "invalid"),
        ("/api/v1/sessions?cursor=after.1.x", 422, "invalid"),
        ("/api/v1/sessions?from=yesterday", 422, "invalid"),
        ("/api/v1/sessions?text=%FF", 422, "invalid"),
        ("/api/v1/usage?x=1", 422, "invalid"),
        ("/api/v1/files/%00", 400, "malformed"),
    ] {
        let answer = get(path).await;
        assert_eq!(answer.status.as_u16(), status, "{path} {}", answer.body);
        assert_eq!(answer.problem(), kind, "{path}");
    }
    let refused = get("/api/v1/sessions?limit=0&order=x").await.json();
    let fields: Vec<_> = refused["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["field"].clone())
        .collect();
    assert_eq!(fields, ["order", "limit"], "all that is wrong at once");

    let method = call(&app, &given, Method::PUT, "/api/v1/sessions").await;
    assert_eq!(method.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(method.problem(), "method-not-allowed");
    assert_eq!(method.header("allow"), Some("GET,HEAD"));

    let html = asked(&app, &given, Method::GET, "/api/v1/sessions").header(ACCEPT, "text/html");
    let html = app.send(html.body(Body::empty()).unwrap()).await;
    assert_eq!(html.status, StatusCode::NOT_ACCEPTABLE);
    assert_eq!(html.problem(), "not-acceptable");

    let foreign = Request::get("/api/v1/sessions").header(HOST, "evil.example");
    let foreign = app.send(foreign.body(Body::empty()).unwrap()).await;
    assert_eq!(foreign.status, StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(foreign.problem(), "other-host");
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn bodies_are_read_strictly(db: PgPool) {
    let app = TestApp::new(db);
    let given = given(&app.backend, "acme").await;
    let session =
        domain::testing::given_session(&app.backend, &given.owner, given.project, "1").await;
    let path = format!("/api/v1/sessions/{session}");
    for (body, status, kind, field) in [
        ("{", 400, "malformed", None),
        ("{}{}", 400, "malformed", None),
        ("[]", 422, "invalid", Some("body")),
        (r#"{"titel": "secret"}"#, 422, "invalid", Some("titel")),
        (r#"{"title": 7}"#, 422, "invalid", Some("title")),
        (r#"{"tags": ["a", 7]}"#, 422, "invalid", Some("tags[1]")),
        (r#"{"tags": ["a,b"]}"#, 422, "invalid", Some("tags")),
        (r#"{"title": "a\u0000b"}"#, 422, "invalid", Some("title")),
    ] {
        let answer = call_with(&app, &given, Method::PATCH, &path, body).await;
        assert_eq!(answer.status.as_u16(), status, "{body} {}", answer.body);
        assert_eq!(answer.problem(), kind, "{body}");
        if let Some(field) = field {
            assert_eq!(answer.json()["errors"][0]["field"], field, "{body}");
        }
        assert!(!answer.body.contains("secret"), "nothing is repeated");
    }
    let large = format!(r#"{{"title": "{}"}}"#, "x".repeat(70_000));
    let large = call_with(&app, &given, Method::PATCH, &path, &large).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(large.problem(), "too-large");
    let form = asked(&app, &given, Method::PATCH, &path)
        .header(CONTENT_TYPE, "text/plain")
        .header(CONTENT_LENGTH, 2);
    let form = app.send(form.body("{}".into()).unwrap()).await;
    assert_eq!(form.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(form.problem(), "not-json");
    let changed = call_with(&app, &given, Method::PATCH, &path, "{}").await;
    assert_eq!(changed.status, StatusCode::OK);
}

/// R149: no redirect, and the same for a secret that is wrong.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_secret_in_the_clear_is_refused(db: PgPool) {
    let app = TestApp::at(db, "https://rec.example.com");
    let given = given(&app.backend, "acme").await;
    let from = async |peer: &str| {
        let mut request = asked(&app, &given, Method::GET, "/api/v1/usage")
            .body(Body::empty())
            .unwrap();
        let peer: SocketAddr = peer.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        app.send(request).await
    };
    let refused = from("203.0.113.7:40000").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(refused.problem(), "not-encrypted");
    assert_eq!(refused.header("location"), None);
    assert_eq!(from("127.0.0.1:40000").await.status, StatusCode::OK);
}

/// R148, as this API says it.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_secret_in_the_address_is_refused(db: PgPool) {
    let app = TestApp::new(db);
    let given = given(&app.backend, "acme").await;
    let (identifier, secret) = (&given.made.identifier, given.made.secret.reveal());
    for place in [
        format!("usage?key={secret}"),
        format!("usage?x={identifier}:{secret}"),
        format!("usage?{secret}=1"),
        format!("usage?key=%72gs%5f{}", &secret[4..]),
        secret.to_owned(),
        format!("sessions/{identifier}:{secret}"),
        format!("uploads/{secret}"),
    ] {
        let path = format!("/api/v1/{place}");
        let answer = call(&app, &given, Method::GET, &path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{place}");
        assert_eq!(answer.problem(), "secret-in-address", "{place}");
        let marked =
            sqlx::raw_sql("update api_secrets set exposed_at = null where exposed_at is not null")
                .execute(&app.backend.db)
                .await
                .unwrap();
        assert_eq!(marked.rows_affected(), 1, "{place}");
    }
    // What only looks like one is looked up, and is nothing.
    let other = format!("/api/v1/sessions/rgs_{}", "x".repeat(40));
    assert_eq!(
        call(&app, &given, Method::GET, &other).await.problem(),
        "not-found"
    );
}

/// R154: what there is, is told to programs of the installation only; and the page for people runs nothing.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_document_asks_for_a_secret_too(db: PgPool) {
    let app = TestApp::new(db);
    let given = given(&app.backend, "acme").await;
    for path in ["/api/v1/openapi.json", "/api/v1/docs"] {
        let nobody = app.request(Method::GET, path).body(Body::empty()).unwrap();
        assert_eq!(
            app.send(nobody).await.status,
            StatusCode::UNAUTHORIZED,
            "{path}"
        );
    }
    let document = call(&app, &given, Method::GET, "/api/v1/openapi.json").await;
    assert_eq!(
        document.json()["openapi"].as_str().unwrap().get(..3),
        Some("3.1")
    );
    let page = asked(&app, &given, Method::GET, "/api/v1/docs").header(ACCEPT, "text/html");
    let page = app.send(page.body(Body::empty()).unwrap()).await;
    assert_eq!(page.status, StatusCode::OK);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("script-src"));
    for part in [
        "List sessions",
        "/api/v1/files/{file}/restore",
        "Idempotency-Key",
        "id=\"Session\"",
    ] {
        assert!(page.body.contains(part), "{part}");
    }
    assert!(!page.body.contains("<script"));
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_body_that_is_no_text_is_told(db: PgPool) {
    let app = TestApp::new(db);
    let given = given(&app.backend, "acme").await;
    let hook = with_body(
        asked(&app, &given, Method::POST, "/api/v1/webhooks"),
        "{\"url\": \"\\ud800\"}",
    );
    assert_eq!(app.send(hook).await.problem(), "malformed");
}
