//! `/webhooks`: where the project's events go.

use axum::Json as Shown;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use domain::files::FileKind;
use domain::projects::ProjectId;
use domain::webhooks::actions::EndpointChange;
use domain::webhooks::{
    DisabledCause, Endpoint, EndpointDraft, EndpointId, EventType, Form, actions,
};
use domain::{Actor, Backend, Error, Permission, Problem as FieldProblem, Secret};
use http::header::LOCATION;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};
use uuid::Uuid;

use super::PREFIX;
use super::query::{Nothing, Query};
use super::request::{Application, Id, Json, present};
use super::tags::{changed_to, demand, tagged};
use crate::api::problem::Problem;

/// Where events go. Never its secret or password.
#[derive(Serialize, ToSchema)]
pub(super) struct Webhook {
    id: Uuid,
    url: String,
    description: String,
    #[schema(schema_with = form_schema)]
    form: String,
    #[schema(schema_with = events_schema)]
    event_types: Vec<String>,
    /// Kinds of files of which `file.ready` tells.
    file_kinds: Vec<String>,
    /// Of HTTP Basic.
    username: Option<String>,
    created_at: DateTime<Utc>,
    is_enabled: bool,
    disabled_at: Option<DateTime<Utc>>,
    /// `manual`, `gone` (it answered 410) or `failing` (for five days).
    disabled_cause: Option<String>,
    /// Since when nothing came through.
    failing_since: Option<DateTime<Utc>>,
    /// Until when the secret before this one signs as well.
    former_secret_until: Option<DateTime<Utc>>,
}

/// The project's webhooks, by age.
#[derive(Serialize, ToSchema)]
pub(super) struct WebhookList {
    items: Vec<Webhook>,
}

/// A webhook that was just made.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeWebhook {
    #[serde(flatten)]
    webhook: Webhook,
    /// Signs its messages (Standard Webhooks); base64 behind `whsec_`.
    secret: String,
}

/// The secret that signs from now on.
#[derive(Serialize, ToSchema)]
pub(super) struct WebhookSecret {
    secret: String,
    /// Until when the one before signs as well.
    former_secret_until: Option<DateTime<Utc>>,
}

fn form_schema() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("`standard` is Standard Webhooks 1.0; `enablex` is for receivers that were written for it"))
        .enum_values(Some(Form::ALL.map(Form::as_str)))
}

fn events_schema() -> ArrayBuilder {
    let event = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(EventType::ALL.map(EventType::as_str)));
    ArrayBuilder::new().items(event).min_items(Some(1))
}

fn kinds_schema() -> ArrayBuilder {
    let kinds = FileKind::ALL
        .into_iter()
        .filter(|kind| *kind != FileKind::Transcoded);
    let kind = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(kinds.map(FileKind::as_str)));
    ArrayBuilder::new()
        .description(Some(
            "Kinds of files of which `file.ready` tells; empty: all",
        ))
        .items(kind)
}

impl From<Endpoint> for Webhook {
    fn from(endpoint: Endpoint) -> Self {
        let cause = |cause| match cause {
            DisabledCause::Manual => "manual",
            DisabledCause::Gone => "gone",
            DisabledCause::Failing => "failing",
        };
        Self {
            id: *endpoint.id.as_uuid(),
            url: endpoint.url,
            description: endpoint.description,
            form: endpoint.form.as_str().to_owned(),
            event_types: names(&endpoint.event_types, EventType::as_str),
            file_kinds: names(&endpoint.file_kinds, FileKind::as_str),
            username: endpoint.username,
            created_at: endpoint.created_at,
            is_enabled: endpoint.disabled.is_none(),
            disabled_at: endpoint.disabled.map(|(at, _)| at),
            disabled_cause: endpoint.disabled.map(|(_, why)| cause(why).to_owned()),
            failing_since: endpoint.failing_since,
            former_secret_until: endpoint.former_secret_until,
        }
    }
}

fn names<T: Copy>(values: &[T], name: impl Fn(T) -> &'static str) -> Vec<String> {
    values.iter().map(|value| name(*value).to_owned()).collect()
}

/// The application's project, if its secret may write.
pub(super) fn project_of(actor: &Actor) -> Result<ProjectId, Error> {
    actor
        .scope(Permission::ManageWebhooks)?
        .project
        .ok_or(Error::Forbidden)
}

/// List webhooks
///
/// Needs a secret that may write, like all of webhooks.
#[utoipa::path(get, path = "/webhooks", operation_id = "listWebhooks", tag = "Webhooks",
    responses((status = 200, description = "The webhooks", body = WebhookList)))]
pub(super) async fn list(
    State(backend): State<Backend>,
    Application(actor): Application,
    Query(Nothing): Query<Nothing>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (found, _) = actions::list(&backend, &actor, project_of(&actor)?).await?;
    let items = found.into_iter().map(Webhook::from).collect();
    tagged(&headers, &WebhookList { items })
}

