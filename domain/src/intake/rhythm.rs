//! How often recordings come from a source, and whether it has been quiet for longer than that.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Fewer arrivals than this say nothing about a rhythm.
const ENOUGH: usize = 4;
/// A pause is a warning when it is this much longer, in percent, than the longest that is usual.
const MARGIN_PERCENT: i32 = 150;
/// No pause below this is worth a warning.
const PATIENCE: TimeDelta = TimeDelta::hours(1);

/// The usual rhythm of a source, found in its recent arrivals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rhythm {
    /// Seconds between two recordings, as it usually is; None while too few have come.
    pub usual_seconds: Option<i64>,
    /// Nothing has come for longer than usual.
    pub is_quiet: bool,
}

impl Rhythm {
    /// `arrivals`: the moments of recent recordings, in any order.
    pub fn of(arrivals: &[DateTime<Utc>], now: DateTime<Utc>) -> Self {
        let mut arrivals = arrivals.to_vec();
        arrivals.sort_unstable();
        let Some(&last) = arrivals.last().filter(|_| arrivals.len() >= ENOUGH) else {
            return Self::default();
        };
        let mut gaps: Vec<TimeDelta> = arrivals.windows(2).map(|two| two[1] - two[0]).collect();
        gaps.sort_unstable();
        let usual = gaps[gaps.len() / 2];
        // Nights and weekends are usual too, so the longest pause counts; but one holiday in a long row is none.
        let longest = gaps[gaps.len() - 1 - usize::from(gaps.len() >= 10)];
        let limit = (longest * MARGIN_PERCENT / 100).max(PATIENCE);
        Self {
            usual_seconds: Some(usual.num_seconds()),
            is_quiet: now - last > limit,
        }
    }

    /// How often, in words that follow "usually".
    pub const fn words(self) -> Option<&'static str> {
        const MINUTE: i64 = 60;
        const HOUR: i64 = 60 * MINUTE;
        const DAY: i64 = 24 * HOUR;
        let Some(seconds) = self.usual_seconds else {
            return None;
        };
        Some(match seconds {
            ..=0 => "many at once",
            _ if seconds < 20 * MINUTE => "every few minutes",
            _ if seconds < 2 * HOUR => "about hourly",
            _ if seconds < 16 * HOUR => "several a day",
            _ if seconds < 36 * HOUR => "daily",
            _ if seconds < 5 * DAY => "every few days",
            _ if seconds < 10 * DAY => "weekly",
            _ => "less than weekly",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000, 0).unwrap() + TimeDelta::hours(hours)
    }

    /// X6.
    #[test]
    fn a_daily_source_is_quiet_after_a_day_and_a_half() {
        let days: Vec<_> = (0..10).map(|day| at(day * 24)).collect();
        let rhythm = |now: i64| Rhythm::of(&days, at(9 * 24 + now));
        assert_eq!(rhythm(1).words(), Some("daily"));
        assert!(!rhythm(26).is_quiet);
        assert!(!rhythm(36).is_quiet);
        assert!(rhythm(37).is_quiet);
    }

    #[test]
    fn nights_are_no_silence_where_calls_are_held_by_day() {
        let mut calls = Vec::new();
        for day in 0..5 {
            calls.extend((8..18).map(|hour| at(day * 24 + hour)));
        }
        let rhythm = Rhythm::of(&calls, at(5 * 24 + 7));
        assert_eq!(rhythm.words(), Some("about hourly"));
        assert!(!rhythm.is_quiet);
    }

    #[test]
    fn a_few_recordings_make_no_rhythm_and_bursts_no_alarm() {
        assert_eq!(Rhythm::of(&[], at(0)), Rhythm::default());
        assert_eq!(Rhythm::of(&[at(0); 3], at(900)), Rhythm::default());
        let burst = Rhythm::of(&[at(0); 9], at(0) + TimeDelta::minutes(50));
        assert_eq!(
            (burst.words(), burst.is_quiet),
            (Some("many at once"), false)
        );
    }
}
