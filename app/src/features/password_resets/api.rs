//! Server functions of password resets.

use domain::members::MemberId;
use leptos::prelude::*;

use crate::error::UiError;

/// Whether this installation sends mail.
#[server]
pub(crate) async fn sends_mail() -> Result<bool, UiError> {
    Ok(crate::ssr::backend()?.post.is_set_up())
}

/// Asks for a link by mail. The answer is the same whether a member has the address or not.
#[server]
pub(crate) async fn request_reset(#[server(default)] email: String) -> Result<(), UiError> {
    use domain::password_resets::actions;

    use crate::{flash::Notice, routes::paths, ssr};

    let address = ssr::visitor()?.address;
    actions::request(&ssr::backend()?, address, &email).await?;
    ssr::set_notice(Notice::ResetAsked);
    ssr::redirect(paths::FORGOT_PASSWORD);
    Ok(())
}

/// Starts a reset for a member: by mail to the member, or as a link to hand on.
#[server]
pub(crate) async fn start_reset(member: MemberId) -> Result<(), UiError> {
    use domain::members::actions as members;
    use domain::password_resets::actions;

    use crate::features::invitations::OneTimeLink;
    use crate::{flash::Notice, routes::paths, ssr};

    let backend = ssr::backend()?;
    match actions::start(&backend, &ssr::actor()?, member).await? {
        None => ssr::set_notice(Notice::ResetMailed),
        Some(link) => {
            let found = members::find(&backend, member).await?;
            ssr::set_link(&OneTimeLink {
                email: found.map(|member| member.email).unwrap_or_default(),
                address: link.reveal().to_owned(),
                is_invitation: false,
                is_mailed: false,
            })?;
        }
    }
    ssr::redirect(&paths::member(member));
    Ok(())
}

/// E-mail of the member whose password the link sets that led to this page.
#[server]
pub(crate) async fn look_at_reset() -> Result<Option<String>, UiError> {
    use domain::password_resets::actions;

    use crate::ssr;

    let Some(token) = ssr::link_token() else {
        return Ok(None);
    };
    match actions::look(&ssr::backend()?, &token).await {
        Err(domain::Error::NotFound(_)) => Ok(None),
        found => Ok(Some(found?.email)),
    }
}

/// Sets the new password. Signs nobody in, and ends all of the member's sign-ins.
#[server]
pub(crate) async fn set_password(
    #[server(default)] new_password: String,
    #[server(default)] confirmation: String,
) -> Result<(), UiError> {
    use domain::Secret;
    use domain::password_resets::{NewChoice, actions};

    use crate::{flash::Notice, routes::paths, ssr};

    let token = ssr::link_token().ok_or(domain::Error::NotFound("reset link"))?;
    let typed = NewChoice {
        password: Secret::new(new_password),
        confirmation: Secret::new(confirmation),
    };
    let address = ssr::visitor()?.address;
    actions::complete(&ssr::backend()?, address, &token, typed).await?;
    ssr::forget_link_token();
    ssr::set_notice(Notice::PasswordSet);
    ssr::redirect(paths::SIGN_IN);
    Ok(())
}
