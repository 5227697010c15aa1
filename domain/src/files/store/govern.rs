//! SQL of what becomes of files: secure or not, trash, tombstones. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::Scope;
use crate::accounts::AccountId;
use crate::files::{
    Discard, DiscardCause, DiscardedFile, FileId, FileKind, GovernedFile, GovernedSession,
    Lifecycle,
};
use crate::members::MemberId;
use crate::page::Position;
use crate::projects::{HoldId, Policy, ProjectId, hold_of_row};
use crate::sessions::SessionId;

pub(in crate::files) async fn session(
    db: &mut PgConnection,
    account: AccountId,
    session: SessionId,
    now: DateTime<Utc>,
) -> Result<Option<GovernedSession>, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        select s.id as "id: SessionId", p.id as "project: ProjectId", p.name as project_name, s.room,
            s.conference_number, s.started_at, session_end(s) as "ended_at!", p.is_secure, p.public_hours,
            p.retention_hours, p.deletes_bytes,
            s.hold_id as "hold: HoldId", h.reason as "reason?", h.placed_at as "placed_at?", m.name as "placed_by?",
            p.hold_id as "project_hold: HoldId", ph.reason as "project_reason?", ph.placed_at as "project_placed_at?",
            pm.name as "project_placed_by?"
        from sessions s
        join projects p on p.id = s.project_id
        left join holds h on h.id = s.hold_id
        left join members m on m.id = h.placed_by
        left join holds ph on ph.id = p.hold_id
        left join members pm on pm.id = ph.placed_by
        where s.id = $1 and s.account_id = $2
        "#,
        session as SessionId,
        account as AccountId,
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let policy = Policy {
        is_secure: row.is_secure,
        public_hours: row.public_hours.cast_unsigned(),
        retention_hours: row.retention_hours.map(i32::cast_unsigned),
        deletes_bytes: row.deletes_bytes,
    };
    let is_held = row.hold.is_some() || row.project_hold.is_some();
    let files = files_of(db, session, &policy, is_held, row.ended_at, now).await?;
    Ok(Some(GovernedSession {
        id: row.id,
        project: row.project,
        project_name: row.project_name,
        policy,
        room: row.room,
        conference_number: row.conference_number,
        started_at: row.started_at,
        ended_at: row.ended_at,
        hold: hold_of_row(row.hold, row.reason, row.placed_at, row.placed_by),
        project_hold: hold_of_row(
            row.project_hold,
            row.project_reason,
            row.project_placed_at,
            row.project_placed_by,
        ),
        files,
    }))
}

async fn files_of(
    db: &mut PgConnection,
    session: SessionId,
    policy: &Policy,
    is_held: bool,
    session_ended_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<GovernedFile>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        select f.id as "id: FileId", f.kind as "kind: FileKind", f.name, f.size_bytes, f.is_secure, f.trashed_at,
            f.trash_cause as "trash_cause: DiscardCause", f.trash_reason, f.deleted_at, m.name as "trashed_by?"
        from files f
        left join members m on m.id = f.trashed_by
        where f.session_id = $1
        order by array_position(array['transcoded', 'live', 'individual', 'chat', 'metadata', 'captions', 'log'], f.kind), f.name
        "#,
        session as SessionId,
    )
    .fetch_all(db)
    .await?;
    let file = |row: FileRow| {
        let lifecycle = Lifecycle {
            session_ended_at,
            is_secure: row.is_secure,
            is_held,
            is_trashed: row.discard.is_some(),
            is_deleted: row.deleted_at.is_some(),
        };
        GovernedFile {
            id: row.id,
            kind: row.kind,
            name: row.name,
            size: row.size_bytes.cast_unsigned(),
            state: lifecycle.state(policy, now),
            is_secure: row.is_secure,
            open_until: lifecycle.open_until(policy, now),
            discard: row.discard,
            deleted_at: row.deleted_at,
        }
    };
    Ok(rows
        .into_iter()
        .map(|row| {
            file(FileRow {
                id: row.id,
                kind: row.kind,
                name: row.name,
                size_bytes: row.size_bytes,
                is_secure: row.is_secure,
                discard: discard_of_row(
                    row.trashed_at,
                    row.trash_cause,
                    row.trashed_by,
                    row.trash_reason,
                ),
                deleted_at: row.deleted_at,
            })
        })
        .collect())
}

struct FileRow {
    id: FileId,
    kind: FileKind,
    name: String,
    size_bytes: i64,
    is_secure: bool,
    discard: Option<Discard>,
    deleted_at: Option<DateTime<Utc>>,
}

