//! A throw-away PostgreSQL for the length of one command, on a private Unix socket and without fsync.

use std::{
    ffi::OsString,
    fs::{File, Permissions},
    io::Read as _,
    os::unix::{
        fs::{PermissionsExt as _, chown},
        process::{CommandExt as _, ExitStatusExt as _},
    },
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, ExitStatus},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, geteuid, kill_process};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};
use tempfile::TempDir;

use crate::workspace::{output, outside_of_cargo};

/// How long PostgreSQL may take to accept connections, and to stop.
const PATIENCE: Duration = Duration::from_mins(1);

/// A cluster for tests never needs to survive a crash; all the rest is PostgreSQL's default.
const SETTINGS: [&str; 6] = [
    "listen_addresses=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=200",
    "log_min_messages=fatal",
];

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

/// Runs the command; its exit code becomes ours. The cluster is gone afterwards in any case.
pub(crate) fn run_with(options: Options) -> anyhow::Result<ExitCode> {
    // Installed before anything is started: from here on Ctrl-C ends the command, not us, so that
    // there is somebody left to tidy up.
    let signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("listening for signals")?;
    let cluster = Cluster::start()?;
    let (program, arguments) = options.command.split_first().context("no command given")?;
    let mut command = Command::new(program);
    outside_of_cargo(&mut command);
    let child = command
        .args(arguments)
        .env("DATABASE_URL", cluster.url())
        .spawn()
        .with_context(|| format!("starting `{}`", program.to_string_lossy()))?;
    let status = wait_and_pass_on(child, signals)?;
    cluster.stop()?;
    Ok(exit_code(status))
}

/// Waits for the child; a signal that only we received is passed on to it.
fn wait_and_pass_on(mut child: Child, mut signals: Signals) -> anyhow::Result<ExitStatus> {
    let pid = Pid::from_child(&child);
    let handle = signals.handle();
    let listener = thread::spawn(move || {
        for number in signals.forever() {
            // Only the signals we registered arrive; SIGINT of a terminal has reached the child
            // already, and a second one does no harm.
            let signal = match number {
                SIGINT => Signal::INT,
                SIGHUP => Signal::HUP,
                _ => Signal::TERM,
            };
            // The child may have gone in this moment; then there is nothing to pass on.
            kill_process(pid, signal).ok();
        }
    });
    let status = child.wait().context("waiting for the command")?;
    handle.close();
    listener.join().ok();
    Ok(status)
}

/// As shells do it: the code, or 128 plus the signal.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}

struct Cluster {
    server: Child,
    /// Data, socket and log; removed when dropped. Beneath /tmp because a socket's path may have
    /// 107 bytes at most, and TMPDIR is often longer.
    folder: TempDir,
}

