//! A run that deliveries share which come at the same time: what each would wait for at a run's start, they wait for
//! once.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};

use super::{Intake, Vault};

/// Deliveries of one run: so many claims a sweep reads at most when the process was killed.
const MOST: usize = 1000;

/// A run of this process. It ends when the last who has it drops it, on a blocking thread.
#[derive(Debug)]
pub(crate) struct SharedIntake {
    intake: Intake,
    joined: AtomicUsize,
    is_unsettled: AtomicBool,
}

impl Vault {
    /// The run that is going on, or a new one. Blocks as [`Intake::start`] does.
    pub(crate) fn join(&self) -> io::Result<Arc<SharedIntake>> {
        let mut current = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(run) = current.upgrade()
            && run.joined.fetch_add(1, Ordering::Relaxed) < MOST
            && !run.intake.has_failed()
        {
            return Ok(run);
        }
        let run = Arc::new(SharedIntake {
            intake: Intake::start(self)?,
            joined: AtomicUsize::new(1),
            is_unsettled: AtomicBool::new(false),
        });
        *current = Arc::downgrade(&run);
        Ok(run)
    }
}

impl SharedIntake {
    /// An object may be in place of which it is not known whether a row names it: the run's folder with its claims stays
    /// when the run ends, and the next sweep finds out.
    pub(crate) fn leave_unsettled(&self) {
        self.is_unsettled.store(true, Ordering::Relaxed);
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
        if !self.is_unsettled.load(Ordering::Relaxed)
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

    #[test]
    fn who_comes_meanwhile_joins_and_the_last_one_ends_the_run() {
        let folder = tempfile::tempdir().unwrap();
        let vault = open(folder.path());
        let first = vault.join().unwrap();
        let second = vault.clone().join().unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        drop(first);
        assert_eq!(runs(&vault), 1);
        drop(second);
        assert_eq!(runs(&vault), 0);
        let third = vault.join().unwrap();
        assert_eq!(runs(&vault), 1);
        drop(third);
        assert_eq!(runs(&vault), 0);
    }

    #[test]
    fn a_run_has_an_end_also_where_somebody_always_comes() {
        let folder = tempfile::tempdir().unwrap();
        let vault = open(folder.path());
        let first = vault.join().unwrap();
        for _ in 1..MOST {
            assert!(Arc::ptr_eq(&first, &vault.join().unwrap()));
        }
        let next = vault.join().unwrap();
        assert!(!Arc::ptr_eq(&first, &next));
        assert!(Arc::ptr_eq(&next, &vault.join().unwrap()));
        drop(first);
        assert_eq!(runs(&vault), 1);
    }

    #[test]
    fn what_is_unsettled_stays_for_the_sweep() {
        let folder = tempfile::tempdir().unwrap();
        let vault = open(folder.path());
        let run = vault.join().unwrap();
        vault.join().unwrap().leave_unsettled();
        drop(run);
        assert_eq!(runs(&vault), 1);
    }
}
