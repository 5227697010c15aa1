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
    /// The end of the public window of files of a session that ended then; it begins at that end. None: past all
    /// calendars. Means nothing in secure mode.
    pub fn public_until(&self, ended_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        after(ended_at, self.public_hours)
    }

    /// When files of a session that ended then expire; None: never.
    pub fn expires_at(&self, ended_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.retention_hours
            .and_then(|hours| after(ended_at, hours))
    }

    /// Whether files of a session that ended then have expired by now. The moment itself counts as over.
    pub fn is_expired(&self, ended_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        self.expires_at(ended_at).is_some_and(|end| end <= now)
    }
}

/// A date that no calendar has never comes.
fn after(from: DateTime<Utc>, hours: u32) -> Option<DateTime<Utc>> {
    from.checked_add_signed(TimeDelta::hours(i64::from(hours)))
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
        assert!(policy.is_secure);
        assert!(!policy.is_expired(at(0, 0), at(1_000_000, 0)));
    }

    #[test]
    fn the_public_window_ends_so_many_hours_after_the_session() {
        let policy = Policy::default();
        assert_eq!(policy.public_until(at(0, 0)), Some(at(72, 0)));
        assert_eq!(policy.public_until(DateTime::<Utc>::MAX_UTC), None);
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
