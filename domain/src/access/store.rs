//! SQL of the preview. No decisions.

use sqlx::PgConnection;

use super::decide::Subject;
use super::{Asker, Because, Candidate, MOST_COUNTED, Verdict};
use crate::Role;
use crate::accounts::AccountId;
use crate::api_secrets::ApiSecretId;
use crate::credentials::CredentialId;
use crate::files::{FileId, FileKind, FileState, Lifecycle};
use crate::members::MemberId;
use crate::page::Position;
use crate::projects::{Policy, ProjectId};
use crate::service_accounts::ServiceAccountId;
use crate::sessions::SessionId;

/// Somebody who can be asked for, and the project of an application.
pub(super) struct Found {
    pub(super) candidate: Candidate,
    pub(super) project: Option<ProjectId>,
}

/// What the account's own credential is called.
const MAIN: &str = "The account's user name";

/// Credentials in force or past their last day, active members, service accounts with a key, and API secrets in force.
pub(super) async fn candidates(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<Found>, sqlx::Error> {
    let mut found = credentials(&mut *db, account).await?;
    found.extend(members(&mut *db, account).await?);
    found.extend(service_accounts(&mut *db, account).await?);
    found.extend(applications(db, account).await?);
    Ok(found)
}

async fn credentials(db: &mut PgConnection, account: AccountId) -> Result<Vec<Found>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        select id as "id: CredentialId", name, username, expires_at, networks <> '{}' as "is_bound!"
        from credentials
        where account_id = $1 and revoked_at is null
        order by name nulls first, id
        "#,
        account as AccountId,
    )
    .fetch_all(db)
    .await?;
    let found = rows.into_iter().map(|row| Found {
        candidate: Candidate {
            asker: Asker::Credential(row.id),
            name: format!("{} ({})", row.name.as_deref().unwrap_or(MAIN), row.username),
            role: None,
            project: None,
            ends_at: row.expires_at,
            is_bound_to_addresses: row.is_bound,
        },
        project: None,
    });
    Ok(found.collect())
}

async fn members(db: &mut PgConnection, account: AccountId) -> Result<Vec<Found>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        select id as "id: MemberId", name, role as "role: Role"
        from members
        where account_id = $1 and disabled_at is null
        order by name, id
        "#,
        account as AccountId,
    )
    .fetch_all(db)
    .await?;
    let found = rows.into_iter().map(|row| Found {
        candidate: Candidate {
            asker: Asker::Member(row.id),
            name: row.name,
            role: Some(row.role),
            project: None,
            ends_at: None,
            is_bound_to_addresses: false,
        },
        project: None,
    });
    Ok(found.collect())
}

async fn service_accounts(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<Found>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        select s.id as "id: ServiceAccountId", s.name, s.role as "role: Role",
            case when bool_or(k.ends_at is null) then null else max(k.ends_at) end as ends_at
        from service_accounts s
        join service_account_keys k on k.service_account_id = s.id and k.revoked_at is null
        where s.account_id in ($1, (select parent_id from accounts where id = $1)) and s.revoked_at is null
        group by s.id
        order by s.name, s.id
        "#,
        account as AccountId,
    )
    .fetch_all(db)
    .await?;
    let found = rows.into_iter().map(|row| Found {
        candidate: Candidate {
            asker: Asker::ServiceAccount(row.id),
            name: row.name,
            role: row.role,
            project: None,
            ends_at: row.ends_at,
            is_bound_to_addresses: false,
        },
        project: None,
    });
    Ok(found.collect())
}

async fn applications(
    db: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<Found>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        select s.id as "id: ApiSecretId", s.name, p.id as "project: ProjectId", p.name as project_name
        from api_secrets s
        join projects p on p.id = s.project_id
        where s.account_id = $1 and s.revoked_at is null
        order by p.name, s.name, s.id
        "#,
        account as AccountId,
    )
    .fetch_all(db)
    .await?;
    let found = rows.into_iter().map(|row| Found {
        candidate: Candidate {
            asker: Asker::Application(row.id),
            name: row.name,
            role: None,
            project: Some(row.project_name),
            ends_at: None,
            is_bound_to_addresses: false,
        },
        project: Some(row.project),
    });
    Ok(found.collect())
}

/// Which files are listed.
#[derive(Clone, Copy)]
pub(super) struct List {
    pub(super) account: AccountId,
    /// None: of any project.
    pub(super) project: Option<ProjectId>,
    /// None: of any session.
    pub(super) session: Option<SessionId>,
}

/// Whether the account has the project and the session that are named.
pub(super) async fn is_there(db: &mut PgConnection, list: List) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select ($2::uuid is null or exists (select 1 from projects where id = $2 and account_id = $1))
            and ($3::uuid is null or exists (select 1 from sessions where id = $3 and account_id = $1)) as "is_there!"
        "#,
        list.account as AccountId,
        list.project as Option<ProjectId>,
        list.session as Option<SessionId>,
    )
    .fetch_one(db)
    .await
}

