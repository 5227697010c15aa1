//! SQL of API secrets, limits and use. No decisions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{AllowList, ApiRights, ApiSecret, ApiSecretId, ProjectAccess};
use crate::Error;
use crate::accounts::AccountId;
use crate::members::MemberId;
use crate::projects::ProjectId;

/// What limits an account's APIs.
pub(super) struct Limits {
    pub(super) networks: Vec<String>,
    pub(super) hourly_quota: i32,
}

impl Limits {
    pub(super) fn allow_list(&self) -> Result<AllowList, Error> {
        AllowList::parse(&self.networks.join("\n")).map_err(Error::internal)
    }

    pub(super) const fn hourly_quota(&self) -> u32 {
        self.hourly_quota.cast_unsigned()
    }
}

pub(super) async fn limits(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<Limits, sqlx::Error> {
    sqlx::query_as!(
        Limits,
        "select api_networks as networks, api_hourly_quota as hourly_quota from accounts where id = $1",
        account as AccountId,
    )
    .fetch_one(db)
    .await
}

pub(super) async fn set_limits(
    db: &mut PgConnection,
    account: AccountId,
    networks: &[String],
    hourly_quota: i32,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update accounts set api_networks = $2, api_hourly_quota = $3 where id = $1",
        account as AccountId,
        networks,
        hourly_quota,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// By name, without their secrets.
pub(super) async fn projects(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<ProjectAccess>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        select id as "id: ProjectId", name, archived_at is not null as "is_archived!", api_identifier
        from projects
        where account_id = $1
        order by name, id
        "#,
        account as AccountId,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ProjectAccess {
            project: row.id,
            name: row.name,
            is_archived: row.is_archived,
            identifier: row.api_identifier,
            secrets: Vec::new(),
        })
        .collect())
}

/// Latest first, revoked ones last.
pub(super) async fn list(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<ApiSecret>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        select s.id as "id: ApiSecretId", s.project_id as "project: ProjectId", s.name, s.hint, s.may_write,
            s.may_delete, s.may_set_access, s.may_manage_credentials, s.created_at, m.name as "created_by?", s.last_used_at,
            s.last_used_from, s.exposed_at, s.revoked_at
        from api_secrets s
        left join members m on m.id = s.created_by
        where s.account_id = $1
        order by s.revoked_at is not null, s.created_at desc, s.id desc
        "#,
        account as AccountId,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ApiSecret {
            id: row.id,
            project: row.project,
            name: row.name,
            hint: row.hint,
            rights: ApiRights {
                may_write: row.may_write,
                may_delete: row.may_delete,
                may_set_access: row.may_set_access,
                may_manage_credentials: row.may_manage_credentials,
            },
            created_at: row.created_at,
            created_by: row.created_by,
            last_used_at: row.last_used_at,
            last_used_from: row.last_used_from,
            exposed_at: row.exposed_at,
            revoked_at: row.revoked_at,
        })
        .collect())
}

/// Its identifier, so that of several that make a secret each counts the one before.
pub(super) async fn lock_project(
    db: &mut PgConnection,
    account: AccountId,
    project: ProjectId,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "select api_identifier from projects where id = $2 and account_id = $1 for update",
        account as AccountId,
        project as ProjectId,
    )
    .fetch_optional(db)
    .await
}

/// Those that are not revoked.
pub(super) async fn count(db: &mut PgConnection, project: ProjectId) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from api_secrets where project_id = $1 and revoked_at is null"#,
        project as ProjectId,
    )
    .fetch_one(db)
    .await
}

pub(super) struct NewSecret<'a> {
    pub(super) id: ApiSecretId,
    pub(super) account: AccountId,
    pub(super) project: ProjectId,
    pub(super) name: &'a str,
    pub(super) hash: &'a [u8],
    pub(super) hint: &'a str,
    pub(super) rights: ApiRights,
    pub(super) by: Option<MemberId>,
    pub(super) now: DateTime<Utc>,
}

pub(super) async fn insert(db: &mut PgConnection, new: NewSecret<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into api_secrets (id, account_id, project_id, name, hash, hint, may_write, may_delete,
            may_set_access, may_manage_credentials, created_at, created_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        new.id as ApiSecretId,
        new.account as AccountId,
        new.project as ProjectId,
        new.name,
        new.hash,
        new.hint,
        new.rights.may_write,
        new.rights.may_delete,
        new.rights.may_set_access,
        new.rights.may_manage_credentials,
        new.now,
        new.by as Option<MemberId>,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether it was revoked now; None: there is none.
pub(super) async fn revoke(
    db: &mut PgConnection,
    account: AccountId,
    id: ApiSecretId,
    by: Option<MemberId>,
    now: DateTime<Utc>,
) -> Result<Option<bool>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        update api_secrets s
        set revoked_at = coalesce(s.revoked_at, $3),
            revoked_by = case when s.revoked_at is null then $4 else s.revoked_by end
        from (select id, revoked_at from api_secrets where id = $2 and account_id = $1 for update) before
        where s.id = before.id
        returning before.revoked_at is null as "is_now!"
        "#,
        account as AccountId,
        id as ApiSecretId,
        now,
        by as Option<MemberId>,
    )
    .fetch_optional(db)
    .await
}

