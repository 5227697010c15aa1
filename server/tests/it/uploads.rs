//! Files that programs send: `PUT`, and the tus protocol, through the whole router.

#![expect(
    clippy::disallowed_methods,
    reason = "limits that a test sets as the project's page does"
)]

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

/// R145: 201 with Location and the file; the same again is 200 and the same file; other bytes are 409.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_file_is_put_once_however_often_it_is_sent(db: PgPool) {
    let stage = Stage::new(db).await;
    let bytes = film();
    let send = async |digest: Option<String>, bytes: &[u8]| {
        let mut request =
            stage.put("live%20mix.mp4?kind=live&title=Quarter&started_at=2026-03-04T09:30:00Z");
        if let Some(digest) = digest {
            request = request.header("content-digest", digest);
        }
        let request = request.header("content-length", bytes.len());
        stage
            .send(request.body(Body::from(bytes.to_vec())).unwrap())
            .await
    };
    let first = send(Some(digest(&bytes)), &bytes).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
    let file: serde_json::Value = serde_json::from_str(&first.body).unwrap();
    assert_eq!(file["room"], "board room");
    assert_eq!(file["kind"], "live");
    assert_eq!(file["bytes"], bytes.len());
    let location = format!("/api/v1/files/{}", file["id"].as_str().unwrap());
    assert_eq!(first.header("location"), Some(location.as_str()));
    assert!(file["url"].as_str().unwrap().ends_with("/live%20mix.mp4"));
    let started: chrono::DateTime<chrono::Utc> =
        sqlx::query_scalar("select started_at from sessions")
            .fetch_one(&stage.app.backend.db)
            .await
            .unwrap();
    assert_eq!(started.to_rfc3339(), "2026-03-04T09:30:00+00:00");
    for digest in [None, Some(digest(&bytes))] {
        let again = send(digest, &bytes).await;
        assert_eq!(again.status, StatusCode::OK);
        let same: serde_json::Value = serde_json::from_str(&again.body).unwrap();
        assert_eq!(same, file);
    }
    let sha512 = format!("sha-512=:{}:", STANDARD.encode(Sha512::digest(&bytes)));
    assert_eq!(send(Some(sha512), &bytes).await.status, StatusCode::OK);
    let mut other = bytes.clone();
    other.extend([0; 8]);
    let conflict = send(None, &other).await;
    assert_eq!(conflict.status, StatusCode::CONFLICT);
    assert_eq!(
        conflict.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(stage.files().await, 1);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_is_wrong_with_a_file_is_said_and_nothing_of_it_kept(db: PgPool) {
    let stage = Stage::new(db).await;
    let bytes = film();
    let send = async |request: Builder, bytes: &[u8]| {
        let answer = stage
            .send(request.body(Body::from(bytes.to_vec())).unwrap())
            .await;
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json"),
            "{}",
            answer.body
        );
        answer.status.as_u16()
    };
    let wrong = digest(b"something else");
    assert_eq!(
        send(stage.put("a.mp4").header("content-digest", wrong), &bytes).await,
        400
    );
    let unreadable = stage.put("a.mp4").header("content-digest", "sha-256=abc");
    assert_eq!(send(unreadable, &bytes).await, 400);
    assert_eq!(
        send(
            stage.put("a.mp4").header("content-range", "bytes 0-9/10"),
            &bytes
        )
        .await,
        400
    );
    assert_eq!(
        send(
            stage.put("a.mp4").header("content-encoding", "gzip"),
            &bytes
        )
        .await,
        415
    );
    assert_eq!(send(stage.put("a.mp4"), b"no film").await, 422);
    assert_eq!(send(stage.put("a.exe"), &bytes).await, 422);
    assert_eq!(send(stage.put("a%2Fb.mp4"), &bytes).await, 422);
    assert_eq!(send(stage.put("a.mp4?kind=chat"), &bytes).await, 422);
    assert_eq!(send(stage.put("a.mp4?kind=x"), &bytes).await, 422);
    assert_eq!(
        send(stage.put("a.mp4?started_at=yesterday"), &bytes).await,
        422
    );
    assert_eq!(send(stage.put("a.mp4?title=a&title=b"), &bytes).await, 400);
    // R080: what turns the text beside it.
    assert_eq!(
        send(stage.put("a.mp4?title=a%E2%80%AEb"), &bytes).await,
        422
    );
    sqlx::query("update projects set file_limit_bytes = 100")
        .execute(&stage.app.backend.db)
        .await
        .unwrap();
    assert_eq!(
        send(
            stage.put("a.mp4").header("content-length", bytes.len()),
            &bytes
        )
        .await,
        413
    );
    assert_eq!(send(stage.put("a.mp4"), &bytes).await, 413);
    sqlx::query("update projects set file_limit_bytes = null, quota_bytes = 100")
        .execute(&stage.app.backend.db)
        .await
        .unwrap();
    assert_eq!(send(stage.put("a.mp4"), &bytes).await, 507);
    assert_eq!(stage.files().await, 0);
}

