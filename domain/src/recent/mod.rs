//! Rows that the gate needs for every request, remembered for a moment, and only while nothing has changed.
//!
//! The gate asks for the same few rows many times a second. What the database said is used again while
//!
//! 1. no table that it came from has changed: triggers send a notice on the channel `gate`, and each notice begins a
//!    new *epoch*, in which nothing of the last one counts;
//! 2. notices can arrive: while the listening connection is away, every request asks the database again;
//! 3. it is younger than [`MAX_AGE`]. A connection that died silently brings no notices and no error, so this alone
//!    is enough for a reset to hold on every process when it returns (R023).
//!
//! What was not found is never remembered, and neither is an error: a new file or credential is there at once, and a
//! database that is away is noticed in a moment. Decision 0014 has the reasons.

mod listen;

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use moka::sync::Cache;

pub use self::listen::{APPLICATION, listen};
use crate::accounts::{AccountId, Challenge};
use crate::credentials::store::Verifiable;
use crate::files::FileId;
use crate::files::store::FileRow;
use crate::service_accounts::ServiceAccountKeyId;
use crate::service_accounts::store::KeyRow;

/// Of what is remembered; counted from before the database was asked. Long enough to save nearly all questions, and
/// short enough for an action to wait for its end ([`Recent::settle`]).
const MAX_AGE: Duration = Duration::from_millis(250);

/// What one process remembers. Bounded; cheap to clone.
#[derive(Debug, Clone)]
pub struct Recent {
    epoch: Arc<Epoch>,
    pub(crate) files: Rows<FileId, FileRow>,
    /// By user name.
    pub(crate) credentials: Rows<String, Verifiable>,
    pub(crate) challenges: Rows<AccountId, Challenge>,
    pub(crate) service_account_keys: Rows<ServiceAccountKeyId, KeyRow>,
    /// By parent and number.
    pub(crate) children: Rows<(AccountId, i64), AccountId>,
}

impl Default for Recent {
    fn default() -> Self {
        Self::with_max_age(MAX_AGE)
    }
}

impl Recent {
    /// Tests that want to see a notice work ask for an age that never comes.
    pub fn with_max_age(max_age: Duration) -> Self {
        let epoch = Arc::new(Epoch::default());
        Self {
            files: Rows::new(&epoch, max_age),
            credentials: Rows::new(&epoch, max_age),
            challenges: Rows::new(&epoch, max_age),
            service_account_keys: Rows::new(&epoch, max_age),
            children: Rows::new(&epoch, max_age),
            epoch,
        }
    }

    /// For whoever has just committed a change that must count from the moment its action returns: here it does at
    /// once, and then this waits until no other process remembers anything older, notices or not.
    pub(crate) async fn settle(&self) {
        self.epoch.begin_next();
        tokio::time::sleep(MAX_AGE).await;
    }

    /// Whether notices arrive, so that anything is remembered at all.
    pub fn is_listening(&self) -> bool {
        self.epoch.current().is_some()
    }
}

/// Counts what makes remembered rows void. Odd while notices arrive, even while they do not.
#[derive(Debug, Default)]
struct Epoch(AtomicU64);

impl Epoch {
    /// None while notices do not arrive.
    fn current(&self) -> Option<u64> {
        let epoch = self.0.load(Ordering::Acquire);
        (epoch % 2 == 1).then_some(epoch)
    }

    fn begin_next(&self) {
        self.0.fetch_add(2, Ordering::AcqRel);
    }

    /// From here on notices arrive, or no longer do: a new epoch in any case.
    fn set_listening(&self, is_listening: bool) {
        let next = |epoch: u64| {
            let step = if (epoch % 2 == 1) == is_listening {
                2
            } else {
                1
            };
            Some(epoch + step)
        };
        // The closure always has a next epoch.
        let _ = self
            .0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, next);
    }
}

/// A row and what it depends on.
struct Remembered<V> {
    row: V,
    epoch: u64,
    asked_at: Instant,
}

/// Rows of one kind.
#[derive(Clone)]
pub(crate) struct Rows<K, V> {
    epoch: Arc<Epoch>,
    max_age: Duration,
    kept: Cache<K, Arc<Remembered<V>>>,
}

impl<K, V> fmt::Debug for Rows<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SECURITY: some rows hold hashes of passwords.
        f.write_str("Rows(***)")
    }
}

