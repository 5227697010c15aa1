//! Service accounts, written out for one viewer. Nothing here is secret.

use domain::Role;
use serde::{Deserialize, Serialize};

use crate::ui::Moment;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AccountView {
    pub(super) id: String,
    pub(super) name: String,
    /// None: recordings only.
    pub(super) role: Option<Role>,
    pub(super) created: Moment,
    pub(super) created_by: Option<String>,
    pub(super) revoked: Option<Moment>,
    /// When, and from which address.
    pub(super) last_use: Option<(Moment, String)>,
    /// How many tokens are accepted of.
    pub(super) in_force: u64,
    /// Latest first.
    pub(super) keys: Vec<KeyView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeyView {
    pub(super) id: String,
    pub(super) is_in_force: bool,
    pub(super) created: Moment,
    pub(super) ends: Option<Moment>,
    pub(super) revoked: Option<Moment>,
    pub(super) last_use: Option<(Moment, String)>,
}

/// One service account, and the lines that use it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OneView {
    pub(super) account: AccountView,
    pub(super) shell: ShellView,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ShellView {
    pub(super) script: String,
    pub(super) curl: String,
    pub(super) python: String,
}

#[cfg(feature = "ssr")]
mod writing {
    use chrono::{DateTime, Utc};
    use domain::service_accounts::{ServiceAccount, ServiceAccountKey};

    use super::{AccountView, KeyView};
    use crate::ui::Moment;

    impl AccountView {
        pub(in crate::features::service_accounts) fn new(
            found: ServiceAccount,
            now: DateTime<Utc>,
            zone: chrono_tz::Tz,
        ) -> Self {
            let moment = |at| Moment::new(at, &zone);
            let is_revoked = found.revoked_at.is_some();
            Self {
                id: found.id.to_string(),
                role: found.role,
                created: moment(found.created_at),
                revoked: found.revoked_at.map(moment),
                last_use: found
                    .last_use()
                    .map(|(at, from)| (moment(at), from.to_owned())),
                in_force: found.keys_in_force(now).count() as u64,
                keys: found
                    .keys
                    .into_iter()
                    .map(|key| KeyView::new(key, is_revoked, now, zone))
                    .collect(),
                name: found.name,
                created_by: found.created_by,
            }
        }
    }

    impl KeyView {
        fn new(
            key: ServiceAccountKey,
            is_revoked: bool,
            now: DateTime<Utc>,
            zone: chrono_tz::Tz,
        ) -> Self {
            let moment = |at| Moment::new(at, &zone);
            Self {
                id: key.id.to_string(),
                is_in_force: !is_revoked && key.is_in_force(now),
                created: moment(key.created_at),
                ends: key.ends_at.map(moment),
                revoked: key.revoked_at.map(moment),
                last_use: key
                    .last_used_at
                    .map(|at| (moment(at), key.last_used_from.unwrap_or_default())),
            }
        }
    }
}
