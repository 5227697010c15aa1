//! The outbox, sessions that are awaited, files that expire.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::accounts::AccountId;
use crate::files::{FileId, FileKind};
use crate::projects::ProjectId;
use crate::sessions::SessionId;
use crate::webhooks::payload::{AboutFile, AboutProject, AboutSession, Detail};
use crate::webhooks::{DeliveryId, EndpointId, Form};

/// Something that happened and of which no delivery is written yet.
pub(in crate::webhooks) struct EventRow {
    pub(in crate::webhooks) number: i64,
    pub(in crate::webhooks) id: Uuid,
    pub(in crate::webhooks) account: AccountId,
    pub(in crate::webhooks) project: ProjectId,
    pub(in crate::webhooks) event_type: String,
    pub(in crate::webhooks) session: SessionId,
    pub(in crate::webhooks) file: Option<FileId>,
    pub(in crate::webhooks) detail: Option<Json<Detail>>,
    pub(in crate::webhooks) occurred_at: DateTime<Utc>,
}

/// The earliest ones. Nobody else takes them until the transaction ends.
pub(in crate::webhooks) async fn lock_some(
    db: &mut PgConnection,
    limit: i64,
) -> Result<Vec<EventRow>, sqlx::Error> {
    sqlx::query_as!(
        EventRow,
        r#"
        select number, id, account_id as "account: AccountId", project_id as "project: ProjectId", event_type,
            session_id as "session: SessionId", file_id as "file: FileId", detail as "detail: Json<Detail>", occurred_at
        from webhook_events
        order by number
        limit $1
        for update skip locked
        "#,
        limit,
    )
    .fetch_all(db)
    .await
}

pub(in crate::webhooks) async fn delete(
    db: &mut PgConnection,
    numbers: &[i64],
) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from webhook_events where number = any($1)", numbers)
        .execute(db)
        .await?;
    Ok(())
}

pub(in crate::webhooks) async fn project(
    db: &mut PgConnection,
    id: ProjectId,
) -> Result<Option<AboutProject>, sqlx::Error> {
    sqlx::query_as!(
        AboutProject,
        r#"select id as "id: ProjectId", name, api_identifier as identifier from projects where id = $1"#,
        id as ProjectId,
    )
    .fetch_optional(db)
    .await
}

pub(in crate::webhooks) async fn session(
    db: &mut PgConnection,
    id: SessionId,
) -> Result<Option<AboutSession>, sqlx::Error> {
    sqlx::query_as!(
        AboutSession,
        r#"
        select id as "id: SessionId", room, conference_number, started_at, session_end(s) as "ended_at!", duration_ms
        from sessions s
        where id = $1
        "#,
        id as SessionId,
    )
    .fetch_optional(db)
    .await
}

/// One file of a session, or all that are not in the trash.
pub(in crate::webhooks) async fn files(
    db: &mut PgConnection,
    session: SessionId,
    only: Option<FileId>,
) -> Result<Vec<AboutFile>, sqlx::Error> {
    sqlx::query_as!(
        AboutFile,
        r#"
        select *
        from (
            select id as "id: FileId", kind as "kind: FileKind", name, content_type, size_bytes, sha256, duration_ms,
                row_number() over (partition by kind order by name) as "stage!", deleted_at is not null as "is_deleted!"
            from files
            where session_id = $1 and ($2::uuid is not null or trashed_at is null)
        ) f
        where $2::uuid is null or f."id: FileId" = $2
        order by f."kind: FileKind", f.name
        "#,
        session as SessionId,
        only as Option<FileId>,
    )
    .fetch_all(db)
    .await
}

/// Who in the project wants to be told, and how.
pub(in crate::webhooks) async fn listeners(
    db: &mut PgConnection,
    project: ProjectId,
    event_type: &str,
    kind: Option<FileKind>,
) -> Result<Vec<(EndpointId, Form)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        select id as "id: EndpointId", form as "form: Form"
        from webhook_endpoints
        where project_id = $1 and disabled_at is null and $2 = any(event_types)
            and ($2 <> 'file.ready' or $3::text = any(file_kinds))
        order by id
        "#,
        project as ProjectId,
        event_type,
        kind.map(FileKind::as_str),
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.form)).collect())
}

