//! What server functions of second factors need of the request and the response.

use domain::Secret;
use domain::second_factors::steps::{LIFE, StepToken};

use super::{answer_on, cookie, parts, redirect, set_cookie, set_notice, visitor};
use crate::answer::Answer;
use crate::flash::Notice;
use crate::routes::paths;

/// Cookie of a sign-in that waits for a second factor. It is no sign-in: nothing else looks at it.
const STEP_COOKIE: &str = "step";
/// The prefix makes browsers insist on Secure, on no Domain and on the path `/` (R062).
const SECURE_STEP_COOKIE: &str = "__Host-step";

fn step_cookie() -> &'static str {
    if visitor().is_ok_and(|visitor| visitor.public_url.starts_with("https:")) {
        SECURE_STEP_COOKIE
    } else {
        STEP_COOKIE
    }
}

/// Binds a sign-in that waits to this browser.
pub(crate) fn set_step(token: &StepToken) {
    set_cookie(&format!(
        "{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax",
        step_cookie(),
        token.reveal(),
        LIFE.num_seconds()
    ));
}

/// The sign-in of this browser that waits.
pub(crate) fn step_token() -> Option<StepToken> {
    let parts = parts()?;
    cookie(&parts.headers, step_cookie()).map(StepToken::new)
}

/// Makes the browser forget it.
pub(crate) fn forget_step() {
    set_cookie(&format!(
        "{}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",
        step_cookie()
    ));
}

/// Shows recovery codes this once, in the answer itself; without any, goes back with a notice.
pub(crate) fn show_codes_or(codes: Vec<Secret>, notice: Notice) {
    if codes.is_empty() {
        set_notice(notice);
        redirect(paths::SECOND_FACTOR);
    } else {
        answer_on(paths::SECOND_FACTOR_CODES, Answer::RecoveryCodes(codes));
    }
}
