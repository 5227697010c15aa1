//! Files that programs send: `PUT`, and the tus protocol, through the whole router.

#![expect(
    clippy::disallowed_methods,
    reason = "limits that a test sets as the project's page does"
)]

mod limits; // of files and of projects
mod put; // one request
mod tus; // resumable

use std::path::Path;
use std::time::Duration;

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use domain::api_secrets::actions::{ApiSecretDraft, make};
use domain::api_secrets::{ApiRights, actions};
use domain::members::Member;
use domain::projects::{self, ProjectId};
use domain::testing::{actor, given_account};
use domain::uploads::jobs;
use http::request::Builder;
use http::{Method, Request, StatusCode};
use sha2::{Digest as _, Sha256, Sha512};
use sqlx::PgPool;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::listener::given_listener;
use crate::support::{Answer, TestApp};

const TUS: &str = "/api/v1/uploads";
const OFFSET_STREAM: &str = "application/offset+octet-stream";

struct Stage {
    app: TestApp,
    owner: Member,
    project: ProjectId,
    /// The value of an `Authorization`.
    key: String,
}

impl Stage {
    async fn new(db: PgPool) -> Self {
        let app = TestApp::new(db);
        let owner = given_account(&app.backend, "acme").await;
        let project = given_project(&app, &owner, "Support").await;
        let key = given_key(&app, &owner, project, true).await;
        Self {
            app,
            owner,
            project,
            key,
        }
    }

    fn path(&self, name: &str) -> String {
        format!(
            "/api/v1/projects/{}/sessions/board%20room/42/files/{name}",
            self.project
        )
    }

    fn put(&self, name: &str) -> Builder {
        let request = self.app.request(Method::PUT, &self.path(name));
        request.header("authorization", &self.key)
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        self.app.send(request).await
    }

    /// A request of the protocol to an upload, or to all of them.
    fn tus(&self, method: Method, path: &str) -> Builder {
        let request = self.app.request(method, path);
        request
            .header("authorization", &self.key)
            .header("tus-resumable", "1.0.0")
    }

    /// Begins an upload of so many bytes; its path.
    async fn begun(&self, name: &str, length: usize) -> String {
        let request = self
            .tus(Method::POST, TUS)
            .header("upload-length", length)
            .header("upload-metadata", metadata(name));
        let answer = self.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        assert_eq!(answer.header("upload-offset"), Some("0"));
        assert!(answer.header("upload-expires").unwrap().ends_with(" GMT"));
        answer.header("location").unwrap().to_owned()
    }

    fn patch(&self, path: &str, offset: usize) -> Builder {
        self.tus(Method::PATCH, path)
            .header("content-type", OFFSET_STREAM)
            .header("upload-offset", offset)
    }

    async fn append(&self, path: &str, offset: usize, bytes: &[u8]) -> Answer {
        let request = self.patch(path, offset).body(Body::from(bytes.to_vec()));
        self.send(request.unwrap()).await
    }

    async fn head(&self, path: &str) -> Answer {
        let request = self.tus(Method::HEAD, path).body(Body::empty());
        self.send(request.unwrap()).await
    }

    async fn files(&self) -> i64 {
        let files = sqlx::query_scalar("select count(*) from files where name <> 'x'");
        files.fetch_one(&self.app.backend.db).await.unwrap()
    }
}

async fn given_project(app: &TestApp, owner: &Member, name: &str) -> ProjectId {
    let made = projects::actions::create(&app.backend, &actor(owner), name).await;
    made.unwrap().id
}

async fn given_key(app: &TestApp, owner: &Member, project: ProjectId, may_write: bool) -> String {
    let draft = ApiSecretDraft {
        project,
        name: "Recorder".to_owned(),
        rights: ApiRights {
            may_write,
            ..ApiRights::default()
        },
    };
    let made = make(&app.backend, &actor(owner), draft).await.unwrap();
    let pair = format!("{}:{}", made.identifier, made.secret.reveal());
    format!("Basic {}", STANDARD.encode(pair))
}

fn metadata(name: &str) -> String {
    let pair = |key: &str, value: &str| format!("{key} {}", STANDARD.encode(value));
    [
        pair("filename", name),
        pair("room", "board room"),
        pair("conference_number", "42"),
        "is_confidential".to_owned(),
    ]
    .join(",")
}

/// A recording.
fn film() -> Vec<u8> {
    let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/tests/media");
    std::fs::read(media.join("picture.mp4")).unwrap()
}

fn digest(bytes: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(bytes)))
}

/// Reads a head, and not what comes behind it.
async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let byte = tokio::time::timeout(Duration::from_secs(9), stream.read_u8()).await;
        head.push(byte.unwrap().unwrap());
    }
    String::from_utf8(head).unwrap()
}

async fn wait_for(mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..500 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it does not come to that");
}
