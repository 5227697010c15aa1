//! What can be done with the access log.

use chrono::{DateTime, Datelike as _, Months};
use sqlx::PgConnection;

use super::chain::{Finding, Head, Link, Proof};
use super::report::{Entry, EntryFilter, KnownCaller};
use super::store;
use super::store::report::Position;
use crate::accounts::AccountId;
use crate::{Actor, Backend, Error, Page, PageRequest, Permission};

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

/// One page of the account's rows, newest first. A damaged cursor is a problem of the field `cursor`. The total stops
/// at [`MOST_COUNTED`].
pub async fn report(
    backend: &Backend,
    actor: &Actor,
    filter: &EntryFilter,
    request: &PageRequest,
) -> Result<Page<Entry>, Error> {
    actor.may(Permission::SeeAccessLog)?;
    let position = request.cursor.as_deref().map(Position::parse).transpose()?;
    let size = usize::from(request.size.clamp(1, PageRequest::MAX_SIZE));
    let limit = i64::try_from(size + 1).unwrap_or(i64::MAX);
    let mut db = backend.db.acquire().await?;
    let mut items =
        store::report::list(&mut db, actor.account, filter, position.as_ref(), limit).await?;
    let most = MOST_COUNTED.cast_signed();
    let total = store::report::count(&mut db, actor.account, filter, most).await?;
    let has_more = items.len() > size;
    let is_backward = position.is_some_and(|position| position.is_backward);
    if has_more {
        // The row too many lies at the far end of the walk.
        if is_backward {
            items.remove(0);
        } else {
            items.pop();
        }
    }
    let cursor =
        |entry: Option<&Entry>, back| entry.map(|entry| Position::of(entry, back).to_string());
    let has_next = is_backward || has_more;
    let has_previous = if is_backward {
        has_more
    } else {
        position.is_some()
    };
    Ok(Page {
        next: cursor(items.last().filter(|_| has_next), false),
        previous: cursor(items.first().filter(|_| has_previous), true),
        items,
        total: total.cast_unsigned(),
    })
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
    actor.may(Permission::SeeAccessLog)?;
    let position = last.map(|entry| Position::of(entry, false));
    let mut db = backend.db.acquire().await?;
    Ok(store::report::list(&mut db, actor.account, filter, position.as_ref(), limit).await?)
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

impl Position {
    const fn of(entry: &Entry, is_backward: bool) -> Self {
        Self {
            is_backward,
            occurred_at: entry.occurred_at,
            id: entry.id,
        }
    }

    fn parse(cursor: &str) -> Result<Self, Error> {
        let parse = || {
            let (direction, rest) = cursor.split_once('.')?;
            let (time, id) = rest.split_once('.')?;
            let is_backward = match direction {
                "after" => false,
                "before" => true,
                _ => return None,
            };
            // Beyond these years PostgreSQL's times end.
            let time = time.parse().ok().and_then(DateTime::from_timestamp_micros);
            Some(Self {
                is_backward,
                occurred_at: time.filter(|time| (0..10_000).contains(&time.year()))?,
                id: id.parse().ok()?,
            })
        };
        parse().ok_or_else(|| {
            Error::invalid(
                "cursor",
                "This page's address is damaged. Start from the newest.",
            )
        })
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let direction = if self.is_backward { "before" } else { "after" };
        let time = self.occurred_at.timestamp_micros();
        write!(f, "{direction}.{time}.{}", self.id)
    }
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
