//! What a caller gets. A pure function with a closed set of answers, tested as a table with every row named.
//!
//! SECURITY: without a valid proof the file plays no part in the answer, so nobody learns from it what exists.

use std::time::Duration;

use domain::accounts::{AccountId, Challenge};

use super::caller::CallerKind;

/// What a caller showed, after it was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// No proof of any kind.
    Nothing,
    /// Something that is no proof: a wrong password, an unreadable header, a scheme we do not know.
    Wrong,
    /// Not judged: too many wrong guesses came before.
    Throttled { retry_after: Duration },
    /// The user name and password of an account's files.
    Credential { account: AccountId },
    /// A sign-in of a member, and whether the member's role may open files.
    Member { account: AccountId, may_open: bool },
}

impl Proof {
    /// Whether the caller is known. The policy is asked for only if not.
    pub const fn is_valid(self) -> bool {
        matches!(self, Self::Credential { .. } | Self::Member { .. })
    }
}

/// All that can become of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The bytes.
    Allow,
    /// 401 with a challenge.
    Challenge,
    /// 403 to a program without a valid proof.
    Forbid,
    /// 403 to somebody known who may not.
    ForbidMember,
    /// 404: no such file, or another account's.
    NotFound,
    /// 429.
    Throttle { retry_after: Duration },
}

/// The answer to a caller with this proof who asks for a file of this account (None: there is no such file).
/// `policy` is what the account says of callers without a valid proof.
pub fn decide(
    proof: Proof,
    file: Option<AccountId>,
    policy: Challenge,
    caller: CallerKind,
) -> Answer {
    match proof {
        Proof::Throttled { retry_after } => Answer::Throttle { retry_after },
        // Wrong is answered like nothing: a browser that got 403 for a mistyped password would never ask again.
        Proof::Nothing | Proof::Wrong => refuse(policy, caller),
        Proof::Credential { account } | Proof::Member { account, .. } if file != Some(account) => {
            Answer::NotFound
        }
        Proof::Member {
            may_open: false, ..
        } => Answer::ForbidMember,
        Proof::Credential { .. } | Proof::Member { may_open: true, .. } => Answer::Allow,
    }
}

const fn refuse(policy: Challenge, caller: CallerKind) -> Answer {
    match (policy, caller) {
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
    use super::*;
    use Answer::{Allow, Challenge as Ask, Forbid, ForbidMember, NotFound};
    use CallerKind::{Browser, ChallengeFirst, Program};
    use Challenge::{Documented, Everyone, NeverPrograms};

    fn account(n: u128) -> AccountId {
        AccountId::from_uuid(uuid::Uuid::from_u128(n))
    }

    const CALLERS: [CallerKind; 3] = [Browser, ChallengeFirst, Program];

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
                for (file_name, file) in [("a file", Some(account(1))), ("no file", None)] {
                    assert_eq!(
                        decide(proof, file, policy, caller),
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
        let powerless = Proof::Member {
            account: account(1),
            may_open: false,
        };
        let rows = [
            ("credential, own file", credential, Some(account(1)), Allow),
            ("credential, no such file", credential, None, NotFound),
            (
                "credential, another account's file",
                credential,
                Some(account(2)),
                NotFound,
            ),
            ("member, own file", member, Some(account(1)), Allow),
            ("member, no such file", member, None, NotFound),
            (
                "member, another account's file",
                member,
                Some(account(2)),
                NotFound,
            ),
            (
                "member without the permission, own file",
                powerless,
                Some(account(1)),
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
                Some(account(2)),
                NotFound,
            ),
        ];
        for (name, proof, file, expected) in rows {
            assert!(proof.is_valid(), "{name}");
            for policy in Challenge::ALL {
                for caller in CALLERS {
                    assert_eq!(
                        decide(proof, file, policy, caller),
                        expected,
                        "{name}, {policy:?}, {caller:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn throttled_callers_are_told_when_to_come_back() {
        let retry_after = Duration::from_secs(7);
        for policy in Challenge::ALL {
            for caller in CALLERS {
                for file in [Some(account(1)), None] {
                    let answer = decide(Proof::Throttled { retry_after }, file, policy, caller);
                    assert_eq!(answer, Answer::Throttle { retry_after });
                }
            }
        }
    }
}
