//! What a caller gets. A pure function with a closed set of answers, tested as a table with every row named.
//!
//! SECURITY: without a valid proof a file that is not open plays no part in the answer, so nobody learns from it what
//! exists.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::CallerKind;
use crate::accounts::{AccountId, Challenge};
#[cfg(feature = "postgres")]
use crate::files::actions::StoredFile;
use crate::files::{FileKind, FileState, Lifecycle};
use crate::projects::Policy;
use crate::{Role, service_accounts};

/// What a caller showed, after it was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// No proof of any kind.
    Nothing,
    /// Something that is no proof: a wrong password, an unreadable header, a scheme we do not know, a link that has ended.
    Wrong,
    /// A token that opens nothing: broken, expired, or of a key that is revoked.
    WrongToken,
    /// Not judged: too many wrong guesses came before.
    Throttled { retry_after: Duration },
    /// The user name and password of an account's files.
    Credential { account: AccountId },
    /// A link to the file that is asked for, made for this account.
    Link { account: AccountId },
    /// A sign-in of a member, and whether the member's role may open files.
    Member { account: AccountId, may_open: bool },
    /// A token of a service account that acts in this account, and its role.
    ServiceAccount {
        account: AccountId,
        role: Option<Role>,
    },
}

impl Proof {
    /// Whether the caller is known. The policy is asked for only if not.
    pub const fn is_valid(self) -> bool {
        matches!(
            self,
            Self::Credential { .. }
                | Self::Link { .. }
                | Self::Member { .. }
                | Self::ServiceAccount { .. }
        )
    }
}

/// A file and what was decided about it, as far as the answer depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    pub account: AccountId,
    pub kind: FileKind,
    pub lifecycle: Lifecycle,
    /// Of its project.
    pub policy: Policy,
}

#[cfg(feature = "postgres")]
impl From<&StoredFile> for Subject {
    fn from(file: &StoredFile) -> Self {
        Self {
            account: file.account,
            kind: file.kind,
            lifecycle: file.lifecycle,
            policy: file.policy,
        }
    }
}

/// All that can become of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The bytes.
    Allow,
    /// The bytes, without any right to them: the file is open to anyone at this moment.
    AllowOpen,
    /// 401 with a challenge.
    Challenge,
    /// 401 that says that the token was no good.
    ChallengeToken,
    /// 403 to a program without a valid proof.
    Forbid,
    /// 403 to somebody known who may not.
    ForbidMember,
    /// 403 to a service account whose role is too small for this kind of file.
    ForbidRole,
    /// 404: no such file, or another account's.
    NotFound,
    /// 410: the project's retention is over.
    Expired,
    /// 410: it is in the trash.
    Trashed,
    /// 410: its bytes are deleted.
    Deleted,
    /// 429.
    Throttle { retry_after: Duration },
}

/// The answer to a caller with this proof who asks for this file (None: there is no such file) at this moment.
/// `challenge` is what the account says of callers without a valid proof.
///
/// SECURITY: only an open file makes a difference to callers without a valid proof. A closed, an expired, a deleted and
/// a missing file are one and the same to them.
pub fn decide(
    proof: Proof,
    file: Option<&Subject>,
    challenge: Challenge,
    caller: CallerKind,
    now: DateTime<Utc>,
) -> Answer {
    let is_open = file.is_some_and(|file| file.lifecycle.is_open(&file.policy, now));
    let own = |account| file.filter(|file| file.account == account);
    match proof {
        Proof::Throttled { retry_after } => Answer::Throttle { retry_after },
        // Only to nothing: who sends a password wants to know that it is wrong, even where none is needed.
        Proof::Nothing if is_open => Answer::AllowOpen,
        // Wrong is answered like nothing: a browser that got 403 for a mistyped password would never ask again.
        Proof::Nothing | Proof::Wrong => refuse(challenge, caller),
        // Whoever signs tokens is told with the status that its clients know (compat.md 2.5), under every setting.
        Proof::WrongToken => Answer::ChallengeToken,
        Proof::Credential { account } | Proof::Link { account } => match own(account) {
            Some(file) => serve(file, now),
            None if is_open => Answer::AllowOpen,
            None => Answer::NotFound,
        },
        Proof::Member { account, may_open } => match own(account) {
            Some(file) if may_open => serve(file, now),
            _ if is_open => Answer::AllowOpen,
            Some(_) => Answer::ForbidMember,
            None => Answer::NotFound,
        },
        Proof::ServiceAccount { account, role } => match own(account) {
            Some(file) if service_accounts::may_open(role, file.kind) => serve(file, now),
            _ if is_open => Answer::AllowOpen,
            Some(_) => Answer::ForbidRole,
            None => Answer::NotFound,
        },
    }
}

