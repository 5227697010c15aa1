//! `/usage`: what is left of the account's requests.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::Backend;
use domain::api_secrets::actions;
use serde::Serialize;
use utoipa::ToSchema;

use super::query::{Nothing, Query};
use super::request::Application;
use crate::api::problem::Problem;

/// Requests of the whole account in this hour (UTC), all projects and APIs together.
#[derive(Serialize, ToSchema)]
pub(super) struct Usage {
    /// Requests that are allowed in an hour.
    hourly_quota: u32,
    /// Requests of this hour, this one included.
    used: u64,
    remaining: u64,
    /// When the next hour begins.
    renews_at: DateTime<Utc>,
}

/// Get this hour's use
#[utoipa::path(get, path = "/usage", operation_id = "getUsage", tag = "Usage",
    responses((status = 200, description = "The use", body = Usage)))]
pub(super) async fn get(
    State(backend): State<Backend>,
    Application(actor): Application,
    Query(Nothing): Query<Nothing>,
) -> Result<Json<Usage>, Problem> {
    let found = actions::usage(&backend, &actor).await?;
    Ok(Json(Usage {
        hourly_quota: found.hourly_quota,
        used: found.used,
        remaining: u64::from(found.hourly_quota).saturating_sub(found.used),
        renews_at: found.renews_at,
    }))
}
