//! What the address of the preview says: read without trusting it, and written for links.

use chrono::{LocalResult, NaiveDateTime, TimeZone, Utc};
use domain::access::{Asker, Question};
use domain::sessions::SessionId;
use domain::{PageRequest, Problem};
use leptos_router::params::ParamsMap;
use serde::{Deserialize, Serialize};

use crate::query::{self, given};
use crate::routes::paths;

/// The query of the address, as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct PreviewQuery {
    /// An [`Asker`]; empty for anyone.
    pub(crate) caller: String,
    /// Id of a project.
    pub(crate) project: String,
    /// A session's id, or the address of its page.
    pub(crate) session: String,
    /// A moment in the viewer's zone as browsers write it, `2026-11-21T14:03`; empty for now.
    pub(crate) at: String,
    pub(crate) cursor: String,
}

/// What the query means, and what of it means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PreviewRequest {
    pub(crate) question: Question,
    /// One for each value that was left out, named after its field.
    pub(crate) problems: Vec<Problem>,
}

/// Rows of a page.
const SIZE: u16 = 50;

impl PreviewQuery {
    pub(crate) fn of(map: &ParamsMap) -> Self {
        let one = |name| query::one(map, name);
        Self {
            caller: one("caller"),
            project: one("project"),
            session: one("session"),
            at: one("at"),
            cursor: one("cursor"),
        }
    }

    /// How many fields say something.
    pub(crate) fn narrowings(&self) -> usize {
        self.pairs().filter(|(name, _)| *name != "cursor").count()
    }

    /// Reads the query; moments are meant in this zone.
    pub(crate) fn read<Z: TimeZone>(&self, zone: &Z) -> PreviewRequest {
        let mut problems = Vec::new();
        let mut complain = |field: &str, message: &str| {
            problems.push(Problem {
                field: field.to_owned(),
                message: message.to_owned(),
            });
        };
        let caller = given(&self.caller).map(str::parse::<Asker>);
        if caller == Some(Err(())) {
            complain(
                "caller",
                "There is no such caller. This is what anyone gets.",
            );
        }
        let session = given(&self.session).map(session_in);
        if session == Some(None) {
            complain(
                "session",
                "This is no session. Paste the address of its page or its id.",
            );
        }
        let at = given(&self.at).map(|text| moment(text, zone));
        if at == Some(None) {
            complain(
                "at",
                "This is no moment and was left out. Write it as 2026-11-30T14:05.",
            );
        }
        PreviewRequest {
            question: Question {
                asker: caller.and_then(Result::ok).unwrap_or_default(),
                at: at.flatten(),
                project: query::project(&self.project, &mut complain),
                session: session.flatten(),
                page: PageRequest {
                    cursor: given(&self.cursor).map(ToOwned::to_owned),
                    size: SIZE,
                },
            },
            problems,
        }
    }

    /// Name and value of everything that is not empty.
    fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [
            ("caller", self.caller.as_str()),
            ("project", &self.project),
            ("session", &self.session),
            ("at", &self.at),
            ("cursor", &self.cursor),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty())
    }

    /// The address of this page.
    pub(crate) fn page_address(&self) -> String {
        query::address(paths::ACCESS_PREVIEW, self.pairs())
    }

    /// The address of another page of the same.
    pub(crate) fn at(&self, cursor: &str) -> String {
        Self {
            cursor: cursor.to_owned(),
            ..self.clone()
        }
        .page_address()
    }
}

/// The id in a text, such as an address that somebody pasted.
fn session_in(text: &str) -> Option<SessionId> {
    text.split(|c: char| !c.is_ascii_hexdigit() && c != '-')
        .find_map(|part| part.parse().ok())
}

/// With or without seconds. Where the clocks go back it is the earlier of the two; where they jump there is none.
fn moment<Z: TimeZone>(text: &str, zone: &Z) -> Option<chrono::DateTime<Utc>> {
    use chrono::Datelike as _;

    let local = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        .into_iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .filter(|local| (1970..=9999).contains(&local.year()))?;
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.to_utc()),
        LocalResult::None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01936f0e-7a3c-7000-8000-000000000001";

    #[test]
    fn an_address_is_read_and_written() {
        let query = PreviewQuery {
            caller: format!("member.{ID}"),
            project: ID.to_owned(),
            session: format!("https://host/video/insights/recordings/{ID}?t=7"),
            at: "2026-11-21T14:03".to_owned(),
            cursor: String::new(),
        };
        let zone = chrono::FixedOffset::east_opt(3600).unwrap();
        let read = query.read(&zone);
        assert!(read.problems.is_empty(), "{:?}", read.problems);
        assert_eq!(read.question.asker, Asker::Member(ID.parse().unwrap()));
        assert_eq!(read.question.session, ID.parse().ok());
        let at = read.question.at.unwrap();
        assert_eq!(at.to_rfc3339(), "2026-11-21T13:03:00+00:00");
        let short = PreviewQuery {
            caller: "anyone".to_owned(),
            ..PreviewQuery::default()
        };
        assert_eq!(short.page_address(), "/projects/access?caller=anyone");
        assert_eq!(short.at("x"), "/projects/access?caller=anyone&cursor=x");
    }

    #[test]
    fn what_means_nothing_is_left_out_and_named() {
        let nonsense = || "nonsense".to_owned();
        let query = PreviewQuery {
            caller: nonsense(),
            project: nonsense(),
            session: nonsense(),
            at: "99999-01-01T00:00".to_owned(),
            cursor: String::new(),
        };
        let read = query.read(&Utc);
        let fields: Vec<_> = read
            .problems
            .iter()
            .map(|problem| problem.field.as_str())
            .collect();
        assert_eq!(fields, ["caller", "session", "at", "project"]);
        assert_eq!(read.question.asker, Asker::Anonymous);
        assert_eq!((read.question.at, read.question.project), (None, None));
    }
}
