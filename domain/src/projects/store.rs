//! SQL of projects. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::numbered::NumberedProject;
use super::{
    Access, GovernedProject, Hold, HoldId, HoldTarget, Holdings, Limits, Policy, Project,
    ProjectId, Retention, RetentionForecast,
};
use crate::Actor;
use crate::accounts::AccountId;
use crate::members::MemberId;
use crate::sessions::SessionId;

pub(super) async fn list(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<Project>, sqlx::Error> {
    sqlx::query_as!(
        Project,
        r#"
        select id as "id: ProjectId", name, archived_at is not null as "is_archived!"
        from projects
        where account_id = $1
        order by name, id
        "#,
        account as AccountId,
    )
    .fetch_all(db)
    .await
}

/// All of them, or one.
pub(super) async fn list_governed(
    db: &mut PgConnection,
    account: AccountId,
    only: Option<ProjectId>,
) -> Result<Vec<GovernedProject>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        select p.id as "id: ProjectId", p.name, p.created_at, p.archived_at, p.is_secure, p.public_hours,
            p.retention_hours, p.deletes_bytes, p.file_limit_bytes, p.quota_bytes, p.hold_id as "hold_id: HoldId", h.reason as "reason?",
            h.placed_at as "placed_at?", m.name as "placed_by?",
            (select count(*) from sessions s where s.project_id = p.id) as "sessions!",
            coalesce(f.files, 0) as "files!", coalesce(f.secure_files, 0) as "secure_files!", coalesce(f.bytes, 0)::bigint as "bytes!"
        from projects p
        left join holds h on h.id = p.hold_id
        left join members m on m.id = h.placed_by
        left join (
            select s.project_id, count(*) as files, count(*) filter (where f.is_secure) as secure_files, sum(f.size_bytes) as bytes
            from sessions s join files f on f.session_id = s.id
            where s.account_id = $1 and ($2::uuid is null or s.project_id = $2) and f.deleted_at is null
            group by s.project_id
        ) f on f.project_id = p.id
        where p.account_id = $1 and ($2::uuid is null or p.id = $2)
        order by p.name, p.id
        "#,
        account as AccountId,
        only as Option<ProjectId>,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| GovernedProject {
            id: row.id,
            name: row.name,
            created_at: row.created_at,
            archived_at: row.archived_at,
            policy: Policy {
                is_secure: row.is_secure,
                public_hours: row.public_hours.cast_unsigned(),
                retention_hours: row.retention_hours.map(i32::cast_unsigned),
                deletes_bytes: row.deletes_bytes,
            },
            limits: Limits {
                file_bytes: row.file_limit_bytes.map(i64::cast_unsigned),
                total_bytes: row.quota_bytes.map(i64::cast_unsigned),
            },
            hold: hold(row.hold_id, row.reason, row.placed_at, row.placed_by),
            holdings: Holdings {
                sessions: row.sessions.cast_unsigned(),
                files: row.files.cast_unsigned(),
                secure_files: row.secure_files.cast_unsigned(),
                bytes: row.bytes.cast_unsigned(),
            },
        })
        .collect())
}

pub(super) async fn list_numbered(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<NumberedProject>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        select id as "id: ProjectId", number, name, created_at, archived_at is not null as "is_archived!", is_secure,
            public_hours, retention_hours, deletes_bytes
        from projects
        where account_id = $1
        order by number
        "#,
        account as AccountId,
    )
    .fetch_all(db)
    .await?;
    let numbered = rows.into_iter().map(|row| NumberedProject {
        id: row.id,
        number: row.number,
        name: row.name,
        created_at: row.created_at,
        is_archived: row.is_archived,
        policy: Policy {
            is_secure: row.is_secure,
            public_hours: row.public_hours.cast_unsigned(),
            retention_hours: row.retention_hours.map(i32::cast_unsigned),
            deletes_bytes: row.deletes_bytes,
        },
    });
    Ok(numbered.collect())
}

/// A hold as an outer join brings it.
pub(crate) fn hold(
    id: Option<HoldId>,
    reason: Option<String>,
    placed_at: Option<DateTime<Utc>>,
    placed_by: Option<String>,
) -> Option<Hold> {
    Some(Hold {
        id: id?,
        reason: reason?,
        placed_at: placed_at?,
        placed_by,
    })
}

