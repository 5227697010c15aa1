//! What the forms of webhooks send, read into what the actions take.

use domain::projects::ProjectId;
use domain::webhooks::{DeliveryId, EndpointDraft, EndpointId};
use domain::{Error, Secret};

use crate::error::UiError;

pub(super) fn project_id(text: &str) -> Result<ProjectId, UiError> {
    text.parse().map_err(|_| Error::NotFound("project").into())
}

pub(super) fn endpoint_id(text: &str) -> Result<EndpointId, UiError> {
    text.parse()
        .map_err(|_| Error::NotFound("webhook endpoint").into())
}

pub(super) fn delivery_id(text: &str) -> Result<DeliveryId, UiError> {
    text.parse().map_err(|_| Error::NotFound("delivery").into())
}

/// What was typed about an endpoint, but for the password.
pub(super) struct Typed {
    pub(super) url: String,
    pub(super) description: String,
    pub(super) form: String,
    pub(super) event_types: Vec<String>,
    pub(super) file_kinds: Vec<String>,
    pub(super) username: String,
}

impl Typed {
    /// What no form of ours sends is left out.
    pub(super) fn draft(&self, password: String) -> EndpointDraft {
        EndpointDraft {
            url: self.url.clone(),
            description: self.description.clone(),
            form: self.form.parse().unwrap_or_default(),
            event_types: self
                .event_types
                .iter()
                .filter_map(|e| e.parse().ok())
                .collect(),
            file_kinds: self
                .file_kinds
                .iter()
                .filter_map(|k| k.parse().ok())
                .collect(),
            username: self.username.clone(),
            password: Some(Secret::new(password)),
        }
    }

    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        vec![
            ("url", self.url.clone()),
            ("description", self.description.clone()),
            ("form", self.form.clone()),
            ("event_types", self.event_types.join(",")),
            ("file_kinds", self.file_kinds.join(",")),
            ("username", self.username.clone()),
        ]
    }
}