/// Get a webhook
#[utoipa::path(get, path = "/webhooks/{webhook}", operation_id = "getWebhook", tag = "Webhooks",
    params(("webhook" = Uuid, Path, description = "Id of the webhook")),
    responses((status = 200, description = "The webhook", body = Webhook)))]
pub(super) async fn get(
    State(backend): State<Backend>,
    Application(actor): Application,
    Id(id): Id<EndpointId>,
    Query(Nothing): Query<Nothing>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    tagged(&headers, &find(&backend, &actor, id).await?)
}

async fn find(backend: &Backend, actor: &Actor, id: EndpointId) -> Result<Webhook, Error> {
    let found = actions::get(backend, actor, project_of(actor)?, id).await?;
    Ok(found.into())
}

/// A webhook as it is wished.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewWebhook {
    /// Where events are posted. Addresses within private networks are refused unless the server allows them.
    #[schema(format = "uri", pattern = "^https?://")]
    url: String,
    #[serde(default)]
    #[schema(
        max_length = 200,
        pattern = "^[^\\x00-\\x1f\\x7f-\\x9f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff]*$"
    )]
    description: String,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = form_schema)]
    form: Option<String>,
    #[schema(schema_with = events_schema)]
    event_types: Vec<String>,
    #[serde(default)]
    #[schema(schema_with = kinds_schema)]
    file_kinds: Vec<String>,
    /// Of HTTP Basic, without a colon; together with `password`.
    #[serde(default)]
    #[schema(max_length = 128, pattern = "^[^:\\x00-\\x1f\\x7f-\\x9f]*$")]
    username: Option<String>,
    #[serde(default)]
    #[schema(max_length = 512, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*$")]
    password: Option<String>,
}

/// What is to change. Members that are left out stay as they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookChange {
    #[serde(default)]
    #[schema(format = "uri", pattern = "^https?://")]
    url: Option<String>,
    #[serde(default)]
    #[schema(
        max_length = 200,
        pattern = "^[^\\x00-\\x1f\\x7f-\\x9f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff]*$"
    )]
    description: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = form_schema)]
    form: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = events_schema)]
    event_types: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = kinds_schema)]
    file_kinds: Option<Vec<String>>,
    /// Of HTTP Basic, without a colon. An empty one takes Basic away.
    #[serde(default)]
    #[schema(max_length = 128, pattern = "^[^:\\x00-\\x1f\\x7f-\\x9f]*$")]
    username: Option<String>,
    #[serde(default)]
    #[schema(max_length = 512, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*$")]
    password: Option<String>,
    /// False turns it off: it is told nothing, and what happens meanwhile is not told later.
    #[serde(default)]
    is_enabled: Option<bool>,
}

/// Reads texts as what they name; a text that names nothing is told beside its member.
struct Words(Vec<FieldProblem>);

impl Words {
    fn read<T: std::str::FromStr>(&mut self, field: &str, texts: &[String]) -> Vec<T> {
        let found: Vec<T> = texts.iter().filter_map(|text| text.parse().ok()).collect();
        if found.len() < texts.len() {
            self.0.push(FieldProblem {
                field: field.to_owned(),
                message: "There is a word in it that is not known.".to_owned(),
            });
        }
        found
    }

    fn finish(self) -> Result<(), Error> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Error::Invalid(self.0))
        }
    }
}

/// Create a webhook
///
/// It is told of what happens from now on. Its secret is in the answer.
#[utoipa::path(post, path = "/webhooks", operation_id = "createWebhook", tag = "Webhooks",
    request_body = NewWebhook,
    responses((status = 201, description = "The webhook and its secret", body = MadeWebhook,
            headers(("Location" = String, description = "Where the webhook is"))),
        (status = 409, description = "The project has as many as it can have, or a request with this Idempotency-Key \
            is under way")))]
pub(super) async fn create(
    State(backend): State<Backend>,
    Application(actor): Application,
    Query(Nothing): Query<Nothing>,
    Json(new): Json<NewWebhook>,
) -> Result<Response, Problem> {
    let project = project_of(&actor)?;
    let mut words = Words(Vec::new());
    let form = new.form.into_iter().collect::<Vec<_>>();
    let draft = EndpointDraft {
        url: new.url,
        description: new.description,
        form: words.read("form", &form).pop().unwrap_or_default(),
        event_types: words.read("event_types", &new.event_types),
        file_kinds: words.read("file_kinds", &new.file_kinds),
        username: new.username.unwrap_or_default(),
        password: new.password.map(Secret::new),
    };
    words.finish()?;
    let (id, secret) = actions::add(&backend, &actor, project, draft).await?;
    let made = MadeWebhook {
        webhook: find(&backend, &actor, id).await?,
        secret: secret.reveal().to_owned(),
    };
    let mut response = (StatusCode::CREATED, Shown(made)).into_response();
    let place = HeaderValue::from_str(&format!("{PREFIX}/webhooks/{id}"));
    let place = place.map_err(Error::internal)?;
    response.headers_mut().insert(LOCATION, place);
    Ok(response)
}

