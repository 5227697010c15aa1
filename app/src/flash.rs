//! What one request leaves for the next page to show, once: a notice, or the problems of a form that was posted
//! without JavaScript. It travels in a cookie; `server` moves it in and out, pages read it from the `Viewer`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::error::UiError;

/// Something to be shown once. What comes back in the cookie is not trusted: notices are a closed set,
/// and problems are rendered as text, never as markup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Flash {
    /// A thing was done.
    Notice(Notice),
    /// A link that is shown once, sealed by the server for whoever made it; see `ssr::set_link`.
    Link(Vec<u8>),
    /// The form that posts to this path was refused.
    Problems {
        form: String,
        error: UiError,
        /// What was typed in those of its fields that are [`KEPT`].
        #[serde(default)]
        typed: Vec<(String, String)>,
    },
}

/// Fields that come back as they were typed when their form is refused without scripts. An allow-list: a password, a
/// code or a link must never get into a cookie.
pub const KEPT: [&str; 10] = [
    "access",
    "account_name",
    "email",
    "grace",
    "name",
    "owner_name",
    "public_hours",
    "reason",
    "role",
    "target",
];

/// The closed set of sentences that a redirect may leave behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    SignedOut,
    AccountCreated,
    AccessPasswordChanged,
    AccessPasswordChangedWithGrace,
    OldPasswordEnded,
    BrowserAccessEnded,
    CredentialSaved,
    CredentialRevoked,
    ChallengeSaved,
    AccountPasswordChanged,
    InvitationWithdrawn,
    InvitationAccepted,
    RoleChanged,
    MemberDisabled,
    MemberEnabled,
    MemberRemoved,
    ResetMailed,
    ResetAsked,
    PasswordSet,
    SignInEnded,
    OtherSignInsEnded,
    ProjectCreated,
    ProjectRenamed,
    ProjectArchived,
    ProjectUnarchived,
    ProjectAccessSaved,
    ProjectLimitsSaved,
    RetentionSaved,
    HoldPlaced,
    HoldLifted,
    FileSecured,
    FileUnsecured,
    FilesTrashed,
    FileRestored,
    SessionDescribed,
    WebhookSaved,
    WebhookEnabled,
    WebhookDisabled,
    WebhookDeleted,
    WebhookTestSent,
    WebhookSentAgain,
    WebhookMissedSentAgain,
    WebhookSettingsSaved,
    ApiSecretRevoked,
    KeyRevoked,
    ServiceAccountRevoked,
    ApiLimitsSaved,
    SourceAdded,
    SourceSaved,
    SourceRemoved,
    FetchAgain,
    AuthenticatorAdded,
    AuthenticatorRemoved,
    PasskeyAdded,
    PasskeyRenamed,
    PasskeyRemoved,
    SecondFactorOff,
    SecondFactorReset,
    RecoveryCodeUsed {
        /// How many are left.
        left: u8,
    },
}

/// By how many are left.
const RECOVERY_CODE_USED: [&str; 10] = [
    "You signed in with your last recovery code. Make new ones at once: Account, Second factor.",
    "You signed in with a recovery code. One is left: make new ones soon, at Account, Second factor.",
    "You signed in with a recovery code. 2 are left: make new ones soon, at Account, Second factor.",
    "You signed in with a recovery code. 3 are left: make new ones soon, at Account, Second factor.",
    "You signed in with a recovery code. 4 are left.",
    "You signed in with a recovery code. 5 are left.",
    "You signed in with a recovery code. 6 are left.",
    "You signed in with a recovery code. 7 are left.",
    "You signed in with a recovery code. 8 are left.",
    "You signed in with a recovery code. 9 are left.",
];

