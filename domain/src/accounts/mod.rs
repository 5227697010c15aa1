//! Accounts: the tenant that owns everything else, and the first set-up of an installation.
//!
//! - An account has a name, and says how callers without a valid proof are answered at the gate.
//! - An account may have a parent, whose service accounts act in it as in their own. One level: no account has both a
//!   parent and children.
//! - An installation without any account has a one-time, time-boxed set-up code instead of a default password.

#[cfg(feature = "postgres")]
pub mod actions;
#[cfg(feature = "postgres")]
mod store;

use serde::{Deserialize, Serialize};

crate::id::id!(AccountId);

/// The tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    pub name: String,
    pub challenge: Challenge,
    /// What files of service accounts and the management API call it.
    pub number: i64,
    /// The account whose service accounts may act in this one, too.
    pub parent: Option<AccountId>,
}

/// How the gate answers a caller who gave no valid proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(
    feature = "postgres",
    derive(sqlx::Type),
    sqlx(type_name = "text", rename_all = "snake_case")
)]
#[serde(rename_all = "snake_case")]
pub enum Challenge {
    /// A browser gets its dialog, a program 403; programs known to send their password only after a 401 get one.
    #[default]
    Documented,
    /// 401 for all, as RFC 9110 would have it.
    Everyone,
    /// 403 for every program, also for those that then never send their password.
    NeverPrograms,
}

impl Challenge {
    pub const ALL: [Self; 3] = [Self::Documented, Self::Everyone, Self::NeverPrograms];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Everyone => "everyone",
            Self::NeverPrograms => "never_programs",
        }
    }
}

impl std::str::FromStr for Challenge {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|challenge| challenge.as_str() == text)
            .ok_or(())
    }
}

/// What makes an account and its first owner. Texts as typed; `actions` judges them.
#[derive(Debug, Clone)]
pub struct NewAccount {
    pub account_name: String,
    pub owner_name: String,
    pub email: String,
    pub password: crate::Secret,
}
