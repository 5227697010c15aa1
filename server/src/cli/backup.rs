//! `reelgate backup` and `reelgate backup verify`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand};
use domain::backups::{
    self, BackupError, DUMP, DatabasePart, Draft, Kept, Manifest, Opened, Parts, Seal, Snapshot,
};
use domain::sessions::import::Progress;
use domain::{Backend, MasterKey};
use indicatif::HumanBytes;

use super::progress::{Display, counted, watch};
use super::{INTERRUPTED, Signals, print};
use crate::config::Config;
use crate::postgres::Tools;
use crate::start::Started;

/// The backup is there, and something in it or in the vault is not as it should be.
const DAMAGED: u8 = 3;

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
The server may go on working. FOLDER gets the database as it was at one moment, every recording of that moment, and a \
manifest with the SHA-256 of everything. Until all of it is on the disk the folder is named FOLDER.part; a backup that \
was broken off never gets the name. docs/backup.md says how to keep backups and how to practise a restore.

Without --with-master-key the master key is left out, and the backup alone cannot show preset passwords or be restored: \
keep a copy of the key somewhere else. With it, whoever has the backup has everything.

Exit code:
  0    the backup is complete
  1    it failed; nothing is left under the name
  2    the command was mistyped
  3    the backup is there, but recordings are missing or damaged in the vault; they are named
  130  stopped by Ctrl-C or SIGTERM

Example:
  reelgate backup /srv/backups/$(date +%F)
  reelgate backup verify /srv/backups/2026-11-21"
)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub(super) struct BackupArgs {
    #[command(subcommand)]
    task: Option<BackupTask>,
    /// Folder to make
    #[arg(required = true)]
    folder: Option<PathBuf>,
    /// Put the master key into the backup
    #[arg(long)]
    with_master_key: bool,
    /// Leave the recordings out: only list them, with sizes and hashes. The vault must then be kept by other means
    #[arg(long, conflicts_with = "hard_link")]
    manifest_only: bool,
    /// Do not copy recordings, but give them a second name on the same file system. Takes no room; a broken disk takes both
    #[arg(long)]
    hard_link: bool,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum BackupTask {
    /// Check that a backup is whole: every hash, and the seal of the manifest
    #[command(
        after_help = "Needs no database and changes nothing. The seal is checked with --master-key, else with the \
                      installation's key, else with the one in the backup.\n\nExit code: 0 whole, 1 not whole, 2 \
                      mistyped, 130 stopped.\n\nExample:\n  reelgate backup verify /srv/backups/2026-11-21"
    )]
    Verify {
        folder: PathBuf,
        /// File of the master key
        #[arg(long, value_name = "FILE")]
        master_key: Option<PathBuf>,
        /// Show no progress
        #[arg(long, short)]
        quiet: bool,
    },
}

/// A backup among what it copies would be lost together with it, and counted among the recordings.
fn refuse_within(config: &Config, target: &Path) -> anyhow::Result<()> {
    let parent = match target.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let Ok(parent) = parent.canonicalize() else {
        return Ok(());
    };
    for name in ["vault", "postgres"] {
        let Ok(copied) = config.data_dir.join(name).canonicalize() else {
            continue;
        };
        ensure!(
            !parent.starts_with(&copied),
            "{} lies in {}, which is what the backup copies: name a folder elsewhere, best on another disk",
            target.display(),
            copied.display()
        );
    }
    Ok(())
}