/// To somebody with a right to the file.
fn serve(file: &Subject, now: DateTime<Utc>) -> Answer {
    match file.lifecycle.state(&file.policy, now) {
        FileState::There => Answer::Allow,
        FileState::Expired => Answer::Expired,
        FileState::Trashed => Answer::Trashed,
        FileState::Deleted => Answer::Deleted,
    }
}

const fn refuse(challenge: Challenge, caller: CallerKind) -> Answer {
    match (challenge, caller) {
        (_, CallerKind::Browser)
        | (Challenge::Everyone, _)
        | (Challenge::Documented, CallerKind::ChallengeFirst) => Answer::Challenge,
        (Challenge::NeverPrograms, _) | (Challenge::Documented, CallerKind::Program) => {
            Answer::Forbid
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use Answer::{
        Allow, AllowOpen, Challenge as Ask, ChallengeToken, Deleted, Expired, Forbid, ForbidMember,
        ForbidRole, NotFound, Trashed,
    };
    use CallerKind::{Browser, ChallengeFirst, Program};
    use Challenge::{Documented, Everyone, NeverPrograms};

    fn account(n: u128) -> AccountId {
        AccountId::from_uuid(uuid::Uuid::from_u128(n))
    }

    /// When every session of these tests ended.
    fn end() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000, 0).unwrap()
    }

    fn after(hours: i64) -> DateTime<Utc> {
        end() + TimeDelta::hours(hours)
    }

    /// A file of the account in a project of the preset policy.
    fn file(n: u128) -> Subject {
        Subject {
            account: account(n),
            kind: FileKind::Live,
            lifecycle: Lifecycle {
                session_ended_at: end(),
                is_secure: false,
                is_held: false,
                is_trashed: false,
                is_deleted: false,
            },
            policy: Policy::default(),
        }
    }

    /// The same in a project without secure mode, whose window is open for 72 hours.
    fn open_file(n: u128) -> Subject {
        let mut file = file(n);
        file.policy.is_secure = false;
        file
    }

    const CALLERS: [CallerKind; 3] = [Browser, ChallengeFirst, Program];

    /// Whatever must look alike to strangers.
    fn closed_files() -> [(&'static str, Option<Subject>); 5] {
        let mut expired = file(1);
        expired.policy.retention_hours = Some(1);
        let mut trashed = open_file(1);
        trashed.lifecycle.is_trashed = true;
        let mut deleted = trashed;
        deleted.lifecycle.is_deleted = true;
        [
            ("a file", Some(file(1))),
            ("no file", None),
            ("an expired file", Some(expired)),
            ("a file in the trash of an open project", Some(trashed)),
            ("a tombstone of an open project", Some(deleted)),
        ]
    }

    /// One row for each policy and each way to come without a valid proof; the answers for [`CALLERS`] in turn.
    #[test]
    fn callers_without_a_valid_proof() {
        let rows = [
            (
                "documented, nothing",
                Documented,
                Proof::Nothing,
                [Ask, Ask, Forbid],
            ),
            (
                "documented, wrong",
                Documented,
                Proof::Wrong,
                [Ask, Ask, Forbid],
            ),
            (
                "everyone, nothing",
                Everyone,
                Proof::Nothing,
                [Ask, Ask, Ask],
            ),
            ("everyone, wrong", Everyone, Proof::Wrong, [Ask, Ask, Ask]),
            (
                "never programs, nothing",
                NeverPrograms,
                Proof::Nothing,
                [Ask, Forbid, Forbid],
            ),
            (
                "never programs, wrong",
                NeverPrograms,
                Proof::Wrong,
                [Ask, Forbid, Forbid],
            ),
        ];
        for (name, policy, proof, expected) in rows {
            assert!(!proof.is_valid(), "{name}");
            for (caller, expected) in CALLERS.into_iter().zip(expected) {
                for (file_name, file) in closed_files() {
                    assert_eq!(
                        decide(proof, file.as_ref(), policy, caller, after(1)),
                        expected,
                        "{name}, {caller:?}, {file_name}"
                    );
                }
            }
        }
    }

    /// A valid proof makes policy and kind of caller irrelevant.
    #[test]
    fn callers_with_a_valid_proof() {
        let credential = Proof::Credential {
            account: account(1),
        };
        let member = Proof::Member {
            account: account(1),
            may_open: true,
        };
        let link = Proof::Link {
            account: account(1),
        };
        let powerless = Proof::Member {
            account: account(1),
            may_open: false,
        };
        let rows = [
            ("credential, own file", credential, Some(file(1)), Allow),
            ("credential, no such file", credential, None, NotFound),
            (
                "credential, another account's file",
                credential,
                Some(file(2)),
                NotFound,
            ),
            ("link, its file", link, Some(file(1)), Allow),
            ("link, no such file", link, None, NotFound),
            (
                "link, another account's file",
                link,
                Some(file(2)),
                NotFound,
            ),
            ("member, own file", member, Some(file(1)), Allow),
            ("member, no such file", member, None, NotFound),
            (
                "member, another account's file",
                member,
                Some(file(2)),
                NotFound,
            ),
            (
                "member without the permission, own file",
                powerless,
                Some(file(1)),
                ForbidMember,
            ),
            (
                "member without the permission, no such file",
                powerless,
                None,
                NotFound,
            ),
            (
                "member without the permission, another account's file",
                powerless,
                Some(file(2)),
                NotFound,
            ),
        ];
        for (name, proof, file, expected) in rows {
            assert!(proof.is_valid(), "{name}");
            for policy in Challenge::ALL {
                for caller in CALLERS {
                    assert_eq!(
                        decide(proof, file.as_ref(), policy, caller, after(1)),
                        expected,
                        "{name}, {policy:?}, {caller:?}"
                    );
                }
            }
        }
    }

    /// R142: every role by every kind of file, own, gone, another account's, and open to anyone.
    #[test]
    fn service_accounts_by_role_and_kind() {
        let roles = std::iter::once(None).chain(Role::ALL.map(Some));
        for role in roles {
            for kind in FileKind::ALL {
                let of = |mut file: Subject| {
                    file.kind = kind;
                    file
                };
                let mut expired = of(file(1));
                expired.policy.retention_hours = Some(1);
                let is_recording = FileKind::RECORDINGS.contains(&kind);
                let allowed = |answer| {
                    if is_recording || role.is_some() {
                        answer
                    } else {
                        ForbidRole
                    }
                };
                let rows = [
                    ("own", Some(of(file(1))), allowed(Allow)),
                    ("own, expired", Some(expired), allowed(Expired)),
                    ("another account's", Some(of(file(2))), NotFound),
                    ("none", None, NotFound),
                    ("another account's, open", Some(of(open_file(2))), AllowOpen),
                ];
                let proof = Proof::ServiceAccount {
                    account: account(1),
                    role,
                };
                assert!(proof.is_valid());
                for (name, file, expected) in rows {
                    for policy in Challenge::ALL {
                        for caller in CALLERS {
                            let answer = decide(proof, file.as_ref(), policy, caller, after(1));
                            assert_eq!(answer, expected, "{name}, {role:?}, {kind:?}");
                        }
                    }
                }
                let open = decide(
                    proof,
                    Some(&of(open_file(1))),
                    Documented,
                    Program,
                    after(1),
                );
                let expected = if allowed(Allow) == Allow {
                    Allow
                } else {
                    AllowOpen
                };
                assert_eq!(open, expected, "own and open, {role:?}, {kind:?}");
            }
        }
    }

    /// compat.md 2.5: whatever the account says of callers without a proof, and also where none is needed.
    #[test]
    fn a_token_that_is_no_good_is_always_answered_401() {
        let open = ("an open file", Some(open_file(1)));
        for (name, file) in closed_files().into_iter().chain([open]) {
            for policy in Challenge::ALL {
                for caller in CALLERS {
                    let answer = decide(Proof::WrongToken, file.as_ref(), policy, caller, after(1));
                    assert_eq!(answer, ChallengeToken, "{name}, {policy:?}, {caller:?}");
                }
            }
        }
        assert!(!Proof::WrongToken.is_valid());
    }

    #[test]
    fn throttled_callers_are_told_when_to_come_back() {
        let retry_after = Duration::from_secs(7);
        for policy in Challenge::ALL {
            for caller in CALLERS {
                for file in [Some(file(1)), Some(open_file(1)), None] {
                    let answer = decide(
                        Proof::Throttled { retry_after },
                        file.as_ref(),
                        policy,
                        caller,
                        after(1),
                    );
                    assert_eq!(answer, Answer::Throttle { retry_after });
                }
            }
        }
    }

    /// What callers of each kind of proof get of a file that may be open, at each edge of its window.
    #[test]
    fn open_files_in_time() {
        let secured = |mut file: Subject| {
            file.lifecycle.is_secure = true;
            file
        };
        let expiring = |mut file: Subject| {
            file.policy.retention_hours = Some(24);
            file
        };
        let instant = TimeDelta::microseconds(1);
        let rows = [
            (
                "before the session's end",
                open_file(1),
                end() - instant,
                Forbid,
                Allow,
            ),
            (
                "at the session's end",
                open_file(1),
                end(),
                AllowOpen,
                Allow,
            ),
            (
                "at the window's last instant",
                open_file(1),
                after(72) - instant,
                AllowOpen,
                Allow,
            ),
            ("after the window", open_file(1), after(72), Forbid, Allow),
            (
                "secure project, within what would be the window",
                file(1),
                after(1),
                Forbid,
                Allow,
            ),
            (
                "a secure file in an open project",
                secured(open_file(1)),
                after(1),
                Forbid,
                Allow,
            ),
            (
                "open, at the last instant of retention",
                expiring(open_file(1)),
                after(24) - instant,
                AllowOpen,
                Allow,
            ),
            (
                "open, expired",
                expiring(open_file(1)),
                after(24),
                Forbid,
                Expired,
            ),
        ];
        for (name, file, now, anonymous, owner) in rows {
            let decide = |proof| decide(proof, Some(&file), Documented, Program, now);
            assert_eq!(decide(Proof::Nothing), anonymous, "{name}, nothing");
            assert_eq!(
                decide(Proof::Wrong),
                Forbid,
                "{name}: a wrong proof is never ignored"
            );
            let credential = |n| Proof::Credential {
                account: account(n),
            };
            assert_eq!(decide(credential(1)), owner, "{name}, its credential");
            let other = if anonymous == AllowOpen {
                AllowOpen
            } else {
                NotFound
            };
            assert_eq!(
                decide(credential(2)),
                other,
                "{name}, another account's credential"
            );
            let member = |n, may_open| Proof::Member {
                account: account(n),
                may_open,
            };
            assert_eq!(decide(member(1, true)), owner, "{name}, a member");
            assert_eq!(
                decide(member(2, true)),
                other,
                "{name}, another account's member"
            );
            let powerless = if anonymous == AllowOpen {
                AllowOpen
            } else {
                ForbidMember
            };
            assert_eq!(
                decide(member(1, false)),
                powerless,
                "{name}, a member without the permission"
            );
        }
    }

    /// What became of a file is told to those with a right to it, in the same way under every setting.
    #[test]
    fn files_that_are_gone() {
        let mut expired = file(1);
        expired.policy.retention_hours = Some(72);
        let mut held = expired;
        held.lifecycle.is_held = true;
        let mut trashed = held;
        trashed.lifecycle.is_trashed = true;
        let mut deleted = trashed;
        deleted.lifecycle.is_deleted = true;
        let rows = [
            ("expired", expired, Expired),
            ("held, and so not expired", held, Allow),
            ("in the trash, also if held", trashed, Trashed),
            ("deleted", deleted, Deleted),
        ];
        for (name, file, expected) in rows {
            for challenge in Challenge::ALL {
                for caller in CALLERS {
                    let decide = |proof| decide(proof, Some(&file), challenge, caller, after(72));
                    let credential = |n| Proof::Credential {
                        account: account(n),
                    };
                    assert_eq!(decide(credential(1)), expected, "{name}");
                    assert_eq!(decide(credential(2)), NotFound, "{name}, another account");
                    let member = |may_open| Proof::Member {
                        account: account(1),
                        may_open,
                    };
                    assert_eq!(decide(member(true)), expected, "{name}, a member");
                    assert_eq!(decide(member(false)), ForbidMember, "{name}, no permission");
                }
            }
        }
    }
}
