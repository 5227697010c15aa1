//! API keys, written out for one viewer. Nothing here is secret.

use serde::{Deserialize, Serialize};

use crate::ui::Moment;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeyView {
    pub(super) id: String,
    /// Of the service account.
    pub(super) name: String,
    /// In a word.
    pub(super) role: String,
    /// Its last characters.
    pub(super) hint: String,
    pub(super) made: Moment,
    /// None: the operator.
    pub(super) made_by: Option<String>,
    /// When, and from which address.
    pub(super) last_use: Option<(Moment, String)>,
}

/// A service account that can be given a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OwnerView {
    pub(super) id: String,
    pub(super) name: String,
    /// In a word.
    pub(super) role: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeysView {
    pub(super) are_taken: bool,
    pub(super) account_number: i64,
    pub(super) keys: Vec<KeyView>,
    /// Those that are not revoked.
    pub(super) owners: Vec<OwnerView>,
}

#[cfg(feature = "ssr")]
mod writing {
    use domain::api_keys::{ApiKey, ApiKeys};
    use domain::service_accounts::{ServiceAccount, role_text};

    use super::{KeyView, KeysView, OwnerView};
    use crate::ui::Moment;

    impl KeysView {
        pub(in crate::features::api_keys) fn new(
            found: ApiKeys,
            owners: Vec<ServiceAccount>,
            zone: chrono_tz::Tz,
        ) -> Self {
            let owners = owners.into_iter().filter(|one| one.revoked_at.is_none());
            Self {
                are_taken: found.are_taken,
                account_number: found.account_number,
                keys: found
                    .keys
                    .into_iter()
                    .map(|key| KeyView::new(key, zone))
                    .collect(),
                owners: owners
                    .map(|one| OwnerView {
                        id: one.id.to_string(),
                        name: one.name,
                        role: role_text(one.role).to_owned(),
                    })
                    .collect(),
            }
        }
    }

    impl KeyView {
        fn new(key: ApiKey, zone: chrono_tz::Tz) -> Self {
            let moment = |at| Moment::new(at, &zone);
            Self {
                id: key.id.to_string(),
                name: key.name,
                role: role_text(key.role).to_owned(),
                hint: key.hint,
                made: moment(key.created_at),
                made_by: key.created_by,
                last_use: key
                    .last_used_at
                    .map(|at| (moment(at), key.last_used_from.unwrap_or_default())),
            }
        }
    }
}
