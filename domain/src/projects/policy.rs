//! The policy of a project: who may open its files without a credential, and how long they are kept.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// What hosted services preset, for both windows. Hours.
pub const PRESET_HOURS: u32 = 72;
/// The longest public window: ten years, in hours.
pub const MAX_PUBLIC_HOURS: u32 = 87_600;
/// The longest retention that is not for ever: a hundred years, in hours.
pub const MAX_RETENTION_HOURS: u32 = 876_000;

/// What holds for every file of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Secure mode: every file needs a credential, always.
    pub is_secure: bool,
    /// Without secure mode: how long after a session's end its files are open to anyone. Hours.
    pub public_hours: u32,
    /// How long after a session's end its files expire. Hours; None: never.
    pub retention_hours: Option<u32>,
    /// Expired files go to the trash, and their bytes are deleted from there.
    pub deletes_bytes: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            is_secure: true,
            public_hours: PRESET_HOURS,
            retention_hours: None,
            deletes_bytes: false,
        }
    }
}

impl Policy {
    /// Whether files of a session that ended then are open to anyone now: from its end until the window closes.
    pub fn is_open(&self, ended_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        !self.is_secure && ended_at <= now && !is_over(ended_at, self.public_hours, now)
    }

    /// Whether files of a session that ended then have expired by now.
    pub fn is_expired(&self, ended_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        self.retention_hours
            .is_some_and(|hours| is_over(ended_at, hours, now))
    }
}

/// The moment itself counts as over.
fn is_over(from: DateTime<Utc>, hours: u32, now: DateTime<Utc>) -> bool {
    // A date that no calendar has never comes.
    from.checked_add_signed(TimeDelta::hours(i64::from(hours)))
        .is_some_and(|end| end <= now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64, micros: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000, 0).unwrap()
            + TimeDelta::hours(hours)
            + TimeDelta::microseconds(micros)
    }

    #[test]
    fn a_project_is_secure_and_keeps_everything_unless_told_otherwise() {
        let policy = Policy::default();
        assert!(!policy.is_open(at(0, 0), at(1, 0)));
        assert!(!policy.is_expired(at(0, 0), at(1_000_000, 0)));
    }

    #[test]
    fn the_public_window_is_from_the_end_until_its_last_moment() {
        let policy = Policy {
            is_secure: false,
            ..Policy::default()
        };
        for (now, is_open) in [
            (at(0, -1), false),
            (at(0, 0), true),
            (at(72, -1), true),
            (at(72, 0), false),
        ] {
            assert_eq!(policy.is_open(at(0, 0), now), is_open, "{now}");
        }
    }

    #[test]
    fn files_expire_at_the_hour() {
        let policy = Policy {
            retention_hours: Some(24),
            ..Policy::default()
        };
        assert!(!policy.is_expired(at(0, 0), at(24, -1)));
        assert!(policy.is_expired(at(0, 0), at(24, 0)));
        assert!(
            !policy.is_expired(DateTime::<Utc>::MAX_UTC, DateTime::<Utc>::MAX_UTC),
            "a moment past all calendars never comes"
        );
    }
}
