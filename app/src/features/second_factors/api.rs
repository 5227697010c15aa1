//! Server functions of one's own second factors, and of resetting another member's.

use domain::members::MemberId;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::UiError;
use crate::ui::Moment;

/// What one has, written out for its member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FactorsView {
    pub(crate) app: Option<Used>,
    pub(crate) passkeys: Vec<PasskeyView>,
    pub(crate) codes_left: i64,
    pub(crate) codes_made: Option<Moment>,
    pub(crate) are_on: bool,
    /// Whether browsers make passkeys for this installation at all.
    pub(crate) can_have_passkeys: bool,
}

/// Since when something is there, and when it was used last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Used {
    pub(crate) added: Moment,
    pub(crate) last_used: Option<Moment>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PasskeyView {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) used: Used,
}

/// What an app is set up with. Rendered on the server; nothing of it is an island's.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DraftView {
    /// Width of the QR code in modules, and its path.
    pub(crate) qr: (i32, String),
    /// `otpauth://…`, which an app on the same device opens.
    pub(crate) address: String,
    pub(crate) secret: String,
}

/// Masked: whoever has it shows the codes.
impl std::fmt::Debug for DraftView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DraftView").finish_non_exhaustive()
    }
}

/// One's own second factors.
#[server]
pub(crate) async fn get_second_factors() -> Result<FactorsView, UiError> {
    use domain::second_factors::{actions, passkeys};

    use crate::ssr;

    let (backend, zone) = (ssr::backend()?, ssr::visitor()?.zone);
    let has = actions::get(&backend, &ssr::actor()?).await?;
    let used = |added, last: Option<_>| Used {
        added: Moment::new(added, &zone),
        last_used: last.map(|at| Moment::new(at, &zone)),
    };
    let passkeys_of = has.passkeys.iter().map(|passkey| PasskeyView {
        id: passkey.id.to_string(),
        name: passkey.name.clone(),
        used: used(passkey.added_at, passkey.last_used_at),
    });
    Ok(FactorsView {
        are_on: has.are_on(),
        passkeys: passkeys_of.collect(),
        codes_left: has.codes_left,
        codes_made: has.codes_made_at.map(|at| Moment::new(at, &zone)),
        app: has.app.map(|app| used(app.added_at, app.last_used_at)),
        can_have_passkeys: passkeys::are_possible(&backend),
    })
}

/// Begins to set up an authenticator app.
#[server]
pub(crate) async fn begin_app(#[server(default)] account_password: String) -> Result<(), UiError> {
    use domain::{Secret, second_factors::actions};
    use leptos::server_fn::ServerFn as _;

    use crate::{routes::paths, ssr};

    let (backend, actor, sign_in) = (ssr::backend()?, ssr::actor()?, ssr::sign_in_key()?);
    let password = Secret::new(account_password);
    let begun = actions::begin_app(&backend, &actor, &sign_in, &password).await;
    let path = paths::SECOND_FACTOR_APP;
    ssr::refused_on(begun, path, BeginApp::PATH, Vec::new())?;
    ssr::redirect(path);
    Ok(())
}

/// What the app is set up with that was begun in this browser.
#[server]
pub(crate) async fn get_app_draft() -> Result<Option<DraftView>, UiError> {
    use domain::second_factors::actions;

    use super::qr;
    use crate::ssr;

    let (backend, actor, sign_in) = (ssr::backend()?, ssr::actor()?, ssr::sign_in_key()?);
    let Some(draft) = actions::app_draft(&backend, &actor, &sign_in).await? else {
        return Ok(None);
    };
    let address = draft.address.reveal();
    let qr = qr::draw(address)
        .ok_or_else(|| domain::Error::internal("an address that no QR code holds"))?;
    Ok(Some(DraftView {
        qr,
        address: address.to_owned(),
        secret: draft.grouped.reveal().to_owned(),
    }))
}

/// Confirms the app with a code. The first factor brings recovery codes, shown this once.
#[server]
pub(crate) async fn confirm_app(#[server(default)] code: String) -> Result<(), UiError> {
    use domain::second_factors::actions;
    use leptos::server_fn::ServerFn as _;

    use crate::{flash::Notice, routes::paths, ssr};

    let (backend, actor, sign_in) = (ssr::backend()?, ssr::actor()?, ssr::sign_in_key()?);
    let confirmed = actions::confirm_app(&backend, &actor, &sign_in, &code).await;
    let path = paths::SECOND_FACTOR_APP;
    let codes = ssr::refused_on(confirmed, path, ConfirmApp::PATH, Vec::new())?;
    ssr::show_codes_or(codes, Notice::AuthenticatorAdded);
    Ok(())
}

/// Removes the authenticator app.
#[server]
pub(crate) async fn remove_app(#[server(default)] account_password: String) -> Result<(), UiError> {
    use domain::{Secret, second_factors::actions};
    use leptos::server_fn::ServerFn as _;

    use crate::{flash::Notice, routes::paths, ssr};

    let (backend, actor) = (ssr::backend()?, ssr::actor()?);
    let removed = actions::remove_app(&backend, &actor, &Secret::new(account_password)).await;
    let path = paths::SECOND_FACTOR_APP_REMOVAL;
    ssr::refused_on(removed, path, RemoveApp::PATH, Vec::new())?;
    ssr::set_notice(Notice::AuthenticatorRemoved);
    ssr::redirect(paths::SECOND_FACTOR);
    Ok(())
}

