//! What can be done with the access log.

use chrono::Months;
use sqlx::PgConnection;

use super::chain::{Finding, Head, Link, Proof};
use super::store;
use crate::accounts::AccountId;
use crate::{Backend, Error};

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

/// Goes through every chain from its first row. `kept` are ends that were written down before. For operators.
pub async fn verify(backend: &Backend, kept: Vec<Head>) -> Result<Vec<Finding>, Error> {
    let mut tx = backend.db.begin().await?;
    begin_reading(&mut tx).await?;
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
    begin_reading(&mut tx).await?;
    let heads = store::chain::heads(&mut tx, account).await?;
    store::chain::read(&mut tx, account, each).await?;
    tx.commit().await?;
    Ok(heads)
}

/// The ends of all chains, to be written down elsewhere. For operators.
pub async fn heads(backend: &Backend) -> Result<Vec<Head>, Error> {
    Ok(store::chain::heads(&mut *backend.db.acquire().await?, None).await?)
}

/// One snapshot, so that rows which come meanwhile do not look like a broken end.
async fn begin_reading(db: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!("set transaction isolation level repeatable read, read only")
        .execute(db)
        .await?;
    Ok(())
}
