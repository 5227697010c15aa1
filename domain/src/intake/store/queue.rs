//! SQL of the queue of expected files. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

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
    pub(in crate::intake) announced_at: DateTime<Utc>,
}

/// Takes the most urgent file that is due, if any, until `lease`; at most two of one source at a time. Files of watched
/// folders are taken by their scan.
pub(in crate::intake) async fn take_due(
    db: &mut PgConnection,
    now: DateTime<Utc>,
    lease: DateTime<Utc>,
) -> Result<Option<DueItem>, sqlx::Error> {
    sqlx::query_as!(
        DueItem,
        r#"
        update intake_items set state = 'fetching', leased_until = $2, attempts = attempts + 1
        where id = (
            select i.id
            from intake_items i join intake_sources s on s.id = i.source_id
            where i.state in ('waiting', 'fetching') and i.due_at <= $1
                and (i.leased_until is null or i.leased_until <= $1) and s.removed_at is null and s.kind <> 'folder'
                and (
                    select count(*) from intake_items o
                    where o.source_id = i.source_id and o.state = 'fetching' and o.leased_until > $1
                ) < 2
            order by i.expires_at nulls last, i.due_at
            limit 1
            for update of i skip locked
        )
        returning id as "id: ItemId", source_id as "source: SourceId", file_name, external_id, room, conference_number,
            kind as "kind: FileKind", started_at, ended_at, path, address, attempts - 1 as "attempts!", expires_at,
            announced_at
        "#,
        now,
        lease,
    )
    .fetch_optional(db)
    .await
}

pub(in crate::intake) async fn renew(
    db: &mut PgConnection,
    id: ItemId,
    until: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update intake_items set leased_until = $2 where id = $1 and state = 'fetching'",
        id as ItemId,
        until,
    )
    .execute(db)
    .await?;
    Ok(())
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

/// True the first time.
pub(in crate::intake) async fn tell_once(
    db: &mut PgConnection,
    id: ItemId,
) -> Result<bool, sqlx::Error> {
    let updated = sqlx::query!(
        "update intake_items set is_told = true where id = $1 and not is_told",
        id as ItemId,
    )
    .execute(db)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Takes a source whose sender is to be asked, until `lease`.
pub(in crate::intake) async fn take_poll(
    db: &mut PgConnection,
    now: DateTime<Utc>,
    lease: DateTime<Utc>,
) -> Result<Option<SourceId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        update intake_sources set poll_due_at = $2
        where id = (
            select id from intake_sources
            where poll_due_at <= $1 and removed_at is null
            order by poll_due_at
            limit 1
            for update skip locked
        )
        returning id as "id: SourceId"
        "#,
        now,
        lease,
    )
    .fetch_optional(db)
    .await
}