fn discard_of_row(
    at: Option<DateTime<Utc>>,
    cause: Option<DiscardCause>,
    by: Option<String>,
    reason: Option<String>,
) -> Option<Discard> {
    Some(Discard {
        at: at?,
        cause: cause?,
        by,
        reason: reason?,
    })
}

/// A project's trash, or its tombstones.
#[derive(Clone, Copy)]
pub(in crate::files) struct List {
    pub(in crate::files) account: AccountId,
    pub(in crate::files) project: ProjectId,
    pub(in crate::files) is_deleted: bool,
}

/// One direction of the walk along the index, and the moment and id that it begins behind.
macro_rules! walk {
    ($beyond:tt, $direction:tt, $list:expr, $position:expr, $limit:expr) => {
        sqlx::query_as!(
            DiscardedRow,
            r#"
            select f.id as "id: FileId", f.kind as "kind: FileKind", f.name, f.size_bytes, f.sha256,
                s.id as "session: SessionId", s.room, s.conference_number, f.trashed_at as "trashed_at!",
                f.trash_cause as "trash_cause!: DiscardCause", f.trash_reason as "trash_reason!",
                m.name as "trashed_by?", f.deleted_at,
                (s.hold_id is not null or p.hold_id is not null) as "is_held!"
            from files f
            join sessions s on s.id = f.session_id
            join projects p on p.id = s.project_id
            left join members m on m.id = f.trashed_by
            where f.account_id = $1 and s.project_id = $2 and f.trashed_at is not null
                and (f.deleted_at is not null) = $3 and (f.trashed_at, f.id) "# + $beyond + r#" ($4, $5)
            order by f.trashed_at "# + $direction + ", f.id " + $direction + " limit $6",
            $list.account as AccountId,
            $list.project as ProjectId,
            $list.is_deleted,
            $position.time(),
            $position.id,
            $limit,
        )
    };
}

/// The end of the year 9999, in microseconds.
const END_OF_TIME: i64 = 253_402_300_799_000_000;

/// At most `limit` files beyond `position`, latest first.
pub(in crate::files) async fn discarded(
    db: &mut PgConnection,
    list: List,
    position: Option<&Position>,
    limit: i64,
) -> Result<Vec<DiscardedFile>, sqlx::Error> {
    // Without one: behind everything there can be.
    let end = Position::behind((END_OF_TIME, uuid::Uuid::max()));
    let position = position.unwrap_or(&end);
    let rows = if position.is_backward {
        let mut rows = walk!(">", "asc", list, position, limit)
            .fetch_all(db)
            .await?;
        rows.reverse();
        rows
    } else {
        walk!("<", "desc", list, position, limit)
            .fetch_all(db)
            .await?
    };
    Ok(rows.into_iter().map(DiscardedFile::from).collect())
}

struct DiscardedRow {
    id: FileId,
    kind: FileKind,
    name: String,
    size_bytes: i64,
    sha256: Vec<u8>,
    session: SessionId,
    room: String,
    conference_number: String,
    trashed_at: DateTime<Utc>,
    trash_cause: DiscardCause,
    trash_reason: String,
    trashed_by: Option<String>,
    deleted_at: Option<DateTime<Utc>>,
    is_held: bool,
}

impl From<DiscardedRow> for DiscardedFile {
    fn from(row: DiscardedRow) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            name: row.name,
            size: row.size_bytes.cast_unsigned(),
            sha256: row.sha256,
            session: row.session,
            room: row.room,
            conference_number: row.conference_number,
            discard: Discard {
                at: row.trashed_at,
                cause: row.trash_cause,
                by: row.trashed_by,
                reason: row.trash_reason,
            },
            is_held: row.is_held,
            deleted_at: row.deleted_at,
        }
    }
}

pub(in crate::files) async fn count_discarded(
    db: &mut PgConnection,
    list: List,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "count!"
        from files f
        join sessions s on s.id = f.session_id
        where f.account_id = $1 and s.project_id = $2 and f.trashed_at is not null
            and (f.deleted_at is not null) = $3
        "#,
        list.account as AccountId,
        list.project as ProjectId,
        list.is_deleted,
    )
    .fetch_one(db)
    .await
}

