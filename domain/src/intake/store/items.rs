//! SQL of expected files. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::accounts::AccountId;
use crate::intake::senders::Expected;
use crate::intake::{Item, ItemId, ItemState, SourceId};
use crate::sessions::SessionId;

/// Expects a file. One that is expected already learns where it lies now; one that failed is only taken up again if
/// `is_news`: a poll says the same every few minutes.
pub(in crate::intake) async fn insert_item(
    db: &mut PgConnection,
    id: ItemId,
    source: SourceId,
    file: &Expected,
    address: Option<&[u8]>,
    is_news: bool,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        insert into intake_items (id, source_id, file_name, external_id, room, conference_number, kind, started_at,
            ended_at, path, address, state, due_at, expires_at, announced_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'waiting', $12, $13, $12)
        on conflict on constraint intake_items_source_id_external_id_file_name_key do update set
            path = coalesce(excluded.path, intake_items.path),
            address = coalesce(excluded.address, intake_items.address),
            started_at = coalesce(excluded.started_at, intake_items.started_at),
            ended_at = coalesce(excluded.ended_at, intake_items.ended_at),
            due_at = case when $14 then $12 else intake_items.due_at end,
            state = case when $14 and intake_items.state = 'failed' then 'waiting' else intake_items.state end
        where intake_items.state in ('waiting', 'failed')
        "#,
        id as ItemId,
        source as SourceId,
        file.name,
        file.external_id,
        file.room,
        file.conference_number,
        file.kind.map(crate::files::FileKind::as_str),
        file.started_at,
        file.ended_at,
        file.path,
        address,
        now,
        file.expires_at,
        is_news,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What failed, then what waits, then what is done; newest first.
pub(in crate::intake) async fn list_items(
    db: &mut PgConnection,
    source: SourceId,
    limit: i64,
) -> Result<Vec<Item>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        select id as "id: ItemId", file_name, external_id, room, conference_number, state as "state: ItemState",
            attempts, due_at, reason, expires_at, announced_at, done_at, session_id as "session: SessionId"
        from intake_items
        where source_id = $1
        order by array_position(array['failed', 'fetching', 'waiting', 'done'], state), announced_at desc, id desc
        limit $2
        "#,
        source as SourceId,
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Item {
            id: row.id,
            file_name: row.file_name,
            external_id: row.external_id,
            room: row.room,
            conference_number: row.conference_number,
            state: row.state,
            attempts: row.attempts.cast_unsigned(),
            due_at: row.due_at,
            reason: row.reason,
            expires_at: row.expires_at,
            announced_at: row.announced_at,
            done_at: row.done_at,
            session: row.session,
        })
        .collect())
}

/// Makes what failed, and with `item` also that one if it waits, due now. How many there were.
pub(in crate::intake) async fn retry_items(
    db: &mut PgConnection,
    account: AccountId,
    source: SourceId,
    item: Option<ItemId>,
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let updated = sqlx::query!(
        "update intake_items i set state = 'waiting', due_at = $4, attempts = 0, is_told = false
        from intake_sources s
        where s.id = i.source_id and s.account_id = $1 and s.id = $2 and s.removed_at is null
            and (i.state = 'failed' and $3::uuid is null or i.state in ('failed', 'waiting') and i.id = $3)",
        account as AccountId,
        source as SourceId,
        item as Option<ItemId>,
        now,
    )
    .execute(db)
    .await?;
    Ok(updated.rows_affected())
}
