//! The life of the server process: initdb, start, wait until it answers, stop.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use sqlx::{ConnectOptions as _, Connection as _};

use super::place::Place;
use super::programs::Programs;

/// Only the name of the socket: nothing listens on TCP.
pub(super) const PORT: u16 = 5432;
const PAUSE: Duration = Duration::from_millis(30);
/// A checkpoint of a busy cluster may take this long.
const STOP_LIMIT: Duration = Duration::from_mins(2);
/// The log is begun anew at start when it has grown past this.
const LOG_LIMIT: u64 = 10 * 1024 * 1024;

/// Makes the cluster under a temporary name, so that a kill in the middle leaves nothing that looks like one.
pub(super) async fn create(programs: &Programs, place: &Place) -> anyhow::Result<()> {
    if place.data.join("PG_VERSION").exists() {
        return Ok(());
    }
    let new = place.beside("new");
    if new.exists() {
        std::fs::remove_dir_all(&new)
            .with_context(|| format!("cannot remove {}", new.display()))?;
    }
    place.create_private(&new)?;
    let mut initdb = programs.command("initdb", place.owner.as_ref());
    initdb.args([
        "-U",
        super::NAME,
        "--auth-local=trust",
        "--auth-host=reject",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
    ]);
    initdb
        .args(["--data-checksums", "--no-instructions", "-D"])
        .arg(&new)
        .stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || initdb.output())
        .await?
        .context("cannot run initdb")?;
    ensure!(
        output.status.success(),
        "initdb could not make the database cluster:\n{}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    std::fs::rename(&new, &place.data)
        .with_context(|| format!("cannot make {}", place.data.display()))?;
    if let Some(parent) = place.data.parent() {
        File::open(parent)?.sync_all()?;
    }
    place.record()
}

/// Uses the server that runs on the cluster, or starts one with its socket in this folder. Returns the folder of its socket.
pub(super) async fn start(
    programs: &Programs,
    place: &Place,
    socket_dir: PathBuf,
    is_alone: bool,
) -> anyhow::Result<(PathBuf, Option<Child>)> {
    if let Some(running) = Running::of(place) {
        let pid = running.pid.as_raw_nonzero();
        tracing::debug!(pid, "the embedded PostgreSQL runs already");
        if !running.has_lost_its_socket() {
            // It may be on its way out, if the process that stopped it was killed: then a new one is started.
            let is_alive =
                || Running::of(place).is_some_and(|running| !running.has_lost_its_socket());
            if wait_until_ready(place, &running.socket_dir, is_alive)
                .await
                .is_ok()
            {
                return Ok((running.socket_dir, None));
            }
        } else if is_alone {
            stop(place, None).await?;
        } else {
            bail!(
                "the embedded PostgreSQL (process {pid}) is in use, but somebody removed its socket in {}: \
                 stop every reelgate process on this data folder and start again",
                running.socket_dir.display()
            );
        }
    }
    place.create_private(&socket_dir)?;
    let log = open_log(&place.beside("log"))?;
    let mut child = programs
        .command("postgres", place.owner.as_ref())
        .arg("-D")
        .arg(&place.data)
        .arg("-k")
        .arg(&socket_dir)
        .args([
            "-p",
            &PORT.to_string(),
            "-c",
            "listen_addresses=",
            "-c",
            "unix_socket_permissions=0700",
        ])
        .args([
            "-c",
            "logging_collector=off",
            "-c",
            "log_destination=stderr",
        ])
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        // A group of its own: Ctrl-C in the terminal reaches us first, and we stop it when we are done with it.
        .process_group(0)
        .spawn()
        .context("cannot run postgres")?;
    wait_until_ready(place, &socket_dir, || matches!(child.try_wait(), Ok(None))).await?;
    Ok((socket_dir, Some(child)))
}

/// Whether a server is there, ready or on its way.
pub(super) fn is_running(place: &Place) -> bool {
    Running::of(place).is_some()
}

/// Recovery after a crash may take its time: waits as long as the server lives.
async fn wait_until_ready(
    place: &Place,
    socket_dir: &Path,
    mut is_alive: impl FnMut() -> bool,
) -> anyhow::Result<()> {
    let options = super::options(socket_dir).log_statements(tracing::log::LevelFilter::Off);
    let mut next_word = Instant::now() + Duration::from_secs(5);
    loop {
        if let Ok(connection) = options.connect().await {
            return Ok(connection.close().await?);
        }
        if !is_alive() {
            let log = place.beside("log");
            bail!(
                "the embedded PostgreSQL does not start. The end of its log {}:\n{}",
                log.display(),
                tail(&log)
            );
        }
        if Instant::now() >= next_word {
            tracing::info!("waiting for the embedded PostgreSQL to be ready");
            next_word += Duration::from_secs(30);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Asks for a fast shutdown and waits until the server is gone.
pub(super) async fn stop(place: &Place, mut child: Option<Child>) -> anyhow::Result<()> {
    let Some(running) = Running::of(place) else {
        return Ok(());
    };
    kill_process(running.pid, Signal::INT)?;
    let limit = Instant::now() + STOP_LIMIT;
    loop {
        // A child of ours stays as a zombie, and so seems alive, until it is waited for.
        let is_reaped = child
            .as_mut()
            .is_some_and(|child| matches!(child.try_wait(), Ok(Some(_))));
        if is_reaped || Running::of(place).is_none_or(|other| other.pid != running.pid) {
            // Empty now; if it is not, the next start checks and uses it.
            let _ = std::fs::remove_dir(&running.socket_dir);
            return Ok(());
        }
        ensure!(
            Instant::now() < limit,
            "process {} is still there",
            running.pid.as_raw_nonzero()
        );
        tokio::time::sleep(PAUSE).await;
    }
}

/// What `postmaster.pid` says of a living server.
struct Running {
    pid: Pid,
    socket_dir: PathBuf,
    /// It has got as far as taking connections.
    is_ready: bool,
}

impl Running {
    fn of(place: &Place) -> Option<Self> {
        let text = std::fs::read_to_string(place.data.join("postmaster.pid")).ok()?;
        let mut lines = text.lines();
        let pid = Pid::from_raw(lines.next()?.trim().parse().ok()?)?;
        let socket_dir = PathBuf::from(lines.nth(3)?);
        let is_ready = lines.nth(2).is_some_and(|status| status.trim() == "ready");
        // After a crash and a reboot, another program may have the number.
        let is_alive = test_kill_process(pid).is_ok() && is_postgres(pid);
        is_alive.then_some(Self {
            pid,
            socket_dir,
            is_ready,
        })
    }

    /// Cleaners of temporary folders do that; nobody can connect any more.
    fn has_lost_its_socket(&self) -> bool {
        let socket = self.socket_dir.join(format!(".s.PGSQL.{PORT}"));
        self.is_ready && !socket.exists()
    }
}

fn is_postgres(pid: Pid) -> bool {
    let name = std::fs::read_to_string(format!("/proc/{}/comm", pid.as_raw_nonzero()));
    // Without /proc there is no telling: PostgreSQL itself refuses to start twice on one folder.
    name.map_or(true, |name| name.trim_end() == "postgres")
}

fn open_log(path: &Path) -> anyhow::Result<File> {
    let is_long = std::fs::metadata(path).is_ok_and(|log| log.len() > LOG_LIMIT);
    let file = File::options().create(true).append(true).open(path);
    let file = file.with_context(|| format!("cannot write {}", path.display()))?;
    if is_long {
        file.set_len(0)?;
    }
    Ok(file)
}

fn tail(path: &Path) -> String {
    let read = || -> std::io::Result<String> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(4096)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let text = read().unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}
