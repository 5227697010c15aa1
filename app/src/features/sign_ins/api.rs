//! Server functions of sign-ins.

use domain::sign_ins::SignInId;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::UiError;
use crate::ui::Moment;

/// One of one's own sign-ins, written out for its member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SignInView {
    pub(crate) id: SignInId,
    pub(crate) device: String,
    pub(crate) address: Option<String>,
    pub(crate) created: Moment,
    pub(crate) last_seen: Moment,
    pub(crate) is_this: bool,
}

/// Signs this browser in, and goes on to `next`; where the member has a second factor, that is asked for first.
#[server]
pub(crate) async fn sign_in(
    #[server(default)] email: String,
    #[server(default)] password: String,
    #[server(default)] next: String,
) -> Result<(), UiError> {
    use domain::{Secret, sign_ins::actions};

    use domain::second_factors::steps;

    use super::safe_next;
    use crate::{routes::paths, ssr};

    let (backend, address) = (ssr::backend()?, ssr::visitor()?.address);
    let password = Secret::new(password);
    let member = actions::check_password(&backend, address, &email, &password).await?;
    let next = safe_next(&next);
    // SECURITY: where more is asked for, the browser gets no sign-in yet, only what finds this one again.
    if let Some(token) = steps::begin(&backend, &member, next).await? {
        ssr::set_step(&token);
        ssr::redirect(paths::SECOND_STEP);
    } else {
        ssr::complete_sign_in(&member).await?;
        ssr::redirect(next);
    }
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

/// One's own sign-ins; this browser's is the first.
#[server]
pub(crate) async fn list_sign_ins() -> Result<Vec<SignInView>, UiError> {
    use domain::sign_ins::actions;

    use crate::ssr;

    let zone = ssr::visitor()?.zone;
    let key = ssr::sign_in_key()?;
    let found = actions::list_own(&ssr::backend()?, &ssr::actor()?, &key).await?;
    let views = found.into_iter().map(|sign_in| SignInView {
        id: sign_in.id,
        device: sign_in.device,
        address: sign_in.address,
        created: Moment::new(sign_in.created_at, &zone),
        last_seen: Moment::new(sign_in.last_seen_at, &zone),
        is_this: sign_in.is_this,
    });
    Ok(views.collect())
}

/// Ends one of one's own sign-ins.
#[server]
pub(crate) async fn end_sign_in(id: SignInId) -> Result<(), UiError> {
    use domain::sign_ins::actions;

    use crate::{flash::Notice, routes::paths, ssr};

    actions::end_own(&ssr::backend()?, &ssr::actor()?, id).await?;
    ssr::set_notice(Notice::SignInEnded);
    ssr::redirect(paths::SIGN_INS);
    Ok(())
}

/// Ends all of one's own sign-ins but this one.
#[server]
pub(crate) async fn end_other_sign_ins() -> Result<(), UiError> {
    use domain::sign_ins::actions;

    use crate::{flash::Notice, routes::paths, ssr};

    actions::end_others(&ssr::backend()?, &ssr::actor()?, &ssr::sign_in_key()?).await?;
    ssr::set_notice(Notice::OtherSignInsEnded);
    ssr::redirect(paths::SIGN_INS);
    Ok(())
}
