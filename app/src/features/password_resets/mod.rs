//! Forgotten passwords: asking for a link, starting a reset for a member, and setting the new password.

mod api;
mod forgot;
mod set;

pub(crate) use api::StartReset;
pub(crate) use forgot::ForgotPasswordPage;
pub(crate) use set::ResetPasswordPage;
