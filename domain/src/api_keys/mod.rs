//! API keys: the older, deprecated way by which programs call the management API, as a parameter `api_key`.
//!
//! - An account takes none until it switches them on: a key in an address stands in logs and histories on its way.
//! - A key is one of a service account, and may what that may. It ends with it.
//! - A key is shown once. What is kept is its hash, its last characters, and when and from where it was used last.

#[cfg(feature = "postgres")]
pub mod actions;
#[cfg(feature = "postgres")]
mod store;
#[cfg(feature = "postgres")]
pub mod verification;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::Role;
use crate::service_accounts::ServiceAccountId;

crate::id::id!(ApiKeyId);

/// A key as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    pub id: ApiKeyId,
    /// Whose it is.
    pub service_account: ServiceAccountId,
    /// What people call that.
    pub name: String,
    /// Of the service account.
    pub role: Option<Role>,
    /// Its last characters.
    pub hint: String,
    pub created_at: DateTime<Utc>,
    /// Name of the member; None: the operator.
    pub created_by: Option<String>,
    /// To the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    pub last_used_from: Option<String>,
}

/// A key that was just made.
#[derive(Debug, Clone)]
pub struct MadeApiKey {
    pub id: ApiKeyId,
    /// Of the service account.
    pub name: String,
    /// Of the account, which the parameter `account_id` says.
    pub account_number: i64,
    /// Exists here alone; afterwards there is only its hash.
    pub key: crate::Secret,
}

/// Whether an account takes API keys, and those in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeys {
    pub are_taken: bool,
    /// Of the account, which the parameter `account_id` says.
    pub account_number: i64,
    /// By name of the service account, latest first.
    pub keys: Vec<ApiKey>,
}
