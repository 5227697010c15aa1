//! Every route by every kind of credential. The rows come from the OpenAPI document, so no route can be forgotten.

use axum::body::Body;
use chrono::TimeDelta;
use domain::api_secrets::actions::revoke;
use domain::api_secrets::{ApiRights, actions as secrets};
use domain::credentials::{CredentialId, FurtherDraft, further};
use domain::files::trash::{TrashTarget, discard};
use domain::sessions::delivery::{AboutFile, AboutSession, Delivery};
use domain::testing::{ACCOUNT_PASSWORD, actor, given_account, given_file, given_session};
use domain::uploads::{UploadId, actions as uploads};
use domain::webhooks::{EndpointDraft, EventType, Form, actions as webhooks, log};
use domain::{Backend, Secret};
use http::header::{AUTHORIZATION, CONTENT_LENGTH};
use http::{Method, StatusCode};
use serde_json::Value;
use sqlx::PgPool;

use super::{Given, asked, basic, given, given_with, with_body};
use crate::support::{Answer, TestApp};

/// An operation of the document.
struct Row {
    method: Method,
    path: String,
    id: String,
    /// What it answers when all is right.
    status: u16,
    has_body: bool,
    /// Whoever asks.
    is_for_everybody: bool,
}

fn rows() -> Vec<Row> {
    let document = serde_json::to_value(server::api::v1::openapi()).unwrap();
    let mut rows = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["get", "head", "options", "post", "put", "patch", "delete"] {
            let Some(operation) = item.get(method) else {
                continue;
            };
            let statuses = operation["responses"].as_object().unwrap().keys();
            let status = statuses.filter(|status| status.starts_with('2')).min();
            rows.push(Row {
                method: method.to_uppercase().parse().unwrap(),
                path: format!("/api/v1{path}"),
                id: operation["operationId"].as_str().unwrap().to_owned(),
                status: status.unwrap().parse().unwrap(),
                has_body: operation.get("requestBody").is_some(),
                is_for_everybody: operation["security"] == serde_json::json!([{}]),
            });
        }
    }
    rows
}

/// Something of everything, new for each row since some rows delete it.
async fn things(backend: &Backend, given: &Given, number: usize) -> Vec<(&'static str, String)> {
    let who = actor(&given.owner);
    let session = given_session(backend, &given.owner, given.project, &number.to_string()).await;
    let file = given_file(backend, &given.owner, session, "live.mp4", b"moving").await;
    let credential = credential(backend, given, number).await;
    let draft = EndpointDraft {
        url: "https://hooks.example.com/reelgate".to_owned(),
        description: String::new(),
        form: Form::Standard,
        event_types: vec![EventType::FileReady],
        file_kinds: Vec::new(),
        username: String::new(),
        password: None,
    };
    let (webhook, _) = webhooks::add(backend, &who, given.project, draft)
        .await
        .unwrap();
    let delivery = log::send_test(backend, &who, given.project, webhook)
        .await
        .unwrap();
    let upload = upload(backend, given, number).await;
    vec![
        ("{project}", given.project.to_string()),
        ("{session}", session.to_string()),
        ("{file}", file.to_string()),
        ("{credential}", credential.to_string()),
        ("{webhook}", webhook.to_string()),
        ("{delivery}", delivery.to_string()),
        ("{upload}", upload.to_string()),
        ("{room}", "board".to_owned()),
        ("{conference_number}", number.to_string()),
        ("{name}", "captions.vtt".to_owned()),
    ]
}

/// Begun by the very program that goes on with it.
async fn upload(backend: &Backend, given: &Given, number: usize) -> UploadId {
    let delivery = Delivery {
        project: given.project,
        source: uploads::SOURCE.to_owned(),
        external_id: None,
        session: AboutSession {
            room: Some("upload".to_owned()),
            conference_number: Some(number.to_string()),
            ..AboutSession::default()
        },
        file: AboutFile {
            name: "captions.vtt".to_owned(),
            size: Some(CAPTIONS.len() as u64),
            ..AboutFile::default()
        },
    };
    let begun = uploads::create(backend, &actor(&given.owner), delivery, String::new()).await;
    begun.unwrap().id
}

async fn credential(backend: &Backend, given: &Given, number: usize) -> CredentialId {
    let draft = FurtherDraft {
        name: format!("Integration {number}"),
        expires_at: None,
        networks: String::new(),
        account_password: Secret::new(ACCOUNT_PASSWORD),
    };
    further::add(backend, &actor(&given.owner), draft)
        .await
        .unwrap()
        .id
}

