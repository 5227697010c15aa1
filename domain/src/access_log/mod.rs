//! The access log: one row for each grant and refusal of a session file.
//!
//! - A row says when, whose, which file, who asked and how, from where, with what, and what came of it. Never what
//!   somebody typed as a user name or password.
//! - A request never waits for its row: rows wait in memory and are written in batches, at most half a second later.
//! - Rows are only ever added. Each holds the SHA-256 of the row before it and of itself, with consecutive numbers,
//!   so that a row which was changed, removed or put elsewhere is found without trusting the database.
//! - There is one such chain for each account, and one, under the nil id, for requests that name no account.

#[cfg(feature = "postgres")]
pub mod actions;
#[cfg(feature = "postgres")]
pub mod chain;
pub mod report;
#[cfg(feature = "postgres")]
mod store;
#[cfg(feature = "postgres")]
pub mod writer;

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::accounts::AccountId;
use crate::api_secrets::ApiSecretId;
use crate::credentials::CredentialId;
use crate::files::FileId;
use crate::members::MemberId;
use crate::projects::ProjectId;
use crate::service_accounts::ServiceAccountId;
use crate::sessions::SessionId;

#[cfg(feature = "postgres")]
pub use writer::{AccessLog, Counts};

crate::id::id!(EntryId);

/// Declares a closed set that is stored and sent as text. The texts are kept for ever: never reuse one.
macro_rules! texts {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// The one of this text; None for any other.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text)
            }
        }
    };
}

texts! {
    /// What sort of caller asked.
    CallerKind {
        /// A person who is signed in to the portal.
        Member = "member",
        /// A program, or a person, with an access credential.
        Credential = "credential",
        /// A program with a project's API identifier and secret, or with what it asked for with these.
        Application = "application",
        /// A program with a token of a service account.
        ServiceAccount = "service_account",
        /// Somebody without a valid proof.
        Nobody = "none",
    }
}

texts! {
    /// How a caller proved itself, or tried to.
    Way {
        /// Not at all.
        Nothing = "nothing",
        /// User name and password, in HTTP Basic.
        Basic = "basic",
        /// The cookie of a sign-in.
        Cookie = "cookie",
        /// A token in the address that opens one file for a while.
        Link = "link",
        /// A token, in HTTP Bearer.
        Bearer = "bearer",
        /// An `Authorization` that is none we know, or that cannot be read.
        Other = "other",
    }
}

texts! {
    /// Why a file was refused.
    Reason {
        /// The caller showed nothing.
        NoProof = "no_proof",
        /// No credential has this user name.
        UnknownName = "unknown_name",
        /// The password is wrong, or the old one after its grace period.
        WrongPassword = "wrong_password",
        /// The password is right, and the credential past its last day.
        CredentialExpired = "credential_expired",
        /// The password is right, and the credential was revoked.
        CredentialRevoked = "credential_revoked",
        /// The password is right, and the address not on the credential's list.
        AddressNotAllowed = "address_not_allowed",
        /// Right, but sent by a browser that has not asked for it since browser access was ended.
        BrowserAccessEnded = "browser_access_ended",
        /// An `Authorization` that cannot be read, comes twice, or is of another scheme.
        UnreadableProof = "unreadable_proof",
        /// A link whose time is over, or whose API secret was revoked.
        LinkEnded = "link_ended",
        /// A link that was never made, was changed, or is of another file.
        WrongLink = "wrong_link",
        /// A token that cannot be read, or that says how it is to be judged.
        UnreadableToken = "unreadable_token",
        /// A token of a key that no service account has.
        UnknownKey = "unknown_key",
        /// A token that its key did not sign.
        WrongSignature = "wrong_signature",
        /// A signed token whose claims are missing, too much, or meant for others.
        WrongClaims = "wrong_claims",
        /// A signed token for an account that is neither the key's nor its child.
        WrongIssuer = "wrong_issuer",
        /// A signed token whose time is over.
        TokenExpired = "token_expired",
        /// A signed token whose time has not come.
        TokenNotYetValid = "token_not_yet_valid",
        /// A token of a key that another one took the place of.
        KeyEnded = "key_ended",
        /// A token of a revoked key or service account.
        KeyRevoked = "key_revoked",
        /// Too many wrong passwords or tokens came before.
        Throttled = "throttled",
        /// The role of the member or service account may not open such a file.
        Role = "role",
        /// The caller is known, and the account has no such file.
        NoSuchFile = "no_such_file",
        /// The caller is known, but in another account.
        OtherAccount = "other_account",
        /// The file's time is over.
        Expired = "expired",
        /// The file is in the trash.
        Trashed = "trashed",
        /// The file's bytes were deleted.
        Deleted = "deleted",
        /// The file is known, but its bytes are not where they should be.
        NotInVault = "not_in_vault",
        /// Another method than GET and HEAD.
        Method = "method",
        /// A condition of the request (`If-Match` and such) does not hold.
        Precondition = "precondition",
        /// The part that was asked for lies past the file's end.
        Range = "range",
        /// The database was away, or there was no room for one more password check.
        Unavailable = "unavailable",
        /// Something went wrong in the server.
        Failed = "failed",
    }
}

