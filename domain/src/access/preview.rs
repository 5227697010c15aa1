//! The preview: which files a caller can open at a moment, and why. It asks the gate's table, and opens nothing.

use chrono::{DateTime, Utc};

use super::decide::{Proof, Subject};
use super::{Asker, Because, Candidate, Question, Verdict, store};
use crate::page::{Position, limit};
use crate::{Actor, Backend, Error, Page, Permission};

/// Everybody whose view can be previewed: credentials, members, service accounts and applications in turn, each by name.
pub async fn candidates(backend: &Backend, actor: &Actor) -> Result<Vec<Candidate>, Error> {
    actor.may(Permission::TestCredentials)?;
    let mut db = backend.db.acquire().await?;
    let found = store::candidates(&mut db, actor.account).await?;
    Ok(found.into_iter().map(|found| found.candidate).collect())
}

/// One page of the account's files with what the gate would say to the caller, latest session first. Files of which only
/// a tombstone is left are not in it. `NotFound` for a caller, project or session that the account does not have; a
/// damaged cursor is a problem of the field `cursor`.
pub async fn preview(
    backend: &Backend,
    actor: &Actor,
    question: &Question,
) -> Result<Page<Verdict>, Error> {
    actor.may(Permission::TestCredentials)?;
    let position = Position::asked_by_time(&question.page)?;
    let at = question.at.unwrap_or_else(|| backend.clock.now());
    let mut db = backend.db.acquire().await?;
    let asker = match question.asker {
        Asker::Anonymous => None,
        asker => Some(
            store::candidates(&mut db, actor.account)
                .await?
                .into_iter()
                .find(|found| found.candidate.asker == asker)
                .ok_or(Error::NotFound("caller"))?,
        ),
    };
    let list = store::List {
        account: actor.account,
        project: question.project,
        session: question.session,
    };
    if !store::is_there(&mut db, list).await? {
        return Err(Error::NotFound("project or session"));
    }
    let rows = store::files(&mut db, list, position.as_ref(), limit(&question.page)).await?;
    let total = store::count(&mut db, list).await?;
    let place = |row: &store::Row| {
        (
            row.verdict.started_at.timestamp_micros(),
            *row.verdict.file.as_uuid(),
        )
    };
    let page = Page::keyset(
        rows,
        &question.page,
        position.as_ref(),
        total.cast_unsigned(),
        place,
    );
    let judge = |row: store::Row| {
        let proof = asker
            .as_ref()
            .map_or(Proof::Nothing, |found| found.proof(&row, at));
        Verdict {
            because: Because::of(proof, &row.subject, at),
            ..row.verdict
        }
    };
    Ok(Page {
        items: page.items.into_iter().map(judge).collect(),
        next: page.next,
        previous: page.previous,
        total: page.total,
    })
}

impl store::Found {
    /// What this caller would show at the gate for this file, judged as the gate judges it.
    fn proof(&self, row: &store::Row, at: DateTime<Utc>) -> Proof {
        let Subject { account, .. } = row.subject;
        let has_ended = self.candidate.ends_at.is_some_and(|end| end <= at);
        match self.candidate.asker {
            Asker::Credential(_) if has_ended => Proof::Wrong,
            Asker::Credential(_) => Proof::Credential { account },
            Asker::ServiceAccount(_) if has_ended => Proof::WrongToken,
            Asker::ServiceAccount(_) => Proof::ServiceAccount {
                account,
                role: self.candidate.role,
            },
            Asker::Member(_) => Proof::Member {
                account,
                may_open: self
                    .candidate
                    .role
                    .is_some_and(|role| role.may(Permission::OpenFiles)),
            },
            // Links are made for files of the application's own project alone; without one there is nothing to show.
            Asker::Application(_) if self.project == Some(row.verdict.project) => {
                Proof::Link { account }
            }
            Asker::Application(_) | Asker::Anonymous => Proof::Nothing,
        }
    }
}
