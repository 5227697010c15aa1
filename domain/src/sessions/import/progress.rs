//! How far an import, a backup or a restore is, and the wish that it stop: shared with whoever watches it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// Cheap to clone; clones are one.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<State>);

#[derive(Debug, Default)]
struct State {
    files: AtomicU64,
    total_files: AtomicU64,
    bytes: AtomicU64,
    total_bytes: AtomicU64,
    is_cancelled: AtomicBool,
}

/// How far it is at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// Files that are done with, one way or the other.
    pub files: u64,
    /// Files that were found; zero until all were looked for.
    pub total_files: u64,
    pub bytes: u64,
    pub total_bytes: u64,
}

impl Progress {
    /// Asks it to stop at the next block of at most 1 MiB.
    pub fn cancel(&self) {
        self.0.is_cancelled.store(true, Relaxed);
    }

    pub fn snapshot(&self) -> Snapshot {
        let state = &self.0;
        Snapshot {
            files: state.files.load(Relaxed),
            total_files: state.total_files.load(Relaxed),
            bytes: state.bytes.load(Relaxed),
            total_bytes: state.total_bytes.load(Relaxed),
        }
    }

    /// Whether [`Progress::cancel`] was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled.load(Relaxed)
    }

    pub(crate) fn plan(&self, files: u64, bytes: u64) {
        self.0.total_files.store(files, Relaxed);
        self.0.total_bytes.store(bytes, Relaxed);
    }

    pub(crate) fn file(&self, size: u64) -> FileProgress<'_> {
        FileProgress {
            whole: self,
            left: size,
        }
    }
}

/// One file's share. When it is dropped the file counts as done, however much of it was read.
pub(crate) struct FileProgress<'a> {
    whole: &'a Progress,
    left: u64,
}

impl FileProgress<'_> {
    /// Counts a block. False: stop.
    pub(crate) fn advance(&mut self, bytes: u64) -> bool {
        let bytes = bytes.min(self.left);
        self.left -= bytes;
        self.whole.0.bytes.fetch_add(bytes, Relaxed);
        !self.whole.is_cancelled()
    }
}

impl Drop for FileProgress<'_> {
    fn drop(&mut self) {
        if !self.whole.is_cancelled() {
            self.advance(self.left);
            self.whole.0.files.fetch_add(1, Relaxed);
        }
    }
}
