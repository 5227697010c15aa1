//! SQL of what people are told. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::intake::SourceId;

/// Takes a source with failed files that people have not been told of, and that they were last told of before `since`.
/// Which source, if it is to be this one.
pub(in crate::intake) async fn take_untold(
    db: &mut PgConnection,
    source: Option<SourceId>,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Option<SourceId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        update intake_sources set told_at = $3
        where id = (
            select s.id from intake_sources s
            where s.removed_at is null and ($1::uuid is null or s.id = $1) and (s.told_at is null or s.told_at <= $2)
                and exists (select from intake_items i where i.source_id = s.id and i.state = 'failed' and not i.is_told)
            limit 1
            for update skip locked
        )
        returning id as "id: SourceId"
        "#,
        source as Option<SourceId>,
        since,
        now,
    )
    .fetch_optional(db)
    .await
}

/// A file that could not be had.
pub(in crate::intake) struct Lost {
    pub(in crate::intake) file_name: String,
    pub(in crate::intake) room: String,
    pub(in crate::intake) reason: String,
    /// How many there are in all.
    pub(in crate::intake) count: i64,
}

/// The first of the failed files that people have not been told of. From now on they have, of all of them.
pub(in crate::intake) async fn tell_of(
    db: &mut PgConnection,
    source: SourceId,
    limit: i64,
) -> Result<Vec<Lost>, sqlx::Error> {
    sqlx::query_as!(
        Lost,
        r#"
        with told as (
            update intake_items set is_told = true where source_id = $1 and state = 'failed' and not is_told
            returning id, file_name, room, reason
        )
        select file_name as "file_name!", room as "room!", coalesce(reason, '') as "reason!",
            count(*) over () as "count!"
        from told
        order by id
        limit $2
        "#,
        source as SourceId,
        limit,
    )
    .fetch_all(db)
    .await
}
