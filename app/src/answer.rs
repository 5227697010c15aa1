//! What a posted form is answered with on the page itself: things that must not travel to a next page, because they are
//! secret or because they were typed. The page is rendered in place of a redirect to it; nothing of it is kept.

use domain::api_secrets::MadeApiSecret;
use domain::credentials::Made;
use domain::credentials::inspection::Finding;
use domain::service_accounts::MadeKey;

use crate::error::UiError;

/// The answer to the form that was just posted.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A password that is shown this once.
    Made(Made),
    /// An API secret that is shown this once.
    ApiSecret(MadeApiSecret),
    /// The file of a service account's key, which is shown this once.
    ServiceAccountKey(MadeKey),
    /// Recovery codes that are shown this once.
    RecoveryCodes(Vec<domain::Secret>),
    /// With which the messages to a webhook endpoint are signed.
    WebhookSecret(domain::Secret),
    /// What was found out, and the fields that are not secret.
    Tested {
        findings: Vec<Finding>,
        typed: Vec<(&'static str, String)>,
    },
    /// The form of this path was refused; what was typed in its fields that are not secret.
    Refused {
        form: &'static str,
        error: UiError,
        typed: Vec<(&'static str, String)>,
    },
}

impl Answer {
    /// What was typed in a field; None if the form was not posted just now.
    pub fn typed(&self, field: &str) -> Option<String> {
        match self {
            Self::Made(_)
            | Self::ApiSecret(_)
            | Self::ServiceAccountKey(_)
            | Self::RecoveryCodes(_)
            | Self::WebhookSecret(_) => None,
            Self::Tested { typed, .. } | Self::Refused { typed, .. } => typed
                .iter()
                .find(|(name, _)| *name == field)
                .map(|(_, value)| value.clone()),
        }
    }
}
