//! Adding to the sums by day.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::access_log::NO_ACCOUNT;
use crate::accounts::AccountId;

/// Adds at most `limit` changes of sessions and files to the sums; how many there were. One statement, so all or none.
pub(in crate::insights) async fn add_changes(
    db: &mut PgConnection,
    limit: i64,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        with taken as (
            delete from recording_changes where id = any(array(select id from recording_changes order by id limit $1))
            returning *
        ), added as (
            insert into recording_days as d
            select account_id, project_id, day, sum(sessions), sum(duration_ms), sum(added_bytes), sum(removed_bytes),
                sum(judged), sum(incomplete), sum(without_recording), sum(without_track), sum(without_chat),
                sum(without_metadata)
            from taken
            group by account_id, project_id, day
            on conflict (account_id, day, project_id) do update set
                sessions = d.sessions + excluded.sessions,
                duration_ms = d.duration_ms + excluded.duration_ms,
                added_bytes = d.added_bytes + excluded.added_bytes,
                removed_bytes = d.removed_bytes + excluded.removed_bytes,
                judged = d.judged + excluded.judged,
                incomplete = d.incomplete + excluded.incomplete,
                without_recording = d.without_recording + excluded.without_recording,
                without_track = d.without_track + excluded.without_track,
                without_chat = d.without_chat + excluded.without_chat,
                without_metadata = d.without_metadata + excluded.without_metadata
        )
        select count(*) as "count!" from taken
        "#,
        limit
    )
    .fetch_one(db)
    .await
}

/// Accounts whose log has rows that are not counted, the fewest first.
pub(in crate::insights) async fn accounts_behind(
    db: &mut PgConnection,
    limit: i64,
) -> Result<Vec<AccountId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select h.account_id as "account: AccountId"
        from access_log_heads h
        left join access_log_counted c on c.account_id = h.account_id
        where h.count > coalesce(c.seq, 0) and h.account_id <> $1
        order by h.count - coalesce(c.seq, 0)
        limit $2
        "#,
        NO_ACCOUNT as AccountId,
        limit
    )
    .fetch_all(db)
    .await
}

/// Up to which number the account's rows are counted. Nobody else counts them until the transaction ends.
pub(in crate::insights) async fn lock_counted(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<i64, sqlx::Error> {
    sqlx::query!(
        "insert into access_log_counted (account_id, seq) values ($1, 0) on conflict do nothing",
        account as AccountId
    )
    .execute(&mut *db)
    .await?;
    sqlx::query_scalar!(
        "select seq from access_log_counted where account_id = $1 for update",
        account as AccountId
    )
    .fetch_one(db)
    .await
}

/// The number of the last row of the account's chain.
pub(in crate::insights) async fn head(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        "select count from access_log_heads where account_id = $1",
        account as AccountId
    )
    .fetch_one(db)
    .await
}

/// Counts the account's rows with numbers above `from` up to `to`, and notes it.
pub(in crate::insights) async fn count_rows(
    db: &mut PgConnection,
    account: AccountId,
    from: i64,
    to: i64,
) -> Result<(), sqlx::Error> {
    // Looked for in every month by its number: a row that came late may tell of any day.
    sqlx::query!(
        r#"
        with fresh as materialized (
            select utc_day(occurred_at) as day, coalesce(project_id, '00000000-0000-0000-0000-000000000000') as project_id,
                file_id, coalesce(reason, '') as reason, bytes_sent, occurred_at,
                reason is null and method = 'GET' and status in (200, 206) and bytes_sent > 0
                    and file_id is not null and session_id is not null as is_download,
                md5(caller_kind || ' ' || coalesce(caller_id::text, '') || ' ' || client_address)::uuid as caller
            from access_log
            where account_id = $1 and seq > $2 and seq <= $3
        ), first_seen as (
            insert into downloads (account_id, file_id, day, caller)
            select distinct $1::uuid, file_id, day, caller from fresh where is_download
            on conflict do nothing
            returning file_id, day
        ), by_file as (
            select f.day, f.file_id, f.project_id, f.bytes, f.last_at, coalesce(s.downloads, 0) as downloads
            from (
                select day, file_id, (array_agg(project_id))[1] as project_id, sum(bytes_sent) as bytes,
                    max(occurred_at) as last_at
                from fresh where is_download group by day, file_id
            ) f
            left join (select day, file_id, count(*) as downloads from first_seen group by day, file_id) s
                using (day, file_id)
        ), files as (
            insert into file_days as d (account_id, file_id, day, project_id, downloads, bytes, last_at)
            select $1, file_id, day, project_id, downloads, bytes, last_at from by_file
            on conflict (account_id, file_id, day) do update set
                downloads = d.downloads + excluded.downloads,
                bytes = d.bytes + excluded.bytes,
                last_at = greatest(d.last_at, excluded.last_at)
        ), since_ever as (
            insert into file_downloads as d (account_id, file_id, project_id, downloads, first_day, last_day)
            select $1, file_id, (array_agg(project_id))[1], sum(downloads), min(day), max(day) from by_file group by file_id
            on conflict (account_id, file_id) do update set
                downloads = d.downloads + excluded.downloads,
                first_day = least(d.first_day, excluded.first_day),
                last_day = greatest(d.last_day, excluded.last_day)
        )
        insert into access_days as d (account_id, day, project_id, reason, requests, bytes, downloads)
        select $1, day, project_id, reason, sum(requests), sum(bytes), sum(downloads)
        from (
            select day, project_id, reason, count(*) as requests, sum(bytes_sent) as bytes, 0 as downloads
            from fresh group by day, project_id, reason
            union all
            select day, project_id, '', 0, 0, sum(downloads) from by_file group by day, project_id
        ) counted
        group by day, project_id, reason
        on conflict (account_id, day, project_id, reason) do update set
            requests = d.requests + excluded.requests,
            bytes = d.bytes + excluded.bytes,
            downloads = d.downloads + excluded.downloads
        "#,
        account as AccountId,
        from,
        to
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "update access_log_counted set seq = $2 where account_id = $1",
        account as AccountId,
        to
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Everything before this moment is counted. Never set back.
pub(in crate::insights) async fn set_counted_at(
    db: &mut PgConnection,
    moment: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into insights_state as s (counted_at) values ($1)
        on conflict (is_only) do update set counted_at = greatest(s.counted_at, excluded.counted_at)",
        moment
    )
    .execute(db)
    .await?;
    Ok(())
}
