//! When a delivery is tried again. Pure.

use chrono::{DateTime, TimeDelta, Utc};

/// From one attempt to the next, after the first, the second, ...: Standard Webhooks 1.0 (R158).
const PAUSES: [TimeDelta; 9] = [
    TimeDelta::seconds(5),
    TimeDelta::minutes(5),
    TimeDelta::minutes(30),
    TimeDelta::hours(2),
    TimeDelta::hours(5),
    TimeDelta::hours(10),
    TimeDelta::hours(14),
    TimeDelta::hours(20),
    TimeDelta::hours(24),
];

/// Attempts in all.
pub const TRIES: u32 = 10;

/// An endpoint at which nothing came through for so long is turned off.
pub const GIVE_UP_AFTER: TimeDelta = TimeDelta::days(5);

/// An answer may ask for at most this much patience.
const MOST_PATIENCE: TimeDelta = TimeDelta::hours(24);

/// When to try again after `tries` failures, the last one at `now`; None: it was the last. A tenth of the pause at most
/// is added by `chance` (0 to 1), so that what failed together does not come back together. `retry_after`: what the
/// endpoint asked for; it is never tried earlier than that.
pub fn next(
    tries: u32,
    now: DateTime<Utc>,
    chance: f64,
    retry_after: Option<TimeDelta>,
) -> Option<DateTime<Utc>> {
    let place = usize::try_from(tries).ok()?.checked_sub(1)?;
    let pause = *PAUSES.get(place)?;
    let tenth = TimeDelta::milliseconds(pause.num_milliseconds() / 10);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "a part of some hours in milliseconds"
    )]
    let jitter =
        TimeDelta::milliseconds((tenth.num_milliseconds() as f64 * chance.clamp(0.0, 1.0)) as i64);
    let asked = retry_after
        .unwrap_or_default()
        .clamp(TimeDelta::zero(), MOST_PATIENCE);
    now.checked_add_signed((pause + jitter).max(asked))
}

/// What `Retry-After` says: seconds, or a moment (RFC 9110 section 10.2.3).
pub fn retry_after(value: &str, now: DateTime<Utc>) -> Option<TimeDelta> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(TimeDelta::seconds(i64::from(seconds)));
    }
    let moment = DateTime::parse_from_rfc2822(value).ok()?;
    Some(moment.with_timezone(&Utc) - now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000, 0).unwrap()
    }

    /// R158: ten attempts, at these pauses.
    #[test]
    fn the_schedule_is_that_of_standard_webhooks() {
        let pauses: Vec<_> = (1..=TRIES)
            .map(|tries| next(tries, now(), 0.0, None).map(|at| (at - now()).num_seconds()))
            .collect();
        let (minute, hour) = (60, 3600);
        let expected = [
            5,
            5 * minute,
            30 * minute,
            2 * hour,
            5 * hour,
            10 * hour,
            14 * hour,
            20 * hour,
            24 * hour,
        ];
        assert_eq!(pauses[..9], expected.map(Some));
        assert_eq!(pauses[9], None, "the tenth is the last");
        assert!(next(0, now(), 0.0, None).is_none());
    }

    #[test]
    fn jitter_adds_a_tenth_at_most_and_takes_nothing() {
        let at = |chance| (next(2, now(), chance, None).unwrap() - now()).num_milliseconds();
        assert_eq!(
            [at(-1.0), at(0.0), at(0.5), at(1.0), at(9.0)],
            [300_000, 300_000, 315_000, 330_000, 330_000]
        );
    }

    #[test]
    fn patience_that_an_endpoint_asks_for_is_kept_and_bounded() {
        let after = |asked| (next(1, now(), 0.0, Some(asked)).unwrap() - now()).num_seconds();
        assert_eq!(after(TimeDelta::seconds(120)), 120);
        assert_eq!(after(TimeDelta::seconds(1)), 5, "never sooner than planned");
        assert_eq!(after(TimeDelta::seconds(-50)), 5);
        assert_eq!(after(TimeDelta::days(365)), 24 * 3600);
        assert_eq!(retry_after("120", now()), Some(TimeDelta::seconds(120)));
        assert_eq!(
            retry_after("Wed, 18 Nov 2026 11:11:40 GMT", now()),
            Some(TimeDelta::minutes(5))
        );
        for nonsense in ["", "soon", "-5", "1.5", "99999999999999"] {
            assert_eq!(retry_after(nonsense, now()), None, "{nonsense}");
        }
    }
}
