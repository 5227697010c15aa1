//! Members: one's own account, and for those who govern the account everybody's.

mod account;
mod api;
mod member;
mod password_change;
mod rights;
mod roster;

pub(crate) use account::OwnAccount;
pub(crate) use api::ChooseTheme;
pub(crate) use member::MemberPage;
pub(crate) use roster::Members;