impl BackupArgs {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let mut signals = Signals::new()?;
        if let Some(BackupTask::Verify {
            folder,
            master_key,
            quiet,
        }) = self.task
        {
            return verify(config, &folder, master_key.as_deref(), quiet, &mut signals).await;
        }
        let target = self.folder.clone().context("name a folder")?;
        refuse_within(config, &target)?;
        Tools::find(config, "pg_dump")?;
        let draft = Draft::begin(&target)?;
        let started = Started::open_as_it_is(config).await?;
        let outcome = self.take(config, &started, draft, &mut signals).await;
        started.close().await?;
        outcome
    }

    fn kept(&self) -> Kept {
        if self.manifest_only {
            Kept::Listed
        } else if self.hard_link {
            Kept::Linked
        } else {
            Kept::Copied
        }
    }

    async fn take(
        &self,
        config: &Config,
        started: &Started,
        draft: Draft,
        signals: &mut Signals,
    ) -> anyhow::Result<ExitCode> {
        let progress = Progress::default();
        let mut display = Display::new(self.quiet, "dumping the database");
        let taking = self.write(config, started, draft, &progress);
        let Some(taken) = watch(taking, &progress, &mut display, signals).await else {
            return Ok(ExitCode::from(INTERRUPTED));
        };
        display.end();
        let Some((folder, manifest)) = stopped(taken)? else {
            return Ok(ExitCode::from(INTERRUPTED));
        };
        for id in &manifest.objects.damaged {
            eprintln!("file {id} is missing or damaged in the vault, and is not in the backup");
        }
        print(&summary(&folder, &manifest, &started.backend))?;
        let is_sound = manifest.objects.damaged.is_empty();
        Ok(if is_sound {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(DAMAGED)
        })
    }

    async fn write(
        &self,
        config: &Config,
        started: &Started,
        draft: Draft,
        progress: &Progress,
    ) -> anyhow::Result<(PathBuf, Manifest)> {
        let backend = &started.backend;
        let made_at = backend.clock.now();
        let mut snapshot = Snapshot::take(&backend.db).await?;
        let objects = snapshot.objects().await?;
        let rows = snapshot.row_counts().await?;
        let postgres = snapshot.postgres_version().await?;
        let dumping = started.database().tools(config);
        tokio::select! {
            dumped = dumping.dump(snapshot.id(), draft.create(DUMP)?) => dumped?,
            () = cancelled(progress) => return Err(BackupError::Cancelled.into()),
        }
        // From here on the moment is in the dump: the database need not keep it.
        drop(snapshot);
        let schema = backups::schema_of(&backend.db).await?.unwrap_or_default();
        let (vault, kept, progress) = (backend.vault.clone(), self.kept(), progress.clone());
        let copying = tokio::task::spawn_blocking(move || {
            let file = draft.seal_off(DUMP)?;
            let taken = backups::copy_objects(&vault, &draft, &objects, kept, &progress)?;
            Ok::<_, BackupError>((draft, file, objects, taken))
        });
        let (draft, file, objects, taken) = copying.await??;
        let parts = Parts {
            made_at,
            database: DatabasePart {
                file,
                postgres,
                schema,
                rows,
            },
            objects,
            taken,
            kept,
            with_master_key: self.with_master_key,
        };
        Ok(backups::finish(backend, draft, parts).await?)
    }
}

/// Resolves when the work was asked to stop.
async fn cancelled(progress: &Progress) {
    let mut ticks = tokio::time::interval(std::time::Duration::from_millis(50));
    while !progress.is_cancelled() {
        ticks.tick().await;
    }
}

