//! What the address of the report says: read without trusting it, and written for links.

use chrono::TimeZone;
use domain::files::FileKind;
use domain::sessions::{SessionFilter, SessionOrder};
use domain::{PageRequest, Problem};
use leptos_router::params::ParamsMap;
use serde::{Deserialize, Serialize};

use crate::query::{self, given};
use crate::routes::paths;

/// The query of the report's address, as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReportQuery {
    #[serde(default)]
    pub(crate) project: String,
    /// First day, `2026-11-21`.
    #[serde(default)]
    pub(crate) from: String,
    /// Last day.
    #[serde(default)]
    pub(crate) to: String,
    #[serde(default)]
    pub(crate) kind: Vec<String>,
    /// What is searched for.
    #[serde(default)]
    pub(crate) q: String,
    #[serde(default)]
    pub(crate) sort: String,
    #[serde(default)]
    pub(crate) cursor: String,
}

/// What the query means, and what of it means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReportRequest {
    pub(crate) filter: SessionFilter,
    pub(crate) order: SessionOrder,
    pub(crate) page: PageRequest,
    /// One for each value that was left out of the filter, named after its field.
    pub(crate) problems: Vec<Problem>,
}

impl ReportQuery {
    /// Longer texts are not searched for.
    const MAX_TEXT: usize = 200;

    pub(crate) fn of(map: &ParamsMap) -> Self {
        let one = |name| query::one(map, name);
        Self {
            project: one("project"),
            from: one("from"),
            to: one("to"),
            // An empty one is nothing: the address of this query would hold it again, and lead to itself.
            kind: map
                .get_all("kind")
                .unwrap_or_default()
                .into_iter()
                .filter(|kind| !kind.is_empty())
                .collect(),
            q: one("q"),
            sort: one("sort"),
            cursor: one("cursor"),
        }
    }

    /// The report is narrowed to something.
    pub(crate) fn is_narrowed(&self) -> bool {
        self.narrowings() > 0
    }

    /// How many fields narrow the report.
    pub(crate) fn narrowings(&self) -> usize {
        let texts = [&self.project, &self.from, &self.to, &self.q];
        let texts = texts.into_iter().filter(|text| !text.is_empty()).count();
        texts + usize::from(!self.kind.is_empty())
    }

    /// Reads the query; days begin and end in this zone.
    pub(crate) fn read<Z: TimeZone>(&self, zone: &Z) -> ReportRequest {
        let mut problems = Vec::new();
        let mut complain = |field: &str, message: &str| {
            problems.push(Problem {
                field: field.to_owned(),
                message: message.to_owned(),
            });
        };
        let project = query::project(&self.project, &mut complain);
        let kinds: Vec<FileKind> = self
            .kind
            .iter()
            .filter_map(|text| text.parse().ok())
            .collect();
        if kinds.len() < self.kind.len() {
            complain("kind", "One of the kinds is unknown and was left out.");
        }
        let order = given(&self.sort).map_or(Ok(SessionOrder::default()), str::parse);
        if order.is_err() {
            complain("sort", "There is no such order. The newest come first.");
        }
        let (from, until) = query::days(&self.from, &self.to, zone, &mut complain);
        if self.q.chars().count() > Self::MAX_TEXT {
            complain(
                "q",
                "This is longer than any search can be and was left out.",
            );
        }
        ReportRequest {
            filter: SessionFilter {
                project,
                room: None,
                conference_number: None,
                from,
                until,
                kinds,
                text: given(&self.q)
                    .filter(|text| text.chars().count() <= Self::MAX_TEXT)
                    .map(ToOwned::to_owned),
            },
            order: order.unwrap_or_default(),
            page: PageRequest {
                cursor: given(&self.cursor).map(ToOwned::to_owned),
                size: PageRequest::DEFAULT_SIZE,
            },
            problems,
        }
    }

    /// Name and value of everything that is not empty.
    pub(crate) fn pairs(&self) -> Vec<(String, String)> {
        let one = [
            ("project", &self.project),
            ("from", &self.from),
            ("to", &self.to),
            ("q", &self.q),
            ("sort", &self.sort),
            ("cursor", &self.cursor),
        ];
        let ones = one.into_iter().filter(|(_, value)| !value.is_empty());
        let kinds = self.kind.iter().map(|kind| ("kind", kind));
        ones.chain(kinds)
            .map(|(name, value)| (name.to_owned(), value.clone()))
            .collect()
    }

    /// The address of this report.
    pub(crate) fn address(&self) -> String {
        let pairs = self.pairs();
        let pairs = pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        query::address(paths::RECORDINGS, pairs)
    }

    /// The same as seen from the report itself: the query with its `?`, or nothing.
    pub(crate) fn relative(&self) -> String {
        self.address().replacen(paths::RECORDINGS, "", 1)
    }

    /// The address of this report, all of it, as a table for other programs.
    pub(crate) fn export(&self) -> String {
        let whole = Self {
            cursor: String::new(),
            ..self.clone()
        };
        whole
            .address()
            .replacen(paths::RECORDINGS, paths::RECORDINGS_CSV, 1)
    }

    /// The address of another page of this report.
    pub(crate) fn at(&self, cursor: &str) -> String {
        Self {
            cursor: cursor.to_owned(),
            ..self.clone()
        }
        .address()
    }

    /// The address of this report in another order, from its first page.
    pub(crate) fn sorted(&self, order: SessionOrder) -> String {
        let sort = if order == SessionOrder::default() {
            String::new()
        } else {
            order.as_str().to_owned()
        };
        Self {
            sort,
            cursor: String::new(),
            ..self.clone()
        }
        .address()
    }
}

#[cfg(test)]
mod tests;
