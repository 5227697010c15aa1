//! Settings: default, file, environment, flag; each value knows where it came from.
//!
//! The environment is read here and nowhere else.

mod sources;
mod table;
mod values;

use std::net::SocketAddr;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use anyhow::anyhow;
use domain::Secret;
use domain::mail::Post;

pub use sources::{Flags, Origin, Value};
pub use table::{FILE_VARIABLE, SETTINGS, Setting, manual};
pub use values::{LogFormat, Network, PublicUrl, TlsFiles, without_default_port};

/// All settings, valid. The manual of each is in `table.rs`.
#[derive(Debug, Clone)]
pub struct Config {
    /// Absolute.
    pub data_dir: PathBuf,
    pub listen: SocketAddr,
    pub public_url: PublicUrl,
    /// None: plain HTTP. With it `public_url` is https.
    pub tls: Option<TlsFiles>,
    /// None: the embedded PostgreSQL.
    pub database_url: Option<Secret>,
    /// The same database as its owner. None: whoever `database_url` names owns it.
    pub migration_database_url: Option<Secret>,
    pub database_max_connections: u32,
    pub postgres_bin_dir: Option<PathBuf>,
    pub master_key_file: PathBuf,
    pub site_dir: PathBuf,
    pub trusted_proxies: Vec<Network>,
    pub sign_in_idle: Duration,
    pub sign_in_absolute: Duration,
    /// Not set up without `smtp_url`.
    pub post: Post,
    /// What may be called although it is not the public internet.
    pub outbound_networks: Vec<domain::credentials::Network>,
    /// Folders that sources may read.
    pub intake_folders: Vec<PathBuf>,
    pub log: String,
    pub log_format: LogFormat,
    pub shutdown_delay: Duration,
    pub shutdown_grace: Duration,
    /// None: no metrics, and health on the main listener only.
    pub operations_listen: Option<SocketAddr>,
    values: Vec<Value>,
}

impl Config {
    /// From the process's environment, the settings file and the flags.
    pub fn load(flags: &Flags) -> anyhow::Result<Self> {
        Self::resolve(flags, &|name| std::env::var_os(name))
    }

    /// The same with an environment of the caller's.
    pub fn resolve(
        flags: &Flags,
        environment: &dyn Fn(&str) -> Option<std::ffi::OsString>,
    ) -> anyhow::Result<Self> {
        let values = sources::collect(flags, environment)?;
        let read = Reader(&values);
        let data_dir = std::path::absolute(read.required::<PathBuf>("data_dir")?)?;
        let listen = read.required("listen")?;
        let tls = tls_files(&read)?;
        let mut config = Self {
            listen,
            public_url: read
                .parsed("public_url", |text| public_url(text, tls.is_some()))?
                .unwrap_or_else(|| PublicUrl::of_listener(listen, tls.is_some())),
            tls,
            database_url: read.parsed("database_url", database_url)?,
            migration_database_url: read.parsed("migration_database_url", database_url)?,
            database_max_connections: read.positive("database_max_connections")?,
            postgres_bin_dir: read.optional("postgres_bin_dir")?,
            master_key_file: read
                .optional("master_key_file")?
                .unwrap_or_else(|| data_dir.join("master.key")),
            site_dir: read.optional("site_dir")?.unwrap_or_else(default_site_dir),
            trusted_proxies: read
                .parsed("trusted_proxies", networks)?
                .unwrap_or_default(),
            sign_in_idle: Duration::from_secs(
                60 * u64::from(read.positive("sign_in_idle_minutes")?),
            ),
            sign_in_absolute: Duration::from_secs(
                3600 * u64::from(read.positive("sign_in_absolute_hours")?),
            ),
            post: post(&read)?,
            intake_folders: read.parsed("intake_folders", folders)?.unwrap_or_default(),
            outbound_networks: read
                .parsed(
                    "outbound_networks",
                    domain::credentials::Network::parse_list,
                )?
                .unwrap_or_default(),
            log: read.parsed("log", log_filter)?.unwrap_or_default(),
            log_format: read.required("log_format")?,
            shutdown_delay: Duration::from_secs(u64::from(
                read.required::<u32>("shutdown_delay_seconds")?,
            )),
            operations_listen: read.optional("operations_listen")?,
            shutdown_grace: Duration::from_secs(u64::from(
                read.required::<u32>("shutdown_grace_seconds")?,
            )),
            data_dir,
            values: Vec::new(),
        };
        config.values = config.with_derived(values);
        Ok(config)
    }

    /// Fills in the values that follow from others, so that one sees what is in effect and not only the rule.
    fn with_derived(&self, mut values: Vec<Value>) -> Vec<Value> {
        let derived = [
            ("public_url", self.public_url.origin()),
            (
                "master_key_file",
                self.master_key_file.display().to_string(),
            ),
            ("site_dir", self.site_dir.display().to_string()),
        ];
        for (key, text) in derived {
            let value = values.iter_mut().find(|value| value.setting.key == key);
            if let Some(value) = value.filter(|value| value.text.is_none()) {
                value.text = Some(text);
            }
        }
        values
    }

    /// Every setting with its source, for `reelgate config print`.
    pub fn values(&self) -> &[Value] {
        &self.values
    }
}

