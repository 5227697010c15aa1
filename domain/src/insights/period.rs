//! Whole days, from the first to the last, and how they are cut for a plot.

use chrono::{Datelike as _, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

/// Whole days (UTC), at least one and [`Period::MAX_DAYS`] at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    first: NaiveDate,
    last: NaiveDate,
}

/// What one bar of a plot stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    Day,
    /// From Monday to Sunday.
    Week,
    /// Of the calendar.
    Month,
}

impl Period {
    /// A leap year.
    pub const MAX_DAYS: u64 = 366;
    /// So many bars can still be told apart on a phone.
    const MOST_BARS_OF_DAYS: u64 = 100;
    const MOST_DAYS_OF_WEEKS: u64 = 210;

    /// None if the last day is before the first, or they are too many.
    pub fn new(first: NaiveDate, last: NaiveDate) -> Option<Self> {
        let period = Self { first, last };
        (first <= last && period.days() <= Self::MAX_DAYS).then_some(period)
    }

    /// So many days with this one as the last.
    pub fn ending(last: NaiveDate, days: u64) -> Self {
        let days = days.clamp(1, Self::MAX_DAYS);
        let first = last.checked_sub_days(Days::new(days - 1));
        Self {
            first: first.unwrap_or(last),
            last,
        }
    }

    /// The month of this day up to the day, and eleven whole months before.
    pub fn twelve_months(last: NaiveDate) -> Self {
        let first = last
            .with_day(1)
            .and_then(|day| day.checked_sub_months(Months::new(11)));
        Self {
            first: first.unwrap_or(last),
            last,
        }
    }

    pub const fn first(self) -> NaiveDate {
        self.first
    }

    pub const fn last(self) -> NaiveDate {
        self.last
    }

    pub fn days(self) -> u64 {
        let days = self.last.signed_duration_since(self.first).num_days() + 1;
        u64::try_from(days).unwrap_or(0)
    }

    /// As many days, up to the day before the first.
    #[must_use]
    pub fn before(self) -> Self {
        let last = self.first.pred_opt().unwrap_or(self.first);
        Self::ending(last, self.days())
    }

    pub fn step(self) -> Step {
        let days = self.days();
        if days <= Self::MOST_BARS_OF_DAYS {
            Step::Day
        } else if days <= Self::MOST_DAYS_OF_WEEKS {
            Step::Week
        } else {
            Step::Month
        }
    }

    /// Its days, cut by its step: first and last day of each stretch. Weeks and months at the ends may be short.
    pub fn stretches(self) -> Vec<(NaiveDate, NaiveDate)> {
        let step = self.step();
        let mut stretches = Vec::new();
        let mut first = self.first;
        loop {
            let end = step.end_of(first).unwrap_or(self.last).min(self.last);
            stretches.push((first, end));
            match end.succ_opt() {
                Some(next) if next <= self.last => first = next,
                _ => return stretches,
            }
        }
    }
}

impl Step {
    /// The last day of the step that this day is in; None at the end of the calendar.
    fn end_of(self, day: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => Some(day),
            Self::Week => {
                let left = 6 - day.weekday().num_days_from_monday();
                day.checked_add_days(Days::new(u64::from(left)))
            }
            Self::Month => day
                .with_day(1)?
                .checked_add_months(Months::new(1))?
                .pred_opt(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_period_is_one_day_to_a_leap_year() {
        let one = Period::new(day("2026-11-21"), day("2026-11-21")).unwrap();
        assert_eq!((one.days(), one.stretches().len()), (1, 1));
        assert!(Period::new(day("2026-11-21"), day("2026-11-20")).is_none());
        assert!(Period::new(day("2025-11-21"), day("2026-11-21")).is_some());
        assert!(Period::new(day("2025-11-20"), day("2026-11-21")).is_none());
        assert!(Period::new(day("0001-01-01"), day("9999-12-31")).is_none());
    }

    #[test]
    fn it_is_compared_with_as_many_days_before() {
        let month = Period::ending(day("2026-11-21"), 30);
        assert_eq!(month.first(), day("2026-10-23"));
        let before = month.before();
        assert_eq!(
            (before.first(), before.last(), before.days()),
            (day("2026-09-23"), day("2026-10-22"), 30)
        );
    }

    #[test]
    fn twelve_months_are_twelve_bars_whatever_the_day() {
        for last in [
            "2026-11-21",
            "2026-12-31",
            "2024-02-29",
            "2024-12-31",
            "2026-03-31",
        ] {
            let year = Period::twelve_months(day(last));
            assert_eq!(year.step(), Step::Month, "{last}");
            assert_eq!(year.stretches().len(), 12, "{last}");
            assert!(year.days() <= Period::MAX_DAYS, "{last}");
        }
    }

    /// Every day is in one stretch, in order.
    #[test]
    fn stretches_leave_no_day_out() {
        for days in [1, 7, 30, 90, 100, 101, 210, 211, 366] {
            let period = Period::ending(day("2026-03-04"), days);
            let stretches = period.stretches();
            assert_eq!(stretches[0].0, period.first());
            assert_eq!(stretches[stretches.len() - 1].1, period.last());
            for pair in stretches.windows(2) {
                assert_eq!(pair[0].1.succ_opt(), Some(pair[1].0), "{days} days");
            }
            assert!(stretches.len() <= 100, "{days} days");
        }
    }

    #[test]
    fn weeks_begin_on_monday() {
        let stretches = Period::ending(day("2026-11-21"), 150).stretches();
        // 21 November 2026 is a Saturday.
        assert_eq!(
            stretches[stretches.len() - 1],
            (day("2026-11-16"), day("2026-11-21"))
        );
    }
}
