//! What can be found out about what a program sends. A closed set; nothing in it was typed by anybody.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::accounts::Challenge;

/// One thing that was found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finding {
    // What it comes to.
    /// It opens the account's files.
    Opens,
    /// It does until then: it is the old password.
    OpensWithOldPassword {
        until: DateTime<Utc>,
    },
    /// Nobody has this user name, or nobody of this account.
    UnknownName,
    /// It is the user name of the account but for capitals.
    NameInOtherCase,
    /// The name is right. When its password was changed last, if it was.
    WrongPassword {
        changed_at: Option<DateTime<Utc>>,
    },
    /// Right, and another account's.
    OtherAccount,
    Expired {
        at: DateTime<Utc>,
    },
    Revoked {
        at: DateTime<Utc>,
    },
    /// Right, but not from the address that was given.
    AddressNotAllowed,
    /// Right, and only from some addresses; none was given.
    AddressMatters,
    /// The gate does not look at passwords for this name from the address that was given, for so long.
    Throttled {
        seconds: u64,
    },
    /// Nothing in it is a user name and password.
    NothingSent,

    // What is wrong with the form of it.
    OtherScheme,
    SchemeMissing,
    NotBase64,
    Base64Wrapped,
    Base64ForAddresses,
    Base64Twice,
    NoColon,
    ControlCharacter,
    LineBreakAtEnd,
    BlankAround,
    /// Percent-encoded where nobody decodes it, or once too often.
    PercentEncoded,
    /// Not percent-encoded in an address.
    NotPercentEncoded,
    /// UTF-8 that was encoded as UTF-8 once more.
    EncodedTwice,
    /// Bytes that are not UTF-8; taken for Latin-1 here.
    Latin1,
    ShellExpands,
    CurlWaits,
    NoPasswordInAddress,

    // What is wrong with where it goes.
    OtherHost,
    OtherPath,
    OtherAccountInPath,
    NoSuchFile,

    /// The client waits to be asked, and this setting answers 403 to it.
    NotAsked {
        setting: Challenge,
    },
}

/// How the program that is tested sends its password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum TestedClient {
    #[default]
    NotSure,
    /// curl, requests and most others.
    SendsAtOnce,
    /// wget, ffmpeg and the others that the gate knows to wait.
    KnownToWait,
    /// Another one that waits to be asked.
    WaitsUnknown,
    Browser,
}

impl TestedClient {
    pub const ALL: [Self; 5] = [
        Self::NotSure,
        Self::SendsAtOnce,
        Self::KnownToWait,
        Self::WaitsUnknown,
        Self::Browser,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotSure => "not_sure",
            Self::SendsAtOnce => "at_once",
            Self::KnownToWait => "known_to_wait",
            Self::WaitsUnknown => "waits",
            Self::Browser => "browser",
        }
    }

    /// Whether the gate answers 403 to it before it has sent what it has (the table of `access/decide.rs`).
    #[must_use]
    pub const fn is_turned_away(self, setting: Challenge) -> bool {
        match self {
            Self::NotSure | Self::SendsAtOnce | Self::Browser => false,
            Self::KnownToWait => matches!(setting, Challenge::NeverPrograms),
            Self::WaitsUnknown => !matches!(setting, Challenge::Everyone),
        }
    }
}

impl std::str::FromStr for TestedClient {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|client| client.as_str() == text)
            .ok_or(())
    }
}
