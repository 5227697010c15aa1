//! What the address of the Overview says: read without trusting it, and written for links.

use chrono::{Days, NaiveDate};
use domain::Problem;
use domain::insights::{Period, Scope};
use leptos_router::params::ParamsMap;
use serde::{Deserialize, Serialize};

use crate::query::{self, day};
use crate::routes::paths;

/// The query of the address, as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct OverviewQuery {
    /// Text of a [`Choice`].
    pub(crate) period: String,
    /// First day, `2026-11-21`. A day of one's own goes before the period.
    pub(crate) from: String,
    /// Last day.
    pub(crate) to: String,
    pub(crate) project: String,
}

/// A period to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Choice {
    Week,
    Month,
    Quarter,
    Year,
}

impl Choice {
    pub(crate) const ALL: [Self; 4] = [Self::Week, Self::Month, Self::Quarter, Self::Year];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Week => "7d",
            // The usual one needs no word in the address.
            Self::Month => "",
            Self::Quarter => "90d",
            Self::Year => "12m",
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Week => "7 days",
            Self::Month => "30 days",
            Self::Quarter => "90 days",
            Self::Year => "12 months",
        }
    }

    fn period(self, today: NaiveDate) -> Period {
        match self {
            Self::Week => Period::ending(today, 7),
            Self::Month => Period::ending(today, 30),
            Self::Quarter => Period::ending(today, 90),
            Self::Year => Period::twelve_months(today),
        }
    }
}

/// What the query means, and what of it means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OverviewRequest {
    pub(crate) scope: Scope,
    /// None: days of one's own.
    pub(crate) choice: Option<Choice>,
    /// One for each value that was left out, named after its field.
    pub(crate) problems: Vec<Problem>,
}

/// What an address with this query is about, for an export of what its page shows; or what of it means nothing.
#[cfg(feature = "ssr")]
pub fn overview_scope(
    pairs: Vec<(String, String)>,
    today: NaiveDate,
) -> Result<Scope, Vec<Problem>> {
    let request = OverviewQuery::of(&pairs.into_iter().collect()).read(today);
    if request.problems.is_empty() {
        Ok(request.scope)
    } else {
        Err(request.problems)
    }
}

/// What comes before a period is looked at too.
const EARLIEST: NaiveDate = NaiveDate::from_ymd_opt(2, 1, 1).expect("a date");

impl OverviewQuery {
    pub(crate) fn of(map: &ParamsMap) -> Self {
        let one = |name| query::one(map, name);
        Self {
            period: one("period"),
            from: one("from"),
            to: one("to"),
            project: one("project"),
        }
    }

    /// Reads the query. Days are those of UTC, and `today` is the last there is.
    pub(crate) fn read(&self, today: NaiveDate) -> OverviewRequest {
        let mut problems = Vec::new();
        let mut complain = |field: &str, message: &str| {
            problems.push(Problem {
                field: field.to_owned(),
                message: message.to_owned(),
            });
        };
        let project = query::project(&self.project, &mut complain);
        let (first, last) = (
            day("from", &self.from, EARLIEST, &mut complain),
            day("to", &self.to, EARLIEST, &mut complain),
        );
        let own = own_days(first, last, today, &mut complain);
        let choice = Choice::ALL
            .into_iter()
            .find(|choice| choice.as_str() == self.period);
        let choice = choice.unwrap_or(Choice::Month);
        OverviewRequest {
            scope: Scope {
                period: own.unwrap_or_else(|| choice.period(today)),
                project,
            },
            choice: own.is_none().then_some(choice),
            problems,
        }
    }

    /// The address of this page.
    pub(crate) fn address(&self) -> String {
        self.address_at(paths::OVERVIEW)
    }

    /// The address of its figures, as a table for other programs.
    pub(crate) fn export(&self) -> String {
        self.address_at(paths::OVERVIEW_CSV)
    }

    /// The address of another period.
    pub(crate) fn with_period(&self, choice: Choice) -> String {
        Self {
            period: choice.as_str().to_owned(),
            project: self.project.clone(),
            ..Self::default()
        }
        .address()
    }

