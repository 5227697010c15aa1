//! Server functions of a sign-in that waits for a second factor. None of them needs a sign-in; each needs the cookie
//! that the right password left in this browser.

use domain::second_factors::Ways;
use leptos::prelude::*;

use crate::error::UiError;

/// What this browser's sign-in may be completed with. None: it waits for nothing, or no longer.
#[server]
pub(crate) async fn look_at_step() -> Result<Option<Ways>, UiError> {
    use domain::second_factors::steps;

    use crate::ssr;

    match ssr::step_token() {
        Some(token) => Ok(steps::look(&ssr::backend()?, &token).await?),
        None => Ok(None),
    }
}

/// Completes the sign-in with a code of the authenticator app.
#[server]
pub(crate) async fn check_code(#[server(default)] code: String) -> Result<(), UiError> {
    use domain::second_factors::steps;

    use crate::ssr;

    let (backend, address) = (ssr::backend()?, ssr::visitor()?.address);
    let passed = steps::check_code(&backend, address, &waiting()?, &code).await?;
    enter(passed).await
}

/// Completes the sign-in with a recovery code.
#[server]
pub(crate) async fn check_recovery_code(
    #[server(default)] recovery_code: String,
) -> Result<(), UiError> {
    use domain::second_factors::steps;

    use crate::ssr;

    let (backend, address) = (ssr::backend()?, ssr::visitor()?.address);
    let passed = steps::check_recovery_code(&backend, address, &waiting()?, &recovery_code).await?;
    enter(passed).await
}

/// Begins to ask for a passkey: what the browser is asked.
#[server]
pub(crate) async fn begin_passkey_step() -> Result<String, UiError> {
    use domain::second_factors::steps;

    use crate::ssr;

    Ok(steps::begin_passkey(&ssr::backend()?, &waiting()?).await?)
}

/// Completes the sign-in with a passkey.
#[server]
pub(crate) async fn check_passkey(#[server(default)] credential: String) -> Result<(), UiError> {
    use domain::second_factors::steps;

    use crate::ssr;

    let (backend, address) = (ssr::backend()?, ssr::visitor()?.address);
    let passed = steps::finish_passkey(&backend, address, &waiting()?, &credential).await?;
    enter(passed).await
}

#[cfg(feature = "ssr")]
fn waiting() -> Result<domain::second_factors::steps::StepToken, UiError> {
    crate::ssr::step_token().ok_or_else(|| {
        domain::Error::Conflict("Your sign-in was not finished in time. Sign in again.".to_owned())
            .into()
    })
}

/// Signs the browser in, and goes where the member wanted to.
#[cfg(feature = "ssr")]
async fn enter(passed: domain::second_factors::steps::Passed) -> Result<(), UiError> {
    use crate::features::sign_ins::safe_next;
    use crate::{flash::Notice, ssr};

    ssr::complete_sign_in(&passed.member).await?;
    ssr::forget_step();
    if let Some(left) = passed.codes_left {
        ssr::set_notice(Notice::RecoveryCodeUsed {
            left: u8::try_from(left).unwrap_or(u8::MAX),
        });
    }
    ssr::redirect(safe_next(&passed.next));
    Ok(())
}