/// As many as there are, up to one more than [`MOST_COUNTED`].
pub(super) async fn count(db: &mut PgConnection, list: List) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "files!"
        from (
            select 1
            from files f
            join sessions s on s.id = f.session_id
            where f.account_id = $1 and ($2::uuid is null or s.project_id = $2) and ($3::uuid is null or s.id = $3)
                and f.deleted_at is null
            limit $4
        ) counted
        "#,
        list.account as AccountId,
        list.project as Option<ProjectId>,
        list.session as Option<SessionId>,
        MOST_COUNTED.cast_signed() + 1,
    )
    .fetch_one(db)
    .await
}

/// A file with what the table asks for.
pub(super) struct Row {
    pub(super) subject: Subject,
    /// Its reason is yet to be found.
    pub(super) verdict: Verdict,
}

/// One direction of the walk, and the moment and id that it begins behind.
macro_rules! walk {
    ($beyond:tt, $direction:tt, $list:expr, $position:expr, $limit:expr) => {
        sqlx::query_as!(
            Flat,
            r#"
            select f.id as "file: FileId", f.name, f.kind as "kind: FileKind", s.id as "session: SessionId",
                coalesce(s.title, s.room) as "session_name!", s.conference_number, s.started_at,
                p.id as "project: ProjectId", p.name as project_name, session_end(s) as "session_ended_at!", f.is_secure,
                (s.hold_id is not null or p.hold_id is not null) as "is_held!", f.trashed_at is not null as "is_trashed!",
                p.is_secure as project_is_secure, p.public_hours, p.retention_hours, p.deletes_bytes
            from files f
            join sessions s on s.id = f.session_id
            join projects p on p.id = s.project_id
            where s.account_id = $1 and ($2::uuid is null or s.project_id = $2) and ($3::uuid is null or s.id = $3)
                and f.deleted_at is null
                and ($4::timestamptz is null or s.started_at "#
                + $beyond
                + r#"= $4 and (s.started_at, f.id) "#
                + $beyond
                + r#" ($4, $5))
            order by s.started_at "#
                + $direction
                + ", f.id "
                + $direction
                + " limit $6",
            $list.account as AccountId,
            $list.project as Option<ProjectId>,
            $list.session as Option<SessionId>,
            $position.map(Position::time),
            $position.map(|position| position.id),
            $limit,
        )
    };
}

/// Up to `limit` files beyond the position, latest session first.
pub(super) async fn files(
    db: &mut PgConnection,
    list: List,
    position: Option<&Position>,
    limit: i64,
) -> Result<Vec<Row>, sqlx::Error> {
    let is_backward = position.is_some_and(|position| position.is_backward);
    let mut flat = if is_backward {
        walk!(">", "asc", list, position, limit)
            .fetch_all(db)
            .await?
    } else {
        walk!("<", "desc", list, position, limit)
            .fetch_all(db)
            .await?
    };
    if is_backward {
        flat.reverse();
    }
    Ok(flat
        .into_iter()
        .map(|row| row.unfold(list.account))
        .collect())
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "columns of rows, as they are"
)]
struct Flat {
    file: FileId,
    name: String,
    kind: FileKind,
    session: SessionId,
    session_name: String,
    conference_number: String,
    started_at: chrono::DateTime<chrono::Utc>,
    project: ProjectId,
    project_name: String,
    session_ended_at: chrono::DateTime<chrono::Utc>,
    is_secure: bool,
    is_held: bool,
    is_trashed: bool,
    project_is_secure: bool,
    public_hours: i32,
    retention_hours: Option<i32>,
    deletes_bytes: bool,
}

impl Flat {
    fn unfold(self, account: AccountId) -> Row {
        Row {
            subject: Subject {
                account,
                kind: self.kind,
                lifecycle: Lifecycle {
                    session_ended_at: self.session_ended_at,
                    is_secure: self.is_secure,
                    is_held: self.is_held,
                    is_trashed: self.is_trashed,
                    is_deleted: false,
                },
                policy: Policy {
                    is_secure: self.project_is_secure,
                    public_hours: self.public_hours.cast_unsigned(),
                    retention_hours: self.retention_hours.map(i32::cast_unsigned),
                    deletes_bytes: self.deletes_bytes,
                },
            },
            verdict: Verdict {
                file: self.file,
                name: self.name,
                kind: self.kind,
                session: self.session,
                session_name: self.session_name,
                conference_number: self.conference_number,
                started_at: self.started_at,
                project: self.project,
                project_name: self.project_name,
                because: Because::Gone(FileState::Deleted),
            },
        }
    }
}
