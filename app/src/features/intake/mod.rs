//! Intake: where a project's recordings come in from by themselves, how each source is doing, and what it told.

mod api;
mod fields;
mod forms;
mod health;
mod items;
mod list;
mod snippets;
mod source;
mod views;

pub(crate) use forms::{AddSource, EditSource};
pub(crate) use list::Intake;
pub(crate) use source::OneSource;
