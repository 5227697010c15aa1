//! Users: the members of the account. People are invited, changed and removed in the portal, by people.

use axum::response::Response;
use domain::Role;
use domain::members::directory::{self, Person};
use serde::Serialize;

use super::message::{Kind, Message};
use super::{Asked, object};

/// In the order of the documentation (compat.md 4.4). What a vault does not know is empty.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct User {
    /// A text here, though it is a number everywhere else.
    system_user_id: String,
    full_name: String,
    email_address: String,
    sms_number: &'static str,
    default_resolution: &'static str,
    time_zone_windows_id: &'static str,
    help_number: &'static str,
    video_id: &'static str,
    external_id: String,
    system_roles: &'static str,
    new_password: Option<()>,
}

impl From<Person> for User {
    fn from(person: Person) -> Self {
        Self {
            system_user_id: person.number.to_string(),
            full_name: person.name,
            external_id: person.email.clone(),
            email_address: person.email,
            sms_number: "",
            default_resolution: "",
            time_zone_windows_id: "UTC",
            help_number: "",
            video_id: "",
            system_roles: "H,P",
            new_password: None,
        }
    }
}

/// `GET /User`.
pub(super) async fn list(asked: &Asked<'_>) -> Result<Response, Message> {
    let people = directory::list(asked.backend, &asked.actor).await?;
    object(&people.into_iter().map(User::from).collect::<Vec<_>>())
}

/// `GET /User/{id}` and `GET /User/0?externalId=`.
pub(super) async fn get(asked: &Asked<'_>) -> Result<Response, Message> {
    object(&User::from(person(asked).await?))
}

/// `DELETE /User/{id}`: an administrator must not be deleted, and nobody else can be from here.
pub(super) async fn delete(asked: &Asked<'_>) -> Result<Response, Message> {
    let person = person(asked).await?;
    Err(Message::of(match person.role {
        Role::Owner | Role::Admin => Kind::Forbidden("An Administrator cannot be deleted."),
        _ => Kind::NotHere,
    }))
}

async fn person(asked: &Asked<'_>) -> Result<Person, Message> {
    // Somebody may have been removed between two questions.
    let person = asked.person().await?;
    person.ok_or(Message::of(Kind::Missing("User", None)))
}
