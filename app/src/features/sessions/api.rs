//! Server functions of sessions: the Recordings report.

use chrono::TimeZone;
use domain::accounts::AccountId;
use domain::files::{FileId, FileKind, FileState, FileSummary, file_path};
use domain::projects::Project;
use domain::sessions::{SessionId, SessionOrder, SessionSummary};
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
    /// There are more than the total says.
    pub(crate) is_more: bool,
    pub(crate) order: SessionOrder,
    /// What of the address was left out, and why.
    pub(crate) problems: Vec<Problem>,
    /// Name of the zone that the times are shown in.
    pub(crate) zone: String,
}

/// A session of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionRow {
    pub(crate) id: SessionId,
    pub(crate) title: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) has_poster: bool,
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
    pub(crate) id: FileId,
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
    /// Until when anyone may have it who knows its address; None: nobody may now.
    pub(crate) open_until: Option<Moment>,
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
            id: file.id,
            kind: file.kind,
            name: file.name,
            dimensions: file.dimensions,
            duration_ms: file.duration_ms,
            size: file.size,
            state: file.state,
            is_held: file.is_held,
            open_until: file.open_until.map(|at| Moment::new(at, zone)),
        };
        Self {
            id: session.id,
            title: session.title,
            tags: session.tags,
            has_poster: session.has_poster,
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
    let limit = request.filter.count_limit();
    Ok(Report {
        is_more: sessions.total > limit,
        sessions: Page {
            items: sessions
                .items
                .into_iter()
                .map(|session| SessionRow::new(session, actor.account, &zone))
                .collect(),
            next: sessions.next,
            previous: sessions.previous,
            total: sessions.total.min(limit),
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

/// How one file is fetched from programs. Holds no password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileUse {
    pub(crate) name: String,
    pub(crate) kind: FileKind,
    /// User name of the access credential, for those who may see it.
    pub(crate) username: Option<String>,
    pub(crate) commands: Vec<ReadyCommand>,
}

/// A command for one program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReadyCommand {
    /// Ends the ids of its parts of the page.
    pub(crate) slug: String,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) note: Option<String>,
}

/// The commands for a file of the account; None if there is no such file.
#[server]
pub(crate) async fn use_file(file: String) -> Result<Option<FileUse>, UiError> {
    use domain::files::{actions, commands::Program};
    use domain::{Permission, accounts, credentials};

    use crate::ssr;

    let (backend, actor, visitor) = (ssr::backend()?, ssr::actor()?, ssr::visitor()?);
    let Ok(id) = file.parse() else {
        return Ok(None);
    };
    let file = match actions::get(&backend, &actor, id).await {
        Err(domain::Error::NotFound(_)) => return Ok(None),
        found => found?,
    };
    let challenge = accounts::actions::get(&backend, &actor).await?.challenge;
    let username = if actor.is_allowed(Permission::SeePreset) {
        Some(credentials::actions::get(&backend, &actor).await?.username)
    } else {
        None
    };
    let url = format!(
        "{}{}",
        visitor.public_url,
        file_path(actor.account, id, &file.name)
    );
    let is_media = FileKind::RECORDINGS.contains(&file.kind);
    let programs = Program::ALL
        .into_iter()
        .filter(|program| is_media || !program.needs_media());
    Ok(Some(FileUse {
        commands: programs
            .map(|program| ReadyCommand {
                slug: program.as_str().to_owned(),
                title: program.title().to_owned(),
                text: program.command(&url, &file.name, challenge),
                note: program.note(challenge).map(ToOwned::to_owned),
            })
            .collect(),
        name: file.name,
        kind: file.kind,
        username,
    }))
}