/// Change a webhook
///
/// With `If-Match` only if it still is what was read. Messages that wait go to the new address. The stored password goes
/// with no other server and no other user name: give it anew with them, or take `username` away.
#[utoipa::path(patch, path = "/webhooks/{webhook}", operation_id = "changeWebhook", tag = "Webhooks",
    params(("webhook" = Uuid, Path, description = "Id of the webhook"),
        ("If-Match" = Option<String>, Header, description = "An ETag of the webhook: change it in this state only")),
    request_body = WebhookChange,
    responses((status = 200, description = "The webhook", body = Webhook),
        (status = 412, description = "It is not any more what If-Match says")))]
pub(super) async fn change(
    State(backend): State<Backend>,
    Application(actor): Application,
    Id(id): Id<EndpointId>,
    Query(Nothing): Query<Nothing>,
    headers: HeaderMap,
    Json(change): Json<WebhookChange>,
) -> Result<Response, Problem> {
    let project = project_of(&actor)?;
    let wish = |found: &Endpoint| {
        demand(&headers, &Webhook::from(found.clone()))?;
        Ok::<_, Problem>(EndpointChange {
            is_enabled: change.is_enabled,
            draft: if change.touches_the_draft() {
                Some(change.onto(found.clone())?)
            } else {
                None
            },
        })
    };
    let changed = actions::change(&backend, &actor, project, id, wish).await?;
    changed_to(&Webhook::from(changed))
}

impl WebhookChange {
    const fn touches_the_draft(&self) -> bool {
        self.url.is_some()
            || self.description.is_some()
            || self.form.is_some()
            || self.event_types.is_some()
            || self.file_kinds.is_some()
            || self.username.is_some()
            || self.password.is_some()
    }

    /// What the endpoint is to be.
    fn onto(self, found: Endpoint) -> Result<EndpointDraft, Error> {
        let mut words = Words(Vec::new());
        let form = self.form.into_iter().collect::<Vec<_>>();
        let form = words.read("form", &form).pop().unwrap_or(found.form);
        let event_types = match &self.event_types {
            Some(texts) => words.read("event_types", texts),
            None => found.event_types,
        };
        let file_kinds = match &self.file_kinds {
            Some(texts) => words.read("file_kinds", texts),
            None => found.file_kinds,
        };
        words.finish()?;
        Ok(EndpointDraft {
            url: self.url.unwrap_or(found.url),
            description: self.description.unwrap_or(found.description),
            form,
            event_types,
            file_kinds,
            username: self.username.or(found.username).unwrap_or_default(),
            password: self.password.map(Secret::new),
        })
    }
}

/// Delete a webhook
///
/// With its deliveries. With `If-Match` only if it still is what was read.
#[utoipa::path(delete, path = "/webhooks/{webhook}", operation_id = "deleteWebhook", tag = "Webhooks",
    params(("webhook" = Uuid, Path, description = "Id of the webhook"),
        ("If-Match" = Option<String>, Header, description = "An ETag of the webhook: delete it in this state only")),
    responses((status = 204, description = "It is deleted"),
        (status = 412, description = "It is not any more what If-Match says")))]
pub(super) async fn delete(
    State(backend): State<Backend>,
    Application(actor): Application,
    Id(id): Id<EndpointId>,
    Query(Nothing): Query<Nothing>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let check = |found: &Endpoint| demand(&headers, &Webhook::from(found.clone())).map(drop);
    actions::delete(&backend, &actor, project_of(&actor)?, id, check).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Rotate a webhook's secret
///
/// The new one is in this answer; the one before signs as well for 24 hours.
#[utoipa::path(post, path = "/webhooks/{webhook}/rotate-secret", operation_id = "rotateWebhookSecret", tag = "Webhooks",
    params(("webhook" = Uuid, Path, description = "Id of the webhook")),
    responses((status = 200, description = "The new secret", body = WebhookSecret)))]
pub(super) async fn rotate(
    State(backend): State<Backend>,
    Application(actor): Application,
    Id(id): Id<EndpointId>,
    Query(Nothing): Query<Nothing>,
) -> Result<Shown<WebhookSecret>, Problem> {
    let secret = actions::rotate(&backend, &actor, project_of(&actor)?, id).await?;
    let webhook = find(&backend, &actor, id).await?;
    Ok(Shown(WebhookSecret {
        secret: secret.reveal().to_owned(),
        former_secret_until: webhook.former_secret_until,
    }))
}
