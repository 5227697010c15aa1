//! Finds PostgreSQL's programs and runs them as an ordinary user, since they refuse to run as root.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::config::program_dirs;

/// Where Debian and Ubuntu put one folder for each major version.
const DEBIAN_DIR: &str = "/usr/lib/postgresql";

/// The folder of `initdb` and `postgres`.
#[derive(Debug)]
pub(super) struct Programs(PathBuf);

impl Programs {
    pub(super) fn find(setting: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(folder) = setting {
            if is_complete(folder) {
                return Ok(Self(folder.to_path_buf()));
            }
            bail!(
                "postgres_bin_dir is {}, but initdb and postgres are not there",
                folder.display()
            );
        }
        newest_of_debian()
            .into_iter()
            .chain(program_dirs())
            .find(|folder| is_complete(folder))
            .map(Self)
            .context(
                "PostgreSQL is not installed: install it (apt-get install postgresql), \
             or set postgres_bin_dir to its programs, or database_url to a running server",
            )
    }

    /// A command without our environment (PG* variables would change what it does), as the cluster's user.
    pub(super) fn command(&self, program: &str, owner: Option<&super::place::Owner>) -> Command {
        let mut command = match owner {
            Some(owner) => owner.command(self.0.join(program)),
            None => Command::new(self.0.join(program)),
        };
        // The working folder may be closed to the other user, and must not be kept busy.
        command.env_clear().current_dir("/");
        command
    }
}

fn is_complete(folder: &Path) -> bool {
    ["initdb", "postgres"]
        .iter()
        .all(|program| folder.join(program).is_file())
}

pub(super) fn newest_of_debian() -> Option<PathBuf> {
    let versions = std::fs::read_dir(DEBIAN_DIR).ok()?.filter_map(|entry| {
        let entry = entry.ok()?;
        let major: u32 = entry.file_name().to_str()?.parse().ok()?;
        let bin = entry.path().join("bin");
        is_complete(&bin).then_some((major, bin))
    });
    versions.max_by_key(|(major, _)| *major).map(|(_, bin)| bin)
}
