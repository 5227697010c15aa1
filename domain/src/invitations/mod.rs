//! Invitations: one-time links that make somebody a member.
//!
//! - An address has one open invitation in an account; sending it again voids the earlier link.
//! - It is good for seven days and for one acceptance. The database knows the hash of the link only.
//! - Only owners invite owners, send their invitations again or withdraw them.

#[cfg(feature = "postgres")]
pub mod actions;
#[cfg(feature = "postgres")]
mod store;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::Role;

crate::id::id!(InvitationId);

/// Path of the page that accepts one.
pub const PATH: &str = "/invitation";

/// An open invitation, as the account's governors see it. It may have expired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    pub id: InvitationId,
    pub email: String,
    pub role: Role,
    /// Name of the inviter; None: the operator.
    pub invited_by: Option<String>,
    pub sent_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// What the link's holder is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    pub account_name: String,
    pub email: String,
    pub role: Role,
    /// Name of the inviter; None: the operator.
    pub invited_by: Option<String>,
}

/// What the link's holder types.
#[derive(Debug, Clone)]
pub struct Acceptance {
    pub name: String,
    pub password: crate::Secret,
    pub confirmation: crate::Secret,
}
