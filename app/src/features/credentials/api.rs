//! Server functions of access credentials.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::old_password::OldPasswordView;
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
pub(crate) fn grace_of(typed: &str) -> Result<domain::credentials::Grace, UiError> {
    if typed.is_empty() {
        return Ok(domain::credentials::Grace::None);
    }
    typed
        .parse()
        .map_err(|()| domain::Error::invalid("grace", "Choose one of the four.").into())
}

/// The main credential's old password and who is on it, while it is accepted.
#[server]
pub(crate) async fn get_old_password() -> Result<Option<OldPasswordView>, UiError> {
    use domain::credentials::actions;

    use crate::ssr;

    let credential = actions::get(&ssr::backend()?, &ssr::actor()?).await?;
    old_password_of(credential.id, credential.old_accepted_until).await
}

/// The old password of any credential, with its callers.
#[cfg(feature = "ssr")]
pub(crate) async fn old_password_of(
    id: domain::credentials::CredentialId,
    until: Option<chrono::DateTime<chrono::Utc>>,
) -> Result<Option<OldPasswordView>, UiError> {
    use domain::credentials::callers;

    use super::old_password::OldCallerView;
    use crate::ssr;

    let Some(until) = until else {
        return Ok(None);
    };
    let zone = ssr::visitor()?.zone;
    let found = callers::list_old(&ssr::backend()?, &ssr::actor()?, id).await?;
    let callers = found
        .into_iter()
        .map(|caller| OldCallerView {
            address: caller.address,
            client: caller.client,
            last_seen: Moment::new(caller.last_seen_at, &zone),
            requests: caller.requests,
            state: caller.state,
        })
        .collect();
    Ok(Some(OldPasswordView {
        id: id.to_string(),
        until: Moment::new(until, &zone),
        callers,
    }))
}

/// Ends a grace period: the old password is refused from then on.
#[server]
pub(crate) async fn end_grace(#[server(default)] id: String) -> Result<(), UiError> {
    use domain::credentials::{CredentialId, actions};

    use crate::{flash::Notice, routes::paths, ssr};

    let credential: CredentialId = id
        .parse()
        .map_err(|_| UiError::from(domain::Error::NotFound("credential")))?;
    let (backend, actor) = (ssr::backend()?, ssr::actor()?);
    actions::end_grace(&backend, &actor, credential).await?;
    ssr::set_notice(Notice::OldPasswordEnded);
    if actions::get(&backend, &actor).await?.id == credential {
        ssr::redirect(paths::RECORDING_SETTINGS);
    } else {
        ssr::redirect(&paths::credential(&id));
    }
    Ok(())
}

/// When browser access was ended last.
#[server]
pub(crate) async fn get_browser_end() -> Result<Option<Moment>, UiError> {
    use domain::credentials::browsers;

    use crate::ssr;

    let zone = ssr::visitor()?.zone;
    let ended_at = browsers::ended_at(&ssr::backend()?, &ssr::actor()?).await?;
    Ok(ended_at.map(|at| Moment::new(at, &zone)))
}

/// Every browser has to ask for the password again.
#[server]
pub(crate) async fn end_browser_access() -> Result<(), UiError> {
    use domain::credentials::browsers;

    use crate::{flash::Notice, routes::paths, ssr};

    browsers::end_access(&ssr::backend()?, &ssr::actor()?).await?;
    ssr::set_notice(Notice::BrowserAccessEnded);
    ssr::redirect(paths::RECORDING_SETTINGS);
    Ok(())
}
