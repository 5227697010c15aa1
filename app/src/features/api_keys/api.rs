//! Server functions of API keys.

use leptos::prelude::*;

use super::views::KeysView;
use crate::error::UiError;

/// Whether the account takes keys, those in force, and the service accounts that could have one.
#[server]
pub(super) async fn get_api_keys() -> Result<KeysView, UiError> {
    use domain::{api_keys, service_accounts};

    use crate::ssr;

    let visitor = ssr::visitor()?;
    let (backend, actor) = (ssr::backend()?, ssr::actor()?);
    let found = api_keys::actions::list(&backend, &actor).await?;
    let owners = service_accounts::actions::list(&backend, &actor).await?;
    Ok(KeysView::new(found, owners, visitor.zone))
}

/// Takes keys from now on, or none.
#[server]
pub(super) async fn switch_api_keys(#[server(default)] are_taken: bool) -> Result<(), UiError> {
    use domain::api_keys::actions;

    use crate::{flash::Notice, routes::paths, ssr};

    actions::set_taken(&ssr::backend()?, &ssr::actor()?, are_taken).await?;
    ssr::set_notice(if are_taken {
        Notice::ApiKeysSwitchedOn
    } else {
        Notice::ApiKeysSwitchedOff
    });
    ssr::redirect(paths::API_KEYS);
    Ok(())
}

/// Makes a key of a service account, and shows it this once.
#[server]
pub(super) async fn make_api_key(#[server(default)] owner: String) -> Result<(), UiError> {
    use domain::Error;
    use domain::api_keys::actions;
    use leptos::server_fn::ServerFn as _;

    use crate::{answer::Answer, routes::paths, ssr};

    let made = match owner.parse() {
        Ok(id) => actions::make(&ssr::backend()?, &ssr::actor()?, id).await,
        Err(_) => Err(Error::invalid("owner", "Choose a service account.")),
    };
    let typed = vec![("owner", owner)];
    let made = ssr::refused_on(made, paths::API_KEYS, MakeApiKey::PATH, typed)?;
    ssr::answer_on(paths::API_KEYS, Answer::ApiKey(made));
    Ok(())
}

/// Ends a key for good.
#[server]
pub(super) async fn revoke_api_key(#[server(default)] id: String) -> Result<(), UiError> {
    use domain::Error;
    use domain::api_keys::actions;

    use crate::{flash::Notice, routes::paths, ssr};

    let key = id
        .parse()
        .map_err(|_| UiError::from(Error::NotFound("API key")))?;
    actions::revoke(&ssr::backend()?, &ssr::actor()?, key).await?;
    ssr::set_notice(Notice::ApiKeyRevoked);
    ssr::redirect(paths::API_KEYS);
    Ok(())
}