impl Cluster {
    fn start() -> anyhow::Result<Self> {
        let binaries = binaries()?;
        let folder = tempfile::Builder::new()
            .prefix("reelgate-pg-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in("/tmp")
            .context("making a folder for PostgreSQL in /tmp")?;
        let user = Unprivileged::find()?;
        user.give(folder.path())?;
        initdb(&binaries, &user, folder.path())?;
        let log = File::create(folder.path().join("log")).context("making PostgreSQL's log")?;
        let mut command = user.command(&binaries.join("postgres"));
        command.arg("-D").arg(folder.path().join("data"));
        command.arg("-k").arg(folder.path());
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        // Its own process group: Ctrl-C must stop the tests first and PostgreSQL last.
        let server = command
            .process_group(0)
            .stdout(log.try_clone().context("sharing PostgreSQL's log")?)
            .stderr(log)
            .spawn()
            .context("starting postgres")?;
        let mut cluster = Self { server, folder };
        cluster.wait_until_ready(&binaries)?;
        Ok(cluster)
    }

    /// The socket's folder goes into the query, as both libpq and sqlx read it.
    fn url(&self) -> String {
        let folder = self.folder.path().display();
        format!("postgres://reelgate@localhost/postgres?host={folder}")
    }

    fn wait_until_ready(&mut self, binaries: &Path) -> anyhow::Result<()> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.server.try_wait().context("watching postgres")? {
                bail!("postgres stopped at once ({status}):\n{}", self.log());
            }
            let ready = Command::new(binaries.join("pg_isready"))
                .args([
                    "--quiet",
                    "--dbname",
                    "postgres",
                    "--username",
                    "reelgate",
                    "--host",
                ])
                .arg(self.folder.path())
                .status()
                .context("starting pg_isready")?;
            if ready.success() {
                return Ok(());
            }
            if start.elapsed() > PATIENCE {
                bail!(
                    "postgres accepts no connections after {PATIENCE:?}:\n{}",
                    self.log()
                );
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn log(&self) -> String {
        let mut text = String::new();
        if let Ok(mut file) = File::open(self.folder.path().join("log")) {
            file.read_to_string(&mut text).ok();
        }
        text
    }

    fn stop(mut self) -> anyhow::Result<()> {
        self.shut_down().context("stopping postgres")
    }

    /// Fast shutdown; if that takes too long, an immediate one: there is nothing worth keeping.
    fn shut_down(&mut self) -> anyhow::Result<()> {
        let pid = Pid::from_child(&self.server);
        for signal in [Signal::INT, Signal::QUIT] {
            if self.server.try_wait()?.is_some() {
                return Ok(());
            }
            kill_process(pid, signal)?;
            let start = Instant::now();
            while start.elapsed() < PATIENCE {
                if self.server.try_wait()?.is_some() {
                    return Ok(());
                }
                thread::sleep(Duration::from_millis(20));
            }
        }
        bail!("postgres (process {pid:?}) does not stop")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Only of interest when an error is already under way, which matters more.
        self.shut_down().ok();
    }
}

fn initdb(binaries: &Path, user: &Unprivileged, folder: &Path) -> anyhow::Result<()> {
    let mut command = user.command(&binaries.join("initdb"));
    command.arg("-D").arg(folder.join("data"));
    command.args(["-U", "reelgate", "--auth-local=trust", "--auth-host=reject"]);
    command.args([
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "--no-instructions",
        "--no-sync",
    ]);
    // Its chatter is of interest only if it fails, and then it complains on stderr.
    output(&mut command).map(drop)
}

/// The newest of Debian's versions, else what is in PATH.
fn binaries() -> anyhow::Result<PathBuf> {
    let installed = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let newest = installed
        .filter_map(|entry| {
            let folder = entry.ok()?.path();
            let major: u32 = folder.file_name()?.to_str()?.parse().ok()?;
            Some((major, folder.join("bin")))
        })
        .filter(|(_, binaries)| binaries.join("postgres").exists())
        .max();
    if let Some((_, binaries)) = newest {
        return Ok(binaries);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .find(|folder| folder.join("postgres").exists() && folder.join("initdb").exists())
        .context("no PostgreSQL is installed; `make setup` installs it")
}

/// Whom PostgreSQL runs as: it refuses to run as root, so root becomes `postgres`.
enum Unprivileged {
    Ourselves,
    Postgres { uid: u32, gid: u32 },
}

impl Unprivileged {
    fn find() -> anyhow::Result<Self> {
        if !geteuid().is_root() {
            return Ok(Self::Ourselves);
        }
        let ids = |flag: &str| -> anyhow::Result<u32> {
            let id = output(Command::new("id").args([flag, "postgres"]))
                .context("as root, PostgreSQL needs the user `postgres`; `make setup` makes it")?;
            Ok(String::from_utf8(id)?.trim().parse()?)
        };
        Ok(Self::Postgres {
            uid: ids("-u")?,
            gid: ids("-g")?,
        })
    }

    /// The folder stays 0700; root, who runs the tests then, may enter it all the same.
    fn give(&self, folder: &Path) -> anyhow::Result<()> {
        if let Self::Postgres { uid, gid } = self {
            chown(folder, Some(*uid), Some(*gid)).context("giving the folder to `postgres`")?;
        }
        Ok(())
    }

    /// `setpriv` also asks the kernel for a fast shutdown should we be killed the hard way.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "INT"]);
        if let Self::Postgres { uid, gid } = self {
            command.args([format!("--reuid={uid}"), format!("--regid={gid}")]);
            command.args(["--init-groups", "--reset-env"]);
        }
        command.arg("--").arg(program).current_dir("/");
        command
    }
}
