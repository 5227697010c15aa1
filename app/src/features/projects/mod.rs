//! Projects: the list, a project's settings and its trash; what is decided about sessions and files.

mod access;
mod api;
mod hold;
mod limits;
mod list;
mod naming;
mod retention;
mod settings;
mod state;
mod trash;
mod views;
mod words;

pub(crate) use api::{
    DiscardFiles, HoldSession, MarkFile, ReleaseSession, RestoreFile, get_session_files,
};
pub(crate) use hold::{LiftHold, PlaceHold, Standing};
pub(crate) use list::Projects;
pub(crate) use settings::ProjectSettings;
pub(crate) use state::StateBadges;
pub(crate) use trash::{ProjectTrash, Who};
pub(crate) use views::{DiscardView, GovernedFileView, HoldView, SessionFilesView};
pub(crate) use words::{how_long, who};