impl<K, V> Rows<K, V>
where
    K: Hash + Eq + Send + Sync + Clone + 'static,
    V: Send + Sync + Clone + 'static,
{
    /// About 10 MB when full.
    const CAPACITY: u64 = 10_000;

    fn new(epoch: &Arc<Epoch>, max_age: Duration) -> Self {
        Self {
            epoch: Arc::clone(epoch),
            max_age,
            kept: Cache::builder()
                .max_capacity(Self::CAPACITY)
                .time_to_live(max_age)
                .build(),
        }
    }

    /// The remembered row of this key, or what `ask` finds.
    ///
    /// SECURITY: the epoch and the time are read before the database is. A change that is committed while `ask` runs
    /// begins a new epoch, and what was read of the old one does not count in it. For the same reason nobody waits
    /// for the answer that another request is about to get.
    pub(crate) async fn get<E>(
        &self,
        key: &K,
        ask: impl Future<Output = Result<Option<V>, E>>,
    ) -> Result<Option<V>, E> {
        let Some(epoch) = self.epoch.current() else {
            return ask.await;
        };
        if let Some(found) = self.kept.get(key)
            && found.epoch == epoch
            && found.asked_at.elapsed() < self.max_age
        {
            return Ok(Some(found.row.clone()));
        }
        let asked_at = Instant::now();
        let found = ask.await?;
        if let Some(row) = found.clone() {
            let remembered = Remembered {
                row,
                epoch,
                asked_at,
            };
            self.kept.insert(key.clone(), Arc::new(remembered));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    /// Longer than any test.
    const LONG: Duration = Duration::from_hours(1);

    async fn ask(rows: &Rows<u8, u8>, answer: Option<u8>) -> Option<u8> {
        let found = rows.get(&0, async { Ok::<_, Infallible>(answer) }).await;
        found.unwrap_or_else(|never| match never {})
    }

    fn rows(max_age: Duration) -> (Arc<Epoch>, Rows<u8, u8>) {
        let epoch = Arc::new(Epoch::default());
        let rows = Rows::new(&epoch, max_age);
        (epoch, rows)
    }

    #[tokio::test]
    async fn a_row_is_remembered_until_the_next_epoch() {
        let (epoch, rows) = rows(LONG);
        epoch.set_listening(true);
        assert_eq!(ask(&rows, Some(1)).await, Some(1));
        assert_eq!(ask(&rows, Some(2)).await, Some(1), "remembered");
        epoch.begin_next();
        assert_eq!(ask(&rows, Some(2)).await, Some(2), "asked again");
    }

    #[tokio::test]
    async fn nothing_is_remembered_while_notices_do_not_arrive() {
        let (epoch, rows) = rows(LONG);
        assert_eq!(ask(&rows, Some(1)).await, Some(1));
        assert_eq!(
            ask(&rows, Some(2)).await,
            Some(2),
            "before the first connection"
        );
        epoch.set_listening(true);
        assert_eq!(ask(&rows, Some(3)).await, Some(3));
        epoch.set_listening(false);
        assert_eq!(ask(&rows, Some(4)).await, Some(4), "the connection is lost");
        epoch.set_listening(true);
        assert_eq!(
            ask(&rows, Some(5)).await,
            Some(5),
            "back, with nothing of before"
        );
    }

    #[tokio::test]
    async fn a_row_that_was_read_before_a_change_does_not_count_after_it() {
        let (epoch, rows) = rows(LONG);
        epoch.set_listening(true);
        let slow = rows.get(&0, async {
            epoch.begin_next();
            Ok::<_, Infallible>(Some(1))
        });
        assert_eq!(slow.await, Ok(Some(1)));
        assert_eq!(ask(&rows, Some(2)).await, Some(2));
    }

    /// R023: even if no notice ever comes.
    #[tokio::test]
    async fn a_row_grows_too_old() {
        let (epoch, rows) = rows(Duration::ZERO);
        epoch.set_listening(true);
        assert_eq!(ask(&rows, Some(1)).await, Some(1));
        assert_eq!(ask(&rows, Some(2)).await, Some(2));
    }

    #[tokio::test]
    async fn what_is_not_there_is_asked_for_again() {
        let (epoch, rows) = rows(LONG);
        epoch.set_listening(true);
        assert_eq!(ask(&rows, None).await, None);
        assert_eq!(ask(&rows, Some(1)).await, Some(1));
    }
}
