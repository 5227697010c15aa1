//! Adding rows to the access log.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::chain::head;
use crate::access_log::chain::{Head, Link, START};
use crate::access_log::{Attempt, EntryId};
use crate::accounts::AccountId;
use crate::files::FileId;
use crate::projects::ProjectId;
use crate::sessions::SessionId;

/// Makes the partition of the moment's month, if there is none.
pub(in crate::access_log) async fn make_month(
    db: &mut PgConnection,
    moment: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!("select make_access_log_month($1)", moment)
        .fetch_one(db)
        .await?;
    Ok(())
}

/// Which of these accounts there are.
pub(in crate::access_log) async fn existing(
    db: &mut PgConnection,
    accounts: &[Uuid],
) -> Result<HashSet<AccountId>, sqlx::Error> {
    let found = sqlx::query_scalar!(
        r#"select id as "id: AccountId" from accounts where id = any($1)"#,
        accounts
    )
    .fetch_all(db)
    .await?;
    Ok(found.into_iter().collect())
}

/// Where a file belongs.
pub(in crate::access_log) struct Home {
    pub(in crate::access_log) file: FileId,
    pub(in crate::access_log) account: AccountId,
    pub(in crate::access_log) session: SessionId,
    pub(in crate::access_log) project: ProjectId,
    pub(in crate::access_log) name: String,
}

pub(in crate::access_log) async fn homes(
    db: &mut PgConnection,
    files: &[Uuid],
) -> Result<Vec<Home>, sqlx::Error> {
    sqlx::query_as!(
        Home,
        r#"
        select f.id as "file: FileId", f.account_id as "account: AccountId", f.session_id as "session: SessionId",
            s.project_id as "project: ProjectId", f.name
        from files f
        join sessions s on s.id = f.session_id
        where f.id = any($1)
        "#,
        files
    )
    .fetch_all(db)
    .await
}

/// Locks the ends of these chains until the transaction ends. `accounts` are sorted and without doubles, so that two
/// processes never wait for each other.
pub(in crate::access_log) async fn lock_heads(
    db: &mut PgConnection,
    accounts: &[Uuid],
) -> Result<Vec<Head>, sqlx::Error> {
    sqlx::query!(
        "insert into access_log_heads (account_id, count, hash) select id, 0, $2 from unnest($1::uuid[]) as t (id)
        on conflict do nothing",
        accounts,
        START.as_slice()
    )
    .execute(&mut *db)
    .await?;
    let rows = sqlx::query!(
        r#"
        select account_id as "account: AccountId", count, hash
        from access_log_heads
        where account_id = any($1)
        order by account_id
        for update
        "#,
        accounts
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| head(row.account, row.count, row.hash))
        .collect()
}

/// Which of these were written already.
pub(in crate::access_log) async fn written(
    db: &mut PgConnection,
    attempts: &[(AccountId, Attempt)],
) -> Result<HashSet<EntryId>, sqlx::Error> {
    let accounts: Vec<Uuid> = attempts.iter().map(|(id, _)| *id.as_uuid()).collect();
    let times: Vec<_> = attempts.iter().map(|(_, one)| one.occurred_at).collect();
    let ids: Vec<Uuid> = attempts.iter().map(|(_, one)| *one.id.as_uuid()).collect();
    let found = sqlx::query_scalar!(
        r#"
        select id as "id: EntryId"
        from access_log
        join unnest($1::uuid[], $2::timestamptz[], $3::uuid[]) as asked (account_id, occurred_at, id)
            using (account_id, occurred_at, id)
        "#,
        &accounts,
        &times,
        &ids
    )
    .fetch_all(db)
    .await?;
    Ok(found.into_iter().collect())
}

/// Adds rows, and moves the ends of their chains.
pub(in crate::access_log) async fn insert(
    db: &mut PgConnection,
    links: &[Link],
    heads: &[Head],
) -> Result<(), sqlx::Error> {
    /// A column of all rows.
    macro_rules! column {
        (|$row:ident| $value:expr) => {
            links
                .iter()
                .map(|link| {
                    let $row = &link.row;
                    $value
                })
                .collect::<Vec<_>>()
        };
    }
    sqlx::query!(
        "insert into access_log (account_id, seq, id, occurred_at, project_id, session_id, file_id, file_name,
            caller_kind, caller_id, proof, client_address, user_agent, method, status, bytes_sent, reason, hash)
        select * from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::timestamptz[], $5::uuid[], $6::uuid[],
            $7::uuid[], $8::text[], $9::text[], $10::uuid[], $11::text[], $12::text[], $13::text[], $14::text[],
            $15::smallint[], $16::bigint[], $17::text[], $18::bytea[])",
        &column!(|row| *row.account.as_uuid()),
        &column!(|row| row.seq),
        &column!(|row| *row.id.as_uuid()),
        &column!(|row| row.occurred_at),
        &column!(|row| row.project.map(|id| *id.as_uuid())) as &[Option<Uuid>],
        &column!(|row| row.session.map(|id| *id.as_uuid())) as &[Option<Uuid>],
        &column!(|row| row.file.map(|id| *id.as_uuid())) as &[Option<Uuid>],
        &column!(|row| row.file_name.clone()) as &[Option<String>],
        &column!(|row| row.caller_kind.clone()),
        &column!(|row| row.caller) as &[Option<Uuid>],
        &column!(|row| row.proof.clone()),
        &column!(|row| row.client_address.clone()),
        &column!(|row| row.user_agent.clone()) as &[Option<String>],
        &column!(|row| row.method.clone()),
        &column!(|row| row.status),
        &column!(|row| row.bytes_sent),
        &column!(|row| row.reason.clone()) as &[Option<String>],
        &links.iter().map(|link| link.hash.to_vec()).collect::<Vec<_>>(),
    )
    .execute(&mut *db)
    .await?;
    let accounts: Vec<Uuid> = heads.iter().map(|head| *head.account.as_uuid()).collect();
    let counts: Vec<i64> = heads.iter().map(|head| head.count).collect();
    let hashes: Vec<Vec<u8>> = heads.iter().map(|head| head.hash.to_vec()).collect();
    sqlx::query!(
        "update access_log_heads h set count = t.count, hash = t.hash
        from unnest($1::uuid[], $2::bigint[], $3::bytea[]) as t (account_id, count, hash)
        where h.account_id = t.account_id",
        &accounts,
        &counts,
        &hashes
    )
    .execute(db)
    .await?;
    Ok(())
}
