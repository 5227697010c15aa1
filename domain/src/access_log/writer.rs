//! Rows on their way to the database: they wait in memory, and are written in batches by one task of the process.
//!
//! While the database is away they are kept, up to [`CAPACITY`], and written when it is back. What comes when there is
//! no room is counted and said in the log. A process that is killed loses what waits: less than a second's rows.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::Datelike as _;
use sqlx::{Connection as _, PgConnection, PgPool};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::chain::{Head, Link, hash};
use super::store::write::{self as store, Home};
use super::{Attempt, NO_ACCOUNT, Row};
use crate::Error;
use crate::accounts::AccountId;

/// Rows that wait at most. A row is a few hundred bytes, and never above two kilobytes.
pub const CAPACITY: usize = 100_000;
/// Rows of one transaction at most.
const BATCH: usize = 2_000;
/// A row waits this long for others, then they are written together.
const GATHER: Duration = Duration::from_millis(300);
/// Until the database is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// At the end of the process: the database has this long to come back.
const DRAIN: Duration = Duration::from_secs(10);

/// Characters that are kept of what callers choose freely.
const MAX_NAME: usize = 255;
const MAX_USER_AGENT: usize = 256;
const MAX_METHOD: usize = 16;

/// Takes rows from requests without ever making them wait. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct AccessLog(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<VecDeque<Attempt>>,
    arrived: Notify,
    written: AtomicU64,
    dropped: AtomicU64,
    /// Held by whoever writes.
    writing: tokio::sync::Mutex<Progress>,
}

/// What the writer knows from its last batches.
#[derive(Debug, Default)]
struct Progress {
    /// Year and month of partitions that are there.
    months: HashSet<(i32, u32)>,
    /// A batch may have been written although its end was not heard of.
    is_unsure: bool,
}

/// Numbers of a process's access log, for its metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Rows that are not written yet.
    pub waiting: usize,
    /// Rows written since the start.
    pub written: u64,
    /// Rows lost since the start, since there was no room for them or the database would not have them.
    pub dropped: u64,
}

impl AccessLog {
    /// Takes a row.
    pub fn record(&self, mut attempt: Attempt) {
        attempt.bound();
        let mut waiting = self.waiting();
        if waiting.len() < CAPACITY {
            waiting.push_back(attempt);
            drop(waiting);
            self.0.arrived.notify_one();
        } else {
            drop(waiting);
            self.drop_rows(1);
        }
    }

    pub fn counts(&self) -> Counts {
        Counts {
            waiting: self.waiting().len(),
            written: self.0.written.load(Ordering::Relaxed),
            dropped: self.0.dropped.load(Ordering::Relaxed),
        }
    }

    /// Writes rows as they come, until `stop`; then what is left.
    pub async fn run(self, db: PgPool, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        let mut pause = Duration::ZERO;
        loop {
            let work = async {
                sleep(pause).await;
                if self.counts().waiting == 0 {
                    self.0.arrived.notified().await;
                }
                sleep(GATHER).await;
            };
            tokio::select! {
                () = &mut stop => break,
                () = work => {}
            }
            pause = if self.flush_or_say(&db).await {
                Duration::ZERO
            } else {
                RETRY
            };
        }
        let drained = timeout(DRAIN, async {
            while !self.flush_or_say(&db).await {
                sleep(RETRY).await;
            }
        });
        if drained.await.is_err() {
            let lost = self.counts().waiting;
            tracing::error!(
                lost,
                "the database is away: the last rows of the access log are lost"
            );
        }
    }

    /// False: they wait still.
    async fn flush_or_say(&self, db: &PgPool) -> bool {
        let flushed = self.flush(db).await;
        if let Err(error) = &flushed {
            let Counts {
                waiting, dropped, ..
            } = self.counts();
            let cause = std::error::Error::source(error).map(ToString::to_string);
            tracing::warn!(waiting, dropped, %error, cause, "the access log waits for the database");
        }
        flushed.is_ok()
    }

