//! Sessions by their numbers and by place in a list, as the management API asks for them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::actions::with_files;
use super::{SessionSummary, store};
use crate::numbers::{self, Numbers};
use crate::projects::ProjectId;
use crate::{Actor, Backend, Error, Permission, reading};

/// Which sessions are wanted. Everything empty is everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryFilter {
    pub project: Option<ProjectId>,
    /// Sessions that started at this moment or later.
    pub from: DateTime<Utc>,
    /// Sessions that started before this moment.
    pub until: DateTime<Utc>,
    /// Only those of these numbers.
    pub numbers: Vec<i64>,
    /// Exactly this room.
    pub room: Option<String>,
    /// Exactly this conference number.
    pub conference_number: Option<String>,
    /// Milliseconds, at least.
    pub min_duration: Option<u64>,
    /// Milliseconds, at most.
    pub max_duration: Option<u64>,
    pub is_newest_first: bool,
    /// Sessions before the first one that is wanted.
    pub offset: u32,
    /// Sessions at most.
    pub count: u32,
    /// Whether all that match are counted.
    pub is_counted: bool,
}

/// A part of the list.
#[derive(Debug, Clone)]
pub struct History {
    pub sessions: Vec<SessionSummary>,
    /// Of these sessions and their files.
    pub numbers: Numbers,
    /// All that match, exactly, if they were to be counted.
    pub total: Option<u64>,
}

/// The sessions at these places, each with its files.
pub async fn history(
    backend: &Backend,
    actor: &Actor,
    filter: &HistoryFilter,
) -> Result<History, Error> {
    let scope = actor.scope(Permission::SeeRecordings)?;
    let filter = &HistoryFilter {
        project: scope.narrow(filter.project)?,
        ..filter.clone()
    };
    let texts = [&filter.room, &filter.conference_number];
    // PostgreSQL's texts hold no NUL, and it cannot even be asked for one.
    if texts.into_iter().flatten().any(|text| text.contains('\0')) {
        return Ok(History {
            sessions: Vec::new(),
            numbers: Numbers {
                sessions: HashMap::new(),
                files: HashMap::new(),
            },
            total: filter.is_counted.then_some(0),
        });
    }
    // Of one moment: an import meanwhile must not make rows, files and total disagree.
    let mut tx = backend.db.begin().await?;
    reading::freeze(&mut tx).await?;
    reading::plan_each(&mut tx).await?;
    let rows = store::history::list(&mut tx, scope.account, filter).await?;
    let total = if filter.is_counted {
        Some(store::history::count(&mut tx, scope.account, filter).await?)
    } else {
        None
    };
    let sessions = with_files(&mut tx, rows, backend.clock.now()).await?;
    tx.commit().await?;
    let ids: Vec<_> = sessions.iter().map(|session| session.id).collect();
    Ok(History {
        numbers: numbers::actions::of(backend, actor, &ids).await?,
        sessions,
        total: total.map(i64::cast_unsigned),
    })
}
