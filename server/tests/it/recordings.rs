//! What the Recordings report gives beside its page: CSV, archives, pictures. Through the whole router, and read back
//! by programs that other people wrote.

#![expect(
    clippy::disallowed_methods,
    reason = "rows that no action would write, such as names like formulas"
)]

use std::path::PathBuf;
use std::process::Command;

use app::ssr::MEMBER_KEY;
use axum::Router;
use axum::body::{Body, Bytes};
use domain::files::FileId;
use domain::files::vault::Intake;
use domain::members::Member;
use domain::projects::Project;
use domain::sessions::{SessionId, documents, posters};
use domain::sign_ins::actions::SignInKey;
use domain::testing::{given_account, given_backend, operator};
use domain::{Backend, projects, sign_ins};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use server::AppState;
use server::state::HttpSettings;
use sqlx::PgPool;
use tempfile::TempDir;
use tower::ServiceExt as _;

struct Portal {
    router: Router,
    backend: Backend,
    folder: TempDir,
    owner: Member,
    project: Project,
    cookie: String,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

const REPORT: &str = "/video/insights/recordings";

impl Portal {
    async fn new(db: PgPool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let backend = given_backend(db, folder.path());
        let owner = given_account(&backend, "acme").await;
        let project = projects::actions::create(&backend, &operator(&owner), "=Care")
            .await
            .unwrap();
        let settings = HttpSettings {
            public_url: "http://127.0.0.1:3000".parse().unwrap(),
            listen: "127.0.0.1:3000".parse().unwrap(),
            trusted_proxies: Vec::new(),
            site_dir: PathBuf::new(),
        };
        let router = server::router(AppState::new(backend.clone(), settings));
        let cookie = sign_in(&backend, &owner).await;
        Self {
            router,
            backend,
            folder,
            owner,
            project,
            cookie,
        }
    }

    async fn session(&self, room: &str, number: &str) -> SessionId {
        let now = self.backend.clock.now();
        let id = SessionId::new(now);
        sqlx::query(
            "insert into sessions (id, account_id, project_id, room, conference_number, started_at, duration_ms, size_bytes, created_at) \
             values ($1, $2, $3, $4, $5, $6, 1500, 0, $6)",
        )
        .bind(id)
        .bind(self.owner.account)
        .bind(self.project.id)
        .bind(room)
        .bind(number)
        .bind(now)
        .execute(&self.backend.db)
        .await
        .unwrap();
        id
    }

    async fn file(&self, session: SessionId, kind: &str, name: &str, bytes: &[u8]) -> FileId {
        let now = self.backend.clock.now();
        let id = FileId::new(now);
        let mut source = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut source, bytes).unwrap();
        let intake = Intake::start(&self.backend.vault).unwrap();
        let copied = intake.copy(id, &source, &mut |_| true).unwrap();
        intake.place(&[id]).unwrap();
        sqlx::query(
            "insert into files (id, account_id, session_id, kind, name, content_type, size_bytes, sha256, created_at, width, height, duration_ms) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, case when $4 = 'transcoded' then 64 end, \
                case when $4 = 'transcoded' then 48 end, case when $4 = 'transcoded' then 1000 end)",
        )
        .bind(id)
        .bind(self.owner.account)
        .bind(session)
        .bind(kind)
        .bind(name)
        .bind(if kind == "transcoded" { "video/mp4" } else { "application/json" })
        .bind(i64::try_from(copied.size).unwrap())
        .bind(copied.sha256.as_slice())
        .bind(now)
        .execute(&self.backend.db)
        .await
        .unwrap();
        intake.finish().unwrap();
        id
    }

    async fn request(&self, method: Method, path: &str, cookie: &str, form: &str) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "127.0.0.1:3000")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", cookie)
            .body(Body::from(form.to_owned()))
            .unwrap();
        let (parts, body) = self
            .router
            .clone()
            .oneshot(request)
            .await
            .unwrap()
            .into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await.unwrap().to_bytes(),
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path, &self.cookie, "").await
    }

    async fn archive(&self, form: &str) -> Answer {
        self.request(
            Method::POST,
            &format!("{REPORT}/archive"),
            &self.cookie,
            form,
        )
        .await
    }
}

async fn sign_in(backend: &Backend, member: &Member) -> String {
    let id = tower_sessions::session::Id::default().to_string();
    let data = serde_json::json!({ MEMBER_KEY: member.id });
    let key = SignInKey::of(id.as_bytes());
    assert!(
        sign_ins::actions::create(backend, &key, Some(member.id), data)
            .await
            .unwrap()
    );
    format!("reelgate={id}")
}

