//! What the address of the access log says: read without trusting it, and written for links.

use std::str::FromStr;

use chrono::TimeZone;
use domain::access_log::report::{CallerFilter, EntryFilter, Outcome};
use domain::files::FileId;
use domain::sessions::SessionId;
use domain::{PageRequest, Problem};
use leptos_router::params::ParamsMap;
use serde::{Deserialize, Serialize};

use crate::query::{self, given};
use crate::routes::paths;

/// The query of the address, as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct AccessQuery {
    /// A file's id, or its whole address.
    pub(crate) file: String,
    /// A session's id, or the address of its page.
    pub(crate) session: String,
    /// Id of a member or credential, or `none`.
    pub(crate) caller: String,
    /// Address of the client.
    pub(crate) address: String,
    /// `granted`, `refused` or a reason.
    pub(crate) outcome: String,
    /// First day, `2026-11-21`.
    pub(crate) from: String,
    /// Last day.
    pub(crate) to: String,
    pub(crate) cursor: String,
}

/// What the query means, and what of it means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccessRequest {
    pub(crate) filter: EntryFilter,
    pub(crate) page: PageRequest,
    /// One for each value that was left out of the filter, named after its field.
    pub(crate) problems: Vec<Problem>,
}

/// Rows of a page.
const SIZE: u16 = 50;

/// The filter of an address with this query, for an export of what its page shows. What means nothing is left out.
#[cfg(feature = "ssr")]
pub fn access_log_filter<Z: TimeZone>(pairs: Vec<(String, String)>, zone: &Z) -> EntryFilter {
    AccessQuery::of(&pairs.into_iter().collect())
        .read(zone)
        .filter
}

impl AccessQuery {
    pub(crate) fn of(map: &ParamsMap) -> Self {
        let one = |name| query::one(map, name);
        Self {
            file: one("file"),
            session: one("session"),
            caller: one("caller"),
            address: one("address"),
            outcome: one("outcome"),
            from: one("from"),
            to: one("to"),
            cursor: one("cursor"),
        }
    }

    /// The log is narrowed to something.
    pub(crate) fn is_narrowed(&self) -> bool {
        self.narrowings() > 0
    }

    /// How many fields narrow the log.
    pub(crate) fn narrowings(&self) -> usize {
        self.pairs().filter(|(name, _)| *name != "cursor").count()
    }

    /// Reads the query; days begin and end in this zone.
    pub(crate) fn read<Z: TimeZone>(&self, zone: &Z) -> AccessRequest {
        let mut problems = Vec::new();
        let filter = self.filter(zone, &mut |field, message| {
            problems.push(Problem {
                field: field.to_owned(),
                message: message.to_owned(),
            });
        });
        AccessRequest {
            filter,
            page: PageRequest {
                cursor: given(&self.cursor).map(ToOwned::to_owned),
                size: SIZE,
            },
            problems,
        }
    }

    fn filter<Z: TimeZone>(&self, zone: &Z, complain: &mut impl FnMut(&str, &str)) -> EntryFilter {
        let file = given(&self.file).map(|text| {
            // In a file's address, the account's id comes before the file's.
            ids::<FileId>(text).nth(usize::from(text.contains("/files/")))
        });
        if file == Some(None) {
            complain("file", "This is no file. Paste a file's address or its id.");
        }
        let session = given(&self.session).map(|text| ids::<SessionId>(text).next());
        if session == Some(None) {
            complain(
                "session",
                "This is no session. Paste the address of its page or its id.",
            );
        }
        let caller = given(&self.caller).map(CallerFilter::parse);
        if caller == Some(None) {
            complain("caller", "There is no such caller. All are shown.");
        }
        let address = given(&self.address).map(str::parse::<std::net::IpAddr>);
        if address.as_ref().is_some_and(Result::is_err) {
            complain(
                "address",
                "This is no address. Write it as 192.0.2.7 or 2001:db8::1.",
            );
        }
        let outcome = given(&self.outcome).map(Outcome::parse);
        if outcome == Some(None) {
            complain("outcome", "There is no such outcome. All are shown.");
        }
        let (from, until) = query::days(&self.from, &self.to, zone, complain);
        EntryFilter {
            file: file.flatten(),
            session: session.flatten(),
            caller: caller.flatten(),
            client_address: address
                .and_then(Result::ok)
                .map(|one| one.to_canonical().to_string()),
            outcome: outcome.flatten(),
            from,
            until,
        }
    }

