//! On whose behalf an action runs, and what that person may do. The whole table is `Role::may`.

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::accounts::AccountId;
use crate::members::MemberId;

/// What a member is in the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(
    feature = "postgres",
    derive(sqlx::Type),
    sqlx(type_name = "text", rename_all = "lowercase")
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Owner,
    Admin,
    Developer,
    Supervisor,
    Support,
}

impl Role {
    pub const ALL: [Self; 5] = [
        Self::Owner,
        Self::Admin,
        Self::Developer,
        Self::Supervisor,
        Self::Support,
    ];

    /// What the role is for, in a sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Owner => "Everything, owners included.",
            Self::Admin => "Everything, but for making or changing owners.",
            Self::Developer => "Connects programs: recordings, projects and tests of credentials.",
            Self::Supervisor => "Works with recordings: titles, tags and the access log.",
            Self::Support => "Finds and plays recordings.",
        }
    }

    /// Whether a member of this role may invite, change or remove one of role `other`: only owners touch owners.
    pub const fn may_govern(self, other: Self) -> bool {
        self.may(Permission::ManageMembers)
            && (matches!(self, Self::Owner) || !matches!(other, Self::Owner))
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Developer => "developer",
            Self::Supervisor => "supervisor",
            Self::Support => "support",
        }
    }

    /// The permission table of the portal; docs/members.md shows it to people.
    pub const fn may(self, permission: Permission) -> bool {
        match permission {
            Permission::SeeRecordings | Permission::OpenFiles | Permission::SeeInsights => true,
            // Addresses and habits of callers are personal data; support answers questions without them.
            Permission::EditSessions | Permission::SeeAccessLog => !matches!(self, Self::Support),
            Permission::ManageProjects | Permission::TestCredentials | Permission::DeliverFiles => {
                matches!(self, Self::Owner | Self::Admin | Self::Developer)
            }
            // SECURITY: who may change the access password may see it, nobody else (R056).
            Permission::SeePreset
            | Permission::ResetCredential
            | Permission::SetChallenge
            | Permission::ManageCredentials
            | Permission::SetPolicies
            | Permission::DeleteFiles
            | Permission::ManageMembers => matches!(self, Self::Owner | Self::Admin),
        }
    }
}

impl std::str::FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| {
                format!("{text:?} is no role: use owner, admin, developer, supervisor or support")
            })
    }
}

/// What an action demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// See the Recordings report and what it lists.
    SeeRecordings,
    /// Open a session file with one's sign-in.
    OpenFiles,
    /// See the preset access password.
    SeePreset,
    /// Reset the access password.
    ResetCredential,
    /// Choose how callers without a credential are answered.
    SetChallenge,
    /// Bring files of sessions in.
    DeliverFiles,
    /// Make, change and end further credentials; end browser access; end a grace period.
    ManageCredentials,
    /// Try what a program sends against the account's credentials.
    TestCredentials,
    /// Change a session's title and tags.
    EditSessions,
    /// Create, rename and archive projects.
    ManageProjects,
    /// Secure mode, public window, retention and legal hold.
    SetPolicies,
    /// Move files to the trash and back, and delete their bytes.
    DeleteFiles,
    /// Invite members, change their roles, remove them.
    ManageMembers,
    /// See the figures of the Overview.
    SeeInsights,
    /// See and export who opened what.
    SeeAccessLog,
}

impl Permission {
    pub const ALL: [Self; 15] = [
        Self::SeeRecordings,
        Self::OpenFiles,
        Self::SeePreset,
        Self::ResetCredential,
        Self::SetChallenge,
        Self::ManageCredentials,
        Self::TestCredentials,
        Self::DeliverFiles,
        Self::EditSessions,
        Self::ManageProjects,
        Self::SetPolicies,
        Self::DeleteFiles,
        Self::ManageMembers,
        Self::SeeInsights,
        Self::SeeAccessLog,
    ];

    /// What it allows, as a line of the table that people read (docs/members.md and the page Members).
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::SeeRecordings => "See the Recordings report",
            Self::OpenFiles => "Open and download session files",
            Self::SeePreset => "See the access user name and the preset access password",
            Self::ResetCredential => "Reset the access password",
            Self::SetChallenge => "Choose how callers without a password are answered",
            Self::ManageCredentials => {
                "Manage further credentials, end browser access and grace periods"
            }
            Self::DeliverFiles => "Bring in session files",
            Self::TestCredentials => "Test what a program sends against the credentials",
            Self::EditSessions => "Change titles and tags of sessions",
            Self::ManageProjects => "Create, rename and archive projects",
            Self::SetPolicies => "Set secure mode, public window, retention and legal hold",
            Self::DeleteFiles => "Delete session files",
            Self::ManageMembers => "Invite members, change roles, remove members",
            Self::SeeInsights => "See the figures of the Overview",
            Self::SeeAccessLog => "See and export the access log",
        }
    }
}

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Caller {
    /// A person, signed in.
    Member { id: MemberId, role: Role },
    /// Whoever runs the command line on the server's own machine.
    Operator,
}

/// On whose behalf an action runs: always inside one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub account: AccountId,
    pub caller: Caller,
    /// Where the caller is, for throttling and the audit. None on the command line.
    pub address: Option<std::net::IpAddr>,
}

impl Actor {
    /// The first line of every action.
    pub fn may(&self, permission: Permission) -> Result<(), Error> {
        if self.is_allowed(permission) {
            Ok(())
        } else {
            Err(Error::Forbidden)
        }
    }

    /// The same question for a page that shows or hides a control.
    pub const fn is_allowed(&self, permission: Permission) -> bool {
        match self.caller {
            Caller::Member { role, .. } => role.may(permission),
            Caller::Operator => true,
        }
    }

    pub const fn member(&self) -> Option<MemberId> {
        match self.caller {
            Caller::Member { id, .. } => Some(id),
            Caller::Operator => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table, said once more: one row for each permission, columns in the order of [`Role::ALL`].
    #[test]
    fn the_permission_table_is_what_the_documentation_says() {
        const EVERYONE: [bool; 5] = [true; 5];
        const NOT_SUPPORT: [bool; 5] = [true, true, true, true, false];
        const BUILDERS: [bool; 5] = [true, true, true, false, false];
        const GOVERNORS: [bool; 5] = [true, true, false, false, false];
        for permission in Permission::ALL {
            let expected = match permission {
                Permission::SeeRecordings | Permission::OpenFiles | Permission::SeeInsights => {
                    EVERYONE
                }
                Permission::EditSessions | Permission::SeeAccessLog => NOT_SUPPORT,
                Permission::ManageProjects
                | Permission::TestCredentials
                | Permission::DeliverFiles => BUILDERS,
                Permission::SeePreset
                | Permission::ResetCredential
                | Permission::SetChallenge
                | Permission::ManageCredentials
                | Permission::SetPolicies
                | Permission::DeleteFiles
                | Permission::ManageMembers => GOVERNORS,
            };
            assert_eq!(
                Role::ALL.map(|role| role.may(permission)),
                expected,
                "{permission:?}"
            );
        }
    }

    #[test]
    fn only_owners_touch_owners() {
        for role in Role::ALL {
            for other in Role::ALL {
                let expected = role == Role::Owner || (role == Role::Admin && other != Role::Owner);
                assert_eq!(role.may_govern(other), expected, "{role:?} over {other:?}");
            }
        }
    }

    #[test]
    fn a_role_reads_back_what_it_writes() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse::<Role>(), Ok(role));
        }
        assert!("root".parse::<Role>().is_err());
    }
}