/// R083, R088. The filter is that of the report, and a filter that means nothing exports nothing.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_report_is_exported_as_a_table_that_runs_nothing(db: PgPool) {
    let portal = Portal::new(db).await;
    let session = portal.session("=cmd|' /C calc'!A0", "7").await;
    portal
        .file(session, "chat", "say \"hi\", all.json", b"{}")
        .await;
    portal.session("empty", "8").await;
    let answer = portal.get(&format!("{REPORT}/export")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(
        answer.header("content-type").starts_with("text/csv"),
        "{:?}",
        answer.headers
    );
    assert!(
        answer
            .header("content-disposition")
            .starts_with("attachment; filename=\"recordings-2026-")
    );
    let text = answer.text();
    assert!(text.starts_with('\u{feff}'));
    let lines: Vec<&str> = text
        .trim_start_matches('\u{feff}')
        .split_terminator("\r\n")
        .collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(
        lines[0].starts_with("Project,Room,\"Conference number\""),
        "{text}"
    );
    let with_file = lines.iter().find(|line| line.contains("cmd")).unwrap();
    assert!(
        with_file.starts_with("\"'=Care\",\"'=cmd|' /C calc'!A0\",7,"),
        "{with_file}"
    );
    assert!(
        with_file.contains("chat,\"say \"\"hi\"\", all.json\",,,,2,http://"),
        "{with_file}"
    );

    let narrowed = portal.get(&format!("{REPORT}/export?q=EMPTY")).await;
    assert_eq!(narrowed.text().matches("\r\n").count(), 2);
    let nonsense = portal.get(&format!("{REPORT}/export?from=yesterday")).await;
    assert_eq!(nonsense.status, StatusCode::BAD_REQUEST);

    let stranger = portal
        .request(Method::GET, &format!("{REPORT}/export"), "", "")
        .await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    let neighbour = given_account(&portal.backend, "neighbour").await;
    let cookie = sign_in(&portal.backend, &neighbour).await;
    let other = portal
        .request(Method::GET, &format!("{REPORT}/export"), &cookie, "")
        .await;
    assert_eq!(
        other.text().matches("\r\n").count(),
        1,
        "another account's sessions are not there"
    );
}

/// More sessions than one batch holds, each once.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_export_of_many_batches_has_every_session_once(db: PgPool) {
    let portal = Portal::new(db).await;
    sqlx::query(
        "insert into sessions (id, account_id, project_id, room, conference_number, started_at, duration_ms, size_bytes, created_at) \
         select gen_random_uuid(), $1, $2, 'room', n::text, now() + n / 3 * interval '1 s', n % 7, 0, now() from generate_series(1, 1701) n",
    )
    .bind(portal.owner.account)
    .bind(portal.project.id)
    .execute(&portal.backend.db)
    .await
    .unwrap();
    for query in ["", "?sort=oldest", "?sort=longest", "?q=room"] {
        let answer = portal.get(&format!("{REPORT}/export{query}")).await;
        let mut numbers: Vec<&str> = answer
            .text()
            .lines()
            .skip(1)
            .map(|line| line.split(',').nth(2).unwrap())
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 1701, "{query}");
    }
}

