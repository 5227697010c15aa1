//! Server functions of members.

use leptos::prelude::*;

use crate::error::UiError;

/// Changes one's own account password; all other sign-ins of the member end.
#[server]
pub(crate) async fn change_password(
    #[server(default)] current_password: String,
    #[server(default)] new_password: String,
    #[server(default)] confirmation: String,
) -> Result<(), UiError> {
    use domain::Secret;
    use domain::members::{PasswordChange, actions};

    use crate::{flash::Notice, routes::paths, ssr};

    let change = PasswordChange {
        current: Secret::new(current_password),
        new: Secret::new(new_password),
        confirmation: Secret::new(confirmation),
    };
    let member = ssr::visitor()?.member;
    actions::change_password(&ssr::backend()?, &ssr::actor()?, change, None).await?;
    // It ended every sign-in, this one too, whose id an earlier guest of this browser may know: here is a new one.
    if let Some(member) = member {
        ssr::begin_sign_in(&member).await?;
    }
    ssr::set_notice(Notice::AccountPasswordChanged);
    ssr::redirect(paths::ACCOUNT);
    Ok(())
}

/// Chooses light, dark or the system's theme for this browser.
#[server]
pub(crate) async fn choose_theme(
    #[server(default)] theme: String,
    #[server(default)] next: String,
) -> Result<(), UiError> {
    use crate::features::sign_ins::safe_next;
    use crate::{ssr, viewer::Theme};

    ssr::set_theme(Theme::parse(&theme));
    ssr::redirect(safe_next(&next));
    Ok(())
}
