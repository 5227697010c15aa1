//! SQL of expected files. No decisions.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::accounts::AccountId;
use crate::intake::senders::Expected;
use crate::intake::{Item, ItemId, ItemState, SourceId};
use crate::sessions::SessionId;

/// Files of one insertion, column by column.
#[derive(Default)]
pub(in crate::intake) struct Batch {
    ids: Vec<Uuid>,
    names: Vec<String>,
    external_ids: Vec<String>,
    rooms: Vec<String>,
    conference_numbers: Vec<String>,
    kinds: Vec<Option<String>>,
    starts: Vec<Option<DateTime<Utc>>>,
    ends: Vec<Option<DateTime<Utc>>>,
    paths: Vec<Option<String>>,
    addresses: Vec<Option<Vec<u8>>>,
    expiries: Vec<Option<DateTime<Utc>>>,
}

impl Batch {
    /// `address`: sealed.
    pub(in crate::intake) fn push(&mut self, id: ItemId, file: Expected, address: Option<Vec<u8>>) {
        self.ids.push(*id.as_uuid());
        self.names.push(file.name);
        self.external_ids.push(file.external_id);
        self.rooms.push(file.room);
        self.conference_numbers.push(file.conference_number);
        self.kinds
            .push(file.kind.map(|kind| kind.as_str().to_owned()));
        self.starts.push(file.started_at);
        self.ends.push(file.ended_at);
        self.paths.push(file.path);
        self.addresses.push(address);
        self.expiries.push(file.expires_at);
    }
}

/// Expects files, each of them once in `batch`. One that is expected already learns where it lies now; one that failed is
/// only taken up again if `is_news`, and then as if it were new: a poll says the same every few minutes.
pub(in crate::intake) async fn insert_items(
    db: &mut PgConnection,
    source: SourceId,
    batch: &Batch,
    is_news: bool,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        insert into intake_items as i (id, source_id, file_name, external_id, room, conference_number, kind, started_at,
            ended_at, path, address, expires_at, state, due_at, announced_at)
        select id, $1, file_name, external_id, room, conference_number, kind, started_at, ended_at, path, address,
            expires_at, 'waiting', $2, $2
        from unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::timestamptz[],
            $11::timestamptz[], $12::text[], $13::bytea[], $14::timestamptz[])
            as f (id, file_name, external_id, room, conference_number, kind, started_at, ended_at, path, address,
                expires_at)
        on conflict on constraint intake_items_source_id_external_id_file_name_key do update set
            path = coalesce(excluded.path, i.path),
            address = coalesce(excluded.address, i.address),
            started_at = coalesce(excluded.started_at, i.started_at),
            ended_at = coalesce(excluded.ended_at, i.ended_at),
            due_at = case when $3 then $2 else i.due_at end,
            attempts = case when $3 and i.state = 'failed' then 0 else i.attempts end,
            tried_since = case when $3 and i.state = 'failed' then $2 else i.tried_since end,
            expires_at = case when $3 and i.state = 'failed' then excluded.expires_at else i.expires_at end,
            state = case when $3 and i.state = 'failed' then 'waiting' else i.state end
        where i.state in ('waiting', 'failed')
        "#,
        source as SourceId,
        now,
        is_news,
        &batch.ids,
        &batch.names,
        &batch.external_ids,
        &batch.rooms,
        &batch.conference_numbers,
        &batch.kinds as &[Option<String>],
        &batch.starts as &[Option<DateTime<Utc>>],
        &batch.ends as &[Option<DateTime<Utc>>],
        &batch.paths as &[Option<String>],
        &batch.addresses as &[Option<Vec<u8>>],
        &batch.expiries as &[Option<DateTime<Utc>>],
    )
    .execute(db)
    .await?;
    Ok(())
}

/// External id and name of those of these files that were announced before.
pub(in crate::intake) async fn known_items(
    db: &mut PgConnection,
    source: SourceId,
    external_ids: &[String],
    names: &[String],
) -> Result<HashSet<(String, String)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        select i.external_id, i.file_name
        from unnest($2::text[], $3::text[]) as f (external_id, file_name)
            join intake_items i on i.source_id = $1 and i.external_id = f.external_id and i.file_name = f.file_name
        "#,
        source as SourceId,
        external_ids,
        names,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.external_id, row.file_name))
        .collect())
}

/// How many files of a source were announced first since then.
pub(in crate::intake) async fn count_since(
    db: &mut PgConnection,
    source: SourceId,
    since: DateTime<Utc>,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from intake_items where source_id = $1 and announced_at > $2"#,
        source as SourceId,
        since,
    )
    .fetch_one(db)
    .await
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

/// Makes what failed, and with `item` also that one if it waits, due now and as if it were new; what the sender was said
/// to have deleted by now is tried all the same. How many there were.
pub(in crate::intake) async fn retry_items(
    db: &mut PgConnection,
    account: AccountId,
    source: SourceId,
    item: Option<ItemId>,
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let updated = sqlx::query!(
        "update intake_items i set state = 'waiting', due_at = $4, attempts = 0, is_told = false, tried_since = $4,
            expires_at = case when expires_at > $4 then expires_at end
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
