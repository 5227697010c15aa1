//! SQL of the queue of expected files. No decisions.

use chrono::{DateTime, Utc};
use sqlx::{Connection as _, PgConnection};

use crate::files::FileKind;
use crate::intake::{ItemId, ItemState, SourceId};
use crate::sessions::SessionId;

/// A file whose turn it is.
pub(in crate::intake) struct DueItem {
    pub(in crate::intake) id: ItemId,
    pub(in crate::intake) source: SourceId,
    pub(in crate::intake) file_name: String,
    pub(in crate::intake) external_id: String,
    pub(in crate::intake) room: String,
    pub(in crate::intake) conference_number: String,
    pub(in crate::intake) kind: Option<FileKind>,
    pub(in crate::intake) started_at: Option<DateTime<Utc>>,
    pub(in crate::intake) ended_at: Option<DateTime<Utc>>,
    pub(in crate::intake) path: Option<String>,
    pub(in crate::intake) address: Option<Vec<u8>>,
    /// Before this one.
    pub(in crate::intake) attempts: i32,
    pub(in crate::intake) expires_at: Option<DateTime<Utc>>,
    /// It was announced, or somebody wished it again.
    pub(in crate::intake) tried_since: DateTime<Utc>,
}

/// Takes a file that is due, if any, until `lease`: of the account of which the fewest are being fetched, the most urgent
/// one. At most `of_account` of an account and `of_source` of a source at a time, in all processes. Files of watched
/// folders are taken by their look.
pub(in crate::intake) async fn take_due(
    db: &mut PgConnection,
    (of_account, of_source): (i64, i64),
    now: DateTime<Utc>,
    lease: DateTime<Utc>,
) -> Result<Option<DueItem>, sqlx::Error> {
    /// Any number that no other lock has.
    const KEY: i64 = 0x494e_5441_4b45;
    let mut tx = db.begin().await?;
    // Workers that wake at once would all count before any of them has taken one.
    sqlx::query!("select pg_advisory_xact_lock($1)", KEY)
        .execute(&mut *tx)
        .await?;
    let taken = sqlx::query_as!(
        DueItem,
        r#"
        with busy as (
            select s.account_id, i.source_id
            from intake_items i join intake_sources s on s.id = i.source_id
            where i.state = 'fetching' and i.leased_until > $1
        )
        update intake_items set state = 'fetching', leased_until = $2, attempts = attempts + 1
        where id = (
            select i.id
            from intake_items i join intake_sources s on s.id = i.source_id
                left join (select account_id, count(*) as number from busy group by account_id) a
                    on a.account_id = s.account_id
            where i.state in ('waiting', 'fetching') and i.due_at <= $1
                and (i.leased_until is null or i.leased_until <= $1) and s.removed_at is null and s.kind <> 'folder'
                and coalesce(a.number, 0) < $3
                and i.source_id not in (select source_id from busy group by source_id having count(*) >= $4)
            order by coalesce(a.number, 0), i.expires_at nulls last, i.due_at
            limit 1
            for update of i skip locked
        )
        returning id as "id: ItemId", source_id as "source: SourceId", file_name, external_id, room, conference_number,
            kind as "kind: FileKind", started_at, ended_at, path, address, attempts - 1 as "attempts!", expires_at,
            coalesce(tried_since, announced_at) as "tried_since!"
        "#,
        now,
        lease,
        of_account,
        of_source,
    )
    .fetch_optional(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(taken)
}

/// False if the file is not this worker's any more: its source was removed, or another worker took it over, which counts
/// one attempt more.
pub(in crate::intake) async fn renew(
    db: &mut PgConnection,
    item: &DueItem,
    until: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let renewed = sqlx::query!(
        "update intake_items set leased_until = $2 where id = $1 and state = 'fetching' and attempts = $3 + 1",
        item.id as ItemId,
        until,
        item.attempts,
    )
    .execute(db)
    .await?;
    Ok(renewed.rows_affected() == 1)
}

/// The same question, without another lease.
pub(in crate::intake) async fn is_held(
    db: &mut PgConnection,
    item: &DueItem,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (
            select from intake_items where id = $1 and state = 'fetching' and attempts = $2 + 1
        ) as "is_held!""#,
        item.id as ItemId,
        item.attempts,
    )
    .fetch_one(db)
    .await
}

/// It is in the vault. Its address is of no use any more, and might let somebody in.
pub(in crate::intake) async fn finish(
    db: &mut PgConnection,
    id: ItemId,
    session: SessionId,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update intake_items set state = 'done', done_at = $3, session_id = $2, reason = null, leased_until = null,
            address = null
        where id = $1",
        id as ItemId,
        session as SessionId,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(in crate::intake) async fn give_back(
    db: &mut PgConnection,
    id: ItemId,
    state: ItemState,
    reason: &str,
    due_at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update intake_items set state = $2, reason = $3, due_at = $4, leased_until = null
        where id = $1 and state = 'fetching'",
        id as ItemId,
        state as ItemState,
        reason,
        due_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes a source whose sender is to be asked, or whose folder is to be looked into, until `lease`: of the account whose
/// last one was longest ago.
pub(in crate::intake) async fn take_poll(
    db: &mut PgConnection,
    is_folder: bool,
    now: DateTime<Utc>,
    lease: DateTime<Utc>,
) -> Result<Option<SourceId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        update intake_sources set poll_due_at = $2
        where id = (
            select s.id
            from intake_sources s left join (
                select account_id, max(polled_at) as polled_at from intake_sources
                where removed_at is null and (kind = 'folder') = $3
                group by account_id
            ) a on a.account_id = s.account_id
            where s.poll_due_at <= $1 and s.removed_at is null and (s.kind = 'folder') = $3
            order by a.polled_at nulls first, s.poll_due_at
            limit 1
            for update of s skip locked
        )
        returning id as "id: SourceId"
        "#,
        now,
        lease,
        is_folder,
    )
    .fetch_optional(db)
    .await
}

/// Holds a source for longer. False if it was removed.
pub(in crate::intake) async fn renew_poll(
    db: &mut PgConnection,
    id: SourceId,
    until: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let renewed = sqlx::query!(
        "update intake_sources set poll_due_at = $2 where id = $1 and removed_at is null",
        id as SourceId,
        until,
    )
    .execute(db)
    .await?;
    Ok(renewed.rows_affected() == 1)
}