    /// Writes everything that waits. After an error it waits still.
    pub async fn flush(&self, db: &PgPool) -> Result<(), Error> {
        let mut progress = self.0.writing.lock().await;
        loop {
            // A copy, so that nothing is lost if this is never polled again.
            let batch: Vec<Attempt> = self.waiting().iter().take(BATCH).cloned().collect();
            if batch.is_empty() {
                return Ok(());
            }
            let taken = batch.len();
            let mut connection = db.acquire().await?;
            let outcome = write(&mut connection, batch.clone(), &mut progress).await;
            if outcome.is_err() {
                // Perhaps one of them is gone.
                progress.months.clear();
            }
            match outcome {
                Ok(()) => self.count_written(taken),
                Err(error) if is_of_the_row(&error) => {
                    self.write_each(&mut connection, batch, &mut progress)
                        .await?;
                }
                Err(error) => {
                    progress.is_unsure = true;
                    return Err(error.into());
                }
            }
            self.waiting().drain(..taken);
        }
    }

    /// One row of them cannot be stored, and shall not hold up the others.
    async fn write_each(
        &self,
        db: &mut PgConnection,
        batch: Vec<Attempt>,
        progress: &mut Progress,
    ) -> Result<(), Error> {
        // Those that are written twice because a later one fails are told apart by their ids.
        progress.is_unsure = true;
        for attempt in batch {
            match write(db, vec![attempt], progress).await {
                Ok(()) => self.count_written(1),
                Err(error) if is_of_the_row(&error) => {
                    tracing::error!(%error, "a row of the access log cannot be stored");
                    self.drop_rows(1);
                }
                Err(error) => return Err(error.into()),
            }
            progress.is_unsure = true;
        }
        Ok(())
    }

    fn count_written(&self, rows: usize) {
        self.0.written.fetch_add(rows as u64, Ordering::Relaxed);
    }

