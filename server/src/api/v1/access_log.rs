//! `/access-log`: who opened what of the project, and who was refused.

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::access_log::actions::{MOST_COUNTED, report};
use domain::access_log::report::{CallerFilter, EntryFilter, Outcome};
use domain::access_log::{Reason, report as rows};
use domain::{Backend, PageRequest};
use http::HeaderMap;
use serde::Serialize;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::lists::{cursor_schema, moment, page};
use super::query::{Parameters, Query, Reader};
use super::request::Application;
use super::tags::tagged;
use crate::api::problem::Problem;

/// A request for a session file, and what came of it.
#[derive(Serialize, ToSchema)]
pub(super) struct Entry {
    id: Uuid,
    occurred_at: DateTime<Utc>,
    file: Option<Uuid>,
    /// As of then.
    file_name: Option<String>,
    session: Option<Uuid>,
    /// `member`, `credential` or `none`.
    caller_kind: String,
    /// Id of the member or credential.
    caller: Option<Uuid>,
    /// Name of the member, user name of the credential.
    caller_name: Option<String>,
    /// How the caller proved itself, or tried to: `nothing`, `basic`, `cookie` or `other`.
    proof: String,
    client_address: String,
    user_agent: Option<String>,
    method: String,
    /// HTTP status of the answer.
    status: u16,
    /// Bytes of the body that were handed to the connection.
    bytes_sent: u64,
    /// Why it was refused; null: it was granted.
    reason: Option<String>,
}

/// A page of the access log, latest first.
#[derive(Serialize, ToSchema)]
pub(super) struct EntryList {
    items: Vec<Entry>,
    /// Cursor of the page after this one; null on the last.
    next: Option<String>,
    /// Cursor of the page before this one; null on the first.
    previous: Option<String>,
    /// Entries that the filter finds.
    total: u64,
    /// False: there may be more than `total`. Counting ends at 10,000.
    is_total_exact: bool,
}

impl From<rows::Entry> for Entry {
    fn from(entry: rows::Entry) -> Self {
        Self {
            id: *entry.id.as_uuid(),
            occurred_at: entry.occurred_at,
            file: entry.file.map(|file| *file.as_uuid()),
            file_name: entry.file_name,
            session: entry.session.map(|session| *session.as_uuid()),
            caller_kind: entry.caller_kind,
            caller: entry.caller,
            caller_name: entry.caller_name,
            proof: entry.proof,
            client_address: entry.client_address,
            user_agent: entry.user_agent,
            method: entry.method,
            status: entry.status,
            bytes_sent: entry.bytes_sent,
            reason: entry.reason,
        }
    }
}

/// What narrows the access log.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `EntryQuery` reads")]
pub(super) struct EntryParameters {
    /// Requests for this file.
    file: Option<Uuid>,
    /// Requests for files of this session.
    session: Option<Uuid>,
    /// Id of a member or credential, or `none` for callers without a valid proof.
    #[param(pattern = "^(none|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$")]
    caller: Option<String>,
    /// From this address, as the log writes it.
    #[param(pattern = "^[0-9a-fA-F:.]{2,45}$")]
    address: Option<String>,
    /// `granted`, `refused`, or one reason of refusals.
    #[param(schema_with = outcome_schema)]
    outcome: Option<String>,
    /// From this moment on.
    from: Option<DateTime<Utc>>,
    /// Before this moment.
    until: Option<DateTime<Utc>>,
    /// `next` or `previous` of an earlier page. Goes with the filter that it came from.
    #[param(schema_with = cursor_schema)]
    cursor: Option<String>,
    /// Entries of a page at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
}

fn outcome_schema() -> ObjectBuilder {
    let reasons = Reason::ALL.iter().map(|reason| reason.as_str());
    let texts = ["granted", "refused"].into_iter().chain(reasons);
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(texts))
}

/// The same as it is understood.
pub(super) struct EntryQuery {
    filter: EntryFilter,
    page: PageRequest,
}

impl IntoParams for EntryQuery {
    fn into_params(
        place: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
    ) -> Vec<utoipa::openapi::path::Parameter> {
        EntryParameters::into_params(place)
    }
}

impl Parameters for EntryQuery {
    fn read(reader: &mut Reader) -> Self {
        let is_address = |text: &str| {
            let is_part = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
            (2..=45).contains(&text.len()) && text.bytes().all(is_part)
        };
        Self {
            filter: EntryFilter {
                file: reader.one("file", "the id of a file", |text| text.parse().ok()),
                session: reader.one("session", "the id of a session", |text| text.parse().ok()),
                caller: reader.one(
                    "caller",
                    "the id of a member or credential, or none",
                    |text| {
                        CallerFilter::parse(text).filter(|caller| match caller {
                            CallerFilter::Nobody => true,
                            CallerFilter::Id(id) => id.to_string() == text,
                        })
                    },
                ),
                client_address: reader.one("address", "an IP address", |text| {
                    is_address(text).then(|| text.to_owned())
                }),
                outcome: reader.one("outcome", "granted, refused or a reason", Outcome::parse),
                from: moment(reader, "from"),
                until: moment(reader, "until"),
            },
            page: page(reader),
        }
    }
}

/// List the access log
///
/// Who opened files of the project and who was refused, latest first; all filters that are given must hold.
#[utoipa::path(get, path = "/access-log", operation_id = "listAccessLog", tag = "Access log", params(EntryQuery),
    responses((status = 200, description = "A page of the access log", body = EntryList)))]
pub(super) async fn list(
    State(backend): State<Backend>,
    Application(actor): Application,
    Query(query): Query<EntryQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = report(&backend, &actor, &query.filter, &query.page).await?;
    let list = EntryList {
        items: page.items.into_iter().map(Entry::from).collect(),
        next: page.next,
        previous: page.previous,
        total: page.total,
        is_total_exact: page.total < MOST_COUNTED,
    };
    tagged(&headers, &list)
}
