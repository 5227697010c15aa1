//! Server functions of the access log.

use domain::Problem;
use domain::access_log::report::{Entry, KnownCaller};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::query::AccessQuery;
use crate::error::UiError;
use crate::ui::Moment;

/// One page of the log, written out for one viewer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccessReport {
    pub(crate) rows: Vec<EntryRow>,
    pub(crate) next: Option<String>,
    pub(crate) previous: Option<String>,
    /// Rows in all, as far as they were counted.
    pub(crate) total: u64,
    /// There are more than `total`.
    pub(crate) is_more: bool,
    /// The account has rows, whether or not one matches.
    pub(crate) is_any: bool,
    /// What of the address was left out, and why.
    pub(crate) problems: Vec<Problem>,
    /// Whom the log can be narrowed to.
    pub(crate) callers: Vec<KnownCaller>,
    /// Name of the zone that the times are shown in.
    pub(crate) zone: String,
}

/// A row, with its time in the viewer's zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EntryRow {
    pub(crate) occurred: Moment,
    pub(crate) entry: Entry,
    /// Path of the file's address, while the account has the file.
    pub(crate) path: Option<String>,
}

/// The rows that the query asks for. What it asks in vain is left out and named.
#[server]
pub(crate) async fn report_access(query: AccessQuery) -> Result<AccessReport, UiError> {
    use domain::access_log::actions::{self, MOST_COUNTED};
    use domain::files::file_path;

    use crate::ssr;

    let (backend, actor, zone) = (ssr::backend()?, ssr::actor()?, ssr::visitor()?.zone);
    let mut request = query.read(&zone);
    let first = actions::report(&backend, &actor, &request.filter, &request.page).await;
    let page = match first {
        // A cursor that somebody cut off: the first page is better than none.
        Err(domain::Error::Invalid(problems)) if request.page.cursor.take().is_some() => {
            request.problems.extend(problems);
            actions::report(&backend, &actor, &request.filter, &request.page).await?
        }
        other => other?,
    };
    let row = |entry: Entry| EntryRow {
        occurred: Moment::precise(entry.occurred_at, &zone),
        path: entry
            .file
            .zip(entry.file_name.as_deref())
            .filter(|_| entry.is_file_there)
            .map(|(file, name)| file_path(actor.account, file, name)),
        entry,
    };
    Ok(AccessReport {
        is_any: !page.items.is_empty() || actions::exist(&backend, &actor).await?,
        rows: page.items.into_iter().map(row).collect(),
        next: page.next,
        previous: page.previous,
        is_more: page.total >= MOST_COUNTED,
        total: page.total,
        problems: request.problems,
        callers: actions::callers(&backend, &actor).await?,
        zone: zone.name().to_owned(),
    })
}