/// R143 for these routes.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn only_an_application_of_the_project_that_may_write_sends(db: PgPool) {
    let stage = Stage::new(db).await;
    let reader = given_key(&stage.app, &stage.owner, stage.project, false).await;
    let elsewhere = given_project(&stage.app, &stage.owner, "Sales").await;
    let foreign = given_key(&stage.app, &stage.owner, elsewhere, true).await;
    let upload = stage.begun("a.mp4", 5000).await;
    let wrong = format!("Basic {}", STANDARD.encode("who:knows"));
    let callers = [
        (None, [401, 401, 401, 401, 401]),
        (Some(&wrong), [401, 401, 401, 401, 401]),
        (Some(&reader), [403, 403, 403, 403, 403]),
        (Some(&foreign), [404, 201, 404, 404, 404]),
        (Some(&stage.key), [422, 201, 200, 204, 204]),
    ];
    for (key, expected) in callers {
        let routes = [
            (Method::PUT, stage.path("a.mp4")),
            (Method::POST, TUS.to_owned()),
            (Method::HEAD, upload.clone()),
            (Method::PATCH, upload.clone()),
            (Method::DELETE, upload.clone()),
        ];
        for ((method, path), expected) in routes.into_iter().zip(expected) {
            let mut request = stage.app.request(method.clone(), &path);
            if let Some(key) = key {
                request = request.header("authorization", key);
            }
            let request = request
                .header("tus-resumable", "1.0.0")
                .header("upload-offset", 0)
                .header(
                    "content-type",
                    if method == Method::PATCH {
                        OFFSET_STREAM
                    } else {
                        "video/mp4"
                    },
                );
            let request = if method == Method::POST {
                request
                    .header("upload-length", 5000)
                    .header("upload-metadata", metadata("b.mp4"))
            } else {
                request
            };
            let answer = stage.send(request.body(Body::from("x")).unwrap()).await;
            assert_eq!(
                answer.status.as_u16(),
                expected,
                "{key:?} {method} {}",
                answer.body
            );
            if expected == 401 {
                assert!(
                    answer
                        .header("www-authenticate")
                        .unwrap()
                        .starts_with("Basic ")
                );
            }
        }
    }
    let secret = actions::access(&stage.app.backend, &actor(&stage.owner))
        .await
        .unwrap();
    let secret = secret
        .projects
        .iter()
        .find(|of| of.project == stage.project)
        .unwrap();
    for secret in &secret.secrets {
        actions::revoke(&stage.app.backend, &actor(&stage.owner), secret.id)
            .await
            .unwrap();
    }
    let revoked = stage
        .send(stage.put("a.mp4").body(Body::from("x")).unwrap())
        .await;
    assert_eq!(revoked.status, StatusCode::UNAUTHORIZED);
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

