//! The access credential: its preset on the report, and Recording Access Control.

mod access_control;
mod api;
mod generate;
mod preset;
mod reset;

pub(crate) use access_control::AccessControl;
pub(crate) use api::{get_credential, reveal_preset};
pub(crate) use preset::PresetLine;
