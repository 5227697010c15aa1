//! Server functions of the preview.

use domain::access::Candidate;
use domain::files::{FileId, FileKind};
use domain::projects::Project;
use domain::sessions::SessionId;
use domain::{Page, Problem};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::query::PreviewQuery;
use crate::error::UiError;
use crate::ui::Moment;

/// One page of the preview, written out for one viewer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Preview {
    pub(crate) rows: Page<VerdictRow>,
    /// There are more files than the total says.
    pub(crate) is_more: bool,
    /// Whose view it is; None: anyone's.
    pub(crate) caller: Option<Candidate>,
    /// Until when the caller's proof holds, if it ends.
    pub(crate) caller_ends: Option<Moment>,
    /// The moment that it is for.
    pub(crate) at: Moment,
    pub(crate) is_now: bool,
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) projects: Vec<Project>,
    /// What of the address was left out, and why.
    pub(crate) problems: Vec<Problem>,
    /// Name of the zone that the times are shown in.
    pub(crate) zone: String,
}

/// A file, and whether the caller can open it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VerdictRow {
    pub(crate) file: FileId,
    pub(crate) name: String,
    pub(crate) kind: FileKind,
    pub(crate) session: SessionId,
    pub(crate) session_name: String,
    pub(crate) conference_number: String,
    pub(crate) started: Moment,
    pub(crate) project: String,
    pub(crate) is_yes: bool,
    /// A sentence without its stop; the moment belongs at its end.
    pub(crate) why: String,
    pub(crate) moment: Option<Moment>,
}

/// What the query asks for. What it asks in vain is left out and named.
#[server]
pub(crate) async fn preview_access(query: PreviewQuery) -> Result<Preview, UiError> {
    use domain::access::{MOST_COUNTED, Verdict, preview};
    use domain::projects::actions as projects;

    use super::words;
    use crate::ssr;

    let (backend, actor, zone) = (ssr::backend()?, ssr::actor()?, ssr::visitor()?.zone);
    let mut request = query.read(&zone);
    let now = backend.clock.now();
    let question = &mut request.question;
    let first = preview::preview(&backend, &actor, question).await;
    let page = match first {
        // A cursor that somebody cut off: the first page is better than none.
        Err(domain::Error::Invalid(problems)) if question.page.cursor.take().is_some() => {
            request.problems.extend(problems);
            preview::preview(&backend, &actor, question).await?
        }
        other => other?,
    };
    let candidates = preview::candidates(&backend, &actor).await?;
    let caller = candidates.iter().find(|one| one.asker == question.asker);
    let row = |verdict: Verdict| {
        let (why, moment) = words::why(verdict.because);
        VerdictRow {
            file: verdict.file,
            name: verdict.name,
            kind: verdict.kind,
            session: verdict.session,
            session_name: verdict.session_name,
            conference_number: verdict.conference_number,
            started: Moment::new(verdict.started_at, &zone),
            project: verdict.project_name,
            is_yes: verdict.because.is_yes(),
            why: why.to_owned(),
            moment: moment.map(|at| Moment::new(at, &zone)),
        }
    };
    Ok(Preview {
        is_more: page.total > MOST_COUNTED,
        caller_ends: caller
            .and_then(|caller| caller.ends_at)
            .map(|at| Moment::new(at, &zone)),
        caller: caller.cloned(),
        at: Moment::new(question.at.unwrap_or(now), &zone),
        is_now: question.at.is_none(),
        candidates,
        projects: projects::list(&backend, &actor).await?,
        rows: Page {
            items: page.items.into_iter().map(row).collect(),
            next: page.next,
            previous: page.previous,
            total: page.total.min(MOST_COUNTED),
        },
        problems: request.problems,
        zone: zone.name().to_owned(),
    })
}
