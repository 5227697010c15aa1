//! The Recordings report.

mod api;
mod filter_form;
mod query;
mod recordings;
mod table;

pub(crate) use recordings::Recordings;
