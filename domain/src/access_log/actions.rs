//! What can be done with the access log.

use chrono::Months;
use uuid::Uuid;

use super::chain::{Finding, Head, Link, Proof};
use super::report::{Entry, EntryFilter, KnownCaller};
use super::store;
use crate::accounts::AccountId;
use crate::page::{Position, limit};
use crate::{Actor, Backend, Error, Page, PageRequest, Permission, reading};

/// Months that have their partition before they begin.
const AHEAD: u32 = 3;

/// Makes the partitions of this month and the next ones. Background work; rows of any other month make theirs.
pub async fn make_months(backend: &Backend) -> Result<(), Error> {
    let now = backend.clock.now();
    let mut db = backend.db.acquire().await?;
    for ahead in 0..=AHEAD {
        let month = now.checked_add_months(Months::new(ahead)).unwrap_or(now);
        store::write::make_month(&mut db, month).await?;
    }
    Ok(())
}

/// Rows are counted up to this number: nobody reads more, and counting a hundred million takes minutes.
pub const MOST_COUNTED: u64 = 10_000;

/// One page of the account's rows, newest first; of an application's project's. A damaged cursor is a problem of the field `cursor`. The total stops
/// at [`MOST_COUNTED`].
pub async fn report(
    backend: &Backend,
    actor: &Actor,
    filter: &EntryFilter,
    request: &PageRequest,
) -> Result<Page<Entry>, Error> {
    let scope = actor.scope(Permission::SeeAccessLog)?;
    let position = Position::asked_by_time(request)?;
    let mut db = backend.db.acquire().await?;
    let items =
        store::report::list(&mut db, scope, filter, position.as_ref(), limit(request)).await?;
    let most = MOST_COUNTED.cast_signed();
    let total = store::report::count(&mut db, scope, filter, most).await?;
    Ok(Page::keyset(
        items,
        request,
        position.as_ref(),
        total.cast_unsigned(),
        place,
    ))
}

/// The account's rows after `last`, newest first, at most `limit`: an export goes on from one to the next without
/// holding a connection while its reader is slow.
pub async fn list_after(
    backend: &Backend,
    actor: &Actor,
    filter: &EntryFilter,
    last: Option<&Entry>,
    limit: i64,
) -> Result<Vec<Entry>, Error> {
    let scope = actor.scope(Permission::SeeAccessLog)?;
    let position = last.map(place).map(Position::behind);
    let mut db = backend.db.acquire().await?;
    Ok(store::report::list(&mut db, scope, filter, position.as_ref(), limit).await?)
}

/// Whether the account has any row at all.
pub async fn exist(backend: &Backend, actor: &Actor) -> Result<bool, Error> {
    actor.may(Permission::SeeAccessLog)?;
    Ok(store::report::exist(&mut *backend.db.acquire().await?, actor.account).await?)
}

/// Whom the report can be narrowed to: credentials, then members, by name.
pub async fn callers(backend: &Backend, actor: &Actor) -> Result<Vec<KnownCaller>, Error> {
    actor.may(Permission::SeeAccessLog)?;
    Ok(store::report::callers(&mut *backend.db.acquire().await?, actor.account).await?)
}

fn place(entry: &Entry) -> (i64, Uuid) {
    (entry.occurred_at.timestamp_micros(), *entry.id.as_uuid())
}

/// Goes through every chain from its first row. `kept` are ends that were written down before. For operators.
pub async fn verify(backend: &Backend, kept: Vec<Head>) -> Result<Vec<Finding>, Error> {
    let mut tx = backend.db.begin().await?;
    // Rows that come meanwhile must not look like a broken end.
    reading::freeze(&mut tx).await?;
    let heads = store::chain::heads(&mut tx, None).await?;
    let mut proof = Proof::new(kept);
    store::chain::read(&mut tx, None, |link| {
        proof.add(&link);
        Ok(())
    })
    .await?;
    tx.commit().await?;
    Ok(proof.finish(&heads))
}

/// Hands over every row of all chains, or of one account's, in the order of their numbers; returns the ends. What
/// `each` returns as an error stops it. For operators.
pub async fn export(
    backend: &Backend,
    account: Option<AccountId>,
    each: impl FnMut(Link) -> Result<(), Error>,
) -> Result<Vec<Head>, Error> {
    let mut tx = backend.db.begin().await?;
    // Rows that come meanwhile must not look like a broken end.
    reading::freeze(&mut tx).await?;
    let heads = store::chain::heads(&mut tx, account).await?;
    store::chain::read(&mut tx, account, each).await?;
    tx.commit().await?;
    Ok(heads)
}

/// The ends of all chains, to be written down elsewhere. For operators.
pub async fn heads(backend: &Backend) -> Result<Vec<Head>, Error> {
    Ok(store::chain::heads(&mut *backend.db.acquire().await?, None).await?)
}