/// Authorised before the body is read: who waits with `Expect: 100-continue` is told no without sending, and who does
/// not wait can send all and still read the answer.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_sender_without_a_secret_is_refused_by_its_head(db: PgPool) {
    let stage = Stage::new(db).await;
    let listening = given_listener(stage.app.router()).await;
    let size = 8 << 20;
    let head = |more: &str| {
        format!(
            "PUT {} HTTP/1.1\r\nHost: {}\r\nContent-Length: {size}\r\n{more}\r\n",
            stage.path("a.mp4"),
            listening.address,
        )
    };
    let mut waiting = TcpStream::connect(listening.address).await.unwrap();
    waiting
        .write_all(head("Expect: 100-continue\r\n").as_bytes())
        .await
        .unwrap();
    let answer = read_head(&mut waiting).await;
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    // With the right secret, it is asked to go on.
    let mut welcome = TcpStream::connect(listening.address).await.unwrap();
    let right = format!("Expect: 100-continue\r\nAuthorization: {}\r\n", stage.key);
    welcome.write_all(head(&right).as_bytes()).await.unwrap();
    let answer = read_head(&mut welcome).await;
    assert!(answer.starts_with("HTTP/1.1 100 "), "{answer}");
    // Too large is said without asking for it, too.
    sqlx::query("update projects set file_limit_bytes = 100")
        .execute(&stage.app.backend.db)
        .await
        .unwrap();
    let mut large = TcpStream::connect(listening.address).await.unwrap();
    large.write_all(head(&right).as_bytes()).await.unwrap();
    let answer = read_head(&mut large).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    for more in ["", &format!("Authorization: {}\r\n", stage.key)] {
        let mut eager = TcpStream::connect(listening.address).await.unwrap();
        eager.write_all(head(more).as_bytes()).await.unwrap();
        // Everything is sent before anything is read, as many programs do.
        eager.write_all(&vec![1; size]).await.unwrap();
        let answer = read_head(&mut eager).await;
        let expected = if more.is_empty() { "401" } else { "413" };
        assert_eq!(answer.split(' ').nth(1), Some(expected), "{answer}");
    }
}

