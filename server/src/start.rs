//! From settings to a running backend: database, schema, master key, vault. Failures are plain and lose nothing.

use anyhow::{Context as _, ensure};
use chrono::TimeDelta;
use domain::backups::{refuse_unfinished, schema_of};
use domain::files::vault::Vault;
use domain::outbound::Outbound;
use domain::{Backend, Clock, MIGRATOR, MasterKey, Secret};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgPool};

use crate::config::Config;
use crate::postgres::{Embedded, Tools};

/// A request waits for a free connection this long, then the database counts as away.
const ACQUIRE_LIMIT: std::time::Duration = std::time::Duration::from_secs(10);

/// A backend, and the database under it.
#[derive(Debug)]
pub struct Started {
    pub backend: Backend,
    database: Database,
}

impl Started {
    /// Opens everything. If a part fails, what was opened before it is closed again.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        refuse_unfinished(&config.data_dir)?;
        let database = Database::open(config).await?;
        Self::on(config, database, Schema::Raise).await
    }

    /// The same for a database that must be of this version already: a backup taken before an upgrade must not be
    /// the upgrade.
    pub async fn open_as_it_is(config: &Config) -> anyhow::Result<Self> {
        refuse_unfinished(&config.data_dir)?;
        let database = Database::open(config).await?;
        Self::on(config, database, Schema::Leave).await
    }

    /// On a database that is open already. It is closed if this fails.
    pub async fn on(config: &Config, database: Database, schema: Schema) -> anyhow::Result<Self> {
        match open_on(config, &database, schema).await {
            Ok(backend) => Ok(Self { backend, database }),
            Err(error) => {
                database.close().await?;
                Err(error)
            }
        }
    }

    /// The database under the backend.
    pub const fn database(&self) -> &Database {
        &self.database
    }

    /// Closes every connection, then leaves the embedded PostgreSQL.
    pub async fn close(self) -> anyhow::Result<()> {
        self.database.close().await
    }
}

/// What to do with a schema that is not this version's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// Bring it up to this version.
    Raise,
    /// Say so, and change nothing.
    Leave,
}

/// Connections to PostgreSQL, and the embedded one under them if there is one.
#[derive(Debug)]
pub struct Database {
    pub pool: PgPool,
    options: PgConnectOptions,
    /// How to reach it as the owner of its tables, if that is somebody else.
    owner: Option<PgConnectOptions>,
    embedded: Option<Embedded>,
}

impl Database {
    /// Connects; starts the embedded PostgreSQL first if there is no `database_url`.
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
        match connect(config, options.clone()).await {
            Ok(pool) => Ok(Self {
                pool,
                options,
                owner,
                embedded,
            }),
            Err(error) => {
                if let Some(embedded) = embedded {
                    embedded.close().await?;
                }
                Err(error)
            }
        }
    }

    /// pg_dump and pg_restore, as the owner of the tables.
    pub fn tools<'a>(&'a self, config: &'a Config) -> Tools<'a> {
        let url = config
            .migration_database_url
            .as_ref()
            .or(config.database_url.as_ref());
        Tools::new(config, self.owner.as_ref().unwrap_or(&self.options), url)
    }

    /// One connection as the owner of the tables, made when it is needed.
    pub fn as_owner(&self) -> PgPool {
        let owner = self.owner.as_ref().unwrap_or(&self.options);
        PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_LIMIT)
            .connect_lazy_with(owner.clone())
    }

    /// Work that starts the embedded PostgreSQL again whenever it dies; None if there is no embedded one.
    pub fn keep(&self) -> Option<impl Future<Output = ()> + use<>> {
        self.embedded.clone().map(Embedded::keep)
    }

    /// Closes every connection, then leaves the embedded PostgreSQL.
    pub async fn close(self) -> anyhow::Result<()> {
        self.pool.close().await;
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

async fn connect(config: &Config, options: PgConnectOptions) -> anyhow::Result<PgPool> {
    let place = match config.database_url {
        Some(_) => format!("PostgreSQL at {}", options.get_host()),
        None => "the embedded PostgreSQL".to_owned(),
    };
    let pool = PgPoolOptions::new()
        .max_connections(config.database_max_connections)
        .acquire_timeout(ACQUIRE_LIMIT)
        .connect_with(options.clone())
        .await;
    match pool {
        Ok(db) => Ok(db),
        // The pool tries until its time is over and then only says so; a single attempt says why.
        Err(late) => {
            let cause = options.connect().await.err().unwrap_or(late);
            Err(cause).with_context(|| format!("cannot connect to {place}"))
        }
    }
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

async fn open_on(config: &Config, database: &Database, schema: Schema) -> anyhow::Result<Backend> {
    let db = &database.pool;
    if schema == Schema::Raise {
        bring_up_to_date(db, &database.options, database.owner.as_ref()).await?;
    } else {
        let found = schema_of(db).await?;
        ensure!(
            found == newest_schema(),
            "the database is not of this version of Reelgate: back it up with the version that serves it"
        );
    }
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
    backend.intake_folders.clone_from(&config.intake_folders);
    backend.outbound = Outbound::new(config.outbound_networks.clone());
    backend.check_master_key().await??;
    Ok(backend)
}

/// The newest migration that this program knows.
pub fn newest_schema() -> Option<i64> {
    MIGRATOR.iter().map(|migration| migration.version).max()
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
