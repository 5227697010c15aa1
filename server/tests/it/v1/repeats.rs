//! `Idempotency-Key`: what is sent twice happens once (R150).

use axum::body::Body;
use chrono::TimeDelta;
use domain::credentials::{FurtherDraft, further};
use domain::testing::{ACCOUNT_PASSWORD, actor};
use domain::webhooks::actions as webhooks;
use domain::{Secret, api_secrets};
use http::{Method, StatusCode};
use sqlx::PgPool;

use super::{Given, asked, call, given, given_with, with_body};
use crate::support::{Answer, TestApp};

const HOOK: &str = r#"{"url": "https://hooks.example.com/", "event_types": ["file.ready"]}"#;

async fn create(app: &TestApp, given: &Given, key: &str, body: &str) -> Answer {
    let request =
        asked(app, given, Method::POST, "/api/v1/webhooks").header("idempotency-key", key);
    app.send(with_body(request, body)).await
}

async fn count(app: &TestApp, given: &Given) -> usize {
    let (found, _) = webhooks::list(&app.backend, &actor(&given.owner), given.project)
        .await
        .unwrap();
    found.len()
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_repeated_request_gets_the_first_answer(db: PgPool) {
    let app = TestApp::new(db);
    let own = given(&app.backend, "acme").await;
    let first = create(&app, &own, "one", HOOK).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
    let again = create(&app, &own, "one", HOOK).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(again.header("content-type"), Some("application/json"));
    assert_eq!(
        (
            first.header("idempotency-replayed"),
            again.header("idempotency-replayed")
        ),
        (None, Some("true"))
    );
    assert_eq!(count(&app, &own).await, 1);

    let other = create(&app, &own, "one", &HOOK.replace("/\"", "/b\"")).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(other.problem(), "key-used");
    for no_key in ["", "a b", "a\tb"] {
        let refused = create(&app, &own, no_key, HOOK).await;
        assert_eq!(refused.problem(), "malformed", "{no_key:?}");
    }

    let wrong = HOOK.replace("file.ready", "nonsense");
    assert_eq!(create(&app, &own, "two", &wrong).await.problem(), "invalid");
    assert_eq!(
        create(&app, &own, "two", HOOK).await.status,
        StatusCode::CREATED,
        "nothing had happened"
    );

    let stranger = given_with(&app.backend, own.owner.clone(), "Sales", super::ALL).await;
    let theirs = create(&app, &stranger, "one", HOOK).await;
    assert_eq!(theirs.status, StatusCode::CREATED);
    assert_ne!(theirs.body, first.body, "a key is a secret's own");

    app.backend.clock.advance(TimeDelta::hours(24));
    assert_eq!(
        api_secrets::replays::delete_old(&app.backend)
            .await
            .unwrap(),
        3
    );
    assert_eq!(
        create(&app, &own, "one", HOOK).await.status,
        StatusCode::CREATED
    );
    assert_eq!(count(&app, &own).await, 3);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn of_many_at_once_one_happens(db: PgPool) {
    let app = TestApp::new(db);
    let own = given(&app.backend, "acme").await;
    let at_once = (0..8).map(|_| create(&app, &own, "one", HOOK));
    let answers = futures::future::join_all(at_once).await;
    let made = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::CREATED);
    assert!(made.count() >= 1);
    for answer in &answers {
        assert!(
            answer.status == StatusCode::CREATED || answer.problem() == "under-way",
            "{answer:?}"
        );
    }
    assert_eq!(count(&app, &own).await, 1);
}

/// What is kept may hold a password: it is sealed, and answers again what the first said.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_new_password_is_told_again_but_kept_sealed(db: PgPool) {
    let app = TestApp::new(db);
    let own = given(&app.backend, "acme").await;
    let draft = FurtherDraft {
        name: "Player".to_owned(),
        expires_at: None,
        networks: String::new(),
        account_password: Secret::new(ACCOUNT_PASSWORD),
    };
    let made = further::add(&app.backend, &actor(&own.owner), draft)
        .await
        .unwrap();
    let path = format!("/api/v1/credentials/{}/rotate", made.id);
    let rotate = async || {
        let request = asked(&app, &own, Method::POST, &path).header("idempotency-key", "k");
        app.send(with_body(request, r#"{"grace_hours": 24}"#))
            .await
            .json()
    };
    let first = rotate().await;
    let password = first["password"].as_str().unwrap();
    assert_ne!(password, made.password.reveal());
    assert_eq!(rotate().await, first);
    assert_eq!(
        kept(&app)
            .await
            .windows(password.len())
            .filter(|part| *part == password.as_bytes())
            .count(),
        0
    );
    let list = call(&app, &own, Method::GET, "/api/v1/credentials").await;
    assert!(
        !list.body.contains(password) && list.json()["items"][0]["old_accepted_until"].is_string()
    );
    let get = asked(&app, &own, Method::GET, "/api/v1/usage").header("idempotency-key", "k");
    assert_eq!(
        app.send(get.body(Body::empty()).unwrap()).await.status,
        StatusCode::OK,
        "a GET has no use for it"
    );
}

async fn kept(app: &TestApp) -> Vec<u8> {
    sqlx::query_scalar("select answer from api_replays")
        .fetch_one(&app.backend.db)
        .await
        .unwrap()
}
