//! The claims of a run: the id of every object that it puts in place, on the disk before the object is there.

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::files::FileId;

/// To whoever adds to claims that could not be synced once.
const NOT_CERTAIN: &str = "the claims could not be synced";

/// Claims that are being written. Several threads may add to them at once.
#[derive(Debug)]
pub(super) struct Claims {
    file: File,
    state: Mutex<State>,
    synced: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Additions so far.
    written: u64,
    /// Of these, how many are on the disk.
    synced: u64,
    is_syncing: bool,
    has_failed: bool,
}

impl Claims {
    /// Of an empty file.
    pub(super) fn new(file: File) -> Self {
        Self {
            file,
            state: Mutex::default(),
            synced: Condvar::new(),
        }
    }

    /// Adds some, which are on the disk when this is done. Who comes while another waits for the disk shares the next
    /// wait with all who come meanwhile.
    ///
    /// After a failed sync nothing that was not on the disk by then is certain, and syncing again would not tell (R186):
    /// this and every later addition fails.
    pub(super) fn add(&self, ids: &[FileId]) -> io::Result<()> {
        // The line break comes first, so that a claim after a torn one still stands on a line of its own.
        let lines: String = ids.iter().map(|id| format!("\n{id}\n")).collect();
        let mut state = self.lock();
        (&self.file).write_all(lines.as_bytes())?;
        state.written += 1;
        let mine = state.written;
        while state.synced < mine {
            if state.has_failed {
                return Err(io::Error::other(NOT_CERTAIN));
            }
            if state.is_syncing {
                state = self
                    .synced
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            state.is_syncing = true;
            let all = state.written;
            drop(state);
            let done = self.file.sync_data();
            state = self.lock();
            state.is_syncing = false;
            match done {
                Ok(()) => state.synced = all,
                Err(_) => state.has_failed = true,
            }
            self.synced.notify_all();
            done?;
        }
        Ok(())
    }

    /// Whether nothing can be added any more.
    pub(super) fn has_failed(&self) -> bool {
        self.lock().has_failed
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::{Read as _, Seek as _};

    use super::*;

    #[test]
    fn many_at_once_add_all_of_theirs() {
        let mut file = tempfile::tempfile().unwrap();
        let claims = Claims::new(file.try_clone().unwrap());
        let ids: Vec<FileId> = (0..160)
            .map(|_| FileId::new(crate::Clock::system().now()))
            .collect();
        std::thread::scope(|scope| {
            let claims = &claims;
            for some in ids.chunks(10) {
                scope.spawn(move || {
                    for id in some {
                        claims.add(&[*id]).unwrap();
                    }
                });
            }
        });
        let mut text = String::new();
        file.rewind().unwrap();
        file.read_to_string(&mut text).unwrap();
        let found: BTreeSet<&str> = text.lines().filter(|line| !line.is_empty()).collect();
        let ids: BTreeSet<String> = ids.iter().map(FileId::to_string).collect();
        assert_eq!(found, ids.iter().map(String::as_str).collect());
    }

    #[test]
    fn after_a_failed_sync_nothing_is_added() {
        // A pipe takes what is written and cannot be synced.
        let (reader, writer) = std::io::pipe().unwrap();
        let claims = Claims::new(File::from(std::os::fd::OwnedFd::from(writer)));
        let id = FileId::new(crate::Clock::system().now());
        assert!(!claims.has_failed());
        let refused = |added: io::Result<()>| added.unwrap_err().to_string();
        let by_the_disk = refused(claims.add(&[id]));
        assert!(claims.has_failed());
        let without_a_try = refused(claims.add(&[id]));
        assert_ne!(without_a_try, by_the_disk);
        assert_eq!(without_a_try, NOT_CERTAIN);
        drop(reader);
    }
}