impl Notice {
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::SignedOut => "You are signed out.",
            Self::AccountCreated => "Your account is ready, and you are signed in.",
            Self::AccessPasswordChanged => {
                "The access password is changed. The old one no longer opens any file; programs that use it need the new one."
            }
            Self::SourceAdded => "The source is added. What is left to do stands below.",
            Self::SourceSaved => "Saved. It holds for the next event and the next attempt.",
            Self::SourceRemoved => "The source is removed. What came from it stays in the vault.",
            Self::FetchAgain => {
                "It is tried again now. Load this page again to see what comes of it."
            }
            Self::SessionDescribed => "Title and tags are saved.",
            Self::WebhookSaved => "The endpoint is saved. It holds for the next message.",
            Self::WebhookEnabled => "The endpoint is on. It is told of what happens from now on.",
            Self::WebhookDisabled => "The endpoint is off. It is told nothing.",
            Self::WebhookDeleted => "The endpoint is deleted.",
            Self::WebhookTestSent => {
                "A test event is on its way. Reload this page to see what came of it."
            }
            Self::WebhookSentAgain => {
                "It is being sent again. Reload this page to see what came of it."
            }
            Self::WebhookMissedSentAgain => {
                "What the endpoint missed is being sent again. Reload this page to see what came of it."
            }
            Self::WebhookSettingsSaved => "Saved. It holds for what is waiting, too.",
            Self::AccessPasswordChangedWithGrace => {
                "The access password is changed. The old one still opens files for a while: see below who is on it."
            }
            Self::OldPasswordEnded => "The old password no longer opens any file.",
            Self::BrowserAccessEnded => {
                "Browser access is ended. Every browser has to ask for the password again; programs go on."
            }
            Self::CredentialRevoked => "The credential is revoked. It no longer opens any file.",
            Self::CredentialSaved | Self::ChallengeSaved => {
                "Saved. It holds for the next request of every caller."
            }
            Self::AccountPasswordChanged => {
                "Your account password is changed. All your other sign-ins have ended."
            }
            Self::InvitationWithdrawn => "The invitation is withdrawn. Its link no longer works.",
            Self::InvitationAccepted => "Welcome. Sign in with your address and your new password.",
            Self::RoleChanged => "The role is changed. It holds from the member's next click on.",
            Self::MemberDisabled => "The member is disabled and signed out everywhere.",
            Self::MemberEnabled => "The member can sign in again.",
            Self::MemberRemoved => "The member is removed and signed out everywhere.",
            Self::ResetMailed => {
                "A link to set a new password is on its way to the member by mail."
            }
            Self::ResetAsked => {
                "If a member signs in with this address, a mail with a link is on its way. The link is good for an hour."
            }
            Self::PasswordSet => {
                "Your new account password is set, and all your sign-ins have ended. Sign in with it."
            }
            Self::SignInEnded => "That browser is signed out.",
            Self::OtherSignInsEnded => "All your other browsers are signed out.",
            Self::ProjectCreated => "The project is there. Decide below who can open its files.",
            Self::ProjectRenamed => "The project has its new name.",
            Self::ProjectArchived => "The project is archived. Nothing was deleted.",
            Self::ProjectUnarchived => "The project is back.",
            Self::ProjectAccessSaved => "Saved. It holds for the next request.",
            Self::ProjectLimitsSaved => "Saved. It holds for the next file that is sent in.",
            Self::RetentionSaved => "The rule is saved, and holds from now on.",
            Self::HoldPlaced => {
                "The legal hold stands. Nothing beneath it expires or is deleted until it is lifted."
            }
            Self::HoldLifted => "The legal hold is lifted. Retention and the trash go on.",
            Self::FileSecured => "The file is marked secure.",
            Self::FileUnsecured => {
                "The mark is removed: what holds for the project holds for the file."
            }
            Self::FilesTrashed => "Moved to the trash, where it can be restored for 30 days.",
            Self::ApiSecretRevoked => {
                "The API secret is revoked. Programs are refused with it from their next request on."
            }
            Self::KeyRevoked => "The key is revoked. Tokens of it no longer open any file.",
            Self::ServiceAccountRevoked => {
                "The service account is revoked. Its tokens no longer open any file."
            }
            Self::ApiLimitsSaved => "Saved. It holds for the next request of every program.",
            Self::AuthenticatorAdded => {
                "The authenticator app is set up. Its codes count from now on; those of an app before it no longer do."
            }
            Self::AuthenticatorRemoved => "The authenticator app is removed.",
            Self::PasskeyAdded => "The passkey is added.",
            Self::PasskeyRenamed => "The passkey has its new name.",
            Self::PasskeyRemoved => "The passkey is removed.",
            Self::SecondFactorOff => {
                "Your second factor is off. Your account password alone signs you in."
            }
            Self::SecondFactorReset => {
                "The second factor is reset, and the member is signed out everywhere."
            }
            Self::RecoveryCodeUsed { left } => match RECOVERY_CODE_USED {
                // What came back in the cookie may be anything.
                sentences if (left as usize) < sentences.len() => sentences[left as usize],
                _ => "You signed in with a recovery code.",
            },
            Self::FileRestored => "The file is restored.",
        }
    }
}

