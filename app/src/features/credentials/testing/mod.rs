//! "Test a credential": the form, and what was found out.

mod api;
mod page;
mod words;

pub(crate) use page::CredentialTest;
