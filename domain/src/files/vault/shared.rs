//! A run that deliveries share which come at the same time: what each would wait for at a run's start, they wait for
//! once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::task::spawn_blocking;

use super::{Intake, Vault};

/// Deliveries of one run: so many claims a sweep reads at most when the process was killed.
const MOST: usize = 1000;

/// A run of this process. Its folder goes with the last who has it, who drops it on a blocking thread where that can be,
/// if all who joined have settled.
#[derive(Debug)]
pub(crate) struct SharedIntake {
    intake: Intake,
    joined: AtomicUsize,
    settled: AtomicUsize,
}

impl Vault {
    /// The run that is going on, or a new one. Who joins settles ([`SharedIntake::settle`]).
    ///
    /// One waits for the start of a run, and the others for that one: a sweep, for which a start waits, finds a blocking
    /// thread to go on.
    pub(crate) async fn join(&self) -> io::Result<Arc<SharedIntake>> {
        let mut current = self.shared.lock().await;
        if let Some(run) = current.upgrade()
            && run.joined.load(Ordering::Relaxed) < MOST
            && !run.intake.has_failed()
        {
            run.joined.fetch_add(1, Ordering::Relaxed);
            return Ok(run);
        }
        let vault = self.clone();
        let start = spawn_blocking(move || {
            Ok::<_, io::Error>(Arc::new(SharedIntake {
                intake: Intake::start(&vault)?,
                joined: AtomicUsize::default(),
                settled: AtomicUsize::default(),
            }))
        });
        let run = start.await.map_err(io::Error::other)??;
        // Not before: who gave up while it waited has not joined, and the run ends.
        run.joined.fetch_add(1, Ordering::Relaxed);
        *current = Arc::downgrade(&run);
        Ok(run)
    }
}

impl SharedIntake {
    /// One who joined has its object named by a row, or no object. Of who never says so nothing is known, such as after a
    /// commit whose answer was lost: then the run's folder stays with its claims, and the next sweep finds out.
    pub(crate) fn settle(&self) {
        self.settled.fetch_add(1, Ordering::Relaxed);
    }
}

impl std::ops::Deref for SharedIntake {
    type Target = Intake;

    fn deref(&self) -> &Intake {
        &self.intake
    }
}

impl Drop for SharedIntake {
    fn drop(&mut self) {
        if self.settled.get_mut() == self.joined.get_mut()
            && let Err(error) = self.intake.clear()
        {
            tracing::warn!(%error, "what deliveries left in the vault stays there until the next sweep");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::files::vault::beneath::{names, open_folder};

    fn runs(vault: &Vault) -> usize {
        let incoming = open_folder(&vault.root, super::super::INCOMING).unwrap();
        let names = names(incoming).unwrap();
        names.iter().filter(|name| *name != "gate").count()
    }

    fn open(folder: &Path) -> Vault {
        Vault::open(folder).unwrap()
    }

    fn leave(run: Arc<SharedIntake>) {
        run.settle();
        drop(run);
    }

    #[tokio::test]
    async fn who_comes_meanwhile_joins_and_the_last_one_ends_the_run() {
        let folder = tempfile::tempdir().unwrap();
        let vault = open(folder.path());
        let first = vault.join().await.unwrap();
        let second = vault.clone().join().await.unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        leave(first);
        assert_eq!(runs(&vault), 1);
        leave(second);
        assert_eq!(runs(&vault), 0);
        let third = vault.join().await.unwrap();
        assert_eq!(runs(&vault), 1);
        leave(third);
        assert_eq!(runs(&vault), 0);
    }

    #[tokio::test]
    async fn a_run_has_an_end_also_where_somebody_always_comes() {
        let folder = tempfile::tempdir().unwrap();
        let vault = open(folder.path());
        let first = vault.join().await.unwrap();
        for _ in 1..MOST {
            let run = vault.join().await.unwrap();
            assert!(Arc::ptr_eq(&first, &run));
            leave(run);
        }
        let next = vault.join().await.unwrap();
        assert!(!Arc::ptr_eq(&first, &next));
        assert!(Arc::ptr_eq(&next, &vault.join().await.unwrap()));
        assert_eq!(runs(&vault), 2);
        leave(first);
        assert_eq!(runs(&vault), 1);
    }

    #[tokio::test]
    async fn of_whom_nothing_is_known_the_claims_stay_for_the_sweep() {
        let folder = tempfile::tempdir().unwrap();
        let vault = open(folder.path());
        let run = vault.join().await.unwrap();
        drop(vault.join().await.unwrap());
        leave(run);
        assert_eq!(runs(&vault), 1);
    }
}
