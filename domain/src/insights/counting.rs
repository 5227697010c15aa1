//! Keeps the sums by day: background work.
//!
//! Each step is one transaction that counts some rows and notes how far it came, so a step that is broken off has
//! counted nothing, and one that is repeated counts nothing twice. Whoever counts an account's rows holds the row that
//! says how far they are counted, so two processes that count at once count each row once.

use chrono::{DateTime, Utc};

use super::store::count as store;
use crate::background::More;
use crate::{Backend, Error};

/// Rows of the access log of one account that are counted in one transaction.
const ROWS: i64 = 20_000;
/// Accounts that are looked at in one step.
const ACCOUNTS: i64 = 50;
/// Changes of sessions and files that are added in one transaction.
const CHANGES: i64 = 20_000;

/// Counts what came since the last time, some of it if it is much.
pub async fn count_some(backend: &Backend) -> Result<More, Error> {
    let began = backend.clock.now();
    let is_behind = add_changes(backend).await? | count_rows(backend).await?;
    if is_behind {
        return Ok(More::Now);
    }
    note_moment(backend, began).await?;
    Ok(More::Later)
}

/// Adds the changes of sessions and files to the sums; whether there may be more.
async fn add_changes(backend: &Backend) -> Result<bool, Error> {
    let mut db = backend.db.acquire().await?;
    Ok(store::add_changes(&mut db, CHANGES).await? == CHANGES)
}

/// Counts rows of the access log; whether there may be more. The accounts that have least to count come first: one
/// with millions of rows must not make the others wait.
async fn count_rows(backend: &Backend) -> Result<bool, Error> {
    let mut db = backend.db.acquire().await?;
    let behind = store::accounts_behind(&mut db, ACCOUNTS).await?;
    drop(db);
    let mut is_behind = i64::try_from(behind.len()) == Ok(ACCOUNTS);
    for account in behind {
        let mut tx = backend.db.begin().await?;
        let from = store::lock_counted(&mut tx, account).await?;
        let end = store::head(&mut tx, account).await?;
        let to = end.min(from.saturating_add(ROWS));
        store::count_rows(&mut tx, account, from, to).await?;
        tx.commit().await?;
        is_behind |= to < end;
    }
    Ok(is_behind)
}

async fn note_moment(backend: &Backend, moment: DateTime<Utc>) -> Result<(), Error> {
    let mut db = backend.db.acquire().await?;
    Ok(store::set_counted_at(&mut db, moment).await?)
}
