//! Signing in and out.

mod api;
mod next;
mod sign_in;

pub(crate) use api::SignOut;
pub(crate) use next::safe_next;
pub(crate) use sign_in::SignInPage;
