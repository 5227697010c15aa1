//! Files that come in over hours and restarts, until they are whole: `incoming/uploads/<id>`.
//!
//! Nobody sweeps them away: whoever has a row for a part removes it. Who writes to one holds its lock (flock), so two
//! processes never write to the same, and one that dies lets go.

use std::fs::File;
use std::io;

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use uuid::Uuid;

use super::beneath::{create_file, make_folder, names, open_beneath, open_folder, remove_file};
use super::{INCOMING, Vault, regular};

/// No UUID, so that no sweep takes it for a run.
const PARTS: &str = "uploads";

impl Vault {
    /// Makes an empty part, which is on the disk when this is done.
    pub fn create_part(&self, id: Uuid) -> io::Result<File> {
        let parts = self.parts()?;
        let file = File::from(create_file(&parts, &id.to_string())?);
        rustix::fs::fsync(&parts)?;
        Ok(file)
    }

    /// Opens a part to write to it, and locks it until the file is closed. None: somebody is writing to it.
    pub fn lock_part(&self, id: Uuid) -> io::Result<Option<File>> {
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = open_beneath(self.parts()?, &id.to_string(), flags, Mode::empty())?;
        let (file, _) = regular(opened)?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(file)),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// True if it was there.
    pub fn remove_part(&self, id: Uuid) -> io::Result<bool> {
        remove_file(self.parts()?, &id.to_string())
    }

    /// The ids of all parts.
    pub fn part_ids(&self) -> io::Result<Vec<Uuid>> {
        Ok(names(self.parts()?)?
            .iter()
            .filter_map(|name| name.parse().ok())
            .collect())
    }

    pub(super) fn parts(&self) -> io::Result<std::os::fd::OwnedFd> {
        let incoming = open_folder(&self.root, INCOMING)?;
        if make_folder(&incoming, PARTS)? {
            rustix::fs::fsync(&incoming)?;
        }
        open_folder(&incoming, PARTS)
    }
}