    fn address_at(&self, path: &str) -> String {
        let has_days = !self.from.is_empty() || !self.to.is_empty();
        let all = [
            ("period", if has_days { "" } else { self.period.as_str() }),
            ("from", &self.from),
            ("to", &self.to),
            ("project", &self.project),
        ];
        query::address(path, all)
    }
}

/// The period from one day to another, if one of them is given and they make sense.
fn own_days(
    first: Option<NaiveDate>,
    last: Option<NaiveDate>,
    today: NaiveDate,
    complain: &mut impl FnMut(&str, &str),
) -> Option<Period> {
    let end = match last {
        Some(last) if last > today => {
            complain("to", "This day has not come yet. The figures end today.");
            today
        }
        Some(last) => last,
        None if first.is_some() => today,
        None => return None,
    };
    let begin = first.unwrap_or_else(|| Period::ending(end, 30).first());
    if begin > end {
        let message = if last.is_some_and(|last| last <= today) {
            "The last day is before the first, so the last 30 days are shown."
        } else {
            "This day has not come yet, so the last 30 days are shown."
        };
        complain(if last.is_some() { "to" } else { "from" }, message);
        return None;
    }
    Period::new(begin, end).or_else(|| {
        complain("from", "A period has 366 days at most, so it begins later.");
        let earliest = end.checked_sub_days(Days::new(Period::MAX_DAYS - 1))?;
        Period::new(earliest, end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        "2026-11-21".parse().unwrap()
    }

    fn read(period: &str, from: &str, to: &str) -> OverviewRequest {
        OverviewQuery {
            period: period.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            project: String::new(),
        }
        .read(today())
    }

    #[test]
    fn periods_are_chosen_or_ones_own() {
        for (period, from, to, first, days) in [
            ("", "", "", "2026-10-23", 30),
            ("7d", "", "", "2026-11-15", 7),
            ("90d", "", "", "2026-08-24", 90),
            ("12m", "", "", "2025-12-01", 356),
            ("nonsense", "", "", "2026-10-23", 30),
            ("7d", "2026-11-01", "2026-11-02", "2026-11-01", 2),
            ("", "2026-11-20", "", "2026-11-20", 2),
            ("", "", "2026-06-30", "2026-06-01", 30),
        ] {
            let read = read(period, from, to);
            assert!(read.problems.is_empty(), "{read:?}");
            let period = read.scope.period;
            assert_eq!(
                (period.first(), period.days()),
                (first.parse().unwrap(), days)
            );
            assert_eq!(read.choice.is_none(), !(from.is_empty() && to.is_empty()));
        }
    }

    #[test]
    fn what_means_nothing_is_left_out_and_named() {
        for (from, to, field, first, last) in [
            ("x", "", "from", "2026-10-23", "2026-11-21"),
            ("", "99999-01-01", "to", "2026-10-23", "2026-11-21"),
            ("2026-11-03", "2026-11-02", "to", "2026-10-23", "2026-11-21"),
            ("2026-12-03", "", "from", "2026-10-23", "2026-11-21"),
            ("2026-11-20", "2027-01-01", "to", "2026-11-20", "2026-11-21"),
            (
                "2020-01-01",
                "2026-11-20",
                "from",
                "2025-11-20",
                "2026-11-20",
            ),
            ("0002-01-01", "9999-12-31", "to", "2025-11-21", "2026-11-21"),
        ] {
            let read = read("", from, to);
            assert_eq!(read.problems[0].field, field, "{from} {to}");
            let period = read.scope.period;
            assert_eq!(
                (period.first().to_string(), period.last().to_string()),
                (first.to_owned(), last.to_owned())
            );
        }
    }

    #[test]
    fn an_address_reads_back() {
        let query = OverviewQuery {
            from: "2026-11-01".to_owned(),
            period: "7d".to_owned(),
            ..OverviewQuery::default()
        };
        assert_eq!(query.address(), "/video/insights?from=2026%2D11%2D01");
        assert_eq!(
            query.with_period(Choice::Year),
            "/video/insights?period=12m"
        );
        assert_eq!(query.with_period(Choice::Month), "/video/insights");
        assert!(query.export().starts_with("/video/insights/export?from="));
    }
}