    fn drop_rows(&self, rows: u64) {
        let before = self.0.dropped.fetch_add(rows, Ordering::Relaxed);
        // The first, and then now and then: a flood shall not fill the log too.
        if before.is_multiple_of(10_000) {
            tracing::error!(dropped = before + rows, "rows of the access log are lost");
        }
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Attempt>> {
        // A queue is sound after a panic elsewhere.
        self.0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt {
    /// Cuts what callers choose freely, and takes out what PostgreSQL cannot keep or a screen should not show.
    fn bound(&mut self) {
        if let Some((_, name)) = &mut self.file {
            *name = cut(name, MAX_NAME);
        }
        if let Some(user_agent) = &mut self.user_agent {
            *user_agent = cut(user_agent, MAX_USER_AGENT);
        }
        self.method = cut(&self.method, MAX_METHOD);
    }
}

fn cut(text: &str, max: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(max).collect()
}

/// Whether another try of the same row would fail again: a value that cannot be stored, and not the database's state.
fn is_of_the_row(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        // SQLSTATE classes: data exception, integrity constraint violation.
        .is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
}

/// Writes a batch in one transaction.
async fn write(
    db: &mut PgConnection,
    batch: Vec<Attempt>,
    progress: &mut Progress,
) -> Result<(), sqlx::Error> {
    let mut tx = db.begin().await?;
    let months = make_months(&mut tx, &batch, progress).await?;
    let mut batch = with_chains(&mut tx, batch).await?;
    if progress.is_unsure {
        let written = store::written(&mut tx, &batch).await?;
        batch.retain(|(_, attempt)| !written.contains(&attempt.id));
    }
    let homes = homes(&mut tx, &batch).await?;
    let accounts: BTreeSet<Uuid> = batch.iter().map(|(id, _)| *id.as_uuid()).collect();
    let accounts: Vec<Uuid> = accounts.into_iter().collect();
    let heads = store::lock_heads(&mut tx, &accounts).await?;
    let mut heads: BTreeMap<Uuid, Head> = heads
        .into_iter()
        .map(|head| (*head.account.as_uuid(), head))
        .collect();
    let mut links = Vec::with_capacity(batch.len());
    for (account, attempt) in batch {
        let Some(head) = heads.get_mut(account.as_uuid()) else {
            continue;
        };
        head.count += 1;
        let row = row(head.count, account, attempt, &homes);
        head.hash = hash(&head.hash, &row);
        links.push(Link {
            row,
            hash: head.hash,
        });
    }
    let heads: Vec<Head> = heads.into_values().collect();
    store::insert(&mut tx, &links, &heads).await?;
    tx.commit().await?;
    progress.months.extend(months);
    progress.is_unsure = false;
    Ok(())
}

/// A clock that was set wrong, or a download that lasts over the end of a month: the month is made when it is needed.
async fn make_months(
    db: &mut PgConnection,
    batch: &[Attempt],
    progress: &Progress,
) -> Result<HashSet<(i32, u32)>, sqlx::Error> {
    let mut made = HashSet::new();
    for attempt in batch {
        let moment = attempt.occurred_at;
        let month = (moment.year(), moment.month());
        if !progress.months.contains(&month) && made.insert(month) {
            store::make_month(db, moment).await?;
        }
    }
    Ok(made)
}

/// Each with the account whose log it belongs to: the one that the address names, if it exists, else the caller's.
async fn with_chains(
    db: &mut PgConnection,
    batch: Vec<Attempt>,
) -> Result<Vec<(AccountId, Attempt)>, sqlx::Error> {
    let named: BTreeSet<Uuid> = batch
        .iter()
        .filter_map(|attempt| attempt.account.map(|id| *id.as_uuid()))
        .collect();
    let existing = store::existing(db, &named.into_iter().collect::<Vec<_>>()).await?;
    let chain = |attempt: &Attempt| {
        attempt
            .account
            .filter(|id| existing.contains(id))
            .or(attempt.caller_account)
            .unwrap_or(NO_ACCOUNT)
    };
    Ok(batch
        .into_iter()
        .map(|attempt| (chain(&attempt), attempt))
        .collect())
}

async fn homes(
    db: &mut PgConnection,
    batch: &[(AccountId, Attempt)],
) -> Result<HashMap<Uuid, Home>, sqlx::Error> {
    let files: BTreeSet<Uuid> = batch
        .iter()
        .filter_map(|(_, attempt)| attempt.file.as_ref().map(|(id, _)| *id.as_uuid()))
        .collect();
    let homes = store::homes(db, &files.into_iter().collect::<Vec<_>>()).await?;
    Ok(homes
        .into_iter()
        .map(|home| (*home.file.as_uuid(), home))
        .collect())
}

fn row(seq: i64, account: AccountId, attempt: Attempt, homes: &HashMap<Uuid, Home>) -> Row {
    let (file, file_name) = attempt.file.unzip();
    // Only what all of the address names: an id of another account's file must not show its session.
    let home = file
        .and_then(|id| homes.get(id.as_uuid()))
        .filter(|home| home.account == account && Some(&home.name) == file_name.as_ref());
    Row {
        account,
        seq,
        id: attempt.id,
        occurred_at: attempt.occurred_at,
        project: home.map(|home| home.project),
        session: home.map(|home| home.session),
        file,
        file_name,
        caller_kind: attempt.caller.kind.as_str().to_owned(),
        caller: attempt.caller.id,
        proof: attempt.way.as_str().to_owned(),
        client_address: attempt.client.to_string(),
        user_agent: attempt.user_agent,
        method: attempt.method,
        status: i16::try_from(attempt.status).unwrap_or(i16::MAX),
        bytes_sent: i64::try_from(attempt.bytes_sent).unwrap_or(i64::MAX),
        reason: attempt.reason.map(|reason| reason.as_str().to_owned()),
    }
}
