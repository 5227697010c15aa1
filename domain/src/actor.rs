//! On whose behalf an action runs, and what that person may do. The whole table is `Role::may`.

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::accounts::AccountId;
use crate::api_secrets::{ApiRights, ApiSecretId};
use crate::members::MemberId;
use crate::projects::ProjectId;
use crate::service_accounts::ServiceAccountId;

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
            Permission::ManageProjects
            | Permission::TestCredentials
            | Permission::DeliverFiles
            | Permission::ManageApi
            | Permission::ManageWebhooks
            | Permission::ManageIntake => {
                matches!(self, Self::Owner | Self::Admin | Self::Developer)
            }
            // SECURITY: who may change the access password may see it, nobody else (R056).
            Permission::SeePreset
            | Permission::ResetCredential
            | Permission::SetChallenge
            | Permission::ManageCredentials
            | Permission::SetPolicies
            | Permission::DeleteFiles
            | Permission::ManageMembers
            | Permission::ManageServiceAccounts => matches!(self, Self::Owner | Self::Admin),
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
    /// Try what a program sends against the account's credentials; preview who can open which files.
    TestCredentials,
    /// Change a session's title and tags.
    EditSessions,
    /// Create, rename and archive projects.
    ManageProjects,
    /// Add, change and remove sources of recordings, with their secrets; try files again.
    ManageIntake,
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
    /// Make and revoke API secrets, and say from where and how often the APIs may be called.
    ManageApi,
    /// Say where a project's events are sent, and see what was sent.
    ManageWebhooks,
    /// Create, rotate and revoke service accounts, and give them roles.
    ManageServiceAccounts,
}

impl Permission {
    pub const ALL: [Self; 19] = [
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
        Self::ManageIntake,
        Self::SetPolicies,
        Self::DeleteFiles,
        Self::ManageMembers,
        Self::SeeInsights,
        Self::SeeAccessLog,
        Self::ManageApi,
        Self::ManageWebhooks,
        Self::ManageServiceAccounts,
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
            Self::TestCredentials => {
                "Test what a program sends, and preview who can open which files"
            }
            Self::EditSessions => "Change titles and tags of sessions",
            Self::ManageProjects => "Create, rename and archive projects",
            Self::ManageIntake => "Set up where recordings come in from",
            Self::SetPolicies => "Set secure mode, public window, retention and legal hold",
            Self::DeleteFiles => "Delete session files",
            Self::ManageMembers => "Invite members, change roles, remove members",
            Self::SeeInsights => "See the figures of the Overview",
            Self::SeeAccessLog => "See and export the access log",
            Self::ManageApi => "Make and revoke API secrets, set the API's allow-list and quota",
            Self::ManageWebhooks => "Manage webhooks and see what they sent",
            Self::ManageServiceAccounts => "Create, rotate and revoke service accounts",
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
    /// A program that showed a project's API identifier and one of its secrets.
    Application {
        project: ProjectId,
        secret: ApiSecretId,
        rights: ApiRights,
    },
    /// A program that showed a token of a service account. None: recordings only.
    ServiceAccount {
        id: ServiceAccountId,
        role: Option<Role>,
    },
}

/// On whose behalf an action runs: always inside one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub account: AccountId,
    pub caller: Caller,
    /// Where the caller is, for throttling and the audit. None on the command line.
    pub address: Option<std::net::IpAddr>,
}

/// What an action may touch: all of an account, or one project of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    pub account: AccountId,
    /// None: every project.
    pub project: Option<ProjectId>,
}

impl Scope {
    pub fn covers(&self, project: ProjectId) -> bool {
        self.project.is_none_or(|own| own == project)
    }

    /// The project that is asked for, if it lies within; what lies outside is not there.
    pub fn narrow(&self, wanted: Option<ProjectId>) -> Result<Option<ProjectId>, Error> {
        match wanted {
            Some(wanted) if !self.covers(wanted) => Err(Error::NotFound("project")),
            Some(wanted) => Ok(Some(wanted)),
            None => Ok(self.project),
        }
    }
}

impl Actor {
    /// The first line of every action that touches what is the whole account's. SECURITY: an application is let
    /// through only to what its secret was given beyond its project; all else asks [`Actor::scope`].
    pub fn may(&self, permission: Permission) -> Result<(), Error> {
        if self.is_allowed(permission) {
            Ok(())
        } else {
            Err(Error::Forbidden)
        }
    }

    /// The first line of every action that touches sessions, files or what else belongs to a project: how far it may
    /// reach. An application reaches as far as its project.
    pub fn scope(&self, permission: Permission) -> Result<Scope, Error> {
        let project = match self.caller {
            Caller::Application {
                project, rights, ..
            } if in_its_project(rights, permission) => Some(project),
            Caller::Application { .. } => return Err(Error::Forbidden),
            Caller::Member { .. } | Caller::Operator | Caller::ServiceAccount { .. } => {
                self.may(permission)?;
                None
            }
        };
        Ok(Scope {
            account: self.account,
            project,
        })
    }

    /// The same for what belongs to one project: another one is not there.
    pub fn scope_of(&self, permission: Permission, project: ProjectId) -> Result<Scope, Error> {
        let scope = self.scope(permission)?;
        scope.narrow(Some(project)).map(|_| scope)
    }

    /// Whether an action of the whole account is allowed, as a page asks that shows or hides a control.
    pub const fn is_allowed(&self, permission: Permission) -> bool {
        match self.caller {
            Caller::Member { role, .. } => role.may(permission),
            Caller::Operator => true,
            Caller::Application { rights, .. } => match permission {
                Permission::ManageCredentials => rights.may_manage_credentials,
                _ => false,
            },
            Caller::ServiceAccount { role, .. } => match role {
                Some(role) => role.may(permission) && !is_a_persons(permission),
                None => false,
            },
        }
    }