/// R167. Read back by Python and, where they are installed, unzip and 7z.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn chosen_files_come_in_one_archive_that_others_can_read(db: PgPool) {
    let portal = Portal::new(db).await;
    let one = portal.session("../ró:om", "1").await;
    let two = portal.session("../ró:om", "2").await;
    let large: Vec<u8> = (0..700_000_u32)
        .map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1])
        .collect();
    portal.file(one, "transcoded", "會議.mp4", &large).await;
    portal.file(one, "chat", "chat.json", b"").await;
    let single = portal.file(two, "chat", "chat.json", b"{\"a\":1}").await;
    portal
        .file(two, "metadata", "metadata.json", b"not chosen")
        .await;
    let answer = portal
        .archive(&format!("session={one}&file={single}"))
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.headers);
    assert_eq!(answer.header("content-type"), "application/zip");
    assert_eq!(answer.header("cache-control"), "no-store, no-transform");
    assert_eq!(
        answer.header("content-length"),
        answer.body.len().to_string()
    );
    portal
        .backend
        .access_log
        .flush(&portal.backend.db)
        .await
        .unwrap();
    let granted: Vec<(String, i64)> = sqlx::query_as(
        "select file_name, bytes_sent from access_log where status = 200 and caller_kind = 'member' order by seq",
    )
    .fetch_all(&portal.backend.db)
    .await
    .unwrap();
    assert_eq!(granted.len(), 3, "each file is a download of its own");
    assert!(granted.contains(&("會議.mp4".to_owned(), 700_000)));
    let path = portal.folder.path().join("archive.zip");
    std::fs::write(&path, &answer.body).unwrap();
    let script = "import sys, zipfile, hashlib\n\
        z = zipfile.ZipFile(sys.argv[1])\n\
        assert z.testzip() is None\n\
        for i in z.infolist(): print(i.filename, i.file_size, i.compress_type)";
    let listed = Command::new("python3")
        .args(["-X", "utf8", "-c", script])
        .arg(&path)
        .output()
        .unwrap();
    assert!(
        listed.status.success(),
        "{}",
        String::from_utf8_lossy(&listed.stderr)
    );
    let listed = String::from_utf8(listed.stdout).unwrap();
    let mut names: Vec<&str> = listed.lines().collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "_ró_om 1/chat.json 0 0",
            "_ró_om 1/會議.mp4 700000 0",
            "_ró_om 2/chat.json 7 0"
        ]
    );
    for (program, args) in [("unzip", ["-tq"]), ("7z", ["t"])] {
        if let Ok(output) = Command::new(program).args(args).arg(&path).output() {
            assert!(
                output.status.success(),
                "{program}: {}",
                String::from_utf8_lossy(&output.stdout)
            );
        }
    }
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_archive_of_nothing_nonsense_or_anothers_is_refused(db: PgPool) {
    let portal = Portal::new(db).await;
    let session = portal.session("room", "1").await;
    let file = portal.file(session, "chat", "chat.json", b"{}").await;
    for form in ["", "session=", "file=x", "session=1&file=2"] {
        assert_eq!(
            portal.archive(form).await.status,
            StatusCode::BAD_REQUEST,
            "{form}"
        );
    }
    let neighbour = given_account(&portal.backend, "neighbour").await;
    let cookie = sign_in(&portal.backend, &neighbour).await;
    let path = format!("{REPORT}/archive");
    let form = format!("session={session}&file={file}");
    let other = portal.request(Method::POST, &path, &cookie, &form).await;
    assert_eq!(other.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        portal.request(Method::POST, &path, "", &form).await.status,
        StatusCode::UNAUTHORIZED
    );
    let too_long = format!("file={}", "x".repeat(70_000));
    assert_eq!(
        portal.archive(&too_long).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
}

/// A browser that posts the form has left the report: it goes back to where it was, and is told there.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn who_chose_nothing_is_told_in_the_report(db: PgPool) {
    let portal = Portal::new(db).await;
    portal.session("room", "1").await;
    let page = format!("{REPORT}?q=room");
    let ask = |method: Method, path: &str, cookie: String| {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "127.0.0.1:3000")
            .header("sec-fetch-site", "same-origin")
            .header("accept", "text/html")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("referer", format!("http://127.0.0.1:3000{page}"))
            .header("cookie", cookie)
            .body(Body::empty())
            .unwrap();
        portal.router.clone().oneshot(request)
    };
    let path = format!("{REPORT}/archive");
    let answer = ask(Method::POST, &path, portal.cookie.clone());
    let answer = answer.await.unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()["location"], page);
    let flash = answer.headers()["set-cookie"].to_str().unwrap();
    let flash = flash.split(';').next().unwrap();
    let cookie = format!("{}; {flash}", portal.cookie);
    let shown = ask(Method::GET, &page, cookie).await.unwrap();
    let shown = shown.into_body().collect().await.unwrap().to_bytes();
    let shown = String::from_utf8_lossy(&shown);
    assert!(
        shown.contains("Choose at least one session or file."),
        "{shown}"
    );
}