/// Makes new recovery codes, shown this once.
#[server]
pub(crate) async fn renew_recovery_codes(
    #[server(default)] account_password: String,
) -> Result<(), UiError> {
    use domain::{Secret, second_factors::actions};
    use leptos::server_fn::ServerFn as _;

    use crate::{flash::Notice, routes::paths, ssr};

    let (backend, actor) = (ssr::backend()?, ssr::actor()?);
    let made = actions::renew_codes(&backend, &actor, &Secret::new(account_password)).await;
    let path = paths::SECOND_FACTOR_CODES;
    let codes = ssr::refused_on(made, path, RenewRecoveryCodes::PATH, Vec::new())?;
    ssr::show_codes_or(codes, Notice::AuthenticatorAdded);
    Ok(())
}

/// Turns the second factor off.
#[server]
pub(crate) async fn turn_off_second_factor(
    #[server(default)] account_password: String,
) -> Result<(), UiError> {
    use domain::{Secret, second_factors::actions};
    use leptos::server_fn::ServerFn as _;

    use crate::{flash::Notice, routes::paths, ssr};

    let (backend, actor) = (ssr::backend()?, ssr::actor()?);
    let done = actions::turn_off(&backend, &actor, &Secret::new(account_password)).await;
    let path = paths::SECOND_FACTOR_OFF;
    ssr::refused_on(done, path, TurnOffSecondFactor::PATH, Vec::new())?;
    ssr::set_notice(Notice::SecondFactorOff);
    ssr::redirect(paths::SECOND_FACTOR);
    Ok(())
}

/// Begins to add a passkey: what the browser is asked.
#[server]
pub(crate) async fn begin_passkey(
    #[server(default)] name: String,
    #[server(default)] account_password: String,
) -> Result<String, UiError> {
    use domain::{Secret, second_factors::passkeys};

    use crate::ssr;

    let (backend, actor, sign_in) = (ssr::backend()?, ssr::actor()?, ssr::sign_in_key()?);
    let password = Secret::new(account_password);
    Ok(passkeys::begin(&backend, &actor, &sign_in, &name, &password).await?)
}

/// Adds the passkey that the browser made. The first factor brings recovery codes, shown this once.
#[server]
pub(crate) async fn finish_passkey(#[server(default)] credential: String) -> Result<(), UiError> {
    use domain::second_factors::passkeys;
    use leptos::server_fn::ServerFn as _;

    use crate::{flash::Notice, routes::paths, ssr};

    let (backend, actor, sign_in) = (ssr::backend()?, ssr::actor()?, ssr::sign_in_key()?);
    let added = passkeys::finish(&backend, &actor, &sign_in, &credential).await;
    let path = paths::SECOND_FACTOR_NEW_PASSKEY;
    let codes = ssr::refused_on(added, path, FinishPasskey::PATH, Vec::new())?;
    ssr::show_codes_or(codes, Notice::PasskeyAdded);
    Ok(())
}

/// Calls a passkey something else.
#[server]
pub(crate) async fn rename_passkey(
    #[server(default)] id: String,
    #[server(default)] name: String,
) -> Result<(), UiError> {
    use domain::second_factors::passkeys;
    use leptos::server_fn::ServerFn as _;

    use crate::{flash::Notice, routes::paths, ssr};

    let passkey = passkey_of(&id)?;
    let renamed = passkeys::rename(&ssr::backend()?, &ssr::actor()?, passkey, &name).await;
    let typed = vec![("name", name)];
    let path = paths::passkey(&passkey.to_string());
    ssr::refused_on(renamed, &path, RenamePasskey::PATH, typed)?;
    ssr::set_notice(Notice::PasskeyRenamed);
    ssr::redirect(paths::SECOND_FACTOR);
    Ok(())
}

/// Removes a passkey.
#[server]
pub(crate) async fn remove_passkey(
    #[server(default)] id: String,
    #[server(default)] account_password: String,
) -> Result<(), UiError> {
    use domain::{Secret, second_factors::passkeys};
    use leptos::server_fn::ServerFn as _;

    use crate::{flash::Notice, routes::paths, ssr};

    let passkey = passkey_of(&id)?;
    let password = Secret::new(account_password);
    let removed = passkeys::remove(&ssr::backend()?, &ssr::actor()?, passkey, &password).await;
    let path = paths::passkey(&passkey.to_string());
    ssr::refused_on(removed, &path, RemovePasskey::PATH, Vec::new())?;
    ssr::set_notice(Notice::PasskeyRemoved);
    ssr::redirect(paths::SECOND_FACTOR);
    Ok(())
}

/// Takes another member's second factors away and ends the member's sign-ins.
#[server]
pub(crate) async fn reset_second_factor(
    member: MemberId,
    #[server(default)] account_password: String,
) -> Result<(), UiError> {
    use domain::{Secret, second_factors::reset};
    use leptos::server_fn::ServerFn as _;

    use crate::{flash::Notice, routes::paths, ssr};

    let password = Secret::new(account_password);
    let done = reset::reset(&ssr::backend()?, &ssr::actor()?, member, &password).await;
    let path = paths::member(member);
    ssr::refused_on(done, &path, ResetSecondFactor::PATH, Vec::new())?;
    ssr::set_notice(Notice::SecondFactorReset);
    ssr::redirect(&path);
    Ok(())
}

#[cfg(feature = "ssr")]
fn passkey_of(id: &str) -> Result<domain::second_factors::PasskeyId, UiError> {
    id.parse()
        .map_err(|_| domain::Error::NotFound("passkey").into())
}