pub(super) async fn insert(
    db: &mut PgConnection,
    account: AccountId,
    project: &Project,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into projects (id, account_id, name, created_at) values ($1, $2, $3, $4)",
        project.id as ProjectId,
        account as AccountId,
        project.name,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// False if the account has no such project; so with the others.
pub(super) async fn rename(
    db: &mut PgConnection,
    account: AccountId,
    project: ProjectId,
    name: &str,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update projects set name = $3 where id = $2 and account_id = $1",
        account as AccountId,
        project as ProjectId,
        name,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Keeps the first moment of one that is archived already.
pub(super) async fn set_archived(
    db: &mut PgConnection,
    account: AccountId,
    project: ProjectId,
    at: Option<DateTime<Utc>>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        r#"
        update projects
        set archived_at = case when $3::timestamptz is null then null else coalesce(archived_at, $3) end
        where id = $2 and account_id = $1
        "#,
        account as AccountId,
        project as ProjectId,
        at,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// With `before`, only while it still is like that.
pub(super) async fn set_access(
    db: &mut PgConnection,
    account: AccountId,
    project: ProjectId,
    before: Option<Access>,
    access: Access,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        r#"
        update projects
        set is_secure = $3, public_hours = $4
        where id = $2 and account_id = $1 and ($5::boolean is null or is_secure = $5 and public_hours = $6)
        "#,
        account as AccountId,
        project as ProjectId,
        access.is_secure,
        access.public_hours.cast_signed(),
        before.map(|before| before.is_secure),
        before.map(|before| before.public_hours.cast_signed()),
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn set_limits(
    db: &mut PgConnection,
    account: AccountId,
    project: ProjectId,
    limits: Limits,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update projects set file_limit_bytes = $3, quota_bytes = $4 where id = $2 and account_id = $1",
        account as AccountId,
        project as ProjectId,
        limits.file_bytes.map(u64::cast_signed),
        limits.total_bytes.map(u64::cast_signed),
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn set_retention(
    db: &mut PgConnection,
    account: AccountId,
    project: ProjectId,
    wish: Retention,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update projects set retention_hours = $3, deletes_bytes = $4 where id = $2 and account_id = $1",
        account as AccountId,
        project as ProjectId,
        wish.hours.map(u32::cast_signed),
        wish.deletes_bytes,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Counts by the same rule as `Lifecycle::state` and the job that moves expired files to the trash.
pub(super) async fn forecast(
    db: &mut PgConnection,
    account: AccountId,
    project: ProjectId,
    wish: Retention,
    now: DateTime<Utc>,
) -> Result<Option<RetentionForecast>, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        with judged as (
            select f.size_bytes, session_end(s) as ended_at,
                coalesce(session_end(s) <= $4::timestamptz - $3::integer * interval '1 hour', false) as expires,
                coalesce(session_end(s) <= $4::timestamptz - p.retention_hours * interval '1 hour', false) as expired,
                p.hold_id is not null or s.hold_id is not null as is_held
            from projects p
            join sessions s on s.project_id = p.id
            join files f on f.session_id = s.id
            where p.id = $2 and p.account_id = $1 and f.trashed_at is null
        )
        select exists (select from projects where id = $2 and account_id = $1) as "exists!",
            count(*) filter (where expires and not expired and not is_held) as "expiring_files!",
            coalesce(sum(size_bytes) filter (where expires and not expired and not is_held), 0)::bigint as "expiring_bytes!",
            min(ended_at) filter (where expires and not expired and not is_held) as oldest,
            count(*) filter (where expired and not expires and not is_held) as "returning_files!",
            count(*) filter (where expires and is_held) as "held_files!",
            count(*) filter (where expires and not is_held) as "expired_files!",
            coalesce(sum(size_bytes) filter (where expires and not is_held), 0)::bigint as "expired_bytes!"
        from judged
        "#,
        account as AccountId,
        project as ProjectId,
        wish.hours.map(u32::cast_signed),
        now,
    )
    .fetch_one(db)
    .await?;
    let trashing = |amount: i64| {
        if wish.deletes_bytes {
            amount.cast_unsigned()
        } else {
            0
        }
    };
    Ok(row.exists.then(|| RetentionForecast {
        expiring_files: row.expiring_files.cast_unsigned(),
        expiring_bytes: row.expiring_bytes.cast_unsigned(),
        oldest: row.oldest,
        returning_files: row.returning_files.cast_unsigned(),
        held_files: row.held_files.cast_unsigned(),
        trashing_files: trashing(row.expired_files),
        trashing_bytes: trashing(row.expired_bytes),
    }))
}

/// The hold that stands on this target. None outside: the account has no such target.
pub(super) async fn hold_of(
    db: &mut PgConnection,
    account: AccountId,
    target: HoldTarget,
) -> Result<Option<Option<HoldId>>, sqlx::Error> {
    match target {
        HoldTarget::Project(project) => {
            sqlx::query_scalar!(
                r#"select hold_id as "hold_id: HoldId" from projects where id = $1 and account_id = $2 for update"#,
                project as ProjectId,
                account as AccountId,
            )
            .fetch_optional(db)
            .await
        }
        HoldTarget::Session(session) => {
            sqlx::query_scalar!(
                r#"select hold_id as "hold_id: HoldId" from sessions where id = $1 and account_id = $2 for update"#,
                session as SessionId,
                account as AccountId,
            )
            .fetch_optional(db)
            .await
        }
    }
}

pub(super) async fn insert_hold(
    db: &mut PgConnection,
    actor: &Actor,
    id: HoldId,
    target: HoldTarget,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let (project, session) = match target {
        HoldTarget::Project(project) => (Some(project), None),
        HoldTarget::Session(session) => (None, Some(session)),
    };
    sqlx::query!(
        r#"
        insert into holds (id, account_id, project_id, session_id, reason, placed_at, placed_by)
        values ($1, $2, coalesce($3, (select project_id from sessions where id = $4)), $4, $5, $6, $7)
        "#,
        id as HoldId,
        actor.account as AccountId,
        project as Option<ProjectId>,
        session as Option<SessionId>,
        reason,
        now,
        actor.member() as Option<MemberId>,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn set_hold(
    db: &mut PgConnection,
    target: HoldTarget,
    hold: Option<HoldId>,
) -> Result<(), sqlx::Error> {
    match target {
        HoldTarget::Project(project) => {
            sqlx::query!(
                "update projects set hold_id = $2 where id = $1",
                project as ProjectId,
                hold as Option<HoldId>
            )
            .execute(db)
            .await?
        }
        HoldTarget::Session(session) => {
            sqlx::query!(
                "update sessions set hold_id = $2 where id = $1",
                session as SessionId,
                hold as Option<HoldId>
            )
            .execute(db)
            .await?
        }
    };
    Ok(())
}

pub(super) async fn lift_hold(
    db: &mut PgConnection,
    id: HoldId,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update holds set lifted_at = $2, lifted_by = $3 where id = $1",
        id as HoldId,
        now,
        actor.member() as Option<MemberId>,
    )
    .execute(db)
    .await?;
    Ok(())
}