    pub const fn member(&self) -> Option<MemberId> {
        match self.caller {
            Caller::Member { id, .. } => Some(id),
            Caller::Operator | Caller::Application { .. } | Caller::ServiceAccount { .. } => None,
        }
    }

    pub const fn api_secret(&self) -> Option<ApiSecretId> {
        match self.caller {
            Caller::Application { secret, .. } => Some(secret),
            Caller::Member { .. } | Caller::Operator | Caller::ServiceAccount { .. } => None,
        }
    }

    pub const fn service_account(&self) -> Option<ServiceAccountId> {
        match self.caller {
            Caller::ServiceAccount { id, .. } => Some(id),
            Caller::Member { .. } | Caller::Operator | Caller::Application { .. } => None,
        }
    }
}

/// What no program does with a token, whatever its role; docs/service-accounts.md shows it to people.
///
/// SECURITY: passwords and people. A program that could read or set the access password, make API secrets, or invite
/// somebody would leave behind what lives on when its key is revoked. Keys of service accounts are the exception: the
/// hosted service's API makes them (`CreateKey`), and they stand in the same list.
const fn is_a_persons(permission: Permission) -> bool {
    matches!(
        permission,
        Permission::SeePreset
            | Permission::ResetCredential
            | Permission::ManageCredentials
            | Permission::TestCredentials
            | Permission::ManageMembers
            | Permission::ManageApi
    )
}

/// What a secret may do within its project; docs/api.md shows it to people.
const fn in_its_project(rights: ApiRights, permission: Permission) -> bool {
    match permission {
        Permission::SeeRecordings | Permission::OpenFiles | Permission::SeeAccessLog => true,
        Permission::EditSessions | Permission::DeliverFiles | Permission::ManageWebhooks => {
            rights.may_write
        }
        Permission::DeleteFiles => rights.may_delete,
        // SECURITY: writing is not enough to open what is there to the world. Of the policies it is secure mode and the
        // mark of files alone: retention and legal hold ask for the whole account.
        Permission::SetPolicies => rights.may_set_access,
        _ => false,
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
                | Permission::DeliverFiles
                | Permission::ManageApi
                | Permission::ManageWebhooks
                | Permission::ManageIntake => BUILDERS,
                Permission::SeePreset
                | Permission::ResetCredential
                | Permission::SetChallenge
                | Permission::ManageCredentials
                | Permission::SetPolicies
                | Permission::DeleteFiles
                | Permission::ManageMembers
                | Permission::ManageServiceAccounts => GOVERNORS,
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

    /// R143, as far as the domain decides it: an application never acts on the whole account but where its secret says
    /// so, and never beyond its project.
    #[test]
    fn an_application_is_confined_to_its_project() {
        let project = |n: u128| ProjectId::from_uuid(uuid::Uuid::from_u128(n));
        let with = |rights| Actor {
            account: AccountId::from_uuid(uuid::Uuid::from_u128(1)),
            caller: Caller::Application {
                project: project(2),
                secret: ApiSecretId::from_uuid(uuid::Uuid::from_u128(3)),
                rights,
            },
            address: None,
        };
        let all = ApiRights {
            may_write: true,
            may_delete: true,
            may_set_access: true,
            may_manage_credentials: true,
        };
        for permission in Permission::ALL {
            assert!(
                with(ApiRights::default()).may(permission).is_err(),
                "{permission:?}"
            );
            assert_eq!(
                with(all).may(permission).is_ok(),
                permission == Permission::ManageCredentials,
                "{permission:?}"
            );
            let (least, most) = (with(ApiRights::default()), with(all));
            if let Ok(scope) = most.scope(permission) {
                assert_eq!(scope.project, Some(project(2)));
                assert!(most.scope_of(permission, project(2)).is_ok());
                assert!(matches!(
                    most.scope_of(permission, project(4)),
                    Err(Error::NotFound(_))
                ));
            }
            assert_eq!(
                least.scope(permission).is_ok(),
                matches!(
                    permission,
                    Permission::SeeRecordings | Permission::OpenFiles | Permission::SeeAccessLog
                ),
                "{permission:?}"
            );
        }
    }

    /// What a service account may do is what a member of its role may, without what is a person's; without a role it
    /// may do nothing but open recordings, which the gate knows (`service_accounts::may_open`).
    #[test]
    fn a_service_account_may_what_its_role_may_but_for_what_is_a_persons() {
        const A_PERSONS: [Permission; 6] = [
            Permission::SeePreset,
            Permission::ResetCredential,
            Permission::ManageCredentials,
            Permission::TestCredentials,
            Permission::ManageMembers,
            Permission::ManageApi,
        ];
        let with = |role| Actor {
            account: AccountId::from_uuid(uuid::Uuid::from_u128(1)),
            caller: Caller::ServiceAccount {
                id: ServiceAccountId::from_uuid(uuid::Uuid::from_u128(2)),
                role,
            },
            address: None,
        };
        for permission in Permission::ALL {
            assert!(with(None).may(permission).is_err(), "{permission:?}");
            assert!(with(None).scope(permission).is_err(), "{permission:?}");
            for role in Role::ALL {
                let expected = role.may(permission) && !A_PERSONS.contains(&permission);
                let actor = with(Some(role));
                assert_eq!(
                    actor.may(permission).is_ok(),
                    expected,
                    "{role:?} {permission:?}"
                );
                let scope = actor.scope(permission).ok();
                assert_eq!(scope.is_some(), expected, "{role:?} {permission:?}");
                assert!(
                    scope.is_none_or(|scope| scope.project.is_none()),
                    "the whole account"
                );
            }
        }
        assert_eq!(with(None).member(), None);
        assert!(with(None).service_account().is_some());
    }
}