fn filled(path: &str, things: &[(&str, String)]) -> String {
    things
        .iter()
        .fold(path.to_owned(), |path, (name, id)| path.replace(name, id))
}

/// A file that is taken.
const CAPTIONS: &str = "WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n";

/// The headers of uploads, beside who asks.
fn headers_of(row: &Row) -> Vec<(&'static str, &'static str)> {
    const BYTES: &str = "application/offset+octet-stream";
    let version = ("tus-resumable", "1.0.0");
    match row.id.as_str() {
        "putFile" => vec![("content-type", "application/octet-stream")],
        // `captions.vtt`, `upload`
        "createUpload" => vec![
            version,
            ("upload-length", "7"),
            ("upload-metadata", "filename Y2FwdGlvbnMudnR0,room dXBsb2Fk"),
        ],
        "appendToUpload" => vec![version, ("content-type", BYTES), ("upload-offset", "0")],
        "overrideMethodOfUpload" => vec![version, ("x-http-method-override", "HEAD")],
        "getUploadOffset" | "deleteUpload" => vec![version],
        _ => Vec::new(),
    }
}

/// What is sent, beside who asks.
fn body_of(row: &Row) -> &'static str {
    match row.id.as_str() {
        "createWebhook" => {
            r#"{"url": "https://hooks.example.com/new", "event_types": ["file.ready"]}"#
        }
        "putFile" | "appendToUpload" => CAPTIONS,
        "createUpload" | "overrideMethodOfUpload" => "",
        _ if row.has_body => "{}",
        _ => "",
    }
}

async fn send(app: &TestApp, row: &Row, path: &str, authorization: Option<String>) -> Answer {
    let is_discarding = matches!(row.id.as_str(), "deleteFile" | "deleteSession");
    let path = if is_discarding {
        format!("{path}?reason=Old")
    } else {
        path.to_owned()
    };
    let mut request = app.request(row.method.clone(), &path);
    if let Some(authorization) = authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    let body = body_of(row);
    let headers = headers_of(row);
    for (name, value) in &headers {
        request = request.header(*name, *value);
    }
    let request = if body.is_empty() {
        request.body(Body::empty()).unwrap()
    } else if !headers.is_empty() {
        let request = request.header(CONTENT_LENGTH, body.len());
        request.body(body.into()).unwrap()
    } else {
        with_body(request, body)
    };
    app.send(request).await
}

