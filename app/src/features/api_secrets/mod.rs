//! Account › API: identifiers and secrets of projects, ready commands, and what limits the APIs.

mod api;
mod commands;
mod limits;
mod make;
mod once;
mod overview;
mod project;
mod rights;
mod secrets;
mod views;

pub(crate) use api::get_project_identifier;
pub(crate) use make::NewApiSecret;
pub(crate) use overview::ApiOverview;
pub(crate) use project::ApiProject;
