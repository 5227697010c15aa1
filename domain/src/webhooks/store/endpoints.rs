//! Endpoints, their secrets, and what a project says about all of them.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::accounts::AccountId;
use crate::files::FileKind;
use crate::projects::ProjectId;
use crate::sessions::SessionId;
use crate::webhooks::{
    DeliveryId, DeliveryState, DeliverySummary, DisabledCause, Endpoint, EndpointId, EventType,
    Form, WebhookSettings,
};

/// Of the account's project, by age; all or one.
pub(in crate::webhooks) async fn list(
    db: &mut PgConnection,
    account: AccountId,
    project: ProjectId,
    only: Option<EndpointId>,
) -> Result<Vec<Endpoint>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        select e.id as "id: EndpointId", e.url, e.description, e.form as "form: Form", e.event_types, e.file_kinds,
            e.username, e.created_at, e.disabled_at, e.disabled_cause as "disabled_cause: DisabledCause",
            e.failing_since, e.former_secret_until,
            (select count(*) from webhook_deliveries w where w.endpoint_id = e.id and w.state = 'waiting') as "waiting!",
            d.id as "delivery?: DeliveryId", d.event_type as "event_type?", d.session_id as "session?: SessionId",
            d.created_at as "delivered_at?", d.state as "state?: DeliveryState", d.attempts as "attempts?",
            d.next_attempt_at as "next_attempt_at?", d.last_status as "last_status?", d.last_error as "last_error?"
        from webhook_endpoints e
        left join lateral (
            select * from webhook_deliveries where endpoint_id = e.id order by created_at desc, id desc limit 1
        ) d on true
        where e.account_id = $1 and e.project_id = $2 and ($3::uuid is null or e.id = $3)
        order by e.created_at, e.id
        "#,
        account as AccountId,
        project as ProjectId,
        only as Option<EndpointId>,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Endpoint {
            id: row.id,
            project,
            url: row.url,
            description: row.description,
            form: row.form,
            event_types: parse(&row.event_types),
            file_kinds: row
                .file_kinds
                .iter()
                .filter_map(|kind| kind.parse::<FileKind>().ok())
                .collect(),
            username: row.username,
            created_at: row.created_at,
            disabled: row.disabled_at.zip(row.disabled_cause),
            failing_since: row.failing_since,
            former_secret_until: row.former_secret_until,
            waiting: row.waiting.cast_unsigned(),
            last: row.delivery.map(|id| DeliverySummary {
                id,
                event_type: event_type(row.event_type.as_deref().unwrap_or_default()),
                session: row.session,
                created_at: row.delivered_at.unwrap_or_default(),
                state: row.state.unwrap_or(DeliveryState::Waiting),
                attempts: row.attempts.unwrap_or_default().cast_unsigned(),
                next_attempt_at: row.next_attempt_at,
                last_status: row.last_status.and_then(|status| status.try_into().ok()),
                last_error: row.last_error,
            }),
        })
        .collect())
}

fn parse(names: &[String]) -> Vec<EventType> {
    names.iter().filter_map(|name| name.parse().ok()).collect()
}

/// The database holds only names that were parsed before.
pub(in crate::webhooks) fn event_type(name: &str) -> EventType {
    name.parse().unwrap_or(EventType::Test)
}

/// Waits until nobody else is adding endpoints to the project. False if the account has no such project.
pub(in crate::webhooks) async fn lock_project(
    db: &mut PgConnection,
    account: AccountId,
    project: ProjectId,
) -> Result<bool, sqlx::Error> {
    let row = sqlx::query!(
        "select 1 as one from projects where id = $1 and account_id = $2 for no key update",
        project as ProjectId,
        account as AccountId,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.is_some())
}

pub(in crate::webhooks) async fn count(
    db: &mut PgConnection,
    project: ProjectId,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from webhook_endpoints where project_id = $1"#,
        project as ProjectId
    )
    .fetch_one(db)
    .await
}

/// An endpoint's changeable part.
pub(in crate::webhooks) struct Written<'a> {
    pub(in crate::webhooks) url: &'a str,
    pub(in crate::webhooks) description: &'a str,
    pub(in crate::webhooks) form: Form,
    pub(in crate::webhooks) event_types: &'a [String],
    pub(in crate::webhooks) file_kinds: &'a [String],
    pub(in crate::webhooks) username: Option<&'a str>,
    /// None keeps the one that is there, unless there is no user name.
    pub(in crate::webhooks) password_sealed: Option<&'a [u8]>,
}

