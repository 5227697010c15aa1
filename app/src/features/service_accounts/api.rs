//! Server functions of service accounts.

use leptos::prelude::*;

use super::views::{AccountView, OneView};
use crate::error::UiError;

/// All of the account's.
#[server]
pub(super) async fn list_service_accounts() -> Result<Vec<AccountView>, UiError> {
    use domain::service_accounts::actions;

    use crate::ssr;

    let backend = ssr::backend()?;
    let (now, zone) = (backend.clock.now(), ssr::visitor()?.zone);
    let found = actions::list(&backend, &ssr::actor()?).await?;
    Ok(found
        .into_iter()
        .map(|one| AccountView::new(one, now, zone))
        .collect())
}

/// One of them, and the lines that use it.
#[server]
pub(super) async fn get_service_account(id: String) -> Result<OneView, UiError> {
    use domain::service_accounts::{actions, commands};

    use super::views::ShellView;
    use crate::ssr;

    let (backend, visitor) = (ssr::backend()?, ssr::visitor()?);
    let found = actions::get(&backend, &ssr::actor()?, id_of(&id)?).await?;
    Ok(OneView {
        account: AccountView::new(found, backend.clock.now(), visitor.zone),
        shell: ShellView {
            script: commands::SCRIPT.to_owned(),
            curl: commands::CURL.to_owned(),
            python: commands::python(&visitor.public_url),
        },
    })
}

/// Creates one, and shows its file on its page, this once.
#[server]
pub(super) async fn create_service_account(
    #[server(default)] name: String,
    #[server(default)] role: String,
) -> Result<(), UiError> {
    use domain::service_accounts::actions::{self, ServiceAccountDraft};
    use leptos::server_fn::ServerFn as _;

    use crate::{answer::Answer, routes::paths, ssr};

    let typed = vec![("name", name.clone()), ("role", role.clone())];
    let draft = ServiceAccountDraft { name, role };
    let made = actions::create(&ssr::backend()?, &ssr::actor()?, draft).await;
    let path = paths::NEW_SERVICE_ACCOUNT;
    let made = ssr::refused_on(made, path, CreateServiceAccount::PATH, typed)?;
    let page = paths::service_account(&made.service_account.to_string());
    ssr::answer_on(&page, Answer::ServiceAccountKey(made));
    Ok(())
}

/// Makes a new key, and shows its file on the page, this once.
#[server]
pub(super) async fn rotate_service_account(
    #[server(default)] id: String,
    #[server(default)] grace: String,
) -> Result<(), UiError> {
    use domain::service_accounts::actions;
    use leptos::server_fn::ServerFn as _;

    use crate::features::credentials::grace_of;
    use crate::{answer::Answer, routes::paths, ssr};

    let typed = vec![("grace", grace.clone())];
    let (account, grace) = (id_of(&id)?, grace_of(&grace)?);
    let made = actions::rotate(&ssr::backend()?, &ssr::actor()?, account, grace).await;
    let page = paths::service_account(&id);
    let made = ssr::refused_on(made, &page, RotateServiceAccount::PATH, typed)?;
    ssr::answer_on(&page, Answer::ServiceAccountKey(made));
    Ok(())
}

/// Gives it another role.
#[server]
pub(super) async fn change_service_account_role(
    #[server(default)] id: String,
    #[server(default)] role: String,
) -> Result<(), UiError> {
    use domain::service_accounts::actions;
    use leptos::server_fn::ServerFn as _;

    use crate::{flash::Notice, routes::paths, ssr};

    let done = actions::set_role(&ssr::backend()?, &ssr::actor()?, id_of(&id)?, &role).await;
    let page = paths::service_account(&id);
    ssr::refused_on(
        done,
        &page,
        ChangeServiceAccountRole::PATH,
        vec![("role", role)],
    )?;
    ssr::set_notice(Notice::RoleChanged);
    ssr::redirect(&page);
    Ok(())
}

/// Ends one key for good.
#[server]
pub(super) async fn revoke_service_account_key(
    #[server(default)] id: String,
    #[server(default)] key: String,
) -> Result<(), UiError> {
    use domain::Error;
    use domain::service_accounts::actions;

    use crate::{flash::Notice, routes::paths, ssr};

    let (backend, actor) = (ssr::backend()?, ssr::actor()?);
    let owner = actions::get(&backend, &actor, id_of(&id)?).await?;
    // The page speaks of one service account.
    let key = owner.keys.iter().find(|one| one.id.to_string() == key);
    let key = key.ok_or(Error::NotFound("key"))?.id;
    actions::revoke_key(&backend, &actor, key).await?;
    ssr::set_notice(Notice::KeyRevoked);
    ssr::redirect(&paths::service_account(&id));
    Ok(())
}

/// Ends it with all its keys, for good.
#[server]
pub(super) async fn revoke_service_account(#[server(default)] id: String) -> Result<(), UiError> {
    use domain::service_accounts::actions;

    use crate::{flash::Notice, routes::paths, ssr};

    actions::revoke(&ssr::backend()?, &ssr::actor()?, id_of(&id)?).await?;
    ssr::set_notice(Notice::ServiceAccountRevoked);
    ssr::redirect(paths::SERVICE_ACCOUNTS);
    Ok(())
}

#[cfg(feature = "ssr")]
fn id_of(text: &str) -> Result<domain::service_accounts::ServiceAccountId, UiError> {
    text.parse()
        .map_err(|_| domain::Error::NotFound("service account").into())
}
