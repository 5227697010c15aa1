//! What the page reads: sums by day, of one account.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::accounts::AccountId;
use crate::files::FileId;
use crate::insights::{Gaps, Refusal, SessionWithGaps, TopFile};
use crate::projects::ProjectId;
use crate::reading;
use crate::sessions::SessionId;

/// Whose figures: of one account, or of one project in it.
#[derive(Debug, Clone, Copy)]
pub(in crate::insights) struct Of {
    pub(in crate::insights) account: AccountId,
    pub(in crate::insights) project: Option<ProjectId>,
}

/// What recordings give on a day.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::insights) struct RecordingDay {
    pub(in crate::insights) day: NaiveDate,
    pub(in crate::insights) sessions: i64,
    pub(in crate::insights) duration_ms: i64,
    /// Bytes that came less those that were given up.
    pub(in crate::insights) stored: i64,
    pub(in crate::insights) judged: i64,
    pub(in crate::insights) incomplete: i64,
    pub(in crate::insights) without_recording: i64,
    pub(in crate::insights) without_track: i64,
    pub(in crate::insights) without_chat: i64,
    pub(in crate::insights) without_metadata: i64,
}

/// What the access log gives on a day.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::insights) struct AccessDay {
    pub(in crate::insights) day: NaiveDate,
    pub(in crate::insights) downloads: i64,
    pub(in crate::insights) delivered: i64,
    pub(in crate::insights) refusals: i64,
}

/// One moment, so that the parts of the page agree, and plans for the values at hand.
pub(in crate::insights) async fn begin(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    reading::freeze(&mut *db).await?;
    reading::plan_each(&mut *db).await?;
    // Grouping a year of files must not go over the disk for want of 4 MB.
    sqlx::query!("set local work_mem = '64MB'")
        .execute(db)
        .await?;
    Ok(())
}

/// Bytes that lay in the vault when this day began.
pub(in crate::insights) async fn stored_before(
    db: &mut PgConnection,
    of: Of,
    day: NaiveDate,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select coalesce(sum(added_bytes - removed_bytes), 0)::bigint as "stored!"
        from recording_days
        where account_id = $1 and day < $2 and ($3::uuid is null or project_id = $3)
        "#,
        of.account as AccountId,
        day,
        of.project as Option<ProjectId>
    )
    .fetch_one(db)
    .await
}

pub(in crate::insights) async fn recording_days(
    db: &mut PgConnection,
    of: Of,
    first: NaiveDate,
    last: NaiveDate,
) -> Result<Vec<RecordingDay>, sqlx::Error> {
    sqlx::query_as!(
        RecordingDay,
        r#"
        select day, sum(sessions)::bigint as "sessions!", sum(duration_ms)::bigint as "duration_ms!",
            sum(added_bytes - removed_bytes)::bigint as "stored!", sum(judged)::bigint as "judged!",
            sum(incomplete)::bigint as "incomplete!", sum(without_recording)::bigint as "without_recording!",
            sum(without_track)::bigint as "without_track!", sum(without_chat)::bigint as "without_chat!",
            sum(without_metadata)::bigint as "without_metadata!"
        from recording_days
        where account_id = $1 and day between $2 and $3 and ($4::uuid is null or project_id = $4)
        group by day
        "#,
        of.account as AccountId,
        first,
        last,
        of.project as Option<ProjectId>
    )
    .fetch_all(db)
    .await
}

pub(in crate::insights) async fn access_days(
    db: &mut PgConnection,
    of: Of,
    first: NaiveDate,
    last: NaiveDate,
) -> Result<Vec<AccessDay>, sqlx::Error> {
    sqlx::query_as!(
        AccessDay,
        r#"
        select day, sum(downloads)::bigint as "downloads!",
            coalesce(sum(bytes) filter (where reason = ''), 0)::bigint as "delivered!",
            coalesce(sum(requests) filter (where reason <> ''), 0)::bigint as "refusals!"
        from access_days
        where account_id = $1 and day between $2 and $3 and ($4::uuid is null or project_id = $4)
        group by day
        "#,
        of.account as AccountId,
        first,
        last,
        of.project as Option<ProjectId>
    )
    .fetch_all(db)
    .await
}

pub(in crate::insights) async fn refusals(
    db: &mut PgConnection,
    of: Of,
    first: NaiveDate,
    last: NaiveDate,
) -> Result<Vec<Refusal>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        select reason, sum(requests)::bigint as "requests!"
        from access_days
        where account_id = $1 and day between $2 and $3 and ($4::uuid is null or project_id = $4) and reason <> ''
        group by reason
        order by 2 desc, reason
        "#,
        of.account as AccountId,
        first,
        last,
        of.project as Option<ProjectId>
    )
    .fetch_all(db)
    .await?;
    let refusal = |reason, requests: i64| Refusal {
        reason,
        requests: requests.cast_unsigned(),
    };
    Ok(rows
        .into_iter()
        .map(|row| refusal(row.reason, row.requests))
        .collect())
}

/// A file and its downloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::insights) struct Ranked {
    pub(in crate::insights) file: FileId,
    /// In the period.
    pub(in crate::insights) downloads: i64,
    /// Since ever.
    pub(in crate::insights) ever: i64,
}