/// R119: unknown length is taken where files come in, and the connection ends with the answer.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_file_of_unknown_length_comes_in_chunks_and_ends_the_connection(db: PgPool) {
    let stage = Stage::new(db).await;
    let listening = given_listener(stage.app.router()).await;
    let bytes = film();
    let mut stream = TcpStream::connect(listening.address).await.unwrap();
    let head = format!(
        "PUT {} HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\nTransfer-Encoding: chunked\r\n\r\n",
        stage.path("a.mp4"),
        listening.address,
        stage.key,
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    for chunk in bytes.chunks(1000) {
        stream
            .write_all(format!("{:x}\r\n", chunk.len()).as_bytes())
            .await
            .unwrap();
        stream.write_all(chunk).await.unwrap();
        stream.write_all(b"\r\n").await.unwrap();
    }
    // What somebody may have smuggled in behind it is nobody's request.
    stream
        .write_all(b"0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    let read = tokio::time::timeout(Duration::from_secs(9), stream.read_to_string(&mut answer));
    assert!(read.await.is_ok(), "the server closes");
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
    let mut encoded = TcpStream::connect(listening.address).await.unwrap();
    let head = head.replace("chunked", "gzip, chunked");
    encoded.write_all(head.as_bytes()).await.unwrap();
    assert!(read_head(&mut encoded).await.starts_with("HTTP/1.1 400 "));
}

/// A connection that ends in the middle leaves nothing of a PUT, and all that came of a PATCH.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_interrupted_upload_goes_on_where_it_was(db: PgPool) {
    let stage = Stage::new(db).await;
    let listening = given_listener(stage.app.router()).await;
    let bytes = film();
    let half = bytes.len() / 2;
    let upload = stage.begun("a.mp4", bytes.len()).await;
    let mut stream = TcpStream::connect(listening.address).await.unwrap();
    let head = format!(
        "PATCH {upload} HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n\
         Content-Type: {OFFSET_STREAM}\r\nContent-Length: {}\r\n\r\n",
        listening.address,
        stage.key,
        bytes.len(),
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&bytes[..half]).await.unwrap();
    // Meanwhile it is locked, for everybody; the sender's bytes are waited for.
    wait_for(async || stage.append(&upload, 9999, b"x").await.status == StatusCode::LOCKED).await;
    drop(stream);
    wait_for(async || {
        stage.head(&upload).await.header("upload-offset") == Some(half.to_string().as_str())
    })
    .await;
    let answer = stage.append(&upload, half, &bytes[half..]).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.body);
    assert_eq!(
        answer.header("upload-offset"),
        Some(bytes.len().to_string().as_str())
    );
    assert_eq!(stage.files().await, 1);
    let sum: Vec<u8> = sqlx::query_scalar("select sha256 from files")
        .fetch_one(&stage.app.backend.db)
        .await
        .unwrap();
    assert_eq!(sum[..], Sha256::digest(&bytes)[..]);
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

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_tus_protocol_is_spoken(db: PgPool) {
    let stage = Stage::new(db).await;
    let bytes = film();
    // Abilities, to everybody and in any version.
    let asked = stage.app.request(Method::OPTIONS, TUS).body(Body::empty());
    let abilities = stage.send(asked.unwrap()).await;
    assert_eq!(abilities.status, StatusCode::NO_CONTENT);
    assert_eq!(abilities.header("tus-version"), Some("1.0.0"));
    assert!(
        abilities
            .header("tus-extension")
            .unwrap()
            .contains("creation-with-upload")
    );
    assert_eq!(
        abilities.header("tus-checksum-algorithm"),
        Some("sha1,sha256")
    );
    let upload = stage.begun("a.mp4", bytes.len()).await;
    // Another version.
    let old = stage
        .app
        .request(Method::HEAD, &upload)
        .header("authorization", &stage.key)
        .header("tus-resumable", "0.2.2");
    let old = stage.send(old.body(Body::empty()).unwrap()).await;
    assert_eq!(old.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(old.header("tus-version"), Some("1.0.0"));
    let head = stage.head(&upload).await;
    assert_eq!(head.status, StatusCode::OK);
    assert_eq!(head.header("cache-control"), Some("no-store"));
    assert_eq!(
        head.header("upload-length"),
        Some(bytes.len().to_string().as_str())
    );
    assert_eq!(
        head.header("upload-metadata"),
        Some(metadata("a.mp4").as_str())
    );
    assert_eq!(head.header("tus-resumable"), Some("1.0.0"));
    // Bytes that are not taken.
    assert_eq!(
        stage.append(&upload, 1, b"x").await.status,
        StatusCode::CONFLICT
    );
    let untyped = stage.tus(Method::PATCH, &upload).header("upload-offset", 0);
    let untyped = stage.send(untyped.body(Body::from("x")).unwrap()).await;
    assert_eq!(untyped.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let mut more = bytes.clone();
    more.push(0);
    assert_eq!(
        stage.append(&upload, 0, &more).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    for sum in ["sha1 AAAA", "md5 AAAA", "sha1"] {
        let request = stage.patch(&upload, 0).header("upload-checksum", sum);
        let answer = stage.send(request.body(Body::from("x")).unwrap()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{sum}");
    }
    let checked = async |offset: usize, bytes: &[u8], summed: &[u8]| {
        let sum = format!("sha256 {}", STANDARD.encode(Sha256::digest(summed)));
        let request = stage.patch(&upload, offset).header("upload-checksum", sum);
        stage
            .send(request.body(Body::from(bytes.to_vec())).unwrap())
            .await
    };
    assert_eq!(
        checked(0, b"damaged", &bytes[..7]).await.status.as_u16(),
        460
    );
    assert_eq!(stage.head(&upload).await.header("upload-offset"), Some("0"));
    // Bytes that are.
    assert_eq!(
        checked(0, &bytes[..700], &bytes[..700]).await.status,
        StatusCode::NO_CONTENT
    );
    let overridden = stage
        .tus(Method::POST, &upload)
        .header("x-http-method-override", "PATCH")
        .header("content-type", OFFSET_STREAM)
        .header("upload-offset", 700);
    let overridden = stage
        .send(overridden.body(Body::from(bytes[700..].to_vec())).unwrap())
        .await;
    assert_eq!(
        overridden.status,
        StatusCode::NO_CONTENT,
        "{}",
        overridden.body
    );
    assert_eq!(
        stage.head(&upload).await.header("upload-offset"),
        Some(bytes.len().to_string().as_str())
    );
    assert_eq!(
        stage.append(&upload, bytes.len(), b"").await.status,
        StatusCode::NO_CONTENT
    );
    let seen = stage
        .app
        .request(Method::GET, &upload)
        .header("authorization", &stage.key);
    let seen = stage.send(seen.body(Body::empty()).unwrap()).await;
    let seen: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
    assert!(seen["file_id"].is_string(), "{seen}");
    assert_eq!(stage.files().await, 1);
    // The memory of it goes, the file stays.
    let removed = stage.tus(Method::DELETE, &upload).body(Body::empty());
    assert_eq!(
        stage.send(removed.unwrap()).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(stage.head(&upload).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stage.files().await, 1);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_upload_may_begin_with_bytes_and_tell_its_length_later(db: PgPool) {
    let stage = Stage::new(db).await;
    let bytes = film();
    let begin = |length: (&'static str, usize)| {
        stage
            .tus(Method::POST, TUS)
            .header(length.0, length.1)
            .header("upload-metadata", metadata("a.mp4"))
            .header("content-type", OFFSET_STREAM)
    };
    let request = begin(("upload-defer-length", 1)).body(Body::from(bytes[..600].to_vec()));
    let begun = stage.send(request.unwrap()).await;
    assert_eq!(begun.status, StatusCode::CREATED, "{}", begun.body);
    assert_eq!(begun.header("upload-offset"), Some("600"));
    let upload = begun.header("location").unwrap().to_owned();
    let head = stage.head(&upload).await;
    assert_eq!(head.header("upload-defer-length"), Some("1"));
    assert_eq!(head.header("upload-length"), None);
    let last = stage
        .patch(&upload, 600)
        .header("upload-length", bytes.len());
    let last = stage
        .send(last.body(Body::from(bytes[600..].to_vec())).unwrap())
        .await;
    assert_eq!(last.status, StatusCode::NO_CONTENT, "{}", last.body);
    assert_eq!(stage.files().await, 1);
    // All at once; and what the vault keeps another file for is refused for good.
    let again = begin(("upload-length", bytes.len())).body(Body::from(bytes.clone()));
    assert_eq!(stage.send(again.unwrap()).await.status, StatusCode::CREATED);
    let mut other = bytes.clone();
    other[9] ^= 1;
    let other = begin(("upload-length", other.len())).body(Body::from(other.clone()));
    assert_eq!(
        stage.send(other.unwrap()).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    for wrong in [
        ("upload-length", 0),
        ("upload-defer-length", 2),
        ("upload-offset", 1),
    ] {
        let answer = stage.send(begin(wrong).body(Body::empty()).unwrap()).await;
        assert!(answer.status.is_client_error(), "{wrong:?}");
    }
    assert_eq!(stage.files().await, 1);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn limits_are_said_when_an_upload_begins(db: PgPool) {
    let stage = Stage::new(db).await;
    let set = async |limits: &'static str| {
        let changed = sqlx::query(sqlx::AssertSqlSafe(format!("update projects set {limits}")));
        changed.execute(&stage.app.backend.db).await.unwrap();
    };
    let begin = async |name: &str, length: u64| {
        let request = stage
            .tus(Method::POST, TUS)
            .header("upload-length", length)
            .header("upload-metadata", metadata(name));
        stage.send(request.body(Body::empty()).unwrap()).await
    };
    set("file_limit_bytes = 1000").await;
    let refused = begin("a.mp4", 1001).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(refused.header("tus-max-size"), Some("1000"));
    // What is promised to one upload is not promised to another.
    set("quota_bytes = 1500").await;
    assert_eq!(begin("a.mp4", 1000).await.status, StatusCode::CREATED);
    assert_eq!(
        begin("b.mp4", 600).await.status,
        StatusCode::INSUFFICIENT_STORAGE
    );
    assert_eq!(begin("b.mp4", 500).await.status, StatusCode::CREATED);
    assert_eq!(
        begin("c.exe", 1).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        begin("c.mp4", u64::MAX).await.status,
        StatusCode::BAD_REQUEST
    );
}

/// A sum of lengths is never more than the database can say, whatever is announced.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_length_beyond_any_file_is_refused_and_stops_no_other(db: PgPool) {
    let stage = Stage::new(db).await;
    let begin = async |length: u64| {
        let request = stage
            .tus(Method::POST, TUS)
            .header("upload-length", length)
            .header("upload-metadata", metadata("a.mp4"));
        stage.send(request.body(Body::empty()).unwrap()).await
    };
    for length in [i64::MAX.cast_unsigned(), (16 << 40) + 1] {
        let refused = begin(length).await;
        assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE, "{length}");
        assert_eq!(refused.header("tus-max-size"), Some("17592186044416"));
    }
    let deferred = stage
        .tus(Method::POST, TUS)
        .header("upload-defer-length", 1)
        .header("upload-metadata", metadata("a.mp4"));
    let deferred = stage.send(deferred.body(Body::empty()).unwrap()).await;
    let upload = deferred.header("location").unwrap();
    let said = stage.patch(upload, 0).header("upload-length", i64::MAX);
    let said = stage.send(said.body(Body::empty()).unwrap()).await;
    assert_eq!(said.status, StatusCode::PAYLOAD_TOO_LARGE);
    // Rows of before there was a limit.
    for _ in 0..2 {
        assert_eq!(begin(5).await.status, StatusCode::CREATED);
    }
    sqlx::query("update uploads set length_bytes = 9223372036854775807")
        .execute(&stage.app.backend.db)
        .await
        .unwrap();
    assert_eq!(begin(5).await.status, StatusCode::CREATED);
}

/// What the others were promised and hold is not there for an upload whose length is not said.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn uploads_of_unknown_length_share_the_quota(db: PgPool) {
    let stage = Stage::new(db).await;
    sqlx::query("update projects set quota_bytes = 1500")
        .execute(&stage.app.backend.db)
        .await
        .unwrap();
    let begin = async |name: &str| {
        let request = stage
            .tus(Method::POST, TUS)
            .header("upload-defer-length", 1)
            .header("upload-metadata", metadata(name));
        let begun = stage.send(request.body(Body::empty()).unwrap()).await;
        begun.header("location").unwrap().to_owned()
    };
    let (first, second) = (begin("a.mp4").await, begin("b.mp4").await);
    let bytes = film().repeat(2);
    assert_eq!(
        stage.append(&first, 0, &bytes[..1000]).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        stage.append(&second, 0, &bytes[..501]).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    assert_eq!(
        stage.append(&second, 0, &bytes[..400]).await.status,
        StatusCode::NO_CONTENT
    );
    let tell = async |length: usize| {
        let request = stage.patch(&second, 400).header("upload-length", length);
        stage.send(request.body(Body::empty()).unwrap()).await
    };
    assert_eq!(tell(501).await.status, StatusCode::INSUFFICIENT_STORAGE);
    assert_eq!(tell(500).await.status, StatusCode::NO_CONTENT);
    assert_eq!(
        stage.append(&first, 1000, &bytes[..1]).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
}

/// Of several uploads that begin at the same moment, each counts the one before.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_is_promised_at_the_same_moment_counts(db: PgPool) {
    let stage = Stage::new(db).await;
    sqlx::query("update projects set quota_bytes = 1500")
        .execute(&stage.app.backend.db)
        .await
        .unwrap();
    stage.begun("a.mp4", 100).await;
    let meanwhile = format!(
        "select 1 from projects where id = '{}' for no key update; update uploads set length_bytes = 1000",
        stage.project
    );
    let request = stage
        .tus(Method::POST, TUS)
        .header("upload-length", 600)
        .header("upload-metadata", metadata("b.mp4"));
    let request = request.body(Body::empty()).unwrap();
    let refused = stage.app.send_beside(&meanwhile, request).await;
    assert_eq!(refused.status, StatusCode::INSUFFICIENT_STORAGE);
}

/// Moments that the formats of the APIs cannot write are refused beside their field.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn sessions_take_place_in_years_of_four_digits(db: PgPool) {
    let stage = Stage::new(db).await;
    for (field, moment) in [
        ("started_at", "9999-12-31T23:59:59-23:59"),
        ("started_at", "9999-01-01T00:00:00Z"),
        ("ended_at", "0000-01-01T00:00:00%2B23:59"),
        ("ended_at", "1969-12-31T23:59:59Z"),
    ] {
        let request = stage.put(&format!("a.mp4?{field}={moment}"));
        let answer = stage.send(request.body(Body::from(film())).unwrap()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{moment}");
        let problem: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    let request = stage.put("a.mp4?started_at=9998-12-31T23:59:59Z");
    let answer = stage.send(request.body(Body::from(film())).unwrap()).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
}

/// All of the head is read before anything is begun; R145: what is not possible says what is.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_unreadable_head_begins_nothing(db: PgPool) {
    let stage = Stage::new(db).await;
    let request = stage
        .tus(Method::POST, TUS)
        .header("upload-length", 100)
        .header("upload-metadata", metadata("a.mp4"))
        .header("upload-checksum", "sha1 AAAA")
        .header("content-type", OFFSET_STREAM);
    let refused = stage.send(request.body(Body::from("x")).unwrap()).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let begun: i64 = sqlx::query_scalar("select count(*) from uploads")
        .fetch_one(&stage.app.backend.db)
        .await
        .unwrap();
    assert_eq!(begun, 0);
    let upload = stage.begun("a.mp4", 100).await;
    for other in [None, Some("PUT")] {
        let mut request = stage.tus(Method::POST, &upload);
        if let Some(other) = other {
            request = request.header("x-http-method-override", other);
        }
        let refused = stage.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(refused.status, StatusCode::METHOD_NOT_ALLOWED);
        assert!(refused.header("allow").unwrap().contains("PATCH"));
    }
}

/// The end of an upload that was refused, terminated, or forgotten; and one that a killed process left whole.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn uploads_end(db: PgPool) {
    let stage = Stage::new(db).await;
    let backend = &stage.app.backend;
    let bytes = film();
    let broken = stage.begun("a.mp4", 7).await;
    let refused = stage.append(&broken, 0, b"no film").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.body.contains("not a readable MP4"),
        "{}",
        refused.body
    );
    assert_eq!(stage.head(&broken).await.status, StatusCode::GONE);
    let given_up = stage.begun("b.mp4", bytes.len()).await;
    stage.append(&given_up, 0, &bytes[..100]).await;
    let removed = stage.tus(Method::DELETE, &given_up).body(Body::empty());
    assert_eq!(
        stage.send(removed.unwrap()).await.status,
        StatusCode::NO_CONTENT
    );
    let removed = stage.tus(Method::DELETE, &given_up).body(Body::empty());
    assert_eq!(
        stage.send(removed.unwrap()).await.status,
        StatusCode::NOT_FOUND
    );
    // All bytes are there, and the delivery did not come about: the next question does it.
    let whole = stage.begun("c.mp4", bytes.len()).await;
    sqlx::query("update projects set quota_bytes = 1")
        .execute(&backend.db)
        .await
        .unwrap();
    assert_eq!(
        stage.append(&whole, 0, &bytes).await.status,
        StatusCode::INSUFFICIENT_STORAGE
    );
    assert_eq!(stage.files().await, 0);
    sqlx::query("update projects set quota_bytes = null")
        .execute(&backend.db)
        .await
        .unwrap();
    assert_eq!(
        stage.head(&whole).await.header("upload-offset"),
        Some(bytes.len().to_string().as_str())
    );
    assert_eq!(stage.files().await, 1);
    assert!(
        backend.vault.part_ids().unwrap().is_empty(),
        "parts go with their uploads"
    );
    // A day without a byte. Bytes make it longer.
    let slow = stage.begun("d.mp4", bytes.len()).await;
    let left = stage.begun("e.mp4", bytes.len()).await;
    backend.clock.advance(TimeDelta::hours(23));
    assert_eq!(
        stage.append(&slow, 0, &bytes[..100]).await.status,
        StatusCode::NO_CONTENT
    );
    backend.clock.advance(TimeDelta::hours(2));
    assert_eq!(stage.head(&left).await.status, StatusCode::NOT_FOUND);
    jobs::expire(backend).await.unwrap();
    assert_eq!(backend.vault.part_ids().unwrap().len(), 1);
    backend.vault.sweep(&backend.db).await.unwrap();
    assert_eq!(
        stage.append(&slow, 100, &bytes[100..]).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(stage.files().await, 2);
    // A part that nobody knows, as after a database was restored.
    backend.vault.create_part(uuid::Uuid::from_u128(7)).unwrap();
    jobs::expire(backend).await.unwrap();
    assert!(backend.vault.part_ids().unwrap().is_empty());
}

/// What a crash wrote behind the offset is cut off, and what it lost ends the upload.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_crash_costs_no_more_than_what_was_not_promised(db: PgPool) {
    let stage = Stage::new(db).await;
    let bytes = film();
    let upload = stage.begun("a.mp4", bytes.len()).await;
    stage.append(&upload, 0, &bytes[..500]).await;
    let id = stage.app.backend.vault.part_ids().unwrap()[0];
    let part = stage.app.backend.vault.lock_part(id).unwrap().unwrap();
    std::os::unix::fs::FileExt::write_all_at(&part, b"never acknowledged", 500).unwrap();
    drop(part);
    assert_eq!(
        stage.append(&upload, 500, &bytes[500..]).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(stage.files().await, 1);
    let lost = stage.begun("b.mp4", bytes.len()).await;
    stage.append(&lost, 0, &bytes[..500]).await;
    let id = stage.app.backend.vault.part_ids().unwrap()[0];
    stage
        .app
        .backend
        .vault
        .lock_part(id)
        .unwrap()
        .unwrap()
        .set_len(100)
        .unwrap();
    assert_eq!(
        stage.append(&lost, 500, &bytes[500..]).await.status,
        StatusCode::GONE
    );
}

/// A recorder marks its file before anyone can ask for it, both ways in; what is neither yes nor no is refused.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_file_comes_in_marked_secure(db: PgPool) {
    let stage = Stage::new(db).await;
    let put = async |name: &str, query: &str| {
        let request = stage.put(&format!("{name}?{query}"));
        let request = request.body(Body::from(film()));
        stage.send(request.unwrap()).await.status
    };
    assert_eq!(put("marked.mp4", "secure=true").await, StatusCode::CREATED);
    assert_eq!(put("plain.mp4", "secure=false").await, StatusCode::CREATED);
    for doubtful in ["secure=yes", "secure=1", "secure="] {
        let status = put("doubtful.mp4", doubtful).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{doubtful}");
    }
    let bytes = film();
    let said = format!(
        "{},secure {}",
        metadata("piece.mp4"),
        STANDARD.encode("true")
    );
    let request = stage
        .tus(Method::POST, TUS)
        .header("upload-length", bytes.len())
        .header("upload-metadata", said);
    let begun = stage.send(request.body(Body::empty()).unwrap()).await;
    let path = begun.header("location").unwrap().to_owned();
    stage.append(&path, 0, &bytes).await;
    let marked: Vec<(String, bool)> =
        sqlx::query_as("select name, is_secure from files order by name")
            .fetch_all(&stage.app.backend.db)
            .await
            .unwrap();
    let expected = [
        ("marked.mp4", true),
        ("piece.mp4", true),
        ("plain.mp4", false),
    ];
    let expected = expected.map(|(name, is_secure)| (name.to_owned(), is_secure));
    assert_eq!(marked, expected);
}
