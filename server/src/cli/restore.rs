//! `reelgate restore`: a backup becomes an installation again.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use domain::backups::{self, Begun, Epoch, Kept, Opened, Restoring, Seal};
use domain::files::FileId;
use domain::files::vault::Vault;
use domain::sessions::import::Progress;
use domain::{Backend, Error, MasterKey, MasterKeyError, rights};
use sqlx::PgPool;

use super::backup::stopped;
use super::progress::{Display, counted, watch};
use super::{INTERRUPTED, Signals, print};
use crate::config::Config;
use crate::postgres::Tools;
use crate::start::{Database, Schema, Started, newest_schema};

/// All is back but files that the backup does not have.
const INCOMPLETE: u8 = 3;

#[derive(Debug, Args)]
#[command(after_help = "\
Everything goes to the data folder and the database that the settings name. Both must be empty: a restore never mixes \
with what is there. Every hash is checked on the way. If it is broken off, nothing starts on the data folder until the \
same command has come to its end; it goes on where it was.

Nobody stays signed in: sign-ins and one-time codes of the backup end. Passwords and access credentials are as they \
were when the backup was made; where a preset access password opens files again, you are told. So are API secrets, which
may have been revoked since.

Exit code:
  0    everything is back
  1    it failed; run it again when the cause is gone
  2    the command was mistyped
  3    everything is back but files that the backup does not have; they are named
  130  stopped by Ctrl-C or SIGTERM; run it again to go on

Example:
  REELGATE_DATA_DIR=/var/lib/reelgate reelgate restore /srv/backups/2026-11-21 --master-key /root/master.key")]
pub(super) struct RestoreArgs {
    /// Folder of the backup
    folder: PathBuf,
    /// File of the master key, for a backup that does not have it
    #[arg(long, value_name = "FILE")]
    master_key: Option<PathBuf>,
    /// Restore the rest if recordings of the backup are missing or damaged; without it, such a backup is refused
    #[arg(long)]
    without_damaged: bool,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

impl RestoreArgs {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let mut signals = Signals::new()?;
        Tools::find(config, "pg_restore")?;
        let folder = self.folder.clone();
        let backup = tokio::task::spawn_blocking(move || backups::open(&folder)).await??;
        let schema = Some(backup.manifest.database.schema);
        ensure!(
            schema <= newest_schema(),
            "the backup was made by version {} of Reelgate, which is newer than this one: restore it with that version",
            backup.manifest.program
        );
        let key = self.key_file(config, &backup)?;
        let begun = Restoring::look(&config.data_dir, &backup)?;
        std::fs::create_dir_all(&config.data_dir)
            .with_context(|| format!("cannot make {}", config.data_dir.display()))?;
        let restoring = Restoring::prepare(&config.data_dir, &backup, begun)?;
        let database = match empty_database(config, begun).await {
            Ok(database) => database,
            Err(error) => {
                if begun == Begun::Anew {
                    restoring.withdraw()?;
                }
                return Err(error);
            }
        };
        let outcome = self
            .restore(config, backup, &key, restoring, &database, &mut signals)
            .await;
        let restored = match outcome {
            Ok(Some(restored)) => restored,
            other => {
                database.close().await?;
                return other.map(|_| ExitCode::from(INTERRUPTED));
            }
        };
        self.complete(config, database, restored).await
    }

    /// The file with the backup's key: where the settings name it, in the backup, or given.
    fn key_file(&self, config: &Config, backup: &Opened) -> anyhow::Result<PathBuf> {
        let wanted = &backup.manifest.master_key;
        let home = &config.master_key_file;
        let judge = |file: &Path| -> anyhow::Result<PathBuf> {
            match backup.seal(&MasterKey::load(file)?) {
                Seal::Right => Ok(file.to_owned()),
                Seal::Broken => bail!(
                    "the backup's manifest was changed by somebody without the master key: it is not the one that \
                     was made"
                ),
                Seal::OtherKey => bail!(
                    "the master key in {} is not this backup's, which is {}: give the right file with --master-key, \
                     and let none lie at {}",
                    file.display(),
                    wanted.id,
                    home.display()
                ),
            }
        };
        if home.exists() {
            return judge(home);
        }
        if let Some(file) = &self.master_key {
            return match MasterKey::load(file) {
                Err(MasterKeyError::Missing(path)) => bail!("there is no file {}", path.display()),
                _ => judge(file),
            };
        }
        match &wanted.file {
            Some(entry) => judge(&backup.path(&entry.name)),
            None => bail!(
                "this backup has no master key, and without it the preset passwords in it cannot be opened. Give the \
                 file with --master-key FILE, or put it at {}; it is the one that was master.key when the backup was \
                 made (key {})",
                home.display(),
                wanted.id
            ),
        }
    }

    /// Vault, key and database. None: stopped.
    async fn restore(
        &self,
        config: &Config,
        backup: Opened,
        key: &Path,
        restoring: Restoring,
        database: &Database,
        signals: &mut Signals,
    ) -> anyhow::Result<Option<Restored>> {
        let has_tables = backups::has_tables(&database.pool).await?;
        restoring.begin(&backup)?;
        let vault_dir = config.data_dir.join("vault");
        let vault = Vault::open(&vault_dir)
            .with_context(|| format!("cannot open the vault {}", vault_dir.display()))?;
        let progress = Progress::default();
        let mut display = Display::new(self.quiet, "reading the backup");
        let placing = {
            let progress = progress.clone();
            tokio::task::spawn_blocking(move || {
                backups::restore_objects(&backup, &vault, &progress).map(|lost| (backup, lost))
            })
        };
        let placed = watch(placing, &progress, &mut display, signals).await;
        let Some(placed) = placed else {
            return Ok(None);
        };
        let Some((backup, lost)) = stopped(placed?.map_err(anyhow::Error::from))? else {
            return Ok(None);
        };
        display.end();
        self.judge(&backup, &lost)?;
        restoring.install_key(key, &config.master_key_file)?;
        if !has_tables {
            let tools = database.tools(config);
            tokio::select! {
                restored = async { tools.restore(&backup.path(&backup.manifest.database.file.name)).await } => restored?,
                () = signals.next() => return Ok(None),
            }
            // The server has no rights on what was restored yet.
            let owner = database.as_owner();
            let checked = check_rows(&owner, &backup).await;
            owner.close().await;
            checked?;
        }
        Ok(Some(Restored {
            restoring,
            backup,
            lost,
            took: display.elapsed(),
        }))
    }

