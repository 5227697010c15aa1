//! Settings › Service accounts: who signs tokens, with which role and keys, and the lines that use them.

mod api;
mod create;
mod list;
mod once;
mod one;
mod role;
mod shell;
mod views;

pub(crate) use create::NewServiceAccount;
pub(crate) use list::ServiceAccounts;
pub(crate) use one::OneServiceAccount;
