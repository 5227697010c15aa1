//! What somebody types about an endpoint, judged field by field.

use super::{EventType, Form, WebhookSettings};
use crate::accounts::actions::is_deceptive;
use crate::files::FileKind;
use crate::outbound::Outbound;
use crate::{Error, Problem, Secret};

/// An endpoint as somebody wishes it.
#[derive(Debug, Clone)]
pub struct EndpointDraft {
    pub url: String,
    pub description: String,
    pub form: Form,
    pub event_types: Vec<EventType>,
    /// Kinds of which `file.ready` tells; none chosen means all.
    pub file_kinds: Vec<FileKind>,
    /// Of HTTP Basic; empty: none.
    pub username: String,
    /// None or empty keeps the one that is there.
    pub password: Option<Secret>,
}

/// The kinds that `file.ready` tells of.
pub(super) const FILE_KINDS: [FileKind; 6] = [
    FileKind::Individual,
    FileKind::Live,
    FileKind::Chat,
    FileKind::Metadata,
    FileKind::Captions,
    FileKind::Log,
];

/// A draft without fault.
pub(super) struct Checked {
    pub(super) url: String,
    pub(super) description: String,
    pub(super) form: Form,
    pub(super) event_types: Vec<String>,
    pub(super) file_kinds: Vec<String>,
    pub(super) username: Option<String>,
    pub(super) password: Option<Secret>,
}

impl EndpointDraft {
    /// Every wrong field is told at once. `has_password`: one is there that can be kept.
    pub(super) fn check(self, outbound: &Outbound, has_password: bool) -> Result<Checked, Error> {
        let mut problems = Vec::new();
        let mut wrong = |field: &str, message: &str| {
            problems.push(Problem {
                field: field.to_owned(),
                message: message.to_owned(),
            });
        };
        let url = match outbound.check(&self.url) {
            Ok(target) => target.as_str().to_owned(),
            Err(error) => {
                wrong("url", &error.to_string());
                String::new()
            }
        };
        let description = self.description.trim().to_owned();
        if description.chars().count() > 200 {
            wrong("description", "Use at most 200 characters.");
        }
        if description.chars().any(is_deceptive) {
            wrong("description", "Leave out control and invisible characters.");
        }
        let event_types: Vec<EventType> = EventType::ALL
            .into_iter()
            .filter(|event| self.event_types.contains(event))
            .collect();
        if event_types.is_empty() {
            wrong("event_types", "Choose at least one event.");
        } else if let Some(unknown) = event_types.iter().find(|event| !self.form.has(**event)) {
            let message = format!(
                "The EnableX form has no word for {}: choose among session.ended, session.ready and file.transcoded.",
                unknown.as_str()
            );
            wrong("event_types", &message);
        }
        let kinds: Vec<FileKind> = FILE_KINDS
            .into_iter()
            .filter(|kind| self.file_kinds.is_empty() || self.file_kinds.contains(kind))
            .collect();
        if kinds.is_empty() {
            wrong("file_kinds", "Choose kinds of which file.ready can tell.");
        }
        let username = self.username.trim().to_owned();
        // RFC 7617: the first colon ends the user name.
        if username.chars().count() > 128 || username.contains(|c: char| c == ':' || c.is_control())
        {
            wrong("username", "Use at most 128 characters, without a colon.");
        }
        let password = self
            .password
            .filter(|password| !password.reveal().is_empty());
        if let Some(password) = &password {
            if username.is_empty() {
                wrong(
                    "username",
                    "Enter the user name that goes with the password.",
                );
            }
            if password.reveal().len() > 512 || password.reveal().contains(char::is_control) {
                wrong(
                    "password",
                    "Use at most 512 bytes, without control characters.",
                );
            }
        } else if !username.is_empty() && !has_password {
            wrong(
                "password",
                "Enter the password that goes with the user name.",
            );
        }
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        Ok(Checked {
            url,
            description,
            form: self.form,
            event_types: event_types.iter().map(|e| e.as_str().to_owned()).collect(),
            file_kinds: kinds.iter().map(|k| k.as_str().to_owned()).collect(),
            username: Some(username).filter(|name| !name.is_empty()),
            password,
        })
    }
}

/// Settings as somebody types them.
#[derive(Debug, Clone)]
pub struct SettingsDraft {
    pub ready_after_minutes: String,
    pub expiring_notice_hours: String,
}

impl SettingsDraft {
    pub(super) fn check(&self) -> Result<WebhookSettings, Error> {
        let mut problems = Vec::new();
        let mut number = |field: &str, text: &str, from: u32, to: u32| {
            let number = text.trim().parse().ok().filter(|n| (from..=to).contains(n));
            if number.is_none() {
                problems.push(Problem {
                    field: field.to_owned(),
                    message: format!("Enter a whole number from {from} to {to}."),
                });
            }
            number.unwrap_or_default()
        };
        let settings = WebhookSettings {
            ready_after_minutes: number("ready_after_minutes", &self.ready_after_minutes, 0, 1440),
            expiring_notice_hours: number(
                "expiring_notice_hours",
                &self.expiring_notice_hours,
                1,
                720,
            ),
        };
        if problems.is_empty() {
            Ok(settings)
        } else {
            Err(Error::Invalid(problems))
        }
    }
}
