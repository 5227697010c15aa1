//! The import: what is taken, what is refused, and that nothing is ever half there.

use std::fs::File;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use domain::files::FileKind;
use domain::projects::ProjectId;
use domain::sessions::import::{ImportOptions, ImportReport, Progress, Stopped, import};
use domain::sessions::{SessionFilter, SessionOrder, SessionSummary};
use domain::testing::{actor, given_account, given_backend, operator, until_somebody_waits};
use domain::{Actor, Backend, Error, PageRequest, projects, sessions};
use sha2::{Digest as _, Sha256};
use sqlx::PgPool;

use crate::vault::files_in;

/// A backend with a project, and a folder to import from.
pub(crate) struct Stage {
    pub(crate) backend: Backend,
    pub(crate) operator: Actor,
    pub(crate) project: ProjectId,
    folder: tempfile::TempDir,
}

impl Stage {
    pub(crate) async fn new(db: PgPool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let backend = given_backend(db, folder.path());
        let owner = given_account(&backend, "acme").await;
        let operator = operator(&owner);
        let project = projects::actions::create(&backend, &operator, "Support")
            .await
            .unwrap()
            .id;
        std::fs::create_dir(folder.path().join("recordings")).unwrap();
        Self {
            backend,
            operator,
            project,
            folder,
        }
    }

    pub(crate) fn source(&self) -> PathBuf {
        self.folder.path().join("recordings")
    }

    pub(crate) fn vault(&self) -> PathBuf {
        self.folder.path().join("vault")
    }

    /// Puts a file into the folder to import from, last modified at this second of the 4th of March 2026.
    pub(crate) fn put(&self, path: &str, bytes: &[u8], second: u64) {
        let path = self.source().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        set_modified(&path, second);
    }

    pub(crate) async fn import(&self, options: ImportOptions) -> ImportReport {
        let progress = Progress::default();
        let report = import(
            &self.backend,
            &self.operator,
            self.project,
            &self.source(),
            options,
            &progress,
        )
        .await
        .unwrap();
        if report.stopped.is_none() {
            let done = progress.snapshot();
            assert_eq!(
                (done.files, done.bytes),
                (done.total_files, done.total_bytes),
                "the bar reaches its end"
            );
        }
        self.is_consistent().await;
        report
    }

    /// Every row has its object with the right content, every object its row, and no run is left.
    pub(crate) async fn is_consistent(&self) {
        let rows = sqlx::query!("select id, size_bytes, sha256 from files")
            .fetch_all(&self.backend.db)
            .await
            .unwrap();
        let objects = files_in(&self.vault());
        assert_eq!(rows.len(), objects.len(), "{objects:?}");
        for row in rows {
            let name = row.id.to_string();
            let path = self.vault().join("objects").join(&name[34..]).join(&name);
            let size = path.metadata().unwrap().len();
            assert_eq!(size, row.size_bytes.cast_unsigned());
            // Reading gigabytes of holes again is not what this is for.
            if size < 1 << 30 {
                assert_eq!(
                    Sha256::digest(std::fs::read(&path).unwrap())[..],
                    row.sha256[..]
                );
            }
        }
        let sums = sqlx::query_scalar!(
            r#"select bool_and(size_bytes = (select sum(size_bytes) from files where session_id = sessions.id)) from sessions"#
        );
        assert_ne!(
            sums.fetch_one(&self.backend.db).await.unwrap(),
            Some(false),
            "a session's size is that of its files"
        );
    }

    pub(crate) async fn sessions(&self) -> Vec<SessionSummary> {
        let request = PageRequest {
            size: 100,
            cursor: None,
        };
        let filter = SessionFilter::default();
        let page = sessions::actions::report(
            &self.backend,
            &self.operator,
            &filter,
            SessionOrder::Oldest,
            &request,
        );
        page.await.unwrap().items
    }
}

pub(crate) fn sample(name: &str) -> Vec<u8> {
    std::fs::read(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/media")
            .join(name),
    )
    .unwrap()
}

fn set_modified(path: &Path, second: u64) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_772_582_400 + second);
    File::options()
        .append(true)
        .open(path)
        .unwrap()
        .set_modified(time)
        .unwrap();
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