/// A secret that is in force, as a request needs it.
pub(super) struct Found {
    pub(super) id: ApiSecretId,
    pub(super) account: AccountId,
    pub(super) project: ProjectId,
    pub(super) rights: ApiRights,
    pub(super) last_used_at: Option<DateTime<Utc>>,
    pub(super) limits: Limits,
}

pub(super) async fn find(
    db: &mut PgConnection,
    identifier: &str,
    hash: &[u8],
) -> Result<Option<Found>, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        select s.id as "id: ApiSecretId", s.account_id as "account: AccountId", s.project_id as "project: ProjectId",
            s.may_write, s.may_delete, s.may_set_access, s.may_manage_credentials, s.last_used_at, a.api_networks, a.api_hourly_quota
        from api_secrets s
        join projects p on p.id = s.project_id
        join accounts a on a.id = s.account_id
        where s.hash = $2 and p.api_identifier = $1 and s.revoked_at is null
        "#,
        identifier,
        hash,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Found {
        id: row.id,
        account: row.account,
        project: row.project,
        rights: ApiRights {
            may_write: row.may_write,
            may_delete: row.may_delete,
            may_set_access: row.may_set_access,
            may_manage_credentials: row.may_manage_credentials,
        },
        last_used_at: row.last_used_at,
        limits: Limits {
            networks: row.api_networks,
            hourly_quota: row.api_hourly_quota,
        },
    }))
}

pub(super) async fn is_in_force(
    db: &mut PgConnection,
    account: AccountId,
    id: ApiSecretId,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select exists (
            select from api_secrets where id = $2 and account_id = $1 and revoked_at is null
        ) as "exists!"
        "#,
        account as AccountId,
        id as ApiSecretId,
    )
    .fetch_one(db)
    .await
}

pub(super) async fn identifier(
    db: &mut PgConnection,
    project: ProjectId,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "select api_identifier from projects where id = $1",
        project as ProjectId
    )
    .fetch_optional(db)
    .await
}

/// Counts a request of this hour and says how many there were, this one included. Not written to the disk at once: all
/// requests of an account would wait for it, one after the other. A power failure, or a crash of PostgreSQL, may forget
/// those of the last second.
pub(super) async fn count_request(
    db: &mut PgConnection,
    account: AccountId,
    hour: DateTime<Utc>,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        "with relaxed as (select set_config('synchronous_commit', 'off', true))
        insert into api_use (account_id, hour, requests) select $1, $2, 1 from relaxed
        on conflict (account_id, hour) do update set requests = api_use.requests + 1
        returning requests",
        account as AccountId,
        hour,
    )
    .fetch_one(db)
    .await
}

pub(super) async fn used(
    db: &mut PgConnection,
    account: AccountId,
    hour: DateTime<Utc>,
) -> Result<i64, sqlx::Error> {
    let used = sqlx::query_scalar!(
        "select requests from api_use where account_id = $1 and hour = $2",
        account as AccountId,
        hour,
    )
    .fetch_optional(db)
    .await?;
    Ok(used.unwrap_or(0))
}

pub(super) async fn used_now(
    db: &mut PgConnection,
    id: ApiSecretId,
    address: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update api_secrets set last_used_at = $2, last_used_from = $3 where id = $1",
        id as ApiSecretId,
        now,
        address,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) struct Exposed {
    pub(super) id: ApiSecretId,
    pub(super) account: AccountId,
    pub(super) is_first: bool,
}

/// None if it is no secret in force.
pub(super) async fn expose(
    db: &mut PgConnection,
    hashes: &[Vec<u8>],
    now: DateTime<Utc>,
) -> Result<Vec<Exposed>, sqlx::Error> {
    sqlx::query_as!(
        Exposed,
        r#"
        update api_secrets s
        set exposed_at = coalesce(s.exposed_at, $2)
        from (select id, exposed_at from api_secrets where hash = any($1) and revoked_at is null order by id for update) before
        where s.id = before.id
        returning s.id as "id: ApiSecretId", s.account_id as "account: AccountId",
            before.exposed_at is null as "is_first!"
        "#,
        hashes,
        now,
    )
    .fetch_all(db)
    .await
}

/// Whether one of these is a secret that is not revoked.
pub(super) async fn is_any_there(
    db: &mut PgConnection,
    hashes: &[Vec<u8>],
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from api_secrets where hash = any($1) and revoked_at is null) as "is_there!""#,
        hashes,
    )
    .fetch_one(db)
    .await
}