/// The files of the period with most downloads, from all of its file days. For periods that have few of them.
pub(in crate::insights) async fn most_of_all(
    db: &mut PgConnection,
    of: Of,
    first: NaiveDate,
    last: NaiveDate,
    limit: i64,
) -> Result<Vec<Ranked>, sqlx::Error> {
    sqlx::query_as!(
        Ranked,
        r#"
        with summed as materialized (
            select file_id, sum(downloads) as downloads
            from file_days
            where account_id = $1 and day between $2 and $3 and ($4::uuid is null or project_id = $4)
            group by file_id
        )
        select s.file_id as "file: FileId", s.downloads as "downloads!", f.downloads as ever
        from summed s
        join file_downloads f on f.account_id = $1 and f.file_id = s.file_id
        where s.downloads >= (select min(downloads) from (select downloads from summed order by 1 desc limit $5) most)
        order by s.downloads desc, f.downloads desc, s.file_id
        limit $5
        "#,
        of.account as AccountId,
        first,
        last,
        of.project as Option<ProjectId>,
        limit
    )
    .fetch_all(db)
    .await
}

/// The next files by their downloads since ever, with those in the period; from the one after `after`, if it is given.
/// Those without a download in the period have zero.
pub(in crate::insights) async fn next_most(
    db: &mut PgConnection,
    of: Of,
    first: NaiveDate,
    last: NaiveDate,
    after: Option<Ranked>,
    limit: i64,
) -> Result<Vec<Ranked>, sqlx::Error> {
    let (ever, file) = after.map_or((i64::MAX, FileId::from_uuid(Uuid::nil())), |one| {
        (one.ever, one.file)
    });
    sqlx::query_as!(
        Ranked,
        r#"
        with next as materialized (
            select file_id, downloads
            from file_downloads
            where account_id = $1 and downloads <= $6 and (downloads < $6 or file_id > $7)
                and last_day >= $2 and first_day <= $3 and ($4::uuid is null or project_id = $4)
            order by downloads desc, file_id
            limit $5
        )
        select n.file_id as "file: FileId", n.downloads as ever,
            coalesce((select sum(d.downloads) from file_days d
                where d.account_id = $1 and d.file_id = n.file_id and d.day between $2 and $3), 0) as "downloads!"
        from next n
        order by n.downloads desc, n.file_id
        "#,
        of.account as AccountId,
        first,
        last,
        of.project as Option<ProjectId>,
        limit,
        ever,
        file as FileId
    )
    .fetch_all(db)
    .await
}

/// What is shown of these files, in no order. Callers are counted among the first `most_callers` downloads of each.
pub(in crate::insights) async fn files(
    db: &mut PgConnection,
    account: AccountId,
    ranked: &[Ranked],
    first: NaiveDate,
    last: NaiveDate,
    most_callers: i64,
) -> Result<Vec<TopFile>, sqlx::Error> {
    let ids: Vec<Uuid> = ranked.iter().map(|one| *one.file.as_uuid()).collect();
    let rows = sqlx::query!(
        r#"
        select f.id as "file: FileId", f.name, s.id as "session: SessionId", s.title, s.room, s.conference_number,
            d.downloads as "downloads!", d.bytes as "bytes!", d.last_at as "last_at!: DateTime<Utc>",
            (select count(distinct caller) from (
                select caller from downloads
                where account_id = $1 and file_id = f.id and day between $3 and $4 limit $5
            ) of_file) as "callers!"
        from files f
        join sessions s on s.id = f.session_id
        cross join lateral (
            select sum(downloads) as downloads, sum(bytes)::bigint as bytes, max(last_at) as last_at
            from file_days
            where account_id = $1 and file_id = f.id and day between $3 and $4
        ) d
        where f.id = any($2) and f.account_id = $1 and d.downloads > 0
        "#,
        account as AccountId,
        &ids,
        first,
        last,
        most_callers
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| TopFile {
            file: row.file,
            name: row.name,
            session: row.session,
            title: row.title,
            room: row.room,
            conference_number: row.conference_number,
            downloads: row.downloads.cast_unsigned(),
            delivered: row.bytes.cast_unsigned(),
            callers: row.callers.cast_unsigned(),
            are_more_callers: row.downloads > most_callers,
            last_at: row.last_at,
        })
        .collect())
}

/// The newest sessions with gaps that began from the one moment up to before the other.
pub(in crate::insights) async fn with_gaps(
    db: &mut PgConnection,
    of: Of,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<SessionWithGaps>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        select id as "id: SessionId", title, room, conference_number, started_at, gaps as "gaps!"
        from sessions
        where account_id = $1 and gaps > 0 and started_at >= $2 and started_at < $3
            and ($4::uuid is null or project_id = $4)
        order by started_at desc, id desc
        limit $5
        "#,
        of.account as AccountId,
        from,
        until,
        of.project as Option<ProjectId>,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| SessionWithGaps {
            id: row.id,
            title: row.title,
            room: row.room,
            conference_number: row.conference_number,
            started_at: row.started_at,
            gaps: Gaps(row.gaps),
        })
        .collect())
}

/// When everything had been counted last, and whether the account has any figures at all.
pub(in crate::insights) async fn state(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<(Option<DateTime<Utc>>, bool), sqlx::Error> {
    let row = sqlx::query!(
        r#"
        select (select counted_at from insights_state) as "counted_at?: DateTime<Utc>",
            (exists (select from sessions where account_id = $1)
                or exists (select from access_log_heads where account_id = $1)) as "is_any!"
        "#,
        *account.as_uuid() as Uuid
    )
    .fetch_one(db)
    .await?;
    Ok((row.counted_at, row.is_any))
}
