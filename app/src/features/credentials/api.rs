//! Server functions of access credentials.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::UiError;
use crate::ui::Moment;

/// The access credential, written out for one viewer. Holds no password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CredentialView {
    pub(crate) username: String,
    /// The preset password is unchanged, so it can be shown.
    pub(crate) is_preset: bool,
    /// When it was changed last, and by whom.
    pub(crate) changed: Option<(Moment, Option<String>)>,
}

/// How hard a password is to guess.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StrengthView {
    /// 0 to 4.
    pub(crate) score: u8,
    pub(crate) is_accepted: bool,
    pub(crate) advice: String,
}

/// The access credential of the account.
#[server]
pub(crate) async fn get_credential() -> Result<CredentialView, UiError> {
    use domain::credentials::actions;

    use crate::ssr;

    let visitor = ssr::visitor()?;
    let credential = actions::get(&ssr::backend()?, &ssr::actor()?).await?;
    let changed = credential
        .changed_at
        .map(|at| (Moment::new(at, &visitor.zone), credential.changed_by));
    Ok(CredentialView {
        username: credential.username,
        is_preset: credential.is_preset,
        changed,
    })
}

/// The preset password, while it is unchanged. Each call is recorded.
#[server]
pub(crate) async fn reveal_preset() -> Result<Option<String>, UiError> {
    use domain::credentials::actions;

    use crate::ssr;

    let preset = actions::reveal_preset(&ssr::backend()?, &ssr::actor()?).await?;
    Ok(preset.map(|secret| secret.reveal().to_owned()))
}

/// Resets the access password; the old one is refused from then on.
#[server]
pub(crate) async fn reset_credential(
    #[server(default)] account_password: String,
    #[server(default)] new_password: String,
    #[server(default)] confirmation: String,
    #[server(default)] grace: String,
) -> Result<(), UiError> {
    use domain::Secret;
    use domain::credentials::{Grace, Reset, actions};

    use crate::{flash::Notice, routes::paths, ssr};

    let reset = Reset {
        account_password: Secret::new(account_password),
        new_password: Secret::new(new_password),
        confirmation: Secret::new(confirmation),
        grace: grace_of(&grace)?,
    };
    let notice = match reset.grace {
        Grace::None => Notice::AccessPasswordChanged,
        _ => Notice::AccessPasswordChangedWithGrace,
    };
    actions::reset(&ssr::backend()?, &ssr::actor()?, reset).await?;
    ssr::set_notice(notice);
    ssr::redirect(paths::RECORDING_SETTINGS);
    Ok(())
}

/// How hard this would be to guess as an access password.
#[server]
pub(crate) async fn measure_strength(
    #[server(default)] new_password: String,
) -> Result<StrengthView, UiError> {
    use domain::credentials::actions;

    use crate::ssr;

    let strength = actions::judge(&ssr::backend()?, &ssr::actor()?, &new_password).await?;
    Ok(StrengthView {
        score: strength.score,
        is_accepted: strength.is_accepted,
        advice: strength.advice,
    })
}

/// The choice of a form without one is none at all.
#[cfg(feature = "ssr")]
fn grace_of(typed: &str) -> Result<domain::credentials::Grace, UiError> {
    if typed.is_empty() {
        return Ok(domain::credentials::Grace::None);
    }
    typed
        .parse()
        .map_err(|()| domain::Error::invalid("grace", "Choose one of the four.").into())
}
