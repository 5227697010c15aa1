//! The management API, as its clients meet it: service accounts, tokens, and the whole router without a port.

mod api_keys;
mod applications;
mod forms;
mod history;
mod keys;
mod proofs;

use axum::body::Body;
use domain::members::Member;
use domain::projects::{self, ProjectId};
use domain::service_accounts::MadeKey;
use domain::sessions::SessionId;
use domain::testing::tokens::{given_service_account, token};
use domain::testing::{actor, given_account, given_backend, given_file, given_session};
use domain::{Backend, Guard, GuardSettings, Role};
use http::header::{AUTHORIZATION, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{Method, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use sqlx::PgPool;

use crate::support::{Answer, TestApp};

/// Every method of the API.
const METHODS: [&str; 9] = [
    "AddApplication",
    "SetApplicationInfo",
    "GetApplications",
    "DelApplication",
    "GetCallHistory",
    "DeleteRecord",
    "CreateKey",
    "GetKeys",
    "DeleteKey",
];

/// How a request is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Urlencoded,
    /// In pieces of unknown length, as the Node client sends it.
    Multipart,
    /// `GET /platform_api/<Method>?...`.
    Query,
}

const FORMS: [Form; 3] = [Form::Urlencoded, Form::Multipart, Form::Query];

type Pair<'a> = (&'a str, &'a str);

/// A server with an account, its project and an owner's key.
struct Platform {
    app: TestApp,
    owner: Member,
    project: ProjectId,
    key: MadeKey,
}

impl Platform {
    async fn new(db: PgPool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut backend = given_backend(db, folder.path());
        // Wrong tokens are many here.
        let settings = GuardSettings {
            address_burst: 10_000.0,
            name_burst: 10_000.0,
            ..GuardSettings::default()
        };
        backend.guard = Guard::new(settings, backend.clock.clone());
        let app = TestApp::on(backend, folder, "http://127.0.0.1:3000");
        let owner = given_account(&app.backend, "acme").await;
        let project = projects::actions::create(&app.backend, &actor(&owner), "Care Team").await;
        let key =
            given_service_account(&app.backend, &actor(&owner), "owner's", Some(Role::Owner)).await;
        Self {
            app,
            owner,
            project: project.unwrap().id,
            key,
        }
    }

    const fn backend(&self) -> &Backend {
        &self.app.backend
    }

    /// `Authorization` of a key, fresh.
    fn bearer(&self, key: &MadeKey) -> String {
        format!("Bearer {}", token(self.backend(), key))
    }

    async fn key(&self, role: Option<Role>) -> MadeKey {
        given_service_account(self.backend(), &actor(&self.owner), "another", role).await
    }

    async fn send(
        &self,
        form: Form,
        authorization: Option<&str>,
        command: &str,
        pairs: &[Pair<'_>],
    ) -> Answer {
        let (method, path) = match form {
            Form::Query => (
                Method::GET,
                format!("/platform_api/{command}?{}", encoded(pairs)),
            ),
            Form::Urlencoded | Form::Multipart => (Method::POST, "/platform_api".to_owned()),
        };
        let mut request = self.app.request(method, &path);
        if let Some(value) = authorization {
            request = request.header(AUTHORIZATION, value);
        }
        // The command last, as the Python client has it.
        let all: Vec<Pair<'_>> = pairs.iter().copied().chain([("cmd", command)]).collect();
        let body = match form {
            Form::Query => Body::empty(),
            Form::Urlencoded => {
                request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
                Body::from(encoded(&all))
            }
            Form::Multipart => {
                request = request
                    .header(CONTENT_TYPE, "multipart/form-data; boundary=----XyZ")
                    .header(TRANSFER_ENCODING, "chunked");
                Body::from(multipart(&all))
            }
        };
        self.app.send(request.body(body).unwrap()).await
    }

    /// With the owner's key; the answer, whatever it says.
    async fn ask(&self, command: &str, pairs: &[Pair<'_>]) -> Value {
        let authorization = self.bearer(&self.key);
        json(
            &self
                .send(Form::Urlencoded, Some(&authorization), command, pairs)
                .await,
        )
    }

    /// The same, which succeeds.
    async fn done(&self, command: &str, pairs: &[Pair<'_>]) -> Value {
        let answer = self.ask(command, pairs).await;
        assert!(answer.get("error").is_none(), "{command}: {answer}");
        answer
    }

    /// The same, which does not; its code.
    async fn refused(&self, command: &str, pairs: &[Pair<'_>]) -> i64 {
        code(&self.ask(command, pairs).await)
    }

    async fn session(&self, number: &str, started_at: &str) -> SessionId {
        let id = given_session(self.backend(), &self.owner, self.project, number).await;
        let started_at: chrono::DateTime<chrono::Utc> = started_at.parse().unwrap();
        #[expect(clippy::disallowed_methods, reason = "rows that only an import makes")]
        sqlx::query(
            "update sessions set room = 'room', started_at = $2, ended_at = $2, duration_ms = 61900 where id = $1",
        )
        .bind(id)
        .bind(started_at)
        .execute(&self.backend().db)
        .await
        .unwrap();
        id
    }

    async fn file(&self, session: SessionId, kind: &str, name: &str) -> domain::files::FileId {
        let id = given_file(self.backend(), &self.owner, session, name, name.as_bytes()).await;
        #[expect(clippy::disallowed_methods, reason = "rows that only an import makes")]
        sqlx::query("update files set kind = $2 where id = $1")
            .bind(id)
            .bind(kind)
            .execute(&self.backend().db)
            .await
            .unwrap();
        id
    }

    /// Number of the account's only project.
    async fn application(&self) -> i64 {
        let found = self.done("GetApplications", &[]).await;
        found["result"][0]["application_id"].as_i64().unwrap()
    }
}

fn encoded(pairs: &[Pair<'_>]) -> String {
    let text = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", text(name), text(value)))
        .collect();
    pairs.join("&")
}

fn multipart(pairs: &[Pair<'_>]) -> String {
    let parts = pairs.iter().map(|(name, value)| {
        format!("------XyZ\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    });
    format!("{}------XyZ--\r\n", parts.collect::<String>())
}

/// Every answer is JSON with status 200, kept by nobody, and sets no cookie.
fn json(answer: &Answer) -> Value {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("set-cookie"), None);
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.body))
}

/// The code of an error; 0 is success.
fn code(answer: &Value) -> i64 {
    answer["error"]["code"].as_i64().unwrap_or_else(|| {
        assert!(answer.get("result").is_some(), "{answer}");
        0
    })
}
