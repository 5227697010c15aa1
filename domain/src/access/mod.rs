//! Who may open which session file, at a moment: the one decision of the gate and of the pages that tell people about it.
//!
//! - [`decide::decide`] is the table, and nothing else decides. The gate asks it for each request; the preview asks it for
//!   each file that it lists.
//! - [`Because`] is why the table answers as it does. It is read off the answer, and is no second rule.
//! - The preview takes project, file and caller as they are now, and only moves the clock.

pub mod decide;
#[cfg(feature = "postgres")]
pub mod preview;
#[cfg(feature = "postgres")]
mod store;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use self::decide::{Answer, Proof, Subject, decide};
use crate::accounts::Challenge;
use crate::api_secrets::ApiSecretId;
use crate::credentials::CredentialId;
use crate::files::{FileId, FileKind, FileState, Openness};
use crate::members::MemberId;
use crate::projects::ProjectId;
use crate::service_accounts::ServiceAccountId;
use crate::sessions::SessionId;
use crate::{PageRequest, Role};

/// How a caller is answered when it has no valid proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallerKind {
    /// Has a dialog for user name and password.
    Browser,
    /// A program that waits for a 401 before it sends what it has.
    ChallengeFirst,
    /// Every other program.
    Program,
}

/// Why a file is opened to a caller or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Because {
    /// Yes: user name and password of the account's files.
    Credential,
    /// Yes: a link to this file, which an application of its project asks for.
    Link,
    /// Yes: a member, signed in.
    SignIn,
    /// Yes: a token of a service account whose role is large enough for this kind of file.
    ServiceAccount,
    /// Yes: anyone may, until then.
    Open { until: DateTime<Utc> },
    /// No: nothing is shown, and the file is not open, which says why.
    Closed(Openness),
    /// No: what is shown is wrong, and that is never passed over, not even where nothing is needed.
    WrongProof,
    /// No: a service account without a role, and what tells of a call in words needs one.
    ServiceRole,
    /// No: a member whose role opens no files.
    Role,
    /// No: it is another account's.
    AnotherAccount,
    /// No, to nobody any more.
    Gone(FileState),
    /// No: too many wrong guesses came before.
    Throttled,
}

impl Because {
    /// Whether the file is opened.
    pub const fn is_yes(self) -> bool {
        matches!(
            self,
            Self::Credential | Self::Link | Self::SignIn | Self::ServiceAccount | Self::Open { .. }
        )
    }

    /// What the table decides about this caller and file, and why.
    pub fn of(proof: Proof, file: &Subject, now: DateTime<Utc>) -> Self {
        // How a refusal is put into words of HTTP differs by account and program; whether there is one does not.
        let answer = decide(
            proof,
            Some(file),
            Challenge::default(),
            CallerKind::Program,
            now,
        );
        let openness = file.lifecycle.openness(&file.policy, now);
        match (answer, proof) {
            (Answer::Allow, Proof::Credential { .. }) => Self::Credential,
            (Answer::Allow, Proof::Link { .. }) => Self::Link,
            (Answer::Allow, Proof::ServiceAccount { .. }) => Self::ServiceAccount,
            (Answer::Allow, _) => Self::SignIn,
            (Answer::AllowOpen, _) => match openness {
                Openness::Open { until } => Self::Open { until },
                closed => Self::Closed(closed),
            },
            (Answer::Challenge | Answer::Forbid, Proof::Wrong) | (Answer::ChallengeToken, _) => {
                Self::WrongProof
            }
            (Answer::Challenge | Answer::Forbid, _) => Self::Closed(openness),
            (Answer::ForbidMember, _) => Self::Role,
            (Answer::ForbidRole, _) => Self::ServiceRole,
            (Answer::NotFound, _) => Self::AnotherAccount,
            (Answer::Expired, _) => Self::Gone(FileState::Expired),
            (Answer::Trashed, _) => Self::Gone(FileState::Trashed),
            (Answer::Deleted, _) => Self::Gone(FileState::Deleted),
            (Answer::Throttle { .. }, _) => Self::Throttled,
        }
    }
}

/// Whose view is previewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Asker {
    /// Somebody who has a file's address and nothing else.
    #[default]
    Anonymous,
    /// A program with a user name and password for session files.
    Credential(CredentialId),
    /// A person, signed in.
    Member(MemberId),
    /// A program that signs tokens.
    ServiceAccount(ServiceAccountId),
    /// A program with an API secret, which asks for a link first.
    Application(ApiSecretId),
}

impl std::fmt::Display for Asker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Anonymous => f.write_str("anyone"),
            Self::Credential(id) => write!(f, "credential.{id}"),
            Self::Member(id) => write!(f, "member.{id}"),
            Self::ServiceAccount(id) => write!(f, "service.{id}"),
            Self::Application(id) => write!(f, "application.{id}"),
        }
    }
}

