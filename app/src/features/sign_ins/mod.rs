//! Signing in and out, and one's own sign-ins.

mod api;
mod next;
mod own;
mod sign_in;

pub(crate) use api::SignOut;
pub(crate) use next::safe_next;
pub(crate) use own::OwnSignIns;
pub(crate) use sign_in::SignInPage;