pub(in crate::webhooks) async fn insert(
    db: &mut PgConnection,
    id: EndpointId,
    (account, project): (AccountId, ProjectId),
    written: &Written<'_>,
    secret_sealed: &[u8],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        insert into webhook_endpoints (id, account_id, project_id, url, description, form, event_types, file_kinds,
            username, password_sealed, secret_sealed, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        "#,
        id as EndpointId,
        account as AccountId,
        project as ProjectId,
        written.url,
        written.description,
        written.form.as_str(),
        written.event_types,
        written.file_kinds,
        written.username,
        written.password_sealed,
        secret_sealed,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(in crate::webhooks) async fn update(
    db: &mut PgConnection,
    id: EndpointId,
    written: &Written<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        update webhook_endpoints
        set url = $2, description = $3, form = $4, event_types = $5, file_kinds = $6, username = $7,
            password_sealed = case when $7::text is not null then coalesce($8, password_sealed) end
        where id = $1
        "#,
        id as EndpointId,
        written.url,
        written.description,
        written.form.as_str(),
        written.event_types,
        written.file_kinds,
        written.username,
        written.password_sealed,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What was sealed for an endpoint.
pub(in crate::webhooks) struct Sealed {
    pub(in crate::webhooks) secret: Vec<u8>,
    pub(in crate::webhooks) has_password: bool,
    pub(in crate::webhooks) is_disabled: bool,
}

/// The account's endpoint in this project; nobody else changes it until the transaction ends.
pub(in crate::webhooks) async fn lock(
    db: &mut PgConnection,
    account: AccountId,
    project: ProjectId,
    id: EndpointId,
) -> Result<Option<Sealed>, sqlx::Error> {
    sqlx::query_as!(
        Sealed,
        r#"
        select secret_sealed as secret, password_sealed is not null as "has_password!",
            disabled_at is not null as "is_disabled!"
        from webhook_endpoints
        where id = $1 and account_id = $2 and project_id = $3
        for update
        "#,
        id as EndpointId,
        account as AccountId,
        project as ProjectId,
    )
    .fetch_optional(db)
    .await
}

/// Puts a new secret in place; the one before signs as well until `until`.
pub(in crate::webhooks) async fn rotate(
    db: &mut PgConnection,
    id: EndpointId,
    secret_sealed: &[u8],
    until: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        update webhook_endpoints
        set former_secret_sealed = secret_sealed, former_secret_until = $3, secret_sealed = $2
        where id = $1
        "#,
        id as EndpointId,
        secret_sealed,
        until,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Turned on again, an endpoint begins with a clean slate. False if it was so already.
pub(in crate::webhooks) async fn set_disabled(
    db: &mut PgConnection,
    id: EndpointId,
    disabled: Option<(DateTime<Utc>, DisabledCause)>,
) -> Result<bool, sqlx::Error> {
    let (at, cause) = disabled.unzip();
    let done = sqlx::query!(
        r#"
        update webhook_endpoints
        set disabled_at = $2, disabled_cause = $3, failing_since = case when $2::timestamptz is not null then failing_since end
        where id = $1 and (disabled_at is null) <> ($2::timestamptz is null)
        "#,
        id as EndpointId,
        at,
        cause as Option<DisabledCause>,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(in crate::webhooks) async fn delete(
    db: &mut PgConnection,
    id: EndpointId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from webhook_endpoints where id = $1",
        id as EndpointId
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(in crate::webhooks) async fn settings(
    db: &mut PgConnection,
    account: AccountId,
    project: ProjectId,
) -> Result<Option<WebhookSettings>, sqlx::Error> {
    let row = sqlx::query!(
        "select ready_after_minutes, expiring_notice_hours from projects where id = $1 and account_id = $2",
        project as ProjectId,
        account as AccountId,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| WebhookSettings {
        ready_after_minutes: row.ready_after_minutes.cast_unsigned(),
        expiring_notice_hours: row.expiring_notice_hours.cast_unsigned(),
    }))
}

/// Also for the sessions that are awaited now. False if the account has no such project.
pub(in crate::webhooks) async fn set_settings(
    db: &mut PgConnection,
    account: AccountId,
    project: ProjectId,
    settings: WebhookSettings,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update projects set ready_after_minutes = $3, expiring_notice_hours = $4 where id = $1 and account_id = $2",
        project as ProjectId,
        account as AccountId,
        settings.ready_after_minutes.cast_signed(),
        settings.expiring_notice_hours.cast_signed(),
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "update webhook_sessions_awaited set check_at = last_file_at where project_id = $1",
        project as ProjectId,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Addresses of members who manage webhooks and may sign in.
pub(in crate::webhooks) async fn managers(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select email
        from members
        where account_id = $1 and role in ('owner', 'admin', 'developer') and disabled_at is null and removed_at is null
        order by email
        "#,
        account as AccountId,
    )
    .fetch_all(db)
    .await
}
