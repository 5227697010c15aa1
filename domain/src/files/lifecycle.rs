//! How a file stands at a moment: there, expired, in the trash or deleted; open to anyone or not. Pure.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::projects::Policy;

/// How long a file lies in the trash before its bytes are deleted.
pub const TRASH_LIFE: TimeDelta = TimeDelta::days(30);

/// What has become of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileState {
    /// It can be opened.
    #[default]
    There,
    /// The project's retention is over. The bytes are still in the vault.
    Expired,
    /// It can be restored.
    Trashed,
    /// Only its tombstone is left.
    Deleted,
}

/// Whether a file is open to anyone who has its address, and why it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Openness {
    /// Until then, as things are decided now.
    Open { until: DateTime<Utc> },
    /// Its session has not ended: the public window begins then.
    NotYet { from: DateTime<Utc> },
    /// The public window has closed.
    Over { since: DateTime<Utc> },
    /// The project is in secure mode.
    SecureProject,
    /// The project is open, and the file is marked secure.
    SecureFile,
    /// It expired, lies in the trash or was deleted.
    Gone { state: FileState },
}

/// What a file's row and its session say about its life; the policy of its project says the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four facts that do not depend on each other, as the row has them"
)]
pub struct Lifecycle {
    /// Of its session: what both windows count from.
    pub session_ended_at: DateTime<Utc>,
    /// Needs a credential even where its project is open.
    pub is_secure: bool,
    /// A legal hold stands on its session or project.
    pub is_held: bool,
    pub is_trashed: bool,
    pub is_deleted: bool,
}

impl Lifecycle {
    /// A hold stops expiry for as long as it stands, also one that had happened before.
    pub fn state(&self, policy: &Policy, now: DateTime<Utc>) -> FileState {
        if self.is_deleted {
            FileState::Deleted
        } else if self.is_trashed {
            FileState::Trashed
        } else if !self.is_held && policy.is_expired(self.session_ended_at, now) {
            FileState::Expired
        } else {
            FileState::There
        }
    }

    /// Whether anyone may have it who knows its address, until when, or why not.
    pub fn openness(&self, policy: &Policy, now: DateTime<Utc>) -> Openness {
        let from = self.session_ended_at;
        match self.state(policy, now) {
            FileState::There => {}
            state => return Openness::Gone { state },
        }
        if policy.is_secure {
            return Openness::SecureProject;
        }
        if self.is_secure {
            return Openness::SecureFile;
        }
        if now < from {
            return Openness::NotYet { from };
        }
        let until = policy
            .public_until(from)
            .unwrap_or(DateTime::<Utc>::MAX_UTC);
        if until <= now {
            return Openness::Over { since: until };
        }
        let expiry = policy.expires_at(from).filter(|_| !self.is_held);
        Openness::Open {
            until: expiry.map_or(until, |expiry| expiry.min(until)),
        }
    }

    /// Whether anyone may have it who knows its address.
    pub fn is_open(&self, policy: &Policy, now: DateTime<Utc>) -> bool {
        self.open_until(policy, now).is_some()
    }

    /// Until when anyone may have it who knows its address; None: nobody may now.
    pub fn open_until(&self, policy: &Policy, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self.openness(policy, now) {
            Openness::Open { until } => Some(until),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000, 0).unwrap()
    }

    fn file() -> Lifecycle {
        Lifecycle {
            session_ended_at: moment(),
            is_secure: false,
            is_held: false,
            is_trashed: false,
            is_deleted: false,
        }
    }

    #[test]
    fn what_came_last_is_what_it_is() {
        let policy = Policy {
            retention_hours: Some(1),
            ..Policy::default()
        };
        let later = moment() + TimeDelta::hours(1);
        let rows = [
            ("there", file(), moment(), FileState::There),
            ("expired", file(), later, FileState::Expired),
            (
                "held",
                Lifecycle {
                    is_held: true,
                    ..file()
                },
                later,
                FileState::There,
            ),
            (
                "in the trash, held or not",
                Lifecycle {
                    is_held: true,
                    is_trashed: true,
                    ..file()
                },
                later,
                FileState::Trashed,
            ),
            (
                "deleted",
                Lifecycle {
                    is_trashed: true,
                    is_deleted: true,
                    ..file()
                },
                later,
                FileState::Deleted,
            ),
        ];
        for (name, file, now, expected) in rows {
            assert_eq!(file.state(&policy, now), expected, "{name}");
        }
    }

    #[test]
    fn only_what_is_there_and_not_marked_secure_can_be_open() {
        let policy = Policy {
            is_secure: false,
            retention_hours: Some(2),
            ..Policy::default()
        };
        let now = moment() + TimeDelta::hours(1);
        assert!(file().is_open(&policy, now));
        for (name, closed) in [
            (
                "marked secure",
                Lifecycle {
                    is_secure: true,
                    ..file()
                },
            ),
            (
                "trashed",
                Lifecycle {
                    is_trashed: true,
                    ..file()
                },
            ),
            (
                "deleted",
                Lifecycle {
                    is_deleted: true,
                    ..file()
                },
            ),
        ] {
            assert!(!closed.is_open(&policy, now), "{name}");
        }
        assert!(
            !file().is_open(&policy, now + TimeDelta::hours(1)),
            "expired within the public window"
        );
        assert!(
            !file().is_open(
                &Policy {
                    is_secure: true,
                    ..policy
                },
                now
            ),
            "secure mode"
        );
    }

    /// Each reason at its edges; what stands first is said first.
    #[test]
    fn openness_says_until_when_or_why_not() {
        let open = Policy {
            is_secure: false,
            ..Policy::default()
        };
        let expiring = Policy {
            retention_hours: Some(24),
            ..open
        };
        let secure = |file: Lifecycle| Lifecycle {
            is_secure: true,
            ..file
        };
        let held = Lifecycle {
            is_held: true,
            ..file()
        };
        let at = |hours| moment() + TimeDelta::hours(hours);
        let instant = TimeDelta::microseconds(1);
        let expired = Openness::Gone {
            state: FileState::Expired,
        };
        let rows = [
            (
                "before the end",
                file(),
                open,
                at(0) - instant,
                Openness::NotYet { from: at(0) },
            ),
            (
                "at the end",
                file(),
                open,
                at(0),
                Openness::Open { until: at(72) },
            ),
            (
                "the last instant",
                file(),
                open,
                at(72) - instant,
                Openness::Open { until: at(72) },
            ),
            (
                "after it",
                file(),
                open,
                at(72),
                Openness::Over { since: at(72) },
            ),
            (
                "it expires before",
                file(),
                expiring,
                at(1),
                Openness::Open { until: at(24) },
            ),
            ("it expired", file(), expiring, at(24), expired),
            (
                "a hold keeps it",
                held,
                expiring,
                at(24),
                Openness::Open { until: at(72) },
            ),
            ("marked", secure(file()), open, at(1), Openness::SecureFile),
            (
                "marked, in a secure project",
                secure(file()),
                Policy::default(),
                at(1),
                Openness::SecureProject,
            ),
        ];
        for (name, file, policy, now, expected) in rows {
            assert_eq!(file.openness(&policy, now), expected, "{name}");
            let is_open = matches!(expected, Openness::Open { .. });
            assert_eq!(file.is_open(&policy, now), is_open, "{name}");
        }
    }
}