/// R143, R147.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn every_route_by_every_credential(db: PgPool) {
    let app = TestApp::new(db);
    let backend = &app.backend;
    let own = given(backend, "acme").await;
    let other = given(backend, "other").await;
    let sibling = given_with(backend, own.owner.clone(), "Sales", super::ALL).await;
    let least = given_with(
        backend,
        given_account(backend, "least").await,
        "Care",
        ApiRights::default(),
    )
    .await;
    let revoked = given_with(backend, own.owner.clone(), "Old", super::ALL).await;
    revoke(backend, &actor(&own.owner), revoked.made.id)
        .await
        .unwrap();
    let rows = rows();
    assert!(rows.len() >= 33, "the document has all routes");
    for (number, row) in rows.iter().enumerate() {
        let name = &row.id;
        let things = things(backend, &own, number).await;
        let path = filled(&row.path, &things);
        if row.is_for_everybody {
            for authorization in [None, Some(own.authorization())] {
                let answer = send(&app, row, &path, authorization).await;
                assert_eq!(answer.status.as_u16(), row.status, "everybody: {name}");
                assert!(!answer.body.contains(&things[7].1), "{name}");
            }
            continue;
        }
        if name == "restoreFile" {
            let file = things[2].1.parse().unwrap();
            discard(backend, &actor(&own.owner), TrashTarget::File(file), "x")
                .await
                .unwrap();
        }
        for (who, authorization) in [
            ("no", None),
            ("bad", Some(basic(&own.made.identifier, "rgs_wrong"))),
            ("unreadable", Some("Bearer x".to_owned())),
            (
                "mixed",
                Some(basic(&own.made.identifier, other.made.secret.reveal())),
            ),
            ("revoked", Some(revoked.authorization())),
        ] {
            // Wrong secrets are throttled, which is another test's.
            backend.clock.advance(TimeDelta::minutes(1));
            let answer = send(&app, row, &path, authorization).await;
            assert_eq!(
                answer.status,
                StatusCode::UNAUTHORIZED,
                "{who}: {name} {}",
                answer.body
            );
            assert!(answer.header("www-authenticate").is_some(), "{who}: {name}");
            if row.method == Method::HEAD {
                assert_eq!(answer.body, "", "{who}: {name}");
                continue;
            }
            assert_eq!(answer.problem(), "unauthenticated", "{who}: {name}");
        }
        for (who, foreign) in [("other account's", &other), ("other project's", &sibling)] {
            // Credentials are the whole account's.
            if who == "other project's" && row.path.contains("credential") {
                continue;
            }
            let answer = send(&app, row, &path, Some(foreign.authorization())).await;
            if row.path.contains('{') {
                assert_eq!(
                    answer.status,
                    StatusCode::NOT_FOUND,
                    "{who}: {name} {}",
                    answer.body
                );
                if row.method == Method::HEAD {
                    continue;
                }
                let nothing = filled(&row.path, &nobodys());
                let nothing = send(&app, row, &nothing, Some(foreign.authorization())).await;
                assert_eq!(
                    without_instance(&answer),
                    without_instance(&nothing),
                    "{who}: {name}"
                );
            } else {
                assert_eq!(
                    answer.status.as_u16(),
                    row.status,
                    "{who}: {name} {}",
                    answer.body
                );
                // The others are words and numbers that stand in many answers.
                for (_, id) in things.iter().filter(|(_, id)| id.len() == 36) {
                    assert!(
                        !answer.body.contains(id.as_str()),
                        "{who}: {name} {}",
                        answer.body
                    );
                }
            }
        }
        let needs_a_right = row.method != Method::GET
            || row.path.contains("webhook")
            || row.path.contains("upload")
            || row.path.contains("credential");
        let answer = send(&app, row, &path, Some(least.authorization())).await;
        if needs_a_right {
            assert_eq!(
                answer.status,
                StatusCode::FORBIDDEN,
                "least: {name} {}",
                answer.body
            );
            if row.method != Method::HEAD {
                assert_eq!(answer.problem(), "not-allowed", "{name}");
            }
        } else if row.path.contains('{') {
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "least: {name}");
        } else {
            assert_eq!(answer.status.as_u16(), row.status, "least: {name}");
        }
        let answer = send(&app, row, &path, Some(own.authorization())).await;
        // Of a file that is sent, 200 says that it was there already.
        let expected = if name == "putFile" { 201 } else { row.status };
        assert_eq!(
            answer.status.as_u16(),
            expected,
            "right: {name} {}",
            answer.body
        );
        if row.status == 204 {
            assert_eq!(answer.body, "", "{name}");
        }
    }
}

/// Ids of nothing.
fn nobodys() -> Vec<(&'static str, String)> {
    let names = [
        "{project}",
        "{session}",
        "{file}",
        "{credential}",
        "{webhook}",
        "{delivery}",
        "{upload}",
        "{room}",
        "{conference_number}",
    ];
    let id = "018f0000-0000-7000-8000-000000000000".to_owned();
    let ids = names.into_iter().map(|name| (name, id.clone()));
    ids.chain([("{name}", "captions.vtt".to_owned())]).collect()
}

/// All of an answer but what tells requests apart.
fn without_instance(answer: &Answer) -> (StatusCode, Value, Vec<String>) {
    let mut body = answer.json();
    body.as_object_mut().unwrap().remove("instance");
    let headers = answer
        .headers
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "x-request-id" | "content-security-policy"));
    let headers = headers.map(|(name, value)| format!("{name}: {value:?}"));
    (answer.status, body, headers.collect())
}

/// The quota and the allow-list hold for this API, each with its own kind of problem (R145, R146).
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_accounts_limits_hold(db: PgPool) {
    let app = TestApp::new(db);
    let own = given(&app.backend, "acme").await;
    let get = async || {
        let request = asked(&app, &own, Method::GET, "/api/v1/usage");
        app.send(request.body(Body::empty()).unwrap()).await
    };
    let usage = get().await.json();
    assert_eq!(
        (&usage["used"], &usage["remaining"]),
        (&1.into(), &99_999.into())
    );
    secrets::limit(&app.backend, &actor(&own.owner), "0.0.0.0", "2")
        .await
        .unwrap();
    assert_eq!(get().await.json()["remaining"], 0);
    let spent = get().await;
    assert_eq!(spent.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(spent.problem(), "quota-exceeded");
    let wait: u64 = spent.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=3600).contains(&wait));
    secrets::limit(&app.backend, &actor(&own.owner), "203.0.113.0/24", "2")
        .await
        .unwrap();
    let elsewhere = get().await;
    assert_eq!(elsewhere.status, StatusCode::FORBIDDEN);
    assert_eq!(elsewhere.problem(), "address-not-allowed");
}
