//! Access credentials: the preset on the report, Recording Access Control, further credentials, and their test.

mod access_control;
mod api;
mod further;
mod generate;
mod grace;
mod old_password;
mod preset;
mod reset;
mod testing;

pub(crate) use access_control::AccessControl;
#[cfg(feature = "ssr")]
pub(crate) use api::grace_of;
pub(crate) use api::{get_credential, reveal_preset};
pub(crate) use further::{AddCredential, EditCredential, OneCredential, RotateCredential};
pub(crate) use preset::PresetLine;
pub(crate) use testing::CredentialTest;
