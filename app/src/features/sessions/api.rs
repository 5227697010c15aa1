//! Server functions of sessions: the Recordings report.

use chrono::TimeZone;
use domain::accounts::AccountId;
use domain::files::{FileKind, FileState, FileSummary, file_path};
use domain::projects::Project;
use domain::sessions::{SessionOrder, SessionSummary};
use domain::{Page, Problem};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::query::ReportQuery;
use crate::error::UiError;
use crate::ui::Moment;

/// One page of the report, written out for one viewer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) sessions: Page<SessionRow>,
    pub(crate) order: SessionOrder,
    /// What of the address was left out, and why.
    pub(crate) problems: Vec<Problem>,
    /// Name of the zone that the times are shown in.
    pub(crate) zone: String,
}

/// A session of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionRow {
    pub(crate) id: String,
    pub(crate) project: String,
    pub(crate) room: String,
    pub(crate) conference_number: String,
    pub(crate) started: Moment,
    pub(crate) duration_ms: u64,
    /// Bytes.
    pub(crate) size: u64,
    pub(crate) files: Vec<FileRow>,
}

/// A session file of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileRow {
    pub(crate) kind: FileKind,
    pub(crate) name: String,
    pub(crate) dimensions: Option<(u32, u32)>,
    pub(crate) duration_ms: Option<u64>,
    /// Bytes.
    pub(crate) size: u64,
    /// Path of its address.
    pub(crate) path: String,
    pub(crate) state: FileState,
    pub(crate) is_held: bool,
}

#[cfg_attr(
    not(feature = "ssr"),
    expect(dead_code, reason = "only the server makes one")
)]
impl SessionRow {
    fn new<Z: TimeZone>(session: SessionSummary, account: AccountId, zone: &Z) -> Self
    where
        Z::Offset: std::fmt::Display,
    {
        let file = |file: FileSummary| FileRow {
            path: file_path(account, file.id, &file.name),
            kind: file.kind,
            name: file.name,
            dimensions: file.dimensions,
            duration_ms: file.duration_ms,
            size: file.size,
            state: file.state,
            is_held: file.is_held,
        };
        Self {
            id: session.id.to_string(),
            project: session.project_name,
            room: session.room,
            conference_number: session.conference_number,
            started: Moment::new(session.started_at, zone),
            duration_ms: session.duration_ms,
            size: session.size,
            files: session.files.into_iter().map(file).collect(),
        }
    }
}

/// The sessions that the query asks for. What it asks in vain is left out and named.
#[server]
pub(crate) async fn report_sessions(query: ReportQuery) -> Result<Report, UiError> {
    use domain::sessions::actions;

    use crate::ssr;

    let (backend, actor, zone) = (ssr::backend()?, ssr::actor()?, ssr::visitor()?.zone);
    let mut request = query.read(&zone);
    let first = actions::report(
        &backend,
        &actor,
        &request.filter,
        request.order,
        &request.page,
    )
    .await;
    let sessions = match first {
        // A cursor that somebody cut off: the first page is better than none.
        Err(domain::Error::Invalid(problems)) if request.page.cursor.take().is_some() => {
            request.problems.extend(problems);
            actions::report(
                &backend,
                &actor,
                &request.filter,
                request.order,
                &request.page,
            )
            .await?
        }
        other => other?,
    };
    Ok(Report {
        sessions: Page {
            items: sessions
                .items
                .into_iter()
                .map(|session| SessionRow::new(session, actor.account, &zone))
                .collect(),
            next: sessions.next,
            previous: sessions.previous,
            total: sessions.total,
        },
        order: request.order,
        problems: request.problems,
        zone: zone.name().to_owned(),
    })
}

/// The projects of the account, for the drop-down.
#[server]
pub(crate) async fn list_projects() -> Result<Vec<Project>, UiError> {
    use domain::projects::actions;

    use crate::ssr;

    Ok(actions::list(&ssr::backend()?, &ssr::actor()?).await?)
}

/// Whether the account has any session at all.
#[server]
pub(crate) async fn exist_sessions() -> Result<bool, UiError> {
    use domain::sessions::actions;

    use crate::ssr;

    Ok(actions::exist(&ssr::backend()?, &ssr::actor()?).await?)
}