/// A playlist that names another file, disguised as a recording, shows nothing of it; a real recording gives a picture.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_session_gets_a_picture_where_ffmpeg_is_installed(db: PgPool) {
    let portal = Portal::new(db).await;
    let session = portal.session("room", "1").await;
    let picture = format!("{REPORT}/{session}/poster");
    assert_eq!(portal.get(&picture).await.status, StatusCode::NOT_FOUND);
    let source = portal.folder.path().join("a.mp4");
    let made = Command::new("ffmpeg")
        .args([
            "-loglevel",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc=size=64x48:rate=5:duration=1",
            "-pix_fmt",
            "yuv420p",
        ])
        .arg(&source)
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        // Nothing is made, nothing fails, and the report goes without.
        posters::make_one(&portal.backend).await.unwrap();
        assert_eq!(portal.get(&picture).await.status, StatusCode::NOT_FOUND);
        return;
    }
    portal
        .file(
            session,
            "transcoded",
            "a.mp4",
            &std::fs::read(&source).unwrap(),
        )
        .await;
    let playlist = portal.session("room", "2").await;
    let disguised = format!(
        "#EXTM3U\n#EXTINF:1,\nfile://{}\n#EXT-X-ENDLIST\n",
        source.display()
    );
    portal
        .file(playlist, "transcoded", "b.mp4", disguised.as_bytes())
        .await;
    for _ in 0..2 {
        posters::make_one(&portal.backend).await.unwrap();
    }
    let answer = portal.get(&picture).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "image/jpeg");
    assert_eq!(answer.header("cache-control"), "private, max-age=600");
    assert!(answer.body.starts_with(&[0xff, 0xd8]));
    assert_eq!(
        portal
            .get(&format!("{REPORT}/{playlist}/poster"))
            .await
            .status,
        StatusCode::NOT_FOUND
    );
    let page = portal.get(REPORT).await;
    assert_eq!(
        page.text().matches("/poster\"").count(),
        1,
        "only where there is one"
    );

    let neighbour = given_account(&portal.backend, "neighbour").await;
    let cookie = sign_in(&portal.backend, &neighbour).await;
    let other = portal.request(Method::GET, &picture, &cookie, "").await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
}

/// Participants and chat are found once they were read, and again after a new title.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_session_is_found_by_its_people_its_chat_and_its_title(db: PgPool) {
    let portal = Portal::new(db).await;
    let session = portal.session("room", "1").await;
    portal.session("other", "2").await;
    let chat = br#"[{"sender": "Zo\u00eb", "text": "Where is the invoice?"}]"#;
    portal.file(session, "chat", "chat.json", chat).await;
    portal
        .file(session, "metadata", "metadata.json", b"{ no json")
        .await;
    documents::read_some(&portal.backend).await.unwrap();
    let found = async |words: &str| {
        let page = portal.get(&format!("{REPORT}?q={words}")).await;
        page.text().contains("1 session<")
    };
    assert!(found("zoe+INVOI").await);
    assert!(!found("zoe+receipt").await);
    sqlx::query(
        "update sessions set title = 'Quarterly réview', tags = array['Board'] where id = $1",
    )
    .bind(session)
    .execute(&portal.backend.db)
    .await
    .unwrap();
    assert!(found("TERLY+REV").await, "a part of the title, at once");
    documents::read_some(&portal.backend).await.unwrap();
    assert!(
        found("invoice+quarterly+board").await,
        "words of chat, title and tags together"
    );
}

/// The panel of commands: for those who may not see the credential it has no user name, and never a password.
#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn commands_are_shown_for_the_file_that_was_chosen(db: PgPool) {
    let portal = Portal::new(db).await;
    let session = portal.session("room", "1").await;
    let file = portal
        .file(session, "transcoded", "it's $HOME.mp4", b"x")
        .await;
    let username: String =
        sqlx::query_scalar("select username from credentials where account_id = $1")
            .bind(portal.owner.account)
            .fetch_one(&portal.backend.db)
            .await
            .unwrap();
    let preset =
        domain::credentials::actions::reveal_preset(&portal.backend, &operator(&portal.owner))
            .await
            .unwrap()
            .unwrap();
    let page = portal.get(&format!("{REPORT}?use={file}")).await;
    assert!(page.text().contains("from a program"));
    assert!(
        page.text().contains(&format!("REELGATE_USER='{username}'")),
        "the owner may see it"
    );
    assert!(!page.text().contains(preset.reveal()));
    sqlx::query("update members set role = 'support'")
        .execute(&portal.backend.db)
        .await
        .unwrap();
    let page = portal.get(&format!("{REPORT}?use={file}")).await;
    assert!(page.text().contains("--output") && !page.text().contains(&username));
    for nonsense in ["x", &SessionId::new(portal.backend.clock.now()).to_string()] {
        let page = portal.get(&format!("{REPORT}?use={nonsense}")).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(!page.text().contains("--output"), "{nonsense}");
    }
}