/// All but the characters that RFC 6265 lets stand in a cookie and that need no thought.
const COOKIE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

impl Flash {
    /// Cookies above this many bytes are not taken: no form of ours has that many problems.
    pub const MAX_BYTES: usize = 3000;

    /// The cookie's value; None if it would be too long to come back. What is wrong matters more than what was typed.
    pub fn encode(&self) -> Option<String> {
        let json = serde_json::to_string(self).ok()?;
        let value = utf8_percent_encode(&json, COOKIE).to_string();
        if value.len() <= Self::MAX_BYTES {
            return Some(value);
        }
        match self {
            Self::Problems { form, error, typed } if !typed.is_empty() => Self::Problems {
                form: form.clone(),
                error: error.clone(),
                typed: Vec::new(),
            }
            .encode(),
            _ => None,
        }
    }

    /// The same with what of these fields is [`KEPT`], where a form was refused.
    #[must_use]
    pub fn with_typed(self, fields: Vec<(String, String)>) -> Self {
        match self {
            Self::Problems { form, error, .. } => Self::Problems {
                form,
                error,
                typed: fields
                    .into_iter()
                    .filter(|(name, _)| KEPT.contains(&name.as_str()))
                    .collect(),
            },
            other => other,
        }
    }

    /// The flash in a cookie's value; None if it is none of ours.
    pub fn decode(value: &str) -> Option<Self> {
        if value.len() > Self::MAX_BYTES {
            return None;
        }
        let json = percent_decode_str(value).decode_utf8().ok()?;
        serde_json::from_str(&json).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flash_survives_its_cookie() {
        for flash in [
            Flash::Notice(Notice::SignedOut),
            Flash::Notice(Notice::RecoveryCodeUsed { left: 9 }),
            Flash::Problems {
                form: "/rpc/app/features/sign_ins/api/sign_in".to_owned(),
                error: UiError::invalid("password", "Wrong; try \"again\", süß."),
                typed: vec![("email".to_owned(), "ädä@example.com".to_owned())],
            },
        ] {
            let value = flash.encode().unwrap();
            assert!(
                value
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_.%".contains(&b)),
                "{value}"
            );
            assert_eq!(Flash::decode(&value), Some(flash));
        }
    }

    fn refused() -> Flash {
        Flash::Problems {
            form: "/rpc/x".to_owned(),
            error: UiError::Forbidden,
            typed: Vec::new(),
        }
    }

    /// R055: what is typed into a field of a password never gets into a cookie.
    #[test]
    fn only_fields_that_hold_no_secret_are_kept() {
        let field = |name: &str| (name.to_owned(), "x".to_owned());
        let fields = ["reason", "password", "account_password", "code", "sent"].map(field);
        let flash = refused().with_typed(fields.to_vec());
        assert!(
            matches!(&flash, Flash::Problems { typed, .. } if *typed == vec![field("reason")]),
            "{flash:?}"
        );
        for name in KEPT {
            assert!(!name.contains("password") && !name.contains("confirm"));
        }
    }

    #[test]
    fn problems_are_told_even_if_what_was_typed_is_too_long() {
        let long = vec![("reason".to_owned(), "x".repeat(Flash::MAX_BYTES))];
        let value = refused().with_typed(long).encode().unwrap();
        assert_eq!(Flash::decode(&value), Some(refused()));
    }

    #[test]
    fn what_is_not_ours_is_nothing() {
        let huge = "a".repeat(Flash::MAX_BYTES + 1);
        for value in [
            "",
            "%FF",
            "{}",
            "%22signed_in%22",
            "%7B%22Notice%22%3A%22pwned%22%7D",
            huge.as_str(),
        ] {
            assert_eq!(Flash::decode(value), None, "{value}");
        }
    }
}