/// None if it ended because it was asked to.
pub(super) fn stopped<T>(outcome: anyhow::Result<T>) -> anyhow::Result<Option<T>> {
    match outcome {
        Ok(done) => Ok(Some(done)),
        Err(error) if matches!(error.downcast_ref(), Some(BackupError::Cancelled)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn summary(folder: &Path, manifest: &Manifest, backend: &Backend) -> String {
    let objects = &manifest.objects;
    let how = match objects.kept {
        Kept::Copied => "copied",
        Kept::Linked => "hard-linked: a broken disk would take both",
        Kept::Listed => "only listed: keep the vault's folder by other means",
    };
    let mut lines = vec![
        format!("The backup is in {}.", folder.display()),
        format!(
            "Database: {} in {}. Recordings: {} ({}), {how}.",
            counted(manifest.database.rows.values().sum(), "row"),
            HumanBytes(manifest.database.file.size),
            counted(objects.count, "file"),
            HumanBytes(objects.bytes)
        ),
    ];
    if !objects.gone.is_empty() {
        lines.push(format!(
            "Deleted while the backup was made, and so not in it: {}.",
            counted(objects.gone.len() as u64, "file")
        ));
    }
    lines.push(if manifest.master_key.file.is_some() {
        "The master key is in it: whoever has this folder has everything.".to_owned()
    } else {
        format!(
            "The master key is NOT in it. Without {} (key {}) this backup cannot be restored: keep a copy of that \
             file somewhere else.",
            backend.master_key.path().display(),
            manifest.master_key.id
        )
    });
    lines.join("\n") + "\n"
}

async fn verify(
    config: &Config,
    folder: &Path,
    key: Option<&Path>,
    quiet: bool,
    signals: &mut Signals,
) -> anyhow::Result<ExitCode> {
    let folder = folder.to_owned();
    let backup = tokio::task::spawn_blocking(move || backups::open(&folder)).await??;
    let sealed = check_seal(config, &backup, key)?;
    let progress = Progress::default();
    let mut display = Display::new(quiet, "checking the backup");
    let checking = {
        let progress = progress.clone();
        tokio::task::spawn_blocking(move || {
            backups::check_objects(&backup, &progress).map(|wrong| (backup, wrong))
        })
    };
    let checked = watch(checking, &progress, &mut display, signals).await;
    display.end();
    let Some(checked) = checked else {
        return Ok(ExitCode::from(INTERRUPTED));
    };
    let Some((backup, wrong)) = stopped(checked?.map_err(anyhow::Error::from))? else {
        return Ok(ExitCode::from(INTERRUPTED));
    };
    for sentence in &wrong {
        eprintln!("{sentence}");
    }
    anyhow::ensure!(
        wrong.is_empty(),
        "the backup is damaged: {}, named above",
        counted(wrong.len() as u64, "file")
    );
    print(&verified(&backup, sealed))?;
    Ok(ExitCode::SUCCESS)
}

/// Whether the seal could be checked. A seal that is wrong is an error.
fn check_seal(config: &Config, backup: &Opened, key: Option<&Path>) -> anyhow::Result<bool> {
    let inside = backup.manifest.master_key.file.as_ref();
    let candidates = key
        .map(Path::to_path_buf)
        .or_else(|| Some(config.master_key_file.clone()).filter(|file| file.exists()))
        .into_iter()
        .chain(
            inside
                .map(|entry| backup.path(&entry.name))
                .filter(|_| key.is_none()),
        );
    for file in candidates {
        match backup.seal(&MasterKey::load(&file)?) {
            Seal::Right => return Ok(true),
            Seal::Broken => anyhow::bail!(
                "the manifest was changed by somebody without the master key: its seal is not of this manifest"
            ),
            Seal::OtherKey if key.is_some() => anyhow::bail!(
                "the master key in {} is not this backup's, which is {}",
                file.display(),
                backup.manifest.master_key.id
            ),
            Seal::OtherKey => {}
        }
    }
    Ok(false)
}

fn verified(backup: &Opened, sealed: bool) -> String {
    let Manifest {
        made_at,
        program,
        objects,
        database,
        master_key,
        ..
    } = &backup.manifest;
    let bytes = if objects.kept == Kept::Listed {
        "only listed".to_owned()
    } else {
        format!("every hash is right ({})", HumanBytes(objects.bytes))
    };
    let seal = if sealed {
        "The seal of the manifest is right.".to_owned()
    } else {
        format!(
            "The seal of the manifest was not checked: that needs the master key {} (--master-key FILE).",
            master_key.id
        )
    };
    let key = if master_key.file.is_some() {
        "The master key is in it."
    } else {
        "The master key is not in it."
    };
    let mut lines = vec![
        format!(
            "The backup of {} by version {program} is whole.",
            made_at.format("%F %T UTC")
        ),
        format!(
            "Database: {}. Recordings: {}, {bytes}.",
            counted(database.rows.values().sum(), "row"),
            counted(objects.count, "file")
        ),
    ];
    let absent = objects.gone.len() + objects.damaged.len();
    if absent > 0 {
        lines.push(format!(
            "Not in it, and told when it was made: {}.",
            counted(absent as u64, "file")
        ));
    }
    lines.extend([seal, key.to_owned()]);
    lines.join("\n") + "\n"
}
