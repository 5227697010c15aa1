//! Server functions of sign-ins.

use leptos::prelude::*;

use crate::error::UiError;

/// Signs this browser in, and goes on to `next`.
#[server]
pub(crate) async fn sign_in(
    #[server(default)] email: String,
    #[server(default)] password: String,
    #[server(default)] next: String,
) -> Result<(), UiError> {
    use domain::{Secret, sign_ins::actions};

    use super::safe_next;
    use crate::ssr;

    let address = ssr::visitor()?.address;
    let member =
        actions::sign_in(&ssr::backend()?, address, &email, &Secret::new(password)).await?;
    ssr::begin_sign_in(&member).await?;
    ssr::redirect(safe_next(&next));
    Ok(())
}

/// Signs this browser out.
#[server]
pub(crate) async fn sign_out() -> Result<(), UiError> {
    use domain::sign_ins::actions;

    use crate::{flash::Notice, routes::paths, ssr};

    // Somebody whose sign-in has ended meanwhile gets what they asked for, too.
    if let Some(actor) = ssr::visitor()?.actor {
        actions::record_sign_out(&ssr::backend()?, &actor).await?;
    }
    ssr::end_sign_in().await?;
    ssr::set_notice(Notice::SignedOut);
    ssr::redirect(paths::SIGN_IN);
    Ok(())
}