const DRY: ImportOptions = ImportOptions {
    dry_run: true,
    is_secure: false,
};
const WET: ImportOptions = ImportOptions {
    dry_run: false,
    is_secure: false,
};

/// Added sessions, extended sessions, added files, known files, refused files.
fn counts(report: &ImportReport) -> (u64, u64, u64, u64, usize) {
    assert!(report.stopped.is_none(), "{report:?}");
    (
        report.sessions_added,
        report.sessions_extended,
        report.files_added,
        report.files_present,
        report.refused.len(),
    )
}

fn put_delivery(stage: &Stage) {
    stage.put(
        "room-1/1001/individual_recording_1.mkv",
        &sample("picture.mkv"),
        100,
    );
    stage.put(
        "room-1/1001/individual_recording_2.mov",
        &sample("picture.mov"),
        110,
    );
    stage.put("room-1/1001/transcoded.mp4", &sample("picture.mp4"), 900);
    stage.put("room-1/1001/live.mp4", &sample("fragmented.mp4"), 120);
    stage.put("room-1/1001/chat.json", b"[]", 5);
    stage.put(
        "room-1/1001/metadata.json",
        br#"{"started_at":"2026-03-01T08:00:00Z","ended_at":"2026-03-01T08:30:00Z"}"#,
        5,
    );
    stage.put("room-1/1002/single.webm", &sample("picture.webm"), 5000);
    stage.put("Raum ä/1/chatdata.json", br#"{"a":1}"#, 77);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_delivery_layout_becomes_sessions(db: PgPool) {
    let stage = Stage::new(db).await;
    put_delivery(&stage);
    let report = stage.import(WET).await;
    assert_eq!(counts(&report), (3, 0, 8, 0, 0));
    let sessions = stage.sessions().await;
    assert_eq!(
        report.bytes_added,
        sessions.iter().map(|session| session.size).sum::<u64>()
    );

    let told = &sessions[0];
    assert_eq!(
        (told.room.as_str(), told.conference_number.as_str()),
        ("room-1", "1001")
    );
    assert_eq!(
        told.started_at,
        at("2026-03-01T08:00:00Z"),
        "its metadata says so"
    );
    assert_eq!(told.duration_ms, 1400, "that of the longest recording");
    let kinds: Vec<_> = told
        .files
        .iter()
        .map(|file| (file.name.as_str(), file.kind))
        .collect();
    assert_eq!(
        kinds,
        [
            ("transcoded.mp4", FileKind::Transcoded),
            ("live.mp4", FileKind::Live),
            ("individual_recording_1.mkv", FileKind::Individual),
            ("individual_recording_2.mov", FileKind::Individual),
            ("chat.json", FileKind::Chat),
            ("metadata.json", FileKind::Metadata),
        ]
    );
    assert_eq!(
        (told.files[0].duration_ms, told.files[0].dimensions),
        (Some(1200), Some((160, 90)))
    );
    assert_eq!(
        (told.files[4].duration_ms, told.files[4].dimensions),
        (None, None)
    );

    assert_eq!(
        (sessions[1].room.as_str(), sessions[1].started_at),
        ("Raum ä", at("2026-03-04T00:01:17Z"))
    );
    assert_eq!(
        sessions[2].started_at,
        at("2026-03-04T01:23:18.792Z"),
        "its end less its duration"
    );
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn only_the_operator_imports_and_only_into_the_accounts_own_project(db: PgPool) {
    let stage = Stage::new(db).await;
    let owner = given_account(&stage.backend, "other").await;
    let run = async |actor: &Actor, folder: &Path| {
        import(
            &stage.backend,
            actor,
            stage.project,
            folder,
            WET,
            &Progress::default(),
        )
        .await
    };
    assert!(matches!(
        run(&actor(&owner), &stage.source()).await,
        Err(Error::Forbidden)
    ));
    assert!(matches!(
        run(&operator(&owner), &stage.source()).await,
        Err(Error::NotFound("project"))
    ));
    let missing = stage.source().join("missing");
    assert!(matches!(
        run(&stage.operator, &missing).await,
        Err(Error::Invalid(_))
    ));
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_dry_run_tells_all_and_changes_nothing(db: PgPool) {
    let stage = Stage::new(db).await;
    put_delivery(&stage);
    stage.put("room-1/1002/broken.mp4", b"nothing", 0);
    assert_eq!(counts(&stage.import(DRY).await), (3, 0, 8, 0, 1));
    assert!(stage.sessions().await.is_empty());
    assert_eq!(counts(&stage.import(WET).await), (3, 0, 8, 0, 1));
    assert_eq!(counts(&stage.import(DRY).await), (0, 0, 0, 8, 1));
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn again_adds_only_what_is_new(db: PgPool) {
    let stage = Stage::new(db).await;
    put_delivery(&stage);
    stage.import(WET).await;
    let before = stage.sessions().await;
    assert_eq!(counts(&stage.import(WET).await), (0, 0, 0, 8, 0));
    assert_eq!(stage.sessions().await, before);

    // The same content under another time is the same file, and the new time is remembered.
    set_modified(&stage.source().join("room-1/1002/single.webm"), 6000);
    assert_eq!(counts(&stage.import(WET).await), (0, 0, 0, 8, 0));
    assert_eq!(stage.sessions().await, before);
    let remembered =
        sqlx::query_scalar!("select source_modified_at from files where name = 'single.webm'");
    assert_eq!(
        remembered.fetch_one(&stage.backend.db).await.unwrap(),
        Some(at("2026-03-04T01:40:00Z"))
    );

    // A file and metadata that come later belong to the session that is there.
    stage.put(
        "room-1/1002/transcoded.mp4",
        &sample("fragmented.mp4"),
        9000,
    );
    stage.put(
        "room-1/1002/metadata.json",
        br#"{"trans_date":1772000000}"#,
        9000,
    );
    stage.put("room-2/1/a.webm", &sample("picture.webm"), 1);
    assert_eq!(counts(&stage.import(WET).await), (1, 1, 3, 8, 0));
    let after = stage.sessions().await;
    let grown = after
        .iter()
        .find(|session| session.conference_number == "1002")
        .unwrap();
    assert_eq!((grown.files.len(), grown.duration_ms), (3, 1400));
    assert_eq!(grown.started_at.timestamp(), 1_772_000_000);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn other_content_under_a_known_name_is_refused_and_the_vault_keeps_its_own(db: PgPool) {
    let stage = Stage::new(db).await;
    stage.put("room/1/chat.json", b"[1]", 10);
    stage.put("room/1/metadata.json", b"{}", 10);
    stage.import(WET).await;
    let before = stage.sessions().await;
    stage.put("room/1/chat.json", b"[2]", 11);
    stage.put("room/1/metadata.json", br#"{"more":1}"#, 10);
    let report = stage.import(WET).await;
    assert_eq!(counts(&report), (0, 0, 0, 0, 2));
    assert_eq!(report.refused[0].path, "room/1/chat.json");
    assert!(
        report
            .refused
            .iter()
            .all(|refusal| refusal.reason.contains("keeps it")),
        "{report:?}"
    );
    assert_eq!(stage.sessions().await, before);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn what_is_broken_or_unknown_is_refused_by_name_and_the_rest_goes_on(db: PgPool) {
    let stage = Stage::new(db).await;
    let outside = tempfile::NamedTempFile::new().unwrap();
    let source = stage.source();
    stage.put("room/1/good.webm", &sample("picture.webm"), 1);
    stage.put("room/1/broken.mp4", b"nothing of the kind", 1);
    stage.put("room/1/empty.mkv", b"", 1);
    stage.put("room/1/cut.mp4", &sample("picture.mp4")[..400], 1);
    stage.put("room/1/chat.json", b"{", 1);
    stage.put("room/1/notes.txt", b"x", 1);
    stage.put("room/1/other.json", b"{}", 1);
    stage.put("room/1/.DS_Store", b"x", 1);
    stage.put("room/Thumbs.db", b"x", 1);
    stage.put("room/1/inner/deep.webm", &sample("picture.webm"), 1);
    stage.put("room/1/evil\u{202e}4pm.webm", &sample("picture.webm"), 1);
    stage.put("room/loose.webm", &sample("picture.webm"), 1);
    stage.put("loose.webm", &sample("picture.webm"), 1);
    stage.put("ro\u{200b}om/1/a.webm", &sample("picture.webm"), 1);
    std::fs::write(
        source
            .join("room/1")
            .join(std::ffi::OsStr::from_bytes(b"caf\xe9.webm")),
        "x",
    )
    .unwrap();
    std::os::unix::fs::symlink(outside.path(), source.join("room/1/link.webm")).unwrap();
    std::os::unix::fs::symlink(source.join("room"), source.join("room-link")).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(source.join("room/1/pipe.webm"))
        .status()
        .unwrap();
    assert!(made.success());

    let report = stage.import(WET).await;
    assert_eq!((report.files_added, report.hidden), (1, 2));
    let refused: Vec<_> = report
        .refused
        .iter()
        .map(|r| (r.path.as_str(), r.reason.as_str()))
        .collect();
    let link = "it is a link, and links are not followed";
    assert_eq!(
        refused,
        [
            (
                "loose.webm",
                "it lies outside of <room>/<conference number>/"
            ),
            (
                "ro\\u{200b}om",
                "its name has invisible or direction-changing characters"
            ),
            ("room-link", link),
            (
                "room/1/broken.mp4",
                "not a readable MP4: it begins like no MP4 does"
            ),
            ("room/1/caf\\xe9.webm", "its name is not UTF-8"),
            (
                "room/1/chat.json",
                "not a readable JSON: EOF while parsing an object at line 1 column 1"
            ),
            (
                "room/1/cut.mp4",
                "not a readable MP4: it ends in the middle of its moov box"
            ),
            ("room/1/empty.mkv", "it is empty"),
            (
                "room/1/evil\\u{202e}4pm.webm",
                "its name has invisible or direction-changing characters"
            ),
            ("room/1/inner", "it is a folder within a session"),
            ("room/1/link.webm", link),
            (
                "room/1/notes.txt",
                "its extension is none of mkv, mov, webm, mp4, json, vtt, log"
            ),
            (
                "room/1/other.json",
                "only chat.json, chatdata.json and metadata.json are session files"
            ),
            ("room/1/pipe.webm", "it is no regular file"),
            (
                "room/loose.webm",
                "it lies outside of <room>/<conference number>/"
            ),
        ]
    );
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn two_at_once_take_each_file_once(db: PgPool) {
    let stage = Stage::new(db).await;
    for conference in 0..12 {
        for file in 0..4 {
            stage.put(
                &format!("room/{conference}/{file}.webm"),
                &sample("picture.webm"),
                1,
            );
        }
    }
    let progress = (Progress::default(), Progress::default());
    let source = stage.source();
    let run = |progress| {
        import(
            &stage.backend,
            &stage.operator,
            stage.project,
            &source,
            WET,
            progress,
        )
    };
    let (one, other) = tokio::join!(run(&progress.0), run(&progress.1));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!((one.refused.len(), other.refused.len()), (0, 0));
    assert_eq!(one.files_added + other.files_added, 48);
    assert_eq!(one.files_present + other.files_present, 48);
    assert_eq!(one.sessions_added + other.sessions_added, 12);
    assert_eq!(stage.sessions().await.len(), 12);
    stage.is_consistent().await;
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_loser_of_a_race_keeps_no_copy(db: PgPool) {
    let stage = Stage::new(db).await;
    stage.put("room/1/a.webm", &sample("picture.webm"), 1);
    stage.put("room/1/chat.json", b"[1]", 1);
    stage.put("room/1/metadata.json", b"{}", 1);
    // The session with its files appears while the import waits to record them: it looked before that.
    let mut winner = stage.backend.db.begin().await.unwrap();
    let session = domain::sessions::SessionId::new(stage.backend.clock.now());
    let now = stage.backend.clock.now();
    sqlx::query!(
        "insert into sessions (id, account_id, project_id, room, conference_number, started_at, duration_ms, size_bytes, created_at)
         values ($1, $2, $3, 'room', '1', $4, 0, 6, $4)",
        session.as_uuid(), stage.operator.account.as_uuid(), stage.project.as_uuid(), now,
    )
    .execute(&mut *winner)
    .await
    .unwrap();
    let a = sample("picture.webm");
    for (name, bytes) in [("a.webm", &a[..]), ("chat.json", b"[2]")] {
        let sha256 = Sha256::digest(bytes).to_vec();
        let id = domain::files::FileId::new(now);
        sqlx::query!(
            "insert into files (id, account_id, session_id, kind, name, content_type, size_bytes, sha256, created_at)
             values ($1, $2, $3, 'chat', $4, 'x', $5, $6, $7)",
            id.as_uuid(), stage.operator.account.as_uuid(), session.as_uuid(), name,
            i64::try_from(bytes.len()).unwrap(), &sha256, now,
        )
        .execute(&mut *winner)
        .await
        .unwrap();
    }
    let (backend, operator, project, source) = (
        stage.backend.clone(),
        stage.operator,
        stage.project,
        stage.source(),
    );
    let importing = tokio::spawn(async move {
        import(
            &backend,
            &operator,
            project,
            &source,
            WET,
            &Progress::default(),
        )
        .await
        .unwrap()
    });
    // Until its copies are in place and its transaction waits for ours.
    until_somebody_waits(&stage.backend.db).await;
    winner.commit().await.unwrap();
    let report = importing.await.unwrap();
    assert_eq!(counts(&report), (0, 1, 1, 1, 1));
    assert_eq!(report.refused[0].path, "room/1/chat.json");
    assert_eq!(
        files_in(&stage.vault()).len(),
        1,
        "only metadata.json, which nobody else had"
    );
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn a_stopped_import_leaves_whole_sessions_only_and_the_next_goes_on(db: PgPool) {
    let stage = Stage::new(db).await;
    for conference in 0..40 {
        stage.put(
            &format!("room/{conference:02}/a.webm"),
            &sample("picture.webm"),
            1,
        );
        stage.put(&format!("room/{conference:02}/chat.json"), b"[]", 1);
    }
    let progress = Progress::default();
    let source = stage.source();
    let stopping = async {
        while progress.snapshot().files < 20 {
            tokio::task::yield_now().await;
        }
        progress.cancel();
    };
    let run = import(
        &stage.backend,
        &stage.operator,
        stage.project,
        &source,
        WET,
        &progress,
    );
    let (report, ()) = tokio::join!(run, stopping);
    let report = report.unwrap();
    assert!(matches!(report.stopped, Some(Stopped::Cancelled)));
    stage.is_consistent().await;
    let sessions = stage.sessions().await;
    assert!(sessions.len() < 40 && sessions.iter().all(|session| session.files.len() == 2));
    assert_eq!(report.files_added, 2 * sessions.len() as u64);
    let rest = stage.import(WET).await;
    assert_eq!(rest.files_added + report.files_added, 80);
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn an_import_sweeps_what_a_killed_one_left(db: PgPool) {
    let stage = Stage::new(db).await;
    put_delivery(&stage);
    stage.import(WET).await;
    let dead = domain::files::vault::Intake::start(&stage.backend.vault).unwrap();
    let id = domain::files::FileId::new(stage.backend.clock.now());
    dead.copy(
        id,
        &File::open(stage.source().join("room-1/1002/single.webm")).unwrap(),
        &mut |_| true,
    )
    .unwrap();
    dead.place(&[id]).unwrap();
    // A claim whose row was committed: its object stays.
    let kept = sqlx::query_scalar!("select id from files limit 1")
        .fetch_one(&stage.backend.db)
        .await
        .unwrap();
    let run = std::fs::read_dir(stage.vault().join("incoming"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let claims = run
        .filter(|path| path.is_dir())
        .map(|path| path.join("claims"))
        .next()
        .unwrap();
    let written = std::fs::read_to_string(&claims).unwrap();
    std::fs::write(&claims, format!("{written}\n{kept}\n")).unwrap();
    drop(dead);
    assert_eq!(counts(&stage.import(WET).await), (0, 0, 0, 8, 0));
}