impl std::str::FromStr for Asker {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text == "anyone" {
            return Ok(Self::Anonymous);
        }
        let (kind, id) = text.split_once('.').ok_or(())?;
        match kind {
            "credential" => id.parse().map(Self::Credential).map_err(|_| ()),
            "member" => id.parse().map(Self::Member).map_err(|_| ()),
            "service" => id.parse().map(Self::ServiceAccount).map_err(|_| ()),
            "application" => id.parse().map(Self::Application).map_err(|_| ()),
            _ => Err(()),
        }
    }
}

/// Somebody whose view can be previewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    pub asker: Asker,
    pub name: String,
    /// Of a member, or of a service account that has one.
    pub role: Option<Role>,
    /// Where an application belongs: the project's name.
    pub project: Option<String>,
    /// From then on it proves nothing; None: no end is known.
    pub ends_at: Option<DateTime<Utc>>,
    /// It is accepted from some addresses only; from others it is a wrong one.
    pub is_bound_to_addresses: bool,
}

/// A preview counts no more files than these; its total is then one more.
pub const MOST_COUNTED: u64 = 10_000;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub asker: Asker,
    /// None: now.
    pub at: Option<DateTime<Utc>>,
    pub project: Option<ProjectId>,
    pub session: Option<SessionId>,
    pub page: PageRequest,
}

/// What the gate would say of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    pub file: FileId,
    pub name: String,
    pub kind: FileKind,
    pub session: SessionId,
    /// What people call it, or else its room.
    pub session_name: String,
    pub conference_number: String,
    pub started_at: DateTime<Utc>,
    pub project: ProjectId,
    pub project_name: String,
    pub because: Because,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::AccountId;
    use crate::files::Lifecycle;
    use crate::projects::Policy;

    #[test]
    fn an_asker_reads_back_what_it_writes() {
        let id = uuid::Uuid::from_u128(7);
        for asker in [
            Asker::Anonymous,
            Asker::Credential(CredentialId::from_uuid(id)),
            Asker::Member(MemberId::from_uuid(id)),
            Asker::ServiceAccount(ServiceAccountId::from_uuid(id)),
            Asker::Application(ApiSecretId::from_uuid(id)),
        ] {
            assert_eq!(asker.to_string().parse(), Ok(asker));
        }
        for nonsense in ["", "member", "member.7", "root.x", "anyone."] {
            assert!(nonsense.parse::<Asker>().is_err(), "{nonsense}");
        }
    }

    /// Every reason follows from an answer of the table, and says yes exactly where the table does.
    #[test]
    fn a_reason_says_what_the_table_answers() {
        let account = |n| AccountId::from_uuid(uuid::Uuid::from_u128(n));
        let end = DateTime::from_timestamp(1_795_000_000, 0).unwrap();
        let own = account(1);
        let proofs = [
            Proof::Nothing,
            Proof::Wrong,
            Proof::Throttled {
                retry_after: std::time::Duration::from_secs(1),
            },
            Proof::Credential { account: own },
            Proof::Link { account: own },
            Proof::Member {
                account: own,
                may_open: true,
            },
            Proof::Member {
                account: own,
                may_open: false,
            },
            Proof::WrongToken,
            Proof::ServiceAccount {
                account: own,
                role: None,
            },
            Proof::ServiceAccount {
                account: own,
                role: Some(Role::Support),
            },
            Proof::Credential {
                account: account(2),
            },
        ];
        let mut seen = std::collections::HashSet::new();
        for (bits, proof) in (0..128u32).flat_map(|bits| proofs.map(|proof| (bits, proof))) {
            let is = |bit: u32| bits & (1 << bit) != 0;
            let file = Subject {
                account: own,
                kind: if is(6) {
                    FileKind::Chat
                } else {
                    FileKind::Live
                },
                lifecycle: Lifecycle {
                    session_ended_at: end,
                    is_secure: is(0),
                    is_held: is(1),
                    is_trashed: is(2),
                    is_deleted: is(3),
                },
                policy: Policy {
                    is_secure: is(4),
                    retention_hours: is(5).then_some(100),
                    ..Policy::default()
                },
            };
            for hours in [-1, 0, 71, 72, 100] {
                let now = end + chrono::TimeDelta::hours(hours);
                let because = Because::of(proof, &file, now);
                let answer = decide(
                    proof,
                    Some(&file),
                    Challenge::default(),
                    CallerKind::Program,
                    now,
                );
                let is_allowed = matches!(answer, Answer::Allow | Answer::AllowOpen);
                assert_eq!(because.is_yes(), is_allowed, "{proof:?} {file:?} {hours}");
                if let Because::Closed(Openness::Open { .. }) = because {
                    panic!("closed because it is open: {proof:?} {file:?} {hours}");
                }
                seen.insert(std::mem::discriminant(&because));
            }
        }
        assert_eq!(seen.len(), 12, "every reason has a case");
    }
}
