//! `reelgate import` as a process: what it says, and that killing it at any moment leaves nothing half there.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use domain::projects;
use domain::testing::{given_account, given_backend, operator};
use rustix::process::{Pid, Signal, kill_process};
use sha2::{Digest as _, Sha256};
use sqlx::{ConnectOptions as _, PgPool};
use tempfile::TempDir;

/// A data folder and a database with an account and a project, and a folder to import from.
pub(crate) struct Stage {
    folder: TempDir,
    pub(crate) db: PgPool,
}

impl Stage {
    pub(crate) async fn new(db: PgPool) -> Self {
        let folder = TempDir::new().unwrap();
        let data = folder.path().join("var");
        std::fs::create_dir(&data).unwrap();
        let backend = given_backend(db.clone(), &data);
        backend.check_master_key().await.unwrap().unwrap();
        let owner = given_account(&backend, "acme").await;
        projects::actions::create(&backend, &operator(&owner), "Support")
            .await
            .unwrap();
        Self { folder, db }
    }

    pub(crate) fn put(&self, path: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join("recordings").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn command(&self, more: &[&str]) -> Command {
        let mut command = program(&self.db, &self.path("var"));
        command
            .arg("import")
            .arg(self.folder.path().join("recordings"))
            .args(["--account", "acme", "--project", "Support"])
            .args(more);
        command
    }

    fn start(&self) -> Child {
        self.command(&[])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    pub(crate) fn run(&self, more: &[&str]) -> Output {
        self.command(more).output().unwrap()
    }

    /// The recorded files of each session. Each has its object, with the right content.
    pub(crate) async fn sound_sessions(&self) -> BTreeMap<String, usize> {
        let rows: Vec<(uuid::Uuid, Vec<u8>, String)> = sqlx::query_as(
            "select files.id, files.sha256, sessions.conference_number
            from files join sessions on sessions.id = files.session_id",
        )
        .fetch_all(&self.db)
        .await
        .unwrap();
        let mut sessions = BTreeMap::new();
        for (id, sha256, conference_number) in rows {
            let name = id.to_string();
            let object = self.vault().join("objects").join(&name[34..]).join(&name);
            let bytes = std::fs::read(&object)
                .unwrap_or_else(|error| panic!("{}: {error}", object.display()));
            assert_eq!(
                Sha256::digest(bytes)[..],
                sha256[..],
                "{}",
                object.display()
            );
            *sessions.entry(conference_number).or_default() += 1;
        }
        sessions
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn vault(&self) -> PathBuf {
        self.folder.path().join("var/vault")
    }

    /// Objects, parts, claims and locks.
    pub(crate) fn files_in_vault(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        collect(&self.vault(), &mut found);
        found.retain(|path| !path.ends_with("incoming/gate"));
        found
    }
}

/// The program on this database and data folder, without the settings of whoever runs the tests.
pub(crate) fn program(db: &PgPool, data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reelgate"));
    for setting in server::config::SETTINGS {
        command.env_remove(setting.environment);
    }
    command
        .env("DATABASE_URL", db.connect_options().to_url_lossy().as_str())
        .env("REELGATE_DATA_DIR", data)
        .stdin(Stdio::null());
    command
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    // A folder may go away while it is looked at: the import removes its own.
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            collect(&entry.path(), found);
        } else {
            found.push(entry.path());
        }
    }
}

pub(crate) fn sample(name: &str) -> Vec<u8> {
    std::fs::read(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../domain/tests/media")
            .join(name),
    )
    .unwrap()
}

/// A playable MP4 that is larger by a `free` box.
fn large_mp4(padding: u32) -> Vec<u8> {
    let mut bytes = sample("picture.mp4");
    bytes.extend((padding + 8).to_be_bytes());
    bytes.extend(b"free");
    bytes.extend((0..padding).map(|n| (n % 251) as u8));
    bytes
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn the_exit_code_and_the_summary_say_what_was_done(db: PgPool) {
    let stage = Stage::new(db).await;
    stage.put("room/1/a.webm", &sample("picture.webm"));
    let dry = stage.run(&["--dry-run"]);
    assert!(
        text(&dry.stdout).starts_with("Would add 1 file (5.51 KiB) in 1 new session"),
        "{dry:?}"
    );
    assert_eq!(dry.status.code(), Some(0));
    assert!(stage.files_in_vault().is_empty());

    stage.put("room/1/broken.mp4", b"nothing");
    let refused = stage.run(&[]);
    assert_eq!(refused.status.code(), Some(3));
    assert_eq!(
        text(&refused.stderr).trim_end(),
        "refused room/1/broken.mp4: not a readable MP4: it begins like no MP4 does"
    );
    assert!(
        text(&refused.stdout).ends_with("Refused: 1 file, named above.\n"),
        "{refused:?}"
    );

    std::fs::remove_file(stage.folder.path().join("recordings/room/1/broken.mp4")).unwrap();
    let again = stage.run(&[]);
    assert_eq!(again.status.code(), Some(0));
    assert!(
        text(&again.stdout).ends_with("Already there: 1 file.\n"),
        "{again:?}"
    );
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn killed_again_and_again_it_still_brings_in_every_file_once(db: PgPool) {
    const SESSIONS: usize = 40;
    const FILES: usize = 4;
    let stage = Stage::new(db).await;
    for session in 0..SESSIONS {
        stage.put(
            &format!("room/{session:02}/transcoded.mp4"),
            &large_mp4(3 << 20),
        );
        stage.put(&format!("room/{session:02}/live.mp4"), &large_mp4(300_000));
        stage.put(
            &format!("room/{session:02}/single.webm"),
            &sample("picture.webm"),
        );
        stage.put(&format!("room/{session:02}/chat.json"), b"[]");
    }
    let mut killed = 0;
    for round in 0..30_usize {
        let before = stage.files_in_vault().len();
        let mut import = stage.start();
        // Killed as soon as this many files have appeared or vanished: each round at another point.
        let point = 1 + round * 7 % 23;
        while stage.files_in_vault().len().abs_diff(before) < point
            && import.try_wait().unwrap().is_none()
        {
            std::thread::yield_now();
        }
        killed += u32::from(import.try_wait().unwrap().is_none());
        import.kill().unwrap();
        import.wait().unwrap();
        let sessions = stage.sound_sessions().await;
        assert!(
            sessions.values().all(|&files| files == FILES),
            "round {round}: {sessions:?}"
        );
    }
    assert!(
        killed >= 10,
        "only {killed} of the kills met a process that was still at work"
    );

    let last = stage.run(&[]);
    assert_eq!(last.status.code(), Some(0), "{last:?}");
    let sessions = stage.sound_sessions().await;
    assert_eq!(sessions.len(), SESSIONS);
    assert!(
        sessions.values().all(|&files| files == FILES),
        "{sessions:?}"
    );
    let left = stage.files_in_vault();
    assert!(
        left.iter()
            .all(|path| path.starts_with(stage.vault().join("objects"))),
        "{left:?}"
    );
    assert_eq!(left.len(), SESSIONS * FILES, "no object without its row");
    let runs = std::fs::read_dir(stage.vault().join("incoming"))
        .unwrap()
        .count();
    assert_eq!(runs, 1, "only the gate");
}

#[sqlx::test(migrator = "domain::MIGRATOR")]
async fn ctrl_c_stops_between_blocks_and_cleans_up(db: PgPool) {
    let stage = Stage::new(db).await;
    // A playable file of 300 GiB, nearly all of it a hole: no machine is through with it before the signal comes.
    let path = stage.put("room/1/huge.mp4", &sample("picture.mp4"));
    let huge = File::options().write(true).open(path).unwrap();
    let begin = huge.metadata().unwrap().len();
    let padding: u64 = 300 << 30;
    let header = [&1_u32.to_be_bytes()[..], b"free", &padding.to_be_bytes()].concat();
    huge.write_all_at(&header, begin).unwrap();
    huge.set_len(begin + padding).unwrap();

    let import = stage.start();
    let is_copying = |path: &PathBuf| {
        path.extension()
            .is_some_and(|extension| extension == "part")
    };
    while !stage.files_in_vault().iter().any(is_copying) {
        std::thread::yield_now();
    }
    kill_process(Pid::from_child(&import), Signal::INT).unwrap();
    let output = import.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert!(
        text(&output.stdout).contains("Stopped before the end."),
        "{output:?}"
    );
    assert_eq!(stage.files_in_vault(), Vec::<PathBuf>::new());
}
