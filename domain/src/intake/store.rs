//! SQL of intake: sources and their health, events, expected files. No decisions.

pub(super) mod events;
pub(super) mod items;
pub(super) mod notices;
pub(super) mod queue;
pub(super) mod watched;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;

pub(super) use self::events::{delete_old_events, insert_event, list_events};
pub(super) use self::items::{list_items, retry_items};
use super::{ProjectId, SourceId, SourceKind, SourceSettings};
use crate::accounts::AccountId;

/// A source as it lies there.
pub(super) struct SourceRow {
    pub(super) id: SourceId,
    pub(super) account: AccountId,
    pub(super) project: ProjectId,
    pub(super) kind: SourceKind,
    pub(super) name: String,
    pub(super) settings: SourceSettings,
    pub(super) sealed: Vec<u8>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) polled_at: Option<DateTime<Utc>>,
    pub(super) poll_failure: Option<String>,
    pub(super) refusals: i64,
    pub(super) refused_at: Option<DateTime<Utc>>,
    pub(super) refused_why: Option<String>,
    pub(super) refused_from: Option<String>,
}

/// Which sources are meant; those that were removed never are.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Which {
    pub(super) account: Option<AccountId>,
    pub(super) project: Option<ProjectId>,
    pub(super) id: Option<SourceId>,
    pub(super) kind: Option<SourceKind>,
    /// Those that are to be asked by then.
    pub(super) poll_due: Option<DateTime<Utc>>,
}

pub(super) async fn sources(
    db: &mut PgConnection,
    which: Which,
) -> Result<Vec<SourceRow>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        select id as "id: SourceId", account_id as "account: AccountId", project_id as "project: ProjectId",
            kind as "kind: SourceKind", name, settings as "settings: Json<SourceSettings>", sealed, created_at, polled_at,
            poll_failure, refusals, refused_at, refused_why, refused_from
        from intake_sources
        where removed_at is null and ($1::uuid is null or account_id = $1) and ($2::uuid is null or project_id = $2)
            and ($3::uuid is null or id = $3) and ($4::text is null or kind = $4)
            and ($5::timestamptz is null or poll_due_at <= $5)
        order by lower(name), id
        "#,
        which.account as Option<AccountId>,
        which.project as Option<ProjectId>,
        which.id as Option<SourceId>,
        which.kind as Option<SourceKind>,
        which.poll_due,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| SourceRow {
            id: row.id,
            account: row.account,
            project: row.project,
            kind: row.kind,
            name: row.name,
            settings: row.settings.0,
            sealed: row.sealed,
            created_at: row.created_at,
            polled_at: row.polled_at,
            poll_failure: row.poll_failure,
            refusals: row.refusals,
            refused_at: row.refused_at,
            refused_why: row.refused_why,
            refused_from: row.refused_from,
        })
        .collect())
}

pub(super) async fn find_source(
    db: &mut PgConnection,
    id: SourceId,
) -> Result<Option<SourceRow>, sqlx::Error> {
    let which = Which {
        id: Some(id),
        ..Which::default()
    };
    Ok(sources(db, which).await?.pop())
}

/// How many sources a project has. Until the transaction ends nobody else adds one.
pub(super) async fn count_sources(
    db: &mut PgConnection,
    project: ProjectId,
) -> Result<i64, sqlx::Error> {
    // Not `for update`: rows that refer to the project are inserted meanwhile.
    sqlx::query!(
        "select id from projects where id = $1 for no key update",
        project as ProjectId,
    )
    .fetch_optional(&mut *db)
    .await?;
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from intake_sources where project_id = $1 and removed_at is null"#,
        project as ProjectId,
    )
    .fetch_one(db)
    .await
}

/// What is stored of a source when it is made or changed.
pub(super) struct Written<'a> {
    pub(super) id: SourceId,
    pub(super) name: &'a str,
    pub(super) settings: &'a SourceSettings,
    pub(super) sealed: &'a [u8],
    /// When its sender is first asked; None for one that cannot be.
    pub(super) poll_due_at: Option<DateTime<Utc>>,
}