/// Who asked: the kind, and the id of a member, credential, API secret or service account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    pub kind: CallerKind,
    /// None for nobody.
    pub id: Option<Uuid>,
}

impl Caller {
    pub const NOBODY: Self = Self {
        kind: CallerKind::Nobody,
        id: None,
    };

    pub const fn member(id: MemberId) -> Self {
        Self {
            kind: CallerKind::Member,
            id: Some(*id.as_uuid()),
        }
    }

    pub const fn application(id: ApiSecretId) -> Self {
        Self {
            kind: CallerKind::Application,
            id: Some(*id.as_uuid()),
        }
    }

    pub const fn service_account(id: ServiceAccountId) -> Self {
        Self {
            kind: CallerKind::ServiceAccount,
            id: Some(*id.as_uuid()),
        }
    }

    pub const fn credential(id: CredentialId) -> Self {
        Self {
            kind: CallerKind::Credential,
            id: Some(*id.as_uuid()),
        }
    }
}

/// What the gate tells of a request, when its answer has ended.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub id: EntryId,
    /// When the request came.
    pub occurred_at: DateTime<Utc>,
    /// The account that the address names, whether there is one or not.
    pub account: Option<AccountId>,
    /// The account that a valid proof belongs to.
    pub caller_account: Option<AccountId>,
    /// The file that the address names, whether there is one or not, and its name.
    pub file: Option<(FileId, String)>,
    pub caller: Caller,
    pub way: Way,
    pub client: IpAddr,
    pub user_agent: Option<String>,
    pub method: String,
    pub status: u16,
    /// Bytes of the body that were handed to the connection.
    pub bytes_sent: u64,
    /// None: granted.
    pub reason: Option<Reason>,
}

/// A row as it is stored, with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The chain: an account, or nil.
    pub account: AccountId,
    /// From 1, without gaps.
    pub seq: i64,
    pub id: EntryId,
    pub occurred_at: DateTime<Utc>,
    pub project: Option<ProjectId>,
    pub session: Option<SessionId>,
    pub file: Option<FileId>,
    pub file_name: Option<String>,
    /// A text, not the enum, here and below: a row is proved as it is, whatever version of the program wrote it.
    pub caller_kind: String,
    pub caller: Option<Uuid>,
    pub proof: String,
    pub client_address: String,
    pub user_agent: Option<String>,
    pub method: String,
    pub status: i16,
    pub bytes_sent: i64,
    pub reason: Option<String>,
}

/// The chain of requests that name no account.
pub const NO_ACCOUNT: AccountId = AccountId::from_uuid(Uuid::nil());