    /// Names what is lost, and stops unless that was to be put up with.
    fn judge(&self, backup: &Opened, lost: &[FileId]) -> anyhow::Result<()> {
        let told = |id: &&FileId| {
            let objects = &backup.manifest.objects;
            objects.gone.contains(id) || objects.damaged.contains(id)
        };
        for id in lost {
            eprintln!("file {id} cannot be had");
        }
        let unexpected = lost.iter().filter(|id| !told(id)).count();
        if unexpected == 0 || self.without_damaged {
            return Ok(());
        }
        let advice = if backup.manifest.objects.kept == Kept::Listed {
            "Bring the vault's folder back first"
        } else {
            "Use another backup"
        };
        bail!(
            "missing or damaged: {}, named above. {advice}, or give --without-damaged to restore the rest",
            counted(unexpected as u64, "file")
        )
    }

    /// What needs the whole: the schema of this version, the proof of the key, the new epoch.
    async fn complete(
        &self,
        config: &Config,
        database: Database,
        restored: Restored,
    ) -> anyhow::Result<ExitCode> {
        let owner = database.as_owner();
        let started = Started::on(config, database, Schema::Raise).await?;
        let begun = close_functions(&owner, &started.backend).await;
        owner.close().await;
        started.close().await?;
        let epoch = begun?;
        restored.restoring.finish()?;
        print(&summary(config, &restored, &epoch))?;
        Ok(if restored.lost.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(INCOMPLETE)
        })
    }
}

struct Restored {
    restoring: Restoring,
    backup: Opened,
    lost: Vec<FileId>,
    took: std::time::Duration,
}

/// The database to restore into; nothing is in it, or what an earlier run of the same restore put there.
async fn empty_database(config: &Config, begun: Begun) -> anyhow::Result<Database> {
    let database = Database::open(config).await?;
    let checked = backups::has_tables(&database.pool).await;
    if begun == Begun::Again || matches!(checked, Ok(false)) {
        return Ok(database);
    }
    database.close().await?;
    checked?;
    bail!(
        "the database is not empty. A restore never mixes with what is there: make an empty database and set \
         DATABASE_URL to it, or take an empty data folder for the embedded one"
    )
}

/// The dump was restored without rights: what its schema had taken from everybody is taken again. Then the new epoch.
async fn close_functions(owner: &PgPool, backend: &Backend) -> Result<Epoch, Error> {
    rights::close(owner).await?;
    backups::begin_epoch(backend).await
}

async fn check_rows(db: &PgPool, backup: &Opened) -> anyhow::Result<()> {
    let found = backups::row_counts(db).await?;
    ensure!(
        found == backup.manifest.database.rows,
        "the restored database has other numbers of rows than the backup's manifest says"
    );
    Ok(())
}

fn summary(config: &Config, restored: &Restored, epoch: &Epoch) -> String {
    let manifest = &restored.backup.manifest;
    let found = restored.backup.objects.len() - restored.lost.len();
    let mut lines = vec![
        format!(
            "The backup of {} is restored into {} after {:.1} s: {}, {}, every hash is right.",
            manifest.made_at.format("%F %T UTC"),
            config.data_dir.display(),
            restored.took.as_secs_f64(),
            counted(manifest.database.rows.values().sum(), "row"),
            counted(found as u64, "file")
        ),
        format!(
            "Ended: {}, {} and {}. Everybody signs in anew.",
            counted(epoch.sign_ins, "sign-in"),
            counted(epoch.one_time_secrets, "one-time secret"),
            counted(epoch.old_passwords, "old access password")
        ),
    ];
    if !restored.lost.is_empty() {
        lines.push(format!(
            "Recorded, but without bytes: {}, named above.",
            counted(restored.lost.len() as u64, "file")
        ));
    }
    if !epoch.presets.is_empty() {
        lines.push(
            "These accounts have their preset access password again, as of the backup. If it was replaced since, \
             reset it now, under Recording Access Control:"
                .to_owned(),
        );
        let names = epoch.presets.iter();
        lines.extend(
            names.map(|(name, since)| format!("  {name} (preset of {})", since.format("%F"))),
        );
    }
    if !epoch.api_secrets.is_empty() {
        lines.push(
            "Programs are admitted with these API secrets again, as of the backup. Revoke those that were revoked \
             since, with `reelgate project secret --revoke` or under Account, API:"
                .to_owned(),
        );
        lines.extend(epoch.api_secrets.iter().map(|secret| {
            format!(
                "  {}, project {}: {} (…{})",
                secret.account, secret.project, secret.name, secret.hint
            )
        }));
    }
    if !epoch.service_accounts.is_empty() {
        lines.push(
            "Tokens of these service accounts open files again, as of the backup. Revoke those that were revoked since, \
             with `reelgate service-account revoke` or under Settings, Service accounts:"
                .to_owned(),
        );
        let names = epoch.service_accounts.iter();
        lines.extend(names.map(|(account, name)| format!("  {account}: {name}")));
    }
    lines.join("\n") + "\n"
}
