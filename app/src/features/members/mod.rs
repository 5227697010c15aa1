//! The signed-in member's own account.

mod account;
mod api;
mod password_change;

pub(crate) use account::OwnAccount;
pub(crate) use api::ChooseTheme;
