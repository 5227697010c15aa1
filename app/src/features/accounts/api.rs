//! Server functions of accounts.

use domain::accounts::Account;
use leptos::prelude::*;

use crate::error::UiError;

/// Whether this installation has an account.
#[server]
pub(crate) async fn is_set_up() -> Result<bool, UiError> {
    use domain::accounts::actions;

    use crate::ssr;

    Ok(actions::is_set_up(&ssr::backend()?).await?)
}

/// Makes the first account and its owner with the one-time code, and signs the owner in.
#[server]
pub(crate) async fn set_up(
    #[server(default)] code: String,
    #[server(default)] account_name: String,
    #[server(default)] owner_name: String,
    #[server(default)] email: String,
    #[server(default)] password: String,
    #[server(default)] confirmation: String,
) -> Result<(), UiError> {
    use domain::Secret;
    use domain::accounts::{NewAccount, actions};

    use crate::{flash::Notice, routes::paths, ssr};

    if password != confirmation {
        return Err(
            domain::Error::invalid("confirmation", "Type the same password as above.").into(),
        );
    }
    let new = NewAccount {
        account_name,
        owner_name,
        email,
        password: Secret::new(password),
    };
    let member = actions::set_up(&ssr::backend()?, ssr::visitor()?.address, &code, new).await?;
    ssr::begin_sign_in(&member).await?;
    ssr::set_notice(Notice::AccountCreated);
    ssr::redirect(paths::RECORDINGS);
    Ok(())
}

/// The account of whoever is signed in.
#[server]
pub(crate) async fn get_account() -> Result<Account, UiError> {
    use domain::accounts::actions;

    use crate::ssr;

    Ok(actions::get(&ssr::backend()?, &ssr::actor()?).await?)
}

/// Chooses how callers without a valid credential are answered.
#[server]
pub(crate) async fn set_challenge(#[server(default)] challenge: String) -> Result<(), UiError> {
    use domain::accounts::{Challenge, actions};

    use crate::{flash::Notice, routes::paths, ssr};

    let challenge: Challenge = challenge
        .parse()
        .map_err(|()| domain::Error::invalid("challenge", "Choose one of the three."))?;
    actions::set_challenge(&ssr::backend()?, &ssr::actor()?, challenge).await?;
    ssr::set_notice(Notice::ChallengeSaved);
    ssr::redirect(paths::RECORDING_SETTINGS);
    Ok(())
}
