//! API secrets and limits, written out for one viewer. Nothing here is secret.

use domain::api_secrets::ApiRights;
use serde::{Deserialize, Serialize};

use crate::ui::Moment;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SecretView {
    pub(super) id: String,
    /// The project's.
    pub(super) project: String,
    pub(super) name: String,
    /// Its last characters.
    pub(super) hint: String,
    pub(super) rights: ApiRights,
    pub(super) made: Moment,
    /// None: the operator.
    pub(super) made_by: Option<String>,
    /// When, and from which address.
    pub(super) last_use: Option<(Moment, String)>,
    /// When it was first seen in an address.
    pub(super) exposed: Option<Moment>,
    pub(super) revoked: Option<Moment>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ProjectSecretsView {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) is_archived: bool,
    pub(super) identifier: String,
    /// Latest first.
    pub(super) in_force: Vec<SecretView>,
    pub(super) revoked: Vec<SecretView>,
}

/// A project with the commands that speak as it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ProjectApiView {
    pub(super) project: ProjectSecretsView,
    pub(super) commands: Vec<CommandView>,
    /// Keeps the secret in a file for them.
    pub(super) keep_in_file: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CommandView {
    pub(super) slug: String,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) note: String,
}

/// What limits the APIs, and how much of it is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LimitsView {
    /// As the field has them: one a line.
    pub(super) allow_list: String,
    pub(super) own_address: String,
    pub(super) admits_own: bool,
    pub(super) admits_nobody: bool,
    pub(super) hourly_quota: u32,
    pub(super) used: u64,
    pub(super) renews: Moment,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ApiView {
    pub(super) projects: Vec<ProjectSecretsView>,
    pub(super) limits: LimitsView,
}

#[cfg(feature = "ssr")]
mod writing {
    use std::net::IpAddr;

    use domain::api_secrets::{ApiAccess, ApiSecret, ProjectAccess};

    use super::{ApiView, LimitsView, ProjectSecretsView, SecretView};
    use crate::ui::Moment;

    impl ApiView {
        pub(in crate::features::api_secrets) fn new(
            access: ApiAccess,
            zone: chrono_tz::Tz,
            address: IpAddr,
        ) -> Self {
            let entries = access.allow_list.entries();
            Self {
                limits: LimitsView {
                    allow_list: entries.join("\n"),
                    own_address: address.to_canonical().to_string(),
                    admits_own: access.allow_list.admits(address),
                    admits_nobody: entries.is_empty(),
                    hourly_quota: access.hourly_quota,
                    used: access.used,
                    renews: Moment::new(access.renews_at, &zone),
                },
                projects: access
                    .projects
                    .into_iter()
                    .map(|project| ProjectSecretsView::new(project, zone))
                    .collect(),
            }
        }
    }

    impl ProjectSecretsView {
        pub(in crate::features::api_secrets) fn new(
            project: ProjectAccess,
            zone: chrono_tz::Tz,
        ) -> Self {
            let secrets = project.secrets.into_iter();
            let (revoked, in_force) = secrets
                .map(|secret| SecretView::new(secret, zone))
                .partition(|secret| secret.revoked.is_some());
            Self {
                id: project.project.to_string(),
                name: project.name,
                is_archived: project.is_archived,
                identifier: project.identifier,
                in_force,
                revoked,
            }
        }
    }

    impl SecretView {
        fn new(secret: ApiSecret, zone: chrono_tz::Tz) -> Self {
            let moment = |at| Moment::new(at, &zone);
            Self {
                id: secret.id.to_string(),
                project: secret.project.to_string(),
                name: secret.name,
                hint: secret.hint,
                rights: secret.rights,
                made: moment(secret.created_at),
                made_by: secret.created_by,
                last_use: secret
                    .last_used_at
                    .map(|at| (moment(at), secret.last_used_from.unwrap_or_default())),
                exposed: secret.exposed_at.map(moment),
                revoked: secret.revoked_at.map(moment),
            }
        }
    }
}
