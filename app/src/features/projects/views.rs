//! What pages of projects show, with every moment written out for one viewer.

use domain::files::{FileId, FileState};
use domain::projects::{Holdings, Limits, Policy};
use serde::{Deserialize, Serialize};

use crate::ui::Moment;

/// A project with what was decided about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProjectView {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) created: Moment,
    pub(crate) archived: Option<Moment>,
    pub(crate) policy: Policy,
    pub(crate) limits: Limits,
    pub(crate) hold: Option<HoldView>,
    pub(crate) holdings: Holdings,
}

/// A legal hold that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HoldView {
    pub(crate) reason: String,
    pub(crate) placed: Moment,
    /// None: the operator.
    pub(crate) by: Option<String>,
}

/// What a retention would do if it were saved now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ForecastView {
    pub(crate) expiring_files: u64,
    pub(crate) expiring_bytes: u64,
    pub(crate) oldest: Option<Moment>,
    pub(crate) returning_files: u64,
    pub(crate) held_files: u64,
    pub(crate) trashing_files: u64,
    pub(crate) trashing_bytes: u64,
}

/// Who put a file into the trash, when and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DiscardView {
    pub(crate) at: Moment,
    /// A name, or what did it.
    pub(crate) by: String,
    pub(crate) reason: String,
}

/// A file in the trash, or a tombstone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DiscardedView {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) size: u64,
    /// Hexadecimal.
    pub(crate) sha256: String,
    pub(crate) session: String,
    pub(crate) room: String,
    pub(crate) conference_number: String,
    pub(crate) discard: DiscardView,
    pub(crate) is_held: bool,
    /// When the bytes are to be deleted; of a tombstone, when they were.
    pub(crate) end: Moment,
}

/// One page of a project's trash or tombstones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DiscardedPage {
    pub(crate) files: Vec<DiscardedView>,
    /// Cursors of the neighbouring pages.
    pub(crate) next: Option<String>,
    pub(crate) previous: Option<String>,
    pub(crate) total: u64,
    /// What of the address was left out, and why.
    pub(crate) problem: Option<String>,
}

/// A session with what was decided about it and its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionFilesView {
    pub(crate) id: String,
    pub(crate) project: String,
    pub(crate) project_name: String,
    pub(crate) policy: Policy,
    pub(crate) hold: Option<HoldView>,
    pub(crate) project_hold: Option<HoldView>,
    pub(crate) files: Vec<GovernedFileView>,
}

/// A file of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GovernedFileView {
    pub(crate) id: FileId,
    pub(crate) name: String,
    pub(crate) state: FileState,
    pub(crate) is_secure: bool,
    /// Until when anyone may have it who knows its address; None: nobody may now.
    pub(crate) open_until: Option<Moment>,
    pub(crate) discard: Option<DiscardView>,
}

#[cfg(feature = "ssr")]
mod made {
    //! The server writes them out.

    use chrono_tz::Tz;
    use domain::files::{Discard, DiscardCause, DiscardedFile, GovernedSession};
    use domain::projects::{GovernedProject, Hold, RetentionForecast};

    use super::{
        DiscardView, DiscardedView, ForecastView, GovernedFileView, HoldView, ProjectView,
        SessionFilesView,
    };
    use crate::ui::Moment;

    impl ProjectView {
        pub(crate) fn new(project: GovernedProject, zone: Tz) -> Self {
            Self {
                id: project.id.to_string(),
                name: project.name,
                created: Moment::new(project.created_at, &zone),
                archived: project.archived_at.map(|at| Moment::new(at, &zone)),
                policy: project.policy,
                limits: project.limits,
                hold: project.hold.map(|hold| HoldView::new(hold, zone)),
                holdings: project.holdings,
            }
        }
    }

    impl HoldView {
        fn new(hold: Hold, zone: Tz) -> Self {
            Self {
                reason: hold.reason,
                placed: Moment::new(hold.placed_at, &zone),
                by: hold.placed_by,
            }
        }
    }

    impl ForecastView {
        pub(crate) fn new(forecast: RetentionForecast, zone: Tz) -> Self {
            Self {
                expiring_files: forecast.expiring_files,
                expiring_bytes: forecast.expiring_bytes,
                oldest: forecast.oldest.map(|at| Moment::new(at, &zone)),
                returning_files: forecast.returning_files,
                held_files: forecast.held_files,
                trashing_files: forecast.trashing_files,
                trashing_bytes: forecast.trashing_bytes,
            }
        }
    }

    impl DiscardView {
        fn new(discard: Discard, zone: Tz) -> Self {
            let by = discard.by.unwrap_or_else(|| {
                match discard.cause {
                    DiscardCause::Manual => "the operator",
                    DiscardCause::Retention => "retention",
                }
                .to_owned()
            });
            Self {
                at: Moment::new(discard.at, &zone),
                by,
                reason: discard.reason,
            }
        }
    }

    impl DiscardedView {
        pub(crate) fn new(file: DiscardedFile, zone: Tz) -> Self {
            let end = file.deleted_at.unwrap_or_else(|| file.deletion_due_at());
            Self {
                id: file.id.to_string(),
                name: file.name,
                size: file.size,
                sha256: file
                    .sha256
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect(),
                session: file.session.to_string(),
                room: file.room,
                conference_number: file.conference_number,
                discard: DiscardView::new(file.discard, zone),
                is_held: file.is_held,
                end: Moment::new(end, &zone),
            }
        }
    }

    impl SessionFilesView {
        pub(crate) fn new(session: GovernedSession, zone: Tz) -> Self {
            let files = session.files.into_iter().map(|file| GovernedFileView {
                id: file.id,
                name: file.name,
                state: file.state,
                is_secure: file.is_secure,
                open_until: file.open_until.map(|at| Moment::new(at, &zone)),
                discard: file.discard.map(|discard| DiscardView::new(discard, zone)),
            });
            Self {
                id: session.id.to_string(),
                project: session.project.to_string(),
                project_name: session.project_name,
                policy: session.policy,
                hold: session.hold.map(|hold| HoldView::new(hold, zone)),
                project_hold: session.project_hold.map(|hold| HoldView::new(hold, zone)),
                files: files.collect(),
            }
        }
    }
}
