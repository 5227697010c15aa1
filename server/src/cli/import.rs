//! `reelgate import`: brings a folder of recordings into the vault, and shows how far it is.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use domain::projects::{self, ProjectId};
use domain::sessions::import::{ImportOptions, ImportReport, Progress, Stopped, import};
use domain::{Actor, Backend, Caller, accounts};
use indicatif::HumanBytes;

use super::progress::{Display, counted, watch};
use super::{INTERRUPTED, Signals, explain, print};

/// Some files were refused. Not 2, which says that the command itself was mistyped.
const REFUSED: u8 = 3;

#[derive(Debug, Args)]
#[command(after_help = "\
FOLDER holds <room>/<conference number>/<files>:
  individual_*.mkv, .mov, .webm   individual recordings
  *.mp4                           transcoded recordings; live or individual if the name says so
  chat.json, chatdata.json        the chat
  metadata.json                   when the session began and ended (started_at, ended_at or trans_date)

A session is taken wholly or not at all. Stopping it (Ctrl-C, kill, power) leaves nothing half there, and running the \
same command again adds only what is new. A file that is broken, unknown or a link is named with the reason, and the \
rest goes on. The folder itself is only read.

Exit code:
  0    everything is in the vault, or was there before
  1    it failed; what was taken until then stays
  2    the command was mistyped
  3    some files were refused, everything else is in
  130  stopped by Ctrl-C or SIGTERM

Example:
  reelgate import /mnt/delivery --account Acme --project Support --create-project --dry-run")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct ImportArgs {
    /// Folder with recordings
    folder: PathBuf,
    /// Name or id of the account
    #[arg(long)]
    account: String,
    /// Name or id of the project
    #[arg(long)]
    project: String,
    /// Create the project if the account has none of this name
    #[arg(long)]
    create_project: bool,
    /// Read and judge everything, say what would be done, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Mark the files secure: they need a credential even where the project is open
    #[arg(long)]
    secure: bool,
    /// Show no progress; refused files and errors are still told
    #[arg(long, short)]
    quiet: bool,
}

impl ImportArgs {
    pub(super) async fn run(
        self,
        backend: &Backend,
        signals: &mut Signals,
    ) -> anyhow::Result<ExitCode> {
        let actor = self.actor(backend).await?;
        let project = self.project(backend, &actor).await?;
        let options = ImportOptions {
            dry_run: self.dry_run,
            is_secure: self.secure,
        };
        let progress = Progress::default();
        let mut display = Display::new(self.quiet, "looking through the folder");
        let importing = import(backend, &actor, project, &self.folder, options, &progress);
        let Some(report) = watch(importing, &progress, &mut display, signals).await else {
            // A second time: at once. The next start clears away what is left, as after a kill.
            return Ok(ExitCode::from(INTERRUPTED));
        };
        let report = report.map_err(explain)?;
        display.end();
        self.tell(report, display.elapsed())
    }

    async fn actor(&self, backend: &Backend) -> anyhow::Result<Actor> {
        let account = match accounts::actions::find(backend, &self.account).await {
            Err(domain::Error::NotFound(_)) => {
                anyhow::bail!(
                    "there is no account {:?}; `reelgate account list` shows them",
                    self.account
                )
            }
            found => found.map_err(explain)?,
        };
        Ok(Actor {
            account: account.id,
            caller: Caller::Operator,
            address: None,
        })
    }

    async fn project(&self, backend: &Backend, actor: &Actor) -> anyhow::Result<ProjectId> {
        match projects::actions::find(backend, actor, &self.project).await {
            Ok(project) => Ok(project.id),
            Err(domain::Error::NotFound(_)) if self.create_project && self.dry_run => {
                // Nothing is in a project that is yet to be made.
                Ok(ProjectId::new(backend.clock.now()))
            }
            Err(domain::Error::NotFound(_)) if self.create_project => {
                Ok(projects::actions::create(backend, actor, &self.project)
                    .await
                    .map_err(explain)?
                    .id)
            }
            Err(domain::Error::NotFound(_)) => Err(anyhow::anyhow!(
                "the account has no project {:?}; --create-project makes it",
                self.project
            )),
            Err(error) => Err(explain(error)),
        }
    }

    fn tell(&self, report: ImportReport, took: Duration) -> anyhow::Result<ExitCode> {
        for refusal in &report.refused {
            eprintln!("refused {}: {}", refusal.path, refusal.reason);
        }
        print(&summary(&report, self.dry_run, took))?;
        match report.stopped {
            Some(Stopped::Failed(domain::Error::Internal(source))) => {
                Err(ended_early(anyhow::Error::from_boxed(source)))
            }
            Some(Stopped::Failed(error)) => Err(ended_early(error.into())),
            Some(Stopped::Cancelled) => Ok(ExitCode::from(INTERRUPTED)),
            None if report.refused.is_empty() => Ok(ExitCode::SUCCESS),
            None => Ok(ExitCode::from(REFUSED)),
        }
    }
}

fn ended_early(cause: anyhow::Error) -> anyhow::Error {
    cause.context(
        "the import ended early; what was taken until then stays, and running it again goes on",
    )
}

fn summary(report: &ImportReport, dry_run: bool, took: Duration) -> String {
    let (would, added) = if dry_run {
        ("Would add", "Would be extended")
    } else {
        ("Added", "Extended")
    };
    let mut lines = vec![format!(
        "{would} {} ({}) in {} after {:.1} s.",
        counted(report.files_added, "file"),
        HumanBytes(report.bytes_added),
        counted(report.sessions_added, "new session"),
        took.as_secs_f64()
    )];
    if report.sessions_extended > 0 {
        lines.push(format!(
            "{added}: {}.",
            counted(report.sessions_extended, "known session")
        ));
    }
    if report.files_present > 0 {
        lines.push(format!(
            "Already there: {}.",
            counted(report.files_present, "file")
        ));
    }
    if report.files_deleted > 0 {
        lines.push(format!(
            "Deleted before, and not brought back: {}.",
            counted(report.files_deleted, "file")
        ));
    }
    if report.hidden > 0 {
        lines.push(format!(
            "Passed over: {}.",
            counted(report.hidden, "hidden file")
        ));
    }
    if !report.refused.is_empty() {
        lines.push(format!(
            "Refused: {}, named above.",
            counted(report.refused.len() as u64, "file")
        ));
    }
    if matches!(report.stopped, Some(Stopped::Cancelled)) {
        lines.push(
            "Stopped before the end. Whole sessions only are in; running it again goes on."
                .to_owned(),
        );
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_says_what_was_done() {
        let report = ImportReport {
            sessions_added: 1,
            files_added: 2000,
            bytes_added: 3 << 20,
            files_present: 1,
            files_deleted: 2,
            stopped: Some(Stopped::Cancelled),
            ..ImportReport::default()
        };
        assert_eq!(
            summary(&report, false, Duration::from_millis(1500)),
            "Added 2,000 files (3.00 MiB) in 1 new session after 1.5 s.\nAlready there: 1 file.\n\
             Deleted before, and not brought back: 2 files.\nStopped before the end. Whole sessions only are in; running it again goes on.\n"
        );
    }
}
