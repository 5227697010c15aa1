//! The import: a folder of recordings, `<room>/<conference number>/<files>`, into the vault and the database.
//!
//! - A session is taken wholly or not at all: all its sound files are copied, then recorded in one transaction.
//!   Files that appear later are added to it in the same way.
//! - Running it again adds only what is new. A file is known again by name, size and modification time; with another
//!   time its content decides. The vault's copy is never replaced: other content under a known name is refused.
//! - A file that was deleted from the vault stays deleted: its tombstone keeps its name in the session. An archived
//!   project takes nothing.
//! - A broken or unknown file is refused by name with the reason, and the rest goes on. Hidden files are passed over.
//! - Two imports of one folder at once do each other no harm: the database's constraints decide whose copy stays.
//! - A session begins when its `metadata.json` says so; without it, when its earliest recording began (modified
//!   last, less its duration); without any recording, when its oldest file was modified.

mod progress;
mod scan;
mod take;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::{JoinSet, spawn_blocking};

pub use self::progress::{Progress, Snapshot};
use self::scan::Plan;
pub(super) use self::take::modified_at;
use self::take::{Context, Outcome};
use crate::files::vault::Intake;
use crate::projects::ProjectId;
use crate::sessions::recording::store;
use crate::{Actor, Backend, Caller, Error};

/// How an import is to go about it.
#[derive(Debug, Clone, Copy, Default)]
pub struct ImportOptions {
    /// Read and judge everything, and change nothing.
    pub dry_run: bool,
    /// Mark every file that is new secure. Files that are there already keep their mark.
    pub is_secure: bool,
}

/// What an import came to.
#[derive(Debug, Default)]
pub struct ImportReport {
    /// Sessions that were not known before.
    pub sessions_added: u64,
    /// Known sessions that got further files.
    pub sessions_extended: u64,
    pub files_added: u64,
    /// Bytes of the added files.
    pub bytes_added: u64,
    /// Files that were in the vault already.
    pub files_present: u64,
    /// Files that were deleted from the vault before, and stay deleted.
    pub files_deleted: u64,
    /// Files and folders whose name begins with a dot, and what Windows leaves in folders.
    pub hidden: u64,
    /// In the order of their paths.
    pub refused: Vec<Refusal>,
    /// Why the import ended before all was looked at. What was recorded until then stays.
    pub stopped: Option<Stopped>,
}

/// A file or folder that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    /// Relative to the imported folder, with everything unprintable escaped.
    pub path: String,
    pub reason: String,
}

/// Why an import ended early.
#[derive(Debug)]
pub enum Stopped {
    /// [`Progress::cancel`] was called.
    Cancelled,
    /// The vault or the database gave up.
    Failed(Error),
}

/// Sessions that are worked on at once: their waits for the disk overlap, their copies still have one disk to share.
const AT_ONCE: usize = 8;

/// Imports a folder into a project of the actor's account. For the operator's command line.
///
/// `Conflict` if the project is archived, `NotFound` if the account has no such project (in a dry run it counts as an empty one), `Invalid` if the folder cannot be read. After that the report tells
/// everything, an early end included.
pub async fn import(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
    folder: &Path,
    options: ImportOptions,
    progress: &Progress,
) -> Result<ImportReport, Error> {
    if actor.caller != Caller::Operator {
        return Err(Error::Forbidden);
    }
    // A dry run may tell of a project that is yet to be made: it has no sessions, and nothing is written.
    match store::is_archived(&mut *backend.db.acquire().await?, actor.account, project).await? {
        Some(true) => {
            return Err(Error::Conflict(
                "the project is archived and takes no recordings: bring it back on its page in the portal first"
                    .to_owned(),
            ));
        }
        None if !options.dry_run => return Err(Error::NotFound("project")),
        Some(false) | None => {}
    }
    let plan = plan(folder.to_owned()).await?;
    progress.plan(plan.files, plan.bytes);
    let intake = if options.dry_run {
        None
    } else {
        Some(start(backend).await?)
    };
    let context = Arc::new(Context {
        backend: backend.clone(),
        actor: *actor,
        project,
        folder: folder.to_owned(),
        intake,
        is_secure: options.is_secure,
        progress: progress.clone(),
        is_unsettled: AtomicBool::new(false),
    });
    let mut report = ImportReport {
        hidden: plan.hidden,
        refused: plan.refused,
        ..ImportReport::default()
    };
    run(&context, plan.sessions, &mut report).await;
    report.refused.sort();
    if let Some(context) = Arc::into_inner(context)
        && !context.is_unsettled.into_inner()
        && let Some(intake) = context.intake
        // What cannot be tidied now is swept by the next process.
        && let Err(error) = spawn_blocking(move || intake.finish()).await.map_err(Error::internal)?
    {
        tracing::warn!(%error, "the run's folder in the vault stays until the next start");
    }
    Ok(report)
}

async fn plan(folder: PathBuf) -> Result<Plan, Error> {
    let name = folder.display().to_string();
    spawn_blocking(move || scan::plan(&folder))
        .await
        .map_err(Error::internal)?
        .map_err(|error| Error::invalid("folder", format!("{name} cannot be read: {error}")))
}

async fn start(backend: &Backend) -> Result<Intake, Error> {
    backend.vault.sweep(&backend.db).await?;
    let vault = backend.vault.clone();
    spawn_blocking(move || Intake::start(&vault))
        .await
        .map_err(Error::internal)?
        .map_err(Error::internal)
}

/// Takes the sessions, some at once.
async fn run(context: &Arc<Context>, sessions: Vec<scan::FoundSession>, report: &mut ImportReport) {
    let mut waiting = sessions.into_iter();
    let mut working = JoinSet::new();
    loop {
        while working.len() < AT_ONCE
            && !context.progress.is_cancelled()
            && report.stopped.is_none()
        {
            let Some(session) = waiting.next() else { break };
            let context = Arc::clone(context);
            working.spawn(async move { take::session(&context, session).await });
        }
        let Some(ended) = working.join_next().await else {
            break;
        };
        let failure = match ended {
            Ok(outcome) => report.add(outcome),
            Err(error) => {
                context.is_unsettled.store(true, Ordering::Relaxed);
                Some(Error::internal(error))
            }
        };
        if let Some(error) = failure
            && report.stopped.is_none()
        {
            report.stopped = Some(Stopped::Failed(error));
            // The sessions that are still going on would meet the same.
            context.progress.cancel();
        }
    }
    if report.stopped.is_none() && context.progress.is_cancelled() {
        report.stopped = Some(Stopped::Cancelled);
    }
}

impl ImportReport {
    /// Adds what came of one session, and gives back what made it fail.
    fn add(&mut self, outcome: Outcome) -> Option<Error> {
        self.sessions_added += u64::from(outcome.is_new);
        self.sessions_extended += u64::from(!outcome.is_new && outcome.files_added > 0);
        self.files_added += outcome.files_added;
        self.bytes_added += outcome.bytes_added;
        self.files_present += outcome.files_present;
        self.files_deleted += outcome.files_deleted;
        self.hidden += outcome.hidden;
        self.refused.extend(outcome.refused);
        outcome.failure
    }
}