/// Turns texts into types; a failure names the setting, its source and what would be right.
struct Reader<'a>(&'a [Value]);

impl Reader<'_> {
    fn parsed<T>(
        &self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> anyhow::Result<Option<T>> {
        let value = self
            .0
            .iter()
            .find(|value| value.setting.key == key)
            .expect("the table lists every setting");
        let Some(text) = &value.text else {
            return Ok(None);
        };
        let wrong = |why: String| {
            anyhow!(
                "the setting {key} cannot be {value:#} ({}): {why}",
                value.source()
            )
        };
        parse(text).map(Some).map_err(wrong)
    }

    fn optional<T: FromStr<Err: std::fmt::Display>>(&self, key: &str) -> anyhow::Result<Option<T>> {
        self.parsed(key, |text| {
            text.parse().map_err(|error: T::Err| error.to_string())
        })
    }

    fn required<T: FromStr<Err: std::fmt::Display>>(&self, key: &str) -> anyhow::Result<T> {
        Ok(self.optional(key)?.expect("the table gives it a default"))
    }

    fn positive(&self, key: &str) -> anyhow::Result<u32> {
        let number = |text: &str| match text.parse::<u32>() {
            Ok(number) if (1..=100_000).contains(&number) => Ok(number),
            _ => Err("use a whole number from 1 to 100000".to_owned()),
        };
        Ok(self
            .parsed(key, number)?
            .expect("the table gives it a default"))
    }
}

fn database_url(text: &str) -> Result<Secret, String> {
    let is_postgres = ["postgres://", "postgresql://"]
        .iter()
        .any(|scheme| text.starts_with(scheme));
    let sound = is_postgres && text.parse::<sqlx::postgres::PgConnectOptions>().is_ok();
    if sound {
        Ok(Secret::new(text))
    } else {
        Err("use postgres://user:password@host/database".to_owned())
    }
}

fn post(read: &Reader<'_>) -> anyhow::Result<Post> {
    let Some(url) = read.optional::<String>("smtp_url")? else {
        return Ok(Post::default());
    };
    let from = read.optional::<String>("mail_from")?.ok_or_else(|| {
        anyhow!("the setting smtp_url needs mail_from, the sender of mails, such as Reelgate <reelgate@example.com>")
    })?;
    let url = Secret::new(url);
    // Which of the two is wrong is told with its source, and without what the address may hold.
    let sender = "Reelgate <reelgate@example.com>";
    read.parsed("smtp_url", |_| Post::new(&url, sender))?;
    read.parsed("mail_from", |_| Post::new(&url, &from))?
        .ok_or_else(|| anyhow!("mail_from is not set"))
}

/// Both or neither.
fn tls_files(read: &Reader<'_>) -> anyhow::Result<Option<TlsFiles>> {
    let path = |key| read.parsed(key, absolute);
    let alone = |set: &str, missing: &str| {
        anyhow!(
            "the setting {set} needs {missing} beside it: HTTPS takes a certificate and its key"
        )
    };
    match (path("tls_certificate")?, path("tls_key")?) {
        (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate, key })),
        (Some(_), None) => Err(alone("tls_certificate", "tls_key")),
        (None, Some(_)) => Err(alone("tls_key", "tls_certificate")),
        (None, None) => Ok(None),
    }
}

fn absolute(text: &str) -> Result<PathBuf, String> {
    std::path::absolute(text).map_err(|error| error.to_string())
}

fn public_url(text: &str, is_tls: bool) -> Result<PublicUrl, String> {
    let url: PublicUrl = text.parse()?;
    if is_tls && !url.is_https() {
        Err("with tls_certificate HTTPS is served, so it begins with https://".to_owned())
    } else {
        Ok(url)
    }
}

fn networks(text: &str) -> Result<Vec<Network>, String> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::parse)
        .collect()
}

fn folders(text: &str) -> Result<Vec<PathBuf>, String> {
    let parts = text
        .split(':')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let path = Path::new(part);
            let is_plain = path
                .components()
                .all(|step| matches!(step, Component::RootDir | Component::Normal(_)));
            // The root would be all of the machine: the master key and the database with it.
            if path.is_absolute() && is_plain && path != Path::new("/") {
                Ok(path.to_owned())
            } else {
                Err("use whole paths of folders, such as /srv/recordings:/mnt/egress".to_owned())
            }
        })
        .collect()
}

fn log_filter(text: &str) -> Result<String, String> {
    match text.parse::<tracing_subscriber::filter::Targets>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(
            "use error, warn, info, debug or trace, or a list such as info,sqlx=warn".to_owned(),
        ),
    }
}

fn default_site_dir() -> PathBuf {
    let beside = std::env::current_exe()
        .ok()
        .and_then(|exe| Some(exe.parent()?.join("site")));
    beside
        .filter(|path| path.is_dir())
        .unwrap_or_else(|| Path::new("target/site").to_path_buf())
}

/// The folder for short-lived files of this user, if the system has one.
pub fn runtime_dir() -> Option<PathBuf> {
    std::env::var_os("XDG_RUNTIME_DIR")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
}

/// The folders in which programs are looked for.
pub fn program_dirs() -> Vec<PathBuf> {
    std::env::var_os("PATH")
        .map(|paths| std::env::split_paths(&paths).collect())
        .unwrap_or_default()
}