/// False if there is no such file within the scope.
pub(in crate::files) async fn set_secure(
    db: &mut PgConnection,
    scope: Scope,
    file: FileId,
    is_secure: bool,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        r#"
        update files f
        set is_secure = $3
        from sessions s
        where s.id = f.session_id and f.id = $2 and f.account_id = $1 and ($4::uuid is null or s.project_id = $4)
        "#,
        scope.account as AccountId,
        file as FileId,
        is_secure,
        scope.project as Option<ProjectId>,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What has to be known of a file before it is moved to the trash.
pub(in crate::files) struct Target {
    pub(in crate::files) id: FileId,
    pub(in crate::files) is_held: bool,
    pub(in crate::files) is_trashed: bool,
}

/// One file, or all files of a session; of this account only.
pub(in crate::files) async fn targets(
    db: &mut PgConnection,
    scope: Scope,
    file: Option<FileId>,
    session: Option<SessionId>,
) -> Result<Vec<Target>, sqlx::Error> {
    sqlx::query_as!(
        Target,
        r#"
        select f.id as "id: FileId", (s.hold_id is not null or p.hold_id is not null) as "is_held!",
            f.trashed_at is not null as "is_trashed!"
        from files f
        join sessions s on s.id = f.session_id
        join projects p on p.id = s.project_id
        where f.account_id = $1 and (f.id = $2 or f.session_id = $3) and ($4::uuid is null or s.project_id = $4)
        "#,
        scope.account as AccountId,
        file as Option<FileId>,
        session as Option<SessionId>,
        scope.project as Option<ProjectId>,
    )
    .fetch_all(db)
    .await
}

pub(in crate::files) async fn discard(
    db: &mut PgConnection,
    files: &[FileId],
    by: Option<MemberId>,
    cause: DiscardCause,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        update files
        set trashed_at = $2, trashed_by = $3, trash_cause = $4, trash_reason = $5
        where id = any($1) and trashed_at is null
        "#,
        &uuids(files),
        now,
        by as Option<MemberId>,
        cause as DiscardCause,
        reason,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(in crate::files) async fn restore(
    db: &mut PgConnection,
    file: FileId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        update files
        set trashed_at = null, trashed_by = null, trash_cause = null, trash_reason = null
        where id = $1 and deleted_at is null
        "#,
        file as FileId,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Expired files of projects that delete them, by the same rule as `Lifecycle::state`; all there are, or those among
/// some.
pub(in crate::files) async fn expired(
    db: &mut PgConnection,
    now: DateTime<Utc>,
    among: Option<&[FileId]>,
    limit: i64,
) -> Result<Vec<FileId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select f.id as "id: FileId"
        from projects p
        join sessions s on s.project_id = p.id
        join files f on f.session_id = s.id
        where p.deletes_bytes and p.hold_id is null and s.hold_id is null and f.trashed_at is null
            and session_end(s) <= $1::timestamptz - p.retention_hours * interval '1 hour'
            and ($3::uuid[] is null or f.id = any($3))
        limit $2
        "#,
        now,
        limit,
        among.map(uuids) as Option<Vec<uuid::Uuid>>,
    )
    .fetch_all(db)
    .await
}

/// Makes tombstones of what came into the trash at `before` or earlier, and takes them off their sessions' sizes.
pub(in crate::files) async fn mark_deleted(
    db: &mut PgConnection,
    before: DateTime<Utc>,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    let sessions: Vec<uuid::Uuid> = sqlx::query_scalar!(
        r#"
        update files
        set deleted_at = $2
        where id in (
            select f.id
            from files f
            join sessions s on s.id = f.session_id
            join projects p on p.id = s.project_id
            where f.trashed_at <= $1 and f.deleted_at is null and s.hold_id is null and p.hold_id is null
            order by f.trashed_at
            limit $3
        )
        returning session_id
        "#,
        before,
        now,
        limit,
    )
    .fetch_all(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        update sessions
        set size_bytes = (
            select coalesce(sum(size_bytes), 0)::bigint
            from files
            where session_id = sessions.id and deleted_at is null)
        where id = any($1)
        "#,
        &sessions,
    )
    .execute(db)
    .await?;
    Ok(sessions.len() as u64)
}

pub(in crate::files) async fn bytes_to_remove(
    db: &mut PgConnection,
    limit: i64,
) -> Result<Vec<FileId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select id as "id: FileId"
        from files
        where deleted_at is not null and bytes_removed_at is null
        order by deleted_at
        limit $1
        "#,
        limit,
    )
    .fetch_all(db)
    .await
}

pub(in crate::files) async fn set_bytes_removed(
    db: &mut PgConnection,
    files: &[FileId],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update files set bytes_removed_at = $2 where id = any($1)",
        &uuids(files),
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

fn uuids(files: &[FileId]) -> Vec<uuid::Uuid> {
    files.iter().map(|id| *id.as_uuid()).collect()
}
