//! SQL of events. No decisions.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;

use crate::intake::{EventId, SourceId, StoredEvent, Verdict};

pub(in crate::intake) struct NewEvent<'a> {
    pub(in crate::intake) id: EventId,
    pub(in crate::intake) source: SourceId,
    pub(in crate::intake) key: &'a str,
    pub(in crate::intake) name: &'a str,
    pub(in crate::intake) external_id: &'a str,
    pub(in crate::intake) payload: &'a Value,
    pub(in crate::intake) verdict: Verdict,
    pub(in crate::intake) reason: Option<&'a str>,
}

/// True if it is new; a repeated one is counted.
pub(in crate::intake) async fn insert_event(
    db: &mut PgConnection,
    new: NewEvent<'_>,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        insert into intake_events (id, source_id, event_key, name, external_id, payload, verdict, reason, received_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict on constraint intake_events_source_id_event_key_key
            do update set repeats = intake_events.repeats + 1, repeated_at = $9
        returning repeats = 0 as "is_new!"
        "#,
        new.id as EventId,
        new.source as SourceId,
        new.key,
        new.name,
        new.external_id,
        new.payload,
        new.verdict as Verdict,
        new.reason,
        now,
    )
    .fetch_one(db)
    .await
}

/// Says more of an event.
pub(in crate::intake) async fn explain_event(
    db: &mut PgConnection,
    id: EventId,
    reason: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update intake_events set reason = $2 where id = $1",
        id as EventId,
        reason,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(in crate::intake) async fn list_events(
    db: &mut PgConnection,
    source: SourceId,
    limit: i64,
) -> Result<Vec<StoredEvent>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        select id as "id: EventId", name, external_id, jsonb_pretty(payload) as "payload!",
            verdict as "verdict: Verdict", reason, received_at, repeats
        from intake_events
        where source_id = $1
        order by received_at desc, id desc
        limit $2
        "#,
        source as SourceId,
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| StoredEvent {
            id: row.id,
            name: row.name,
            external_id: row.external_id,
            payload: row.payload,
            verdict: row.verdict,
            reason: row.reason,
            received_at: row.received_at,
            repeats: row.repeats.cast_unsigned(),
        })
        .collect())
}

pub(in crate::intake) async fn delete_old_events(
    db: &mut PgConnection,
    before: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query!("delete from intake_events where received_at < $1", before)
        .execute(db)
        .await?;
    Ok(deleted.rows_affected())
}