pub(super) async fn insert_source(
    db: &mut PgConnection,
    account: AccountId,
    project: ProjectId,
    kind: SourceKind,
    written: Written<'_>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into intake_sources (id, account_id, project_id, kind, name, settings, sealed, poll_due_at, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        written.id as SourceId,
        account as AccountId,
        project as ProjectId,
        kind as SourceKind,
        written.name,
        Json(written.settings) as Json<&SourceSettings>,
        written.sealed,
        written.poll_due_at,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// False if it is not there any more. What its sender was last asked is forgotten: the answer may be another now.
pub(super) async fn update_source(
    db: &mut PgConnection,
    written: Written<'_>,
) -> Result<bool, sqlx::Error> {
    let updated = sqlx::query!(
        "update intake_sources set name = $2, settings = $3, sealed = $4, poll_due_at = $5, poll_failure = null
        where id = $1 and removed_at is null",
        written.id as SourceId,
        written.name,
        Json(written.settings) as Json<&SourceSettings>,
        written.sealed,
        written.poll_due_at,
    )
    .execute(db)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Ends a source, with its secrets and the files that it still expects. False if it is not there any more.
pub(super) async fn remove_source(
    db: &mut PgConnection,
    account: AccountId,
    id: SourceId,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let removed = sqlx::query!(
        "update intake_sources set removed_at = $3, sealed = '', poll_due_at = null
        where account_id = $1 and id = $2 and removed_at is null",
        account as AccountId,
        id as SourceId,
        now,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "update intake_items set state = 'failed', address = null, leased_until = null, is_told = true,
            reason = 'The source was removed.'
        where source_id = $1 and state <> 'done'",
        id as SourceId,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "delete from intake_sightings where source_id = $1",
        id as SourceId
    )
    .execute(db)
    .await?;
    Ok(removed.rows_affected() == 1)
}

/// Counts calls that were turned away, and keeps the last one's reason.
pub(super) async fn note_refusals(
    db: &mut PgConnection,
    id: SourceId,
    count: i64,
    why: &str,
    from: &str,
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update intake_sources set refusals = refusals + $5, refused_at = $4, refused_why = $2, refused_from = $3
        where id = $1",
        id as SourceId,
        why,
        from,
        at,
        count,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn note_poll(
    db: &mut PgConnection,
    id: SourceId,
    failure: Option<&str>,
    next: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update intake_sources set polled_at = $3, poll_failure = $2, poll_due_at = $4
        where id = $1 and removed_at is null",
        id as SourceId,
        failure,
        now,
        next,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Figures of a source's health.
pub(super) struct Counts {
    pub(super) done: i64,
    pub(super) waiting: i64,
    pub(super) failed: i64,
    pub(super) last_event: Option<DateTime<Utc>>,
}

/// `since`: older failures are told in the list, and are no alarm any more.
pub(super) async fn counts(
    db: &mut PgConnection,
    id: SourceId,
    since: DateTime<Utc>,
) -> Result<Counts, sqlx::Error> {
    sqlx::query_as!(
        Counts,
        r#"
        select count(*) filter (where state = 'done') as "done!",
            count(*) filter (where state in ('waiting', 'fetching')) as "waiting!",
            count(*) filter (where state = 'failed' and announced_at >= $2) as "failed!",
            (select max(greatest(received_at, repeated_at)) from intake_events where source_id = $1) as last_event
        from intake_items
        where source_id = $1
        "#,
        id as SourceId,
        since,
    )
    .fetch_one(db)
    .await
}

/// When the last recordings came, newest first. The files of one recording count as one.
pub(super) async fn arrivals(
    db: &mut PgConnection,
    id: SourceId,
) -> Result<Vec<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select max(done_at) as "at!" from (
            select external_id, done_at from intake_items
            where source_id = $1 and state = 'done'
            order by done_at desc
            limit 200
        ) recent
        group by external_id
        order by 1 desc
        limit 40
        "#,
        id as SourceId,
    )
    .fetch_all(db)
    .await
}
