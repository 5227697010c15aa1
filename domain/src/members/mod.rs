//! Members: people who sign in to an account, each with a role.
//!
//! - An e-mail address is one member of one account, in any spelling of its case.
//! - An account password has at least 15 characters, since a second factor is everybody's own choice.
//! - Changing it ends every other sign-in of the member.
//! - An account always has an owner who can sign in; only owners make owners, or touch them; nobody removes, disables
//!   or demotes oneself.

#[cfg(feature = "postgres")]
pub mod actions;
#[cfg(feature = "postgres")]
pub mod directory;
#[cfg(feature = "postgres")]
mod directory_store;
#[cfg(feature = "postgres")]
pub mod roster;
#[cfg(feature = "postgres")]
mod roster_store;
#[cfg(feature = "postgres")]
mod store;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{Error, Role};

crate::id::id!(MemberId);

/// A person who signs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub id: MemberId,
    pub account: crate::accounts::AccountId,
    pub account_name: String,
    pub name: String,
    pub email: String,
    pub role: Role,
}

/// A member as the account's governors see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedMember {
    pub id: MemberId,
    pub name: String,
    pub email: String,
    pub role: Role,
    /// Cannot sign in until somebody enables the member again.
    pub is_disabled: bool,
    /// Within a minute. None: never signed in.
    pub last_seen_at: Option<DateTime<Utc>>,
    /// An authenticator app or a passkey.
    pub has_second_factor: bool,
}

/// An e-mail address, lower case, good enough to be sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// The field is named `email`.
    pub fn parse(typed: &str) -> Result<Self, Error> {
        let text = typed.trim().to_lowercase();
        let wrong = || Error::invalid("email", "Enter an e-mail address such as name@example.com.");
        let (local, domain) = text.rsplit_once('@').ok_or_else(wrong)?;
        let sound = !local.is_empty()
            && domain.split('.').all(|label| !label.is_empty())
            && text.len() <= 254
            && !text.chars().any(|c| c.is_whitespace() || c.is_control());
        if sound { Ok(Self(text)) } else { Err(wrong()) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A change of one's own account password, as typed.
#[derive(Debug, Clone)]
pub struct PasswordChange {
    pub current: crate::Secret,
    pub new: crate::Secret,
    pub confirmation: crate::Secret,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_lower_case_and_has_two_halves() {
        assert_eq!(
            Email::parse(" Ada@Example.COM ").unwrap().as_str(),
            "ada@example.com"
        );
        for bad in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@ex ample.com",
            "ada@example..com",
        ] {
            assert!(Email::parse(bad).is_err(), "{bad}");
        }
    }
}