/// A delivery to be written.
pub(in crate::webhooks) struct NewDelivery<'a> {
    pub(in crate::webhooks) id: DeliveryId,
    pub(in crate::webhooks) account: AccountId,
    pub(in crate::webhooks) project: ProjectId,
    pub(in crate::webhooks) endpoint: EndpointId,
    pub(in crate::webhooks) event: Uuid,
    pub(in crate::webhooks) event_type: &'a str,
    pub(in crate::webhooks) session: Option<SessionId>,
    pub(in crate::webhooks) body: &'a str,
}

pub(in crate::webhooks) async fn insert_delivery(
    db: &mut PgConnection,
    new: NewDelivery<'_>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        insert into webhook_deliveries (id, account_id, project_id, endpoint_id, event_id, event_type, session_id, body,
            created_at, state, next_attempt_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', $9)
        "#,
        new.id as DeliveryId,
        new.account as AccountId,
        new.project as ProjectId,
        new.endpoint as EndpointId,
        new.event,
        new.event_type,
        new.session as Option<SessionId>,
        new.body,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A session that is to be announced when it is ready.
pub(in crate::webhooks) struct Awaited {
    pub(in crate::webhooks) session: SessionId,
    pub(in crate::webhooks) account: AccountId,
    pub(in crate::webhooks) project: ProjectId,
    /// When it counts as ready in any case.
    pub(in crate::webhooks) cut_off: DateTime<Utc>,
}

/// Sessions to be looked at now. Nobody else takes them until the transaction ends.
pub(in crate::webhooks) async fn lock_awaited(
    db: &mut PgConnection,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Awaited>, sqlx::Error> {
    sqlx::query_as!(
        Awaited,
        r#"
        select a.session_id as "session: SessionId", p.account_id as "account: AccountId", p.id as "project: ProjectId",
            a.last_file_at + p.ready_after_minutes * interval '1 minute' as "cut_off!"
        from webhook_sessions_awaited a
        join projects p on p.id = a.project_id
        where a.check_at <= $1
        order by a.check_at
        limit $2
        for update of a skip locked
        "#,
        now,
        limit,
    )
    .fetch_all(db)
    .await
}

pub(in crate::webhooks) async fn await_until(
    db: &mut PgConnection,
    session: SessionId,
    check_at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update webhook_sessions_awaited set check_at = $2 where session_id = $1",
        session as SessionId,
        check_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(in crate::webhooks) async fn await_no_more(
    db: &mut PgConnection,
    session: SessionId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from webhook_sessions_awaited where session_id = $1",
        session as SessionId,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(in crate::webhooks) async fn insert(
    db: &mut PgConnection,
    awaited: &Awaited,
    event_type: &str,
    detail: Detail,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        insert into webhook_events (account_id, project_id, event_type, session_id, detail, occurred_at)
        values ($1, $2, $3, $4, $5, $6)
        "#,
        awaited.account as AccountId,
        awaited.project as ProjectId,
        event_type,
        awaited.session as SessionId,
        Json(detail) as Json<Detail>,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes an event for each file that expires before its project's notice is over and whose expiry was not announced,
/// at most `limit`; gives back how many.
pub(in crate::webhooks) async fn announce_expiring(
    db: &mut PgConnection,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        r#"
        with due as (
            select f.id, f.account_id, f.session_id, p.id as project_id,
                session_end(s) + p.retention_hours * interval '1 hour' as expires_at
            from projects p
            join sessions s on s.project_id = p.id
            join files f on f.session_id = s.id
            where p.retention_hours is not null and p.hold_id is null and s.hold_id is null and f.trashed_at is null
                and is_announced(p.id, 'file.expiring', null)
                and session_end(s) > $1::timestamptz - p.retention_hours * interval '1 hour'
                and session_end(s) <= $1::timestamptz - p.retention_hours * interval '1 hour'
                    + p.expiring_notice_hours * interval '1 hour'
                and not exists (
                    select from webhook_files_expiring x
                    where x.file_id = f.id
                        and x.expires_at = session_end(s) + p.retention_hours * interval '1 hour')
            limit $2
        ), noted as (
            insert into webhook_files_expiring (file_id, expires_at)
            select id, expires_at from due
            on conflict on constraint webhook_files_expiring_pkey do update set expires_at = excluded.expires_at
        )
        insert into webhook_events (account_id, project_id, event_type, session_id, file_id, detail, occurred_at)
        select account_id, project_id, 'file.expiring', session_id, id,
            jsonb_build_object('expires_at', to_char(expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')), $1
        from due
        "#,
        now,
        limit,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
