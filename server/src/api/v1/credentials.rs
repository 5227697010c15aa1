//! `/credentials`: the account's further access credentials, one for each integration.

use axum::Json as Shown;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::credentials::{CredentialId, FurtherCredential, Grace, further};
use domain::{Backend, Error};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use uuid::Uuid;

use super::query::{Nothing, Query};
use super::request::{Application, Id, Json};
use super::tags::tagged;
use crate::api::problem::Problem;

/// A credential. Never its password.
#[derive(Serialize, ToSchema)]
pub(super) struct Credential {
    id: Uuid,
    name: String,
    username: String,
    /// From then on it opens nothing.
    expires_at: Option<DateTime<Utc>>,
    /// From where it opens files; empty for anywhere.
    networks: Vec<String>,
    created_at: DateTime<Utc>,
    /// When its password was last changed.
    changed_at: DateTime<Utc>,
    /// Until when the password before is accepted, too.
    old_accepted_until: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
    last_used_from: Option<String>,
}

/// Credentials, by name.
#[derive(Serialize, ToSchema)]
pub(super) struct CredentialList {
    items: Vec<Credential>,
}

impl From<FurtherCredential> for Credential {
    fn from(credential: FurtherCredential) -> Self {
        let last = credential.last_use;
        Self {
            id: *credential.id.as_uuid(),
            name: credential.name,
            username: credential.username,
            expires_at: credential.expires_at,
            networks: credential
                .networks
                .iter()
                .map(ToString::to_string)
                .collect(),
            created_at: credential.created_at,
            changed_at: credential.changed_at,
            old_accepted_until: credential.old_accepted_until,
            last_used_at: last.as_ref().map(|last| last.at),
            last_used_from: last.map(|last| last.address),
        }
    }
}

/// List credentials
///
/// The account's further credentials. The main one is changed by people only. Needs a secret that may manage
/// credentials.
#[utoipa::path(get, path = "/credentials", operation_id = "listCredentials", tag = "Credentials",
    responses((status = 200, description = "The credentials", body = CredentialList)))]
pub(super) async fn list(
    State(backend): State<Backend>,
    Application(actor): Application,
    Query(Nothing): Query<Nothing>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let found = further::list(&backend, &actor).await?;
    let items = found.into_iter().map(Credential::from).collect();
    tagged(&headers, &CredentialList { items })
}

/// Revoke a credential
///
/// It opens nothing any more, from the next request on, for good. Needs a secret that may manage credentials.
#[utoipa::path(delete, path = "/credentials/{credential}", operation_id = "revokeCredential", tag = "Credentials",
    params(("credential" = Uuid, Path, description = "Id of the credential")),
    responses((status = 204, description = "It is revoked")))]
pub(super) async fn revoke(
    State(backend): State<Backend>,
    Application(actor): Application,
    Id(credential): Id<CredentialId>,
    Query(Nothing): Query<Nothing>,
) -> Result<StatusCode, Problem> {
    further::revoke(&backend, &actor, credential).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How a password is changed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Rotation {
    /// How long the password before is accepted, too.
    #[serde(default)]
    #[schema(schema_with = grace_schema)]
    grace_hours: u8,
}

fn grace_schema() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .description(Some(
            "For so many hours the password before is accepted, too.",
        ))
        .enum_values(Some(Grace::ALL.map(Grace::hours)))
        .default(Some(0.into()))
}

/// A credential with its new password.
#[derive(Serialize, ToSchema)]
pub(super) struct RotatedCredential {
    id: Uuid,
    name: String,
    username: String,
    /// Is in this one answer only.
    password: String,
}

/// Rotate a credential
///
/// Gives it a new password, which is in this one answer. Needs a secret that may manage credentials.
#[utoipa::path(post, path = "/credentials/{credential}/rotate", operation_id = "rotateCredential", tag = "Credentials",
    params(("credential" = Uuid, Path, description = "Id of the credential")),
    request_body = Rotation,
    responses((status = 200, description = "The new password", body = RotatedCredential)))]
pub(super) async fn rotate(
    State(backend): State<Backend>,
    Application(actor): Application,
    Id(credential): Id<CredentialId>,
    Query(Nothing): Query<Nothing>,
    Json(rotation): Json<Rotation>,
) -> Result<Shown<RotatedCredential>, Problem> {
    let grace = Grace::ALL
        .into_iter()
        .find(|grace| grace.hours() == rotation.grace_hours)
        .ok_or_else(|| Error::invalid("grace_hours", "This should be 0, 1, 24 or 72."))?;
    let made = further::rotate_unasked(&backend, &actor, credential, grace).await?;
    Ok(Shown(RotatedCredential {
        id: *made.id.as_uuid(),
        name: made.name,
        username: made.username,
        password: made.password.reveal().to_owned(),
    }))
}
