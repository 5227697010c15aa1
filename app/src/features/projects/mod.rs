//! Projects: the list, a project's settings, its trash, and the files of a session one by one.

mod access;
mod api;
mod hold;
mod list;
mod naming;
mod retention;
mod session_files;
mod settings;
mod state;
mod trash;
mod views;
mod words;

pub(crate) use list::Projects;
pub(crate) use session_files::SessionFilesPage;
pub(crate) use settings::ProjectSettings;
pub(crate) use state::StateBadges;
pub(crate) use trash::ProjectTrash;