    /// Name and value of everything that is not empty.
    fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [
            ("file", self.file.as_str()),
            ("session", &self.session),
            ("caller", &self.caller),
            ("address", &self.address),
            ("outcome", &self.outcome),
            ("from", &self.from),
            ("to", &self.to),
            ("cursor", &self.cursor),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty())
    }

    fn address_at(&self, path: &str) -> String {
        query::address(path, self.pairs())
    }

    /// The address of this page.
    pub(crate) fn page_address(&self) -> String {
        self.address_at(paths::ACCESS)
    }

    /// The address of another page of the same.
    pub(crate) fn at(&self, cursor: &str) -> String {
        Self {
            cursor: cursor.to_owned(),
            ..self.clone()
        }
        .page_address()
    }

    /// The address of all of it as CSV.
    pub(crate) fn export_address(&self) -> String {
        Self {
            cursor: String::new(),
            ..self.clone()
        }
        .address_at(paths::ACCESS_CSV)
    }

    /// The address of the newest of these that are also so.
    pub(crate) fn narrowed(&self, narrow: impl FnOnce(&mut Self)) -> String {
        let mut query = Self {
            cursor: String::new(),
            ..self.clone()
        };
        narrow(&mut query);
        query.page_address()
    }
}

/// The ids in a text, such as an address that somebody pasted.
fn ids<T: FromStr>(text: &str) -> impl Iterator<Item = T> {
    text.split(|c: char| !c.is_ascii_hexdigit() && c != '-')
        .filter_map(|part| part.parse().ok())
}

#[cfg(test)]
mod tests {
    use chrono::Utc;

    use super::*;

    const ID: &str = "01936f0e-7a3c-7000-8000-000000000001";
    const OTHER: &str = "01936f0e-7a3c-7000-8000-000000000002";

    #[test]
    fn files_and_sessions_are_named_by_what_people_copy() {
        for file in [
            ID.to_owned(),
            format!("https://host/files/{OTHER}/{ID}/live.mp4?download"),
            format!("/files/{OTHER}/{ID}/{OTHER}.mp4"),
        ] {
            let query = AccessQuery {
                file,
                ..AccessQuery::default()
            };
            let read = query.read(&Utc);
            assert_eq!(read.filter.file, ID.parse().ok(), "{query:?}");
        }
        let session = format!("https://host/video/insights/recordings/{ID}?t=7");
        let read = AccessQuery {
            session,
            ..AccessQuery::default()
        }
        .read(&Utc);
        assert_eq!(read.filter.session, ID.parse().ok());
    }

    #[test]
    fn what_means_nothing_is_left_out_and_named() {
        let nonsense = || "nonsense".to_owned();
        let query = AccessQuery {
            file: nonsense(),
            session: nonsense(),
            caller: nonsense(),
            address: nonsense(),
            outcome: nonsense(),
            from: nonsense(),
            to: "99999-01-01".to_owned(),
            cursor: String::new(),
        };
        let read = query.read(&Utc);
        assert_eq!(read.filter, EntryFilter::default());
        let fields: Vec<_> = read
            .problems
            .iter()
            .map(|problem| problem.field.as_str())
            .collect();
        assert_eq!(
            fields,
            [
                "file", "session", "caller", "address", "outcome", "from", "to"
            ]
        );
    }

    #[test]
    fn an_address_reads_back() {
        let query = AccessQuery {
            address: "2001:db8::1".to_owned(),
            caller: "none".to_owned(),
            outcome: "wrong_password".to_owned(),
            ..AccessQuery::default()
        };
        assert_eq!(
            query.page_address(),
            "/video/insights/access?caller=none&address=2001%3Adb8%3A%3A1&outcome=wrong%5Fpassword"
        );
        assert!(query.read(&Utc).problems.is_empty());
        assert!(query.is_narrowed());
        let export = query.export_address();
        assert!(
            export.starts_with("/video/insights/access/export?caller="),
            "{export}"
        );
    }
}
