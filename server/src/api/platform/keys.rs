//! Keys of service accounts, as the hosted service knows them: a key, its name and its roles are one there. Here a new
//! key is a new service account with one key.

use axum::response::Response;
use domain::service_accounts::actions::{self, ServiceAccountDraft};
use domain::service_accounts::{ServiceAccount, ServiceAccountKeyId, role_text};
use domain::{Error, Permission, Role};
use serde::Serialize;
use serde_json::json;

use super::errors::Refused;
use super::{Asked, done, success};

/// Keys in one answer, if the request does not say how many; and at most.
const PRESET: u32 = 20;
const MOST: u32 = 1000;
/// Characters of a name, as the hosted service has it.
const MAX_NAME: usize = 50;

/// Numbers and names of the roles that a vault knows, in the order of the hosted service's list. The numbers are ours.
const ROLES: [(i64, &str, Role); 5] = [
    (1, "Owner", Role::Owner),
    (2, "Admin", Role::Admin),
    (3, "Support", Role::Support),
    (4, "Supervisor", Role::Supervisor),
    (5, "Developer", Role::Developer),
];

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the names of the documentation")]
struct Key<'a> {
    key_id: ServiceAccountKeyId,
    key_name: &'a str,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<Vec<serde_json::Value>>,
}

/// `CreateKey`.
pub(super) async fn create(asked: &Asked<'_>) -> Result<Response, Refused> {
    let name = asked.parameters.text("key_name");
    if name.is_some_and(|name| name.chars().count() > MAX_NAME) {
        return Err(Refused::parameter("key_name", "has 50 characters at most."));
    }
    let name = name.or_else(|| asked.parameters.text("description"));
    let draft = ServiceAccountDraft {
        name: name.unwrap_or("Made by CreateKey").to_owned(),
        role: role_text(role(asked)?).to_owned(),
    };
    let made = actions::create(asked.backend, &asked.actor, draft).await?;
    success(&json!({
        "result": {
            "account_email": made.account_email,
            "account_id": made.account_number,
            "key_id": made.key,
            "private_key": made.private_key.reveal(),
        }
    }))
}

/// The one role that is named; None if none is.
fn role(asked: &Asked<'_>) -> Result<Option<Role>, Refused> {
    let given = asked.parameters;
    let (numbers, names) = (given.numbers("role_id")?, given.list("role_name")?);
    let found = match (&numbers[..], &names[..]) {
        ([], []) => return Ok(None),
        ([number], []) => ROLES.iter().find(|(known, ..)| known == number),
        ([], [name]) => ROLES
            .iter()
            .find(|(_, known, _)| known.eq_ignore_ascii_case(name)),
        _ => {
            return Err(Refused::parameter(
                "role_id",
                "or 'role_name' names one role: a key has one or none here.",
            ));
        }
    };
    found.map(|(.., role)| Some(*role)).ok_or_else(|| {
        Refused::parameter(
            "role_name",
            "(or 'role_id') must be Owner (1), Admin (2), Support (3), Supervisor (4) or Developer (5).",
        )
    })
}

/// `GetKeys`: those that tokens are accepted of.
pub(super) async fn list(asked: &Asked<'_>) -> Result<Response, Refused> {
    let given = asked.parameters;
    let only = given.text("key_id");
    let with_roles = given.boolean("with_roles")? == Some(true);
    let count = given.number_up_to("count", MOST)?.unwrap_or(PRESET);
    let offset = given.number_up_to("offset", u32::MAX)?.unwrap_or(0);
    let found = actions::list(asked.backend, &asked.actor).await?;
    let now = asked.backend.clock.now();
    let keys: Vec<(&ServiceAccount, ServiceAccountKeyId)> = found
        .iter()
        .flat_map(|owner| owner.keys_in_force(now).map(move |key| (owner, key.id)))
        .filter(|(_, id)| only.is_none_or(|only| id.to_string() == only))
        .collect();
    let total = keys.len();
    let result: Vec<Key<'_>> = keys
        .into_iter()
        .skip(usize::try_from(offset).unwrap_or(usize::MAX))
        .take(usize::try_from(count).unwrap_or(usize::MAX))
        .map(|(owner, key_id)| Key {
            key_id,
            key_name: &owner.name,
            description: &owner.name,
            roles: with_roles.then(|| roles(owner.role)),
        })
        .collect();
    success(&json!({ "count": result.len(), "result": result, "total_count": total }))
}

fn roles(role: Option<Role>) -> Vec<serde_json::Value> {
    let named = ROLES.iter().filter(|(_, _, known)| Some(*known) == role);
    named
        .map(|(id, name, _)| {
            json!({ "role_id": id, "role_name": name, "inherited": false, "gui_only": false })
        })
        .collect()
}

/// `DeleteKey`: for good. The last key of a service account takes that with it, since without a key it is nothing.
pub(super) async fn delete(asked: &Asked<'_>) -> Result<Response, Refused> {
    let Some(id) = asked.parameters.text("key_id") else {
        return Err(Refused::parameter("key_id", "is required."));
    };
    asked.actor.may(Permission::ManageServiceAccounts)?;
    // What is no id is no key.
    let key: ServiceAccountKeyId = id.parse().map_err(|_| Error::NotFound("key"))?;
    actions::delete_key(asked.backend, &asked.actor, key).await?;
    done()
}
