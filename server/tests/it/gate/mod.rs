//! The gate as a caller meets it: one account with files, and requests to the whole router, without a port.

#![expect(
    clippy::unwrap_used,
    reason = "what a test is given is there, or the test fails"
)]

mod conditions;
mod connection;
mod headers;
mod log;
mod openness;
mod policies;
mod proofs;
mod ranges;
mod refusals;
mod several_credentials;
mod storage;
mod tokens;

use std::path::PathBuf;

use app::ssr::MEMBER_KEY;
use axum::Router;
use axum::body::{Body, Bytes};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::files::vault::Intake;
use domain::files::{FileId, file_path};
use domain::members::Member;
use domain::sessions::SessionId;
use domain::sign_ins::actions::SignInKey;
use domain::testing::{actor, given_account, given_backend, operator};
use domain::{Backend, credentials, projects, sign_ins};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use server::AppState;
use server::state::HttpSettings;
use sha2::{Digest as _, Sha256};
use sqlx::PgPool;
use tempfile::TempDir;
use tower::ServiceExt as _;

/// What most tests download: every byte differs from its neighbours.
const BYTES: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// A server with the account `acme`.
struct Gate {
    backend: Backend,
    router: Router,
    folder: TempDir,
    owner: Member,
    /// Value of `Authorization` with the account's preset credential.
    authorization: String,
}

/// A file in the vault, and where it is reached.
struct Given {
    id: FileId,
    path: String,
    /// Value of its `ETag`.
    etag: String,
}

/// An answer, read to its end.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    /// A header as text; empty if it is not there.
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

impl Gate {
    async fn new(db: PgPool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let backend = given_backend(db, folder.path());
        let owner = given_account(&backend, "acme").await;
        let authorization = preset_of(&backend, &owner).await;
        let router = router_of(&backend);
        Self {
            backend,
            router,
            folder,
            owner,
            authorization,
        }
    }

    /// Another account and its credential.
    async fn neighbour(&self) -> (Member, String) {
        let owner = given_account(&self.backend, "neighbour").await;
        let authorization = preset_of(&self.backend, &owner).await;
        (owner, authorization)
    }

    /// A recording with [`BYTES`].
    async fn recording(&self) -> Given {
        self.file(&self.owner, "live.mp4", "video/mp4", BYTES).await
    }

    /// A file of an account, as an import would leave it, whatever its name and type.
    #[expect(
        clippy::disallowed_methods,
        reason = "rows that no action would write, such as a file of type text/html"
    )]
    async fn file(&self, owner: &Member, name: &str, content_type: &str, bytes: &[u8]) -> Given {
        let now = self.backend.clock.now();
        let (id, session) = (FileId::new(now), SessionId::new(now));
        let project =
            projects::actions::create(&self.backend, &operator(owner), &format!("of {id}"))
                .await
                .unwrap();
        let mut source = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut source, bytes).unwrap();
        let intake = Intake::start(&self.backend.vault).unwrap();
        let copied = intake.copy(id, &source, &mut |_| true).unwrap();
        intake.place(&[id]).unwrap();
        sqlx::query(
            "insert into sessions (id, account_id, project_id, room, conference_number, started_at, duration_ms, size_bytes, created_at) \
             values ($1, $2, $3, 'room', '1', $4, 0, 0, $4)",
        )
        .bind(session)
        .bind(owner.account)
        .bind(project.id)
        .bind(now)
        .execute(&self.backend.db)
        .await
        .unwrap();
        sqlx::query(
            "insert into files (id, account_id, session_id, kind, name, content_type, size_bytes, sha256, created_at) \
             values ($1, $2, $3, 'live', $4, $5, $6, $7, $8)",
        )
        .bind(id)
        .bind(owner.account)
        .bind(session)
        .bind(name)
        .bind(content_type)
        .bind(i64::try_from(copied.size).unwrap())
        .bind(copied.sha256.as_slice())
        .bind(now)
        .execute(&self.backend.db)
        .await
        .unwrap();
        intake.finish().unwrap();
        assert_eq!(copied.sha256, <[u8; 32]>::from(Sha256::digest(bytes)));
        let etag = copied
            .sha256
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>();
        Given {
            id,
            path: file_path(owner.account, id, name),
            etag: format!("\"{etag}\""),
        }
    }

    /// Where the vault keeps the bytes of a file, found without knowing how it sorts them.
    fn place_of(&self, file: &Given) -> PathBuf {
        let name = file.id.to_string();
        let shelves = std::fs::read_dir(self.folder.path().join("vault/objects")).unwrap();
        let mut places = shelves.map(|shelf| shelf.unwrap().path().join(&name));
        places.find(|place| place.exists()).unwrap()
    }

    /// The cookie of a browser in which this member is signed in.
    async fn sign_in(&self, member: &Member) -> String {
        let id = tower_sessions::session::Id::default().to_string();
        let data = serde_json::json!({ MEMBER_KEY: member.id });
        let key = SignInKey::of(id.as_bytes());
        assert!(
            sign_ins::actions::create(&self.backend, &key, Some(member.id), data)
                .await
                .unwrap()
        );
        format!("reelgate={id}")
    }

    /// Any request at all.
    async fn send(&self, request: Request<Body>) -> Answer {
        let (mut parts, body) = self
            .router
            .clone()
            .oneshot(request)
            .await
            .unwrap()
            .into_parts();
        // The one header that differs each time.
        parts.headers.remove("x-request-id").unwrap();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    async fn request(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "127.0.0.1:3000");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// A GET with these headers and no credential.
    async fn get_anonymously(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.request(Method::GET, path, headers).await
    }

    /// A GET with the account's credential and these headers.
    async fn get(&self, file: &Given, headers: &[(&str, &str)]) -> Answer {
        self.get_at(&file.path, headers).await
    }

    async fn get_at(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.request(Method::GET, path, &self.with_credential(headers))
            .await
    }

    fn with_credential<'a>(&'a self, headers: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        [&[("authorization", self.authorization.as_str())], headers].concat()
    }
}

/// All routes behind all layers, as the process has them.
fn router_of(backend: &Backend) -> Router {
    let settings = HttpSettings {
        public_url: "http://127.0.0.1:3000".parse().unwrap(),
        listen: "127.0.0.1:3000".parse().unwrap(),
        trusted_proxies: Vec::new(),
        site_dir: PathBuf::new(),
    };
    server::router(AppState::new(backend.clone(), settings))
}

/// Value of `Authorization` with an account's preset credential.
async fn preset_of(backend: &Backend, owner: &Member) -> String {
    let username = credentials::actions::get(backend, &actor(owner))
        .await
        .unwrap()
        .username;
    let preset = credentials::actions::reveal_preset(backend, &actor(owner))
        .await
        .unwrap()
        .unwrap();
    basic(&username, preset.reveal())
}

/// Value of `Authorization` with this user name and password.
fn basic(username: &str, password: &str) -> String {
    format!(
        "Basic {}",
        STANDARD.encode(format!("{username}:{password}"))
    )
}

/// Headers of callers of each kind.
const BROWSER: (&str, &str) = ("sec-fetch-mode", "navigate");
const WGET: (&str, &str) = ("user-agent", "Wget/1.21.3");
const CURL: (&str, &str) = ("user-agent", "curl/7.88.1");
