//! Projects: what the report's drop-down selects; later the owner of API identifiers and policies.

#[cfg(feature = "postgres")]
pub mod actions;
#[cfg(feature = "postgres")]
mod store;

use serde::{Deserialize, Serialize};

crate::id::id!(ProjectId);

/// A project of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    pub id: ProjectId,
    pub name: String,
}
