//! `cargo xtask dev`: serve a debug build; when a source changes, rebuild, and restart if that worked.

use std::{
    collections::BTreeMap,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command},
    thread,
    time::{Duration, SystemTime},
};

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};
use walkdir::WalkDir;

use crate::{
    site,
    workspace::{Workspace, run},
};

/// Folders and files whose change means a rebuild.
const CODE: [&str; 7] = [
    "Cargo.toml",
    "Cargo.lock",
    "domain",
    "app",
    "server",
    "frontend",
    "migrations",
];
const LOOKS: [&str; 2] = ["style", "public"];

/// Short enough to feel immediate, long enough to cost nothing.
const PAUSE: Duration = Duration::from_millis(400);

/// Serves until Ctrl-C.
pub(crate) fn serve(workspace: &Workspace) -> anyhow::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("listening for signals")?;
    let mut seen = Sources::look(&workspace.root);
    let mut server = None;
    if report(build(workspace)) {
        server = Some(Server::start(workspace)?);
    }
    while signals.pending().next().is_none() {
        thread::sleep(PAUSE);
        let now = Sources::look(&workspace.root);
        if now == seen {
            continue;
        }
        let code_changed = now.code != seen.code;
        seen = now;
        if !code_changed {
            report(build_site(workspace));
        } else if report(build(workspace)) {
            // Only now, so that a mistake in the code leaves the old server running.
            if let Some(old) = server.take() {
                old.stop()?;
            }
            server = Some(Server::start(workspace)?);
        }
    }
    server.map_or(Ok(()), Server::stop)
}

fn build(workspace: &Workspace) -> anyhow::Result<()> {
    run(&mut workspace.cargo(["build", "--package", "server"]))?;
    build_site(workspace)
}

fn build_site(workspace: &Workspace) -> anyhow::Result<()> {
    site::build(workspace, site::Options::default())
}

/// True if it worked; otherwise the reason is shown and the loop goes on.
fn report(result: anyhow::Result<()>) -> bool {
    if let Err(error) = &result {
        eprintln!("dev: {error:#}; waiting for the next change");
    }
    result.is_ok()
}

/// When each source was last written.
#[derive(PartialEq, Eq)]
struct Sources {
    code: BTreeMap<PathBuf, SystemTime>,
    looks: BTreeMap<PathBuf, SystemTime>,
}

impl Sources {
    fn look(root: &Path) -> Self {
        Self {
            code: times(root, &CODE),
            looks: times(root, &LOOKS),
        }
    }
}

fn times(root: &Path, names: &[&str]) -> BTreeMap<PathBuf, SystemTime> {
    // What vanishes while we look is simply not there; the next look sees the same.
    names
        .iter()
        .flat_map(|name| WalkDir::new(root.join(name)))
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .filter_map(|entry| {
            let written = entry.metadata().ok()?.modified().ok()?;
            Some((entry.into_path(), written))
        })
        .collect()
}

struct Server(Child);

impl Server {
    fn start(workspace: &Workspace) -> anyhow::Result<Self> {
        // `setpriv` asks the kernel to stop the server if this loop is killed the hard way; its own
        // process group makes sure that Ctrl-C reaches it once, from us, and not twice.
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "TERM", "--"])
            .arg(workspace.target.join("debug/reelgate"))
            .arg("serve")
            .env("REELGATE_SITE_DIR", site::folder(workspace, false))
            .current_dir(&workspace.root)
            .process_group(0)
            .spawn()
            .context("starting the server")?;
        Ok(Self(child))
    }

    /// Asks it to stop and waits; it takes its PostgreSQL with it.
    fn stop(mut self) -> anyhow::Result<()> {
        if self.0.try_wait().context("watching the server")?.is_none() {
            // If it goes in this very moment, waiting below succeeds just the same.
            kill_process(Pid::from_child(&self.0), Signal::TERM).ok();
            self.0.wait().context("waiting for the server to stop")?;
        }
        Ok(())
    }
}
