//! pg_dump and pg_restore: the only programs that know every detail of a database.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command as Blocking, Stdio};

use anyhow::{Context as _, bail};
use domain::Secret;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio::process::Command;

use super::programs::newest_of_debian;
use crate::config::{Config, program_dirs};

/// How the tools reach the database that the configuration names.
#[derive(Debug)]
pub struct Tools<'a> {
    config: &'a Config,
    options: &'a PgConnectOptions,
    /// None: the embedded one.
    url: Option<&'a Secret>,
}

impl<'a> Tools<'a> {
    /// `url` is where `options` came from; it holds what they do not tell.
    pub const fn new(
        config: &'a Config,
        options: &'a PgConnectOptions,
        url: Option<&'a Secret>,
    ) -> Self {
        Self {
            config,
            options,
            url,
        }
    }

    /// Whether the tools are there, before anything is begun.
    pub fn find(config: &Config, name: &str) -> anyhow::Result<PathBuf> {
        let debian = newest_of_debian();
        let folders = match &config.postgres_bin_dir {
            Some(folder) => vec![folder.clone()],
            None => debian.into_iter().chain(program_dirs()).collect(),
        };
        folders
            .into_iter()
            .map(|folder| folder.join(name))
            .find(|program| program.is_file())
            .with_context(|| {
                format!(
                    "{name} is not installed: install PostgreSQL's client programs of the server's version or newer \
                     (apt-get install postgresql-client), or set postgres_bin_dir to their folder"
                )
            })
    }

    /// Dumps one snapshot into an open file.
    pub async fn dump(&self, snapshot: &str, into: File) -> anyhow::Result<()> {
        let mut command = self.command("pg_dump")?;
        command
            .arg("--format=custom")
            .arg("--no-owner")
            // It is compressed once, and quickly: a dump is read rarely.
            .arg("--compress=1")
            .arg(format!("--snapshot={snapshot}"))
            .stdout(into);
        run(command, "pg_dump").await
    }

    /// Restores a dump into an empty database, wholly or not at all.
    pub async fn restore(&self, dump: &Path) -> anyhow::Result<()> {
        let mut command = self.command("pg_restore")?;
        command
            .args(["--single-transaction", "--exit-on-error", "--no-owner"])
            // Rights name users of the old server, who need not exist on this one; ours are given anew afterwards.
            .arg("--no-privileges")
            // Comments on extensions belong to whoever installed them.
            .arg("--no-comments")
            .arg("--dbname")
            .arg(self.options.get_database().unwrap_or("reelgate"))
            .arg(dump)
            .stdout(Stdio::null());
        run(command, "pg_restore").await
    }

    fn command(&self, name: &str) -> anyhow::Result<Command> {
        let mut command = Blocking::new(Self::find(self.config, name)?);
        self.address(&mut command);
        let mut command = Command::from(command);
        command
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        Ok(command)
    }

    /// SECURITY: by environment, since everybody on the machine may read the arguments of a process.
    fn address(&self, command: &mut Blocking) {
        let options = self.options;
        let host = options.get_socket().map_or_else(
            || options.get_host().into(),
            |socket| socket.as_os_str().to_owned(),
        );
        command
            .env("PGHOST", host)
            .env("PGPORT", options.get_port().to_string())
            .env("PGUSER", options.get_username())
            .env("PGDATABASE", options.get_database().unwrap_or("reelgate"))
            .env("PGSSLMODE", ssl_mode(options.get_ssl_mode()))
            .env("PGAPPNAME", "reelgate backup");
        let Some(url) = self.url else {
            // The embedded one asks for no password, and no variable of ours may lead elsewhere.
            command.env_remove("PGSERVICE").env_remove("PGOPTIONS");
            return;
        };
        if let Some(password) = password_of(url) {
            command.env("PGPASSWORD", password.reveal());
        }
        for (parameter, variable) in [
            ("sslrootcert", "PGSSLROOTCERT"),
            ("sslcert", "PGSSLCERT"),
            ("sslkey", "PGSSLKEY"),
        ] {
            if let Some(value) = query_of(url, parameter) {
                command.env(variable, value.reveal());
            }
        }
    }
}

const fn ssl_mode(mode: PgSslMode) -> &'static str {
    match mode {
        PgSslMode::Disable => "disable",
        PgSslMode::Allow => "allow",
        PgSslMode::Prefer => "prefer",
        PgSslMode::Require => "require",
        PgSslMode::VerifyCa => "verify-ca",
        PgSslMode::VerifyFull => "verify-full",
    }
}

/// `postgres://user:PASSWORD@host/...`, or `?password=PASSWORD`.
fn password_of(url: &Secret) -> Option<Secret> {
    let (_, rest) = url.reveal().split_once("://")?;
    let authority = rest.split(['/', '?']).next()?;
    let in_front = authority
        .rsplit_once('@')
        .and_then(|(user, _)| user.split_once(':'))
        .map(|(_, password)| decoded(password));
    in_front.or_else(|| query_of(url, "password"))
}

fn query_of(url: &Secret, name: &str) -> Option<Secret> {
    let (_, query) = url.reveal().split_once('?')?;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .find(|(found, _)| *found == name)
        .map(|(_, value)| decoded(value))
}

fn decoded(text: &str) -> Secret {
    Secret::new(
        percent_encoding::percent_decode_str(text)
            .decode_utf8_lossy()
            .into_owned(),
    )
}

async fn run(mut command: Command, name: &str) -> anyhow::Result<()> {
    let output = command
        .spawn()
        .with_context(|| format!("cannot run {name}"))?
        .wait_with_output()
        .await?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    bail!("{name} failed ({}): {}", output.status, said.trim());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_taken_out_of_the_address() {
        let password =
            |url: &str| password_of(&Secret::new(url)).map(|text| text.reveal().to_owned());
        assert_eq!(
            password("postgres://ada:p%40ss%3Aword@db/reelgate"),
            Some("p@ss:word".to_owned())
        );
        assert_eq!(
            password("postgres:///reelgate?host=/run&password=a%20b"),
            Some("a b".to_owned())
        );
        assert_eq!(password("postgres://ada@db:5432/reelgate?x=:y@z"), None);
    }
}
