//! Where the cluster lies, whose it is, and where its socket is.

use std::fs::{DirBuilder, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use sha2::{Digest as _, Sha256};

/// The account that Debian's packages make for the database.
const USER: &str = "postgres";
/// Where the cluster of root goes if the data folder is closed to that account.
const FALLBACK_DIR: &str = "/var/lib/reelgate";

/// The note in the data folder that says so.
const RECORD: &str = "postgres.path";

/// The unprivileged user that PostgreSQL runs as when we are root.
#[derive(Debug)]
pub(super) struct Owner {
    uid: u32,
    gid: u32,
}

impl Owner {
    fn find() -> anyhow::Result<Self> {
        let users = std::fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
        let line = users
            .lines()
            .find_map(|line| line.strip_prefix(USER)?.strip_prefix(':'));
        let mut fields = line.unwrap_or_default().split(':').skip(1);
        let mut number = || fields.next()?.parse().ok();
        let (uid, gid) = number().zip(number()).context(
            "PostgreSQL refuses to run as root, and there is no user named postgres to run it as: install the \
             package postgresql, or run Reelgate as an ordinary user",
        )?;
        Ok(Self { uid, gid })
    }

    /// Runs a program as this user, without our groups and our environment.
    pub(super) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("/usr/bin/setpriv");
        command
            .arg(format!("--reuid={}", self.uid))
            .arg(format!("--regid={}", self.gid));
        command
            .args(["--init-groups", "--reset-env", "--"])
            .arg(program);
        command
    }

    fn can_reach(&self, folder: &Path) -> anyhow::Result<bool> {
        let mut test = self.command("/usr/bin/test");
        test.arg("-x")
            .arg(folder)
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        Ok(test
            .status()
            .context("cannot run setpriv (package util-linux)")?
            .success())
    }
}

/// The cluster's folder.
#[derive(Debug)]
pub(super) struct Place {
    /// `PGDATA`. Absent until the cluster is made.
    pub(super) data: PathBuf,
    /// Some if we are root.
    pub(super) owner: Option<Owner>,
    /// The note in the data folder, if the cluster lies elsewhere.
    record: Option<PathBuf>,
}

impl Place {
    /// Makes the data folder if it is not there, and decides where the cluster lies.
    pub(super) fn choose(data_dir: &Path) -> anyhow::Result<Self> {
        let is_root = rustix::process::geteuid().is_root();
        // 0711 lets PostgreSQL's user through to its own folder; everything secret in it has its own mode.
        let mode = if is_root { 0o711 } else { 0o700 };
        DirBuilder::new()
            .recursive(true)
            .mode(mode)
            .create(data_dir)
            .with_context(|| format!("cannot make the data folder {}", data_dir.display()))?;
        let data_dir = data_dir.canonicalize()?;
        if !is_root {
            return Ok(Self {
                data: data_dir.join("postgres"),
                owner: None,
                record: None,
            });
        }
        let owner = Owner::find()?;
        let data = place_for_root(&data_dir, &owner)?;
        let record = (!data.starts_with(&data_dir)).then(|| data_dir.join(RECORD));
        Ok(Self {
            data,
            owner: Some(owner),
            record,
        })
    }

    /// Writes down where a cluster outside the data folder is, once it is there.
    pub(super) fn record(&self) -> anyhow::Result<()> {
        let Some(record) = &self.record else {
            return Ok(());
        };
        let text = format!("{}\n", self.data.display());
        std::fs::write(record, text).with_context(|| format!("cannot write {}", record.display()))
    }

    /// A file beside the cluster's folder.
    pub(super) fn beside(&self, extension: &str) -> PathBuf {
        self.data.with_extension(extension)
    }

    /// Makes a folder that only PostgreSQL's user may enter.
    pub(super) fn create_private(&self, folder: &Path) -> anyhow::Result<()> {
        let made = DirBuilder::new().mode(0o700).create(folder);
        if let (Ok(()), Some(owner)) = (&made, &self.owner) {
            chown(folder, Some(owner.uid), Some(owner.gid))?;
        }
        match made {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                Err(error).with_context(|| format!("cannot make {}", folder.display()))
            }
            _ => self.check_private(folder),
        }
    }

    /// SECURITY: in /tmp anyone may have put a folder of this name first, to be the database in our place.
    fn check_private(&self, folder: &Path) -> anyhow::Result<()> {
        let is = std::fs::symlink_metadata(folder)?;
        let uid = self
            .owner
            .as_ref()
            .map_or_else(|| rustix::process::geteuid().as_raw(), |owner| owner.uid);
        let is_ours = is.is_dir() && is.uid() == uid && is.mode() & 0o777 == 0o700;
        ensure!(
            is_ours,
            "{} is not a private folder of PostgreSQL's user: remove it and start again",
            folder.display()
        );
        Ok(())
    }

    /// A short folder of its own for the socket: its path may have 107 bytes with the socket's name.
    pub(super) fn socket_dir(&self) -> PathBuf {
        let name = format!("reelgate-{}", short_hash(&self.data));
        let base = match &self.owner {
            Some(_) => Some(PathBuf::from("/run")),
            None => crate::config::runtime_dir(),
        };
        let fits = |path: &PathBuf| path.is_dir() && path.as_os_str().len() < 60;
        base.filter(fits)
            .unwrap_or_else(|| PathBuf::from("/tmp"))
            .join(name)
    }
}

/// Under the data folder if PostgreSQL's user can get there; else below /var/lib, which the data folder then records.
fn place_for_root(data_dir: &Path, owner: &Owner) -> anyhow::Result<PathBuf> {
    let record = data_dir.join(RECORD);
    if let Ok(text) = std::fs::read_to_string(&record) {
        let data = PathBuf::from(text.trim_end());
        if !data.is_absolute() || !data.is_dir() {
            bail!(
                "{} says that the database is in {}, but it is not there: bring it back, or remove that file to \
                 begin with an empty database",
                record.display(),
                data.display()
            );
        }
        return Ok(data);
    }
    let data = data_dir.join("postgres");
    if owner.can_reach(data_dir)? {
        return Ok(data);
    }
    if data.exists() {
        bail!(
            "the user postgres can no longer reach {}: open every folder above it for passing through (chmod o+x)",
            data.display()
        );
    }
    let fallback = Path::new(FALLBACK_DIR).join(short_hash(data_dir));
    DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(FALLBACK_DIR)?;
    std::fs::set_permissions(FALLBACK_DIR, Permissions::from_mode(0o755))?;
    tracing::info!(
        "the user postgres cannot reach {}, so the database is kept in {}",
        data_dir.display(),
        fallback.display()
    );
    Ok(fallback)
}

fn short_hash(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt as _;
    let digest = Sha256::digest(path.as_os_str().as_bytes());
    digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
