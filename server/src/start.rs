//! From settings to a running backend: database, schema, master key, vault. Failures are plain and lose nothing.

use anyhow::Context as _;
use chrono::TimeDelta;
use domain::files::vault::Vault;
use domain::{Backend, Clock, MIGRATOR, MasterKey, Secret};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgPool};

use crate::config::Config;
use crate::postgres::Embedded;

/// A request waits for a free connection this long, then the database counts as away.
const ACQUIRE_LIMIT: std::time::Duration = std::time::Duration::from_secs(10);

/// A backend, and the embedded PostgreSQL under it if there is one.
#[derive(Debug)]
pub struct Started {
    pub backend: Backend,
    embedded: Option<Embedded>,
}

impl Started {
    /// Opens everything. If a part fails, what was opened before it is closed again.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        let (options, owner, embedded) = if let Some(url) = &config.database_url {
            let owner = config.migration_database_url.as_ref();
            let owner = owner.map(|url| external("migration_database_url", url));
            (external("database_url", url)?, owner.transpose()?, None)
        } else {
            let embedded = Embedded::open(config).await?;
            let owner = embedded.owner().clone();
            (embedded.server(), Some(owner), Some(embedded))
        };
        match open_backend(config, options, owner).await {
            Ok(backend) => Ok(Self { backend, embedded }),
            Err(error) => {
                if let Some(embedded) = embedded {
                    embedded.close().await?;
                }
                Err(error)
            }
        }
    }

    /// Closes every connection, then leaves the embedded PostgreSQL.
    pub async fn close(self) -> anyhow::Result<()> {
        self.backend.db.close().await;
        match self.embedded {
            Some(embedded) => embedded.close().await,
            None => Ok(()),
        }
    }
}

fn external(setting: &str, url: &Secret) -> anyhow::Result<PgConnectOptions> {
    let options = url.reveal().parse::<PgConnectOptions>();
    let options = options.with_context(|| format!("{setting} is not valid"))?;
    Ok(options.application_name("reelgate"))
}

/// `owner`: how to reach the database as the owner of its tables, if that is somebody else.
async fn open_backend(
    config: &Config,
    options: PgConnectOptions,
    owner: Option<PgConnectOptions>,
) -> anyhow::Result<Backend> {
    let place = match config.database_url {
        Some(_) => format!("PostgreSQL at {}", options.get_host()),
        None => "the embedded PostgreSQL".to_owned(),
    };
    let pool = PgPoolOptions::new()
        .max_connections(config.database_max_connections)
        .acquire_timeout(ACQUIRE_LIMIT)
        .connect_with(options.clone())
        .await;
    let db = match pool {
        Ok(db) => db,
        // The pool tries until its time is over and then only says so; a single attempt says why.
        Err(late) => {
            let cause = options.connect().await.err().unwrap_or(late);
            return Err(cause).with_context(|| format!("cannot connect to {place}"));
        }
    };
    let opened = async {
        bring_up_to_date(&db, &options, owner.as_ref()).await?;
        open_on(config, &db).await
    };
    let opened = opened.await;
    if opened.is_err() {
        db.close().await;
    }
    opened
}

/// Migrates the schema. Where its owner is somebody else, the server gets the rights to use it, and no more (R196).
async fn bring_up_to_date(
    db: &PgPool,
    options: &PgConnectOptions,
    owner: Option<&PgConnectOptions>,
) -> anyhow::Result<()> {
    const FAILED: &str = "the database cannot be brought up to this version";
    let Some(owner) = owner.filter(|owner| owner.get_username() != options.get_username()) else {
        return MIGRATOR.run(db).await.context(FAILED);
    };
    let mut connection = owner
        .connect()
        .await
        .context("cannot connect to the database as the owner of its tables")?;
    MIGRATOR.run(&mut connection).await.context(FAILED)?;
    domain::rights::grant(&mut connection, options.get_username())
        .await
        .context("the server's database user cannot be given its rights")?;
    connection.close().await?;
    Ok(())
}

async fn open_on(config: &Config, db: &PgPool) -> anyhow::Result<Backend> {
    std::fs::create_dir_all(&config.data_dir)
        .with_context(|| format!("cannot make the data folder {}", config.data_dir.display()))?;
    let master_key = master_key(config, db).await?;
    let vault_dir = config.data_dir.join("vault");
    let vault = Vault::open(&vault_dir)
        .with_context(|| format!("cannot open the vault {}", vault_dir.display()))?;
    let mut backend = Backend::new(db.clone(), Clock::system(), vault, master_key);
    backend.sign_in_limits.idle = TimeDelta::from_std(config.sign_in_idle)?;
    backend.sign_in_limits.absolute = TimeDelta::from_std(config.sign_in_absolute)?;
    backend.public_url = config.public_url.origin();
    backend.post = config.post.clone();
    backend.check_master_key().await??;
    Ok(backend)
}

/// Makes the key on the very first start only: later, a new one could not open what the old one sealed.
async fn master_key(config: &Config, db: &PgPool) -> anyhow::Result<MasterKey> {
    let path = &config.master_key_file;
    if path.exists() || Backend::has_master_key(db).await? {
        return Ok(MasterKey::load(path)?);
    }
    // Another process may be making it at this moment: then that one counts.
    MasterKey::create(path)
        .or_else(|_| MasterKey::load(path))
        .map_err(Into::into)
}
