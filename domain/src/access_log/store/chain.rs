//! Chains as they are stored, read from their beginning to their end.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::Error;
use crate::access_log::chain::{Head, Link};
use crate::access_log::{EntryId, Row};
use crate::accounts::AccountId;
use crate::files::FileId;
use crate::projects::ProjectId;
use crate::sessions::SessionId;

/// The ends of all chains, or of one.
pub(in crate::access_log) async fn heads(
    db: &mut PgConnection,
    account: Option<AccountId>,
) -> Result<Vec<Head>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        select account_id as "account: AccountId", count, hash
        from access_log_heads
        where $1::uuid is null or account_id = $1
        order by account_id
        "#,
        account as Option<AccountId>
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| head(row.account, row.count, row.hash))
        .collect()
}

pub(super) fn head(account: AccountId, count: i64, hash: Vec<u8>) -> Result<Head, sqlx::Error> {
    let hash = hash.try_into().map_err(|_| {
        sqlx::Error::Decode("a hash of the access log does not have 32 bytes".into())
    })?;
    Ok(Head {
        account,
        count,
        hash,
    })
}

/// A row as it comes out of the table.
struct StoredRow {
    account: AccountId,
    seq: i64,
    id: EntryId,
    occurred_at: DateTime<Utc>,
    project: Option<ProjectId>,
    session: Option<SessionId>,
    file: Option<FileId>,
    file_name: Option<String>,
    caller_kind: String,
    caller: Option<Uuid>,
    proof: String,
    client_address: String,
    user_agent: Option<String>,
    method: String,
    status: i16,
    bytes_sent: i64,
    reason: Option<String>,
    hash: Vec<u8>,
}

/// Rows of all chains, or of one, in the order of their numbers, a thousand at a time: no chain is in memory whole.
pub(in crate::access_log) async fn read(
    db: &mut PgConnection,
    account: Option<AccountId>,
    mut each: impl FnMut(Link) -> Result<(), Error>,
) -> Result<(), Error> {
    // In whatever state the table is, the index is the quick way; sorting a hundred million rows is not.
    sqlx::query!("set local enable_sort = off")
        .execute(&mut *db)
        .await?;
    sqlx::query!("set local enable_seqscan = off")
        .execute(&mut *db)
        .await?;
    let mut rows = sqlx::query_as!(
        StoredRow,
        r#"
        select account_id as "account: AccountId", seq, id as "id: EntryId", occurred_at,
            project_id as "project: ProjectId", session_id as "session: SessionId", file_id as "file: FileId",
            file_name, caller_kind, caller_id as caller, proof, client_address, user_agent, method, status, bytes_sent,
            reason, hash
        from access_log
        where $1::uuid is null or account_id = $1
        order by account_id, seq
        "#,
        account as Option<AccountId>
    )
    .fetch(db);
    while let Some(row) = std::future::poll_fn(|cx| rows.as_mut().poll_next(cx)).await {
        each(link(row?)?)?;
    }
    Ok(())
}

fn link(row: StoredRow) -> Result<Link, Error> {
    let hash = row
        .hash
        .try_into()
        .map_err(|_| Error::internal("a hash of the access log does not have 32 bytes"))?;
    Ok(Link {
        row: Row {
            account: row.account,
            seq: row.seq,
            id: row.id,
            occurred_at: row.occurred_at,
            project: row.project,
            session: row.session,
            file: row.file,
            file_name: row.file_name,
            caller_kind: row.caller_kind,
            caller: row.caller,
            proof: row.proof,
            client_address: row.client_address,
            user_agent: row.user_agent,
            method: row.method,
            status: row.status,
            bytes_sent: row.bytes_sent,
            reason: row.reason,
        },
        hash,
    })
}
