//! The application that sends a file: proved by its head alone.

use axum::extract::FromRequestParts;
use domain::projects::ProjectId;
use domain::{Actor, Caller, Error, Permission};
use http::request::Parts;

use crate::api::caller::{authenticate, came_in_the_clear};
use crate::api::problem::{Problem, not_encrypted};
use crate::state::AppState;

/// Who sends, and into which project.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sender {
    pub(super) actor: Actor,
    pub(super) project: ProjectId,
}

impl FromRequestParts<AppState> for Sender {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        if came_in_the_clear(&state.http, parts) {
            return Err(not_encrypted());
        }
        let actor = authenticate(&state.backend, parts).await?;
        let Caller::Application { project, .. } = actor.caller else {
            return Err(Error::Forbidden.into());
        };
        // Before anything else is said: a secret without the right learns nothing from what is wrong with its request.
        actor.scope(Permission::DeliverFiles)?;
        Ok(Self { actor, project })
    }
}

impl Sender {
    /// The project as the address or the sender names it: another one is not there (R147).
    pub(super) fn check_project(self, named: &str) -> Result<(), Error> {
        if named.parse() == Ok(self.project) {
            Ok(())
        } else {
            Err(Error::NotFound("project"))
        }
    }
}
