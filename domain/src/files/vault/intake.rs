//! One process bringing files into the vault, so that killing it at any moment leaves nothing half there.
//!
//! A run has a folder of its own, `incoming/<run>/`:
//! - `lock`: held (flock) while the process lives; whoever can take it knows that the process is gone.
//! - `claims`: the id of every object this run puts in place, written before the object is there.
//! - `<id>.part`: a copy that is being written.
//!
//! The order of a write is: part, fsync of the part, claim, fsync of the claims, rename, fsync of the object's
//! folder, and only then the caller's commit (R185). The run's own folder is not synced again: a name that comes back
//! there is a second name of the object, and goes with the run. A failed fsync is never tried again: the
//! kernel may have dropped the pages, and the second one would succeed over a hole (R186).

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags};
use uuid::Uuid;

use super::beneath::{create_file, make_folder, names, open_beneath, open_folder, remove_file};
use super::claims::Claims;
use super::{CopyError, INCOMING, Vault, copy};
use crate::files::FileId;

pub(super) const LOCK: &str = "lock";
pub(super) const CLAIMS: &str = "claims";
const GATE: &str = "gate";

/// What a copy came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// Bytes.
    pub size: u64,
    pub sha256: [u8; 32],
}

/// A run that is under way. All of its calls block on the disk: use a blocking thread.
#[derive(Debug)]
pub struct Intake {
    vault: Vault,
    id: Uuid,
    folder: OwnedFd,
    claims: Claims,
    // Held until the run is dropped.
    _lock: OwnedFd,
}

impl Intake {
    /// Starts a run. Waits while another process sweeps.
    pub fn start(vault: &Vault) -> io::Result<Self> {
        let incoming = open_folder(&vault.root, INCOMING)?;
        // A folder whose lock is not yet taken must not look like one of a dead process.
        let gate = gate(&incoming)?;
        let id = Uuid::new_v4();
        make_folder(&incoming, &id.to_string())?;
        let folder = open_folder(&incoming, &id.to_string())?;
        let lock = create_file(&folder, LOCK)?;
        rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
        drop(gate);
        let claims = Claims::new(File::from(create_file(&folder, CLAIMS)?));
        rustix::fs::fsync(&folder)?;
        rustix::fs::fsync(&incoming)?;
        Ok(Self {
            vault: vault.clone(),
            id,
            folder,
            claims,
            _lock: lock,
        })
    }

    /// The key of the advisory lock that each transaction which records files of this run takes, shared, before all
    /// else: a sweep takes it alone, so it never judges by rows that a killed process's commit is about to add.
    pub fn key(&self) -> i64 {
        advisory_key(self.id)
    }

    /// Copies a file to this run's folder, under the id it is to have. `more` hears the bytes of each block, and
    /// stops the copy by saying false. Nothing is left after an error.
    pub fn copy(
        &self,
        id: FileId,
        source: &File,
        more: &mut dyn FnMut(u64) -> bool,
    ) -> Result<Copied, CopyError> {
        let part = part_name(id);
        let target = File::from(create_file(&self.folder, &part).map_err(CopyError::Write)?);
        let copied = copy::copy(source, &target, more)
            .and_then(|copied| target.sync_all().map(|()| copied).map_err(CopyError::Write));
        match copied {
            Ok((size, sha256)) => Ok(Copied { size, sha256 }),
            Err(error) => {
                // The first error is the one to tell; a part that stays is removed with the run.
                let _ = remove_file(&self.folder, &part);
                Err(error)
            }
        }
    }

    /// Makes an empty file in this run's folder, under the id it is to have. Whoever writes to it syncs it.
    pub fn create(&self, id: FileId) -> io::Result<File> {
        Ok(File::from(create_file(&self.folder, &part_name(id))?))
    }

    /// Opens a file of this run's folder for reading.
    pub fn open(&self, id: FileId) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let opened = open_beneath(&self.folder, &part_name(id), flags, Mode::empty())?;
        Ok(File::from(opened))
    }

    /// Takes a part that is whole and on the disk, under the id it is to have. The part keeps its own name as well: if
    /// this run dies before its rows are committed, the bytes are still there.
    pub fn adopt(&self, id: FileId, part: Uuid) -> io::Result<()> {
        let (parts, flags) = (self.vault.parts()?, AtFlags::empty());
        rustix::fs::linkat(&parts, part.to_string(), &self.folder, part_name(id), flags)?;
        Ok(())
    }

    /// Puts copies where they are read from. After an error none of them is there.
    pub fn place(&self, ids: &[FileId]) -> io::Result<()> {
        self.try_place(ids).inspect_err(|_| {
            // As above: what cannot be removed now is removed by the sweep, which knows the claims.
            let _ = self.discard(ids);
        })
    }

    fn try_place(&self, ids: &[FileId]) -> io::Result<()> {
        self.claims.add(ids)?;
        let mut shelves = std::collections::BTreeMap::new();
        for &id in ids {
            let shelf = match shelves.entry(super::shelf_name(id)) {
                std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::btree_map::Entry::Vacant(entry) => {
                    entry.insert(self.vault.shelf(id)?)
                }
            };
            rustix::fs::renameat(&self.folder, part_name(id), &*shelf, id.to_string())?;
        }
        for shelf in shelves.values() {
            rustix::fs::fsync(shelf)?;
        }
        Ok(())
    }

    /// Whether nothing can be placed any more, for want of certain claims.
    pub(super) fn has_failed(&self) -> bool {
        self.claims.has_failed()
    }

    /// Removes copies, in place or not, that no row of `files` will name.
    pub fn discard(&self, ids: &[FileId]) -> io::Result<()> {
        for &id in ids {
            remove_file(&self.folder, &part_name(id))?;
            self.vault.remove(id)?;
        }
        Ok(())
    }

    /// Ends the run. Every file that was placed must have its row or have been discarded by now; when that is not
    /// known (a commit whose answer was lost), drop the run instead, and the next sweep finds out.
    pub fn finish(self) -> io::Result<()> {
        self.clear()
    }

    pub(super) fn clear(&self) -> io::Result<()> {
        remove_run(&self.vault, &self.id.to_string(), &self.folder)
    }
}

pub(super) fn advisory_key(run: Uuid) -> i64 {
    // Any 64 bits of a random UUID do; two runs that share a key only wait for each other.
    run.as_u64_pair().0.cast_signed()
}

fn part_name(id: FileId) -> String {
    format!("{id}.part")
}

/// Waits for the right to create or to judge run folders. Given back by dropping it.
pub(super) fn gate(incoming: &OwnedFd) -> io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
    let gate = open_beneath(incoming, GATE, flags, Mode::RUSR | Mode::WUSR)?;
    rustix::fs::flock(&gate, FlockOperation::LockExclusive)?;
    Ok(gate)
}

/// Removes a run's folder with all that is in it, the lock last.
pub(super) fn remove_run(vault: &Vault, name: &str, folder: &OwnedFd) -> io::Result<()> {
    for entry in names(folder)?.iter().filter(|entry| *entry != LOCK) {
        remove_file(folder, entry)?;
    }
    remove_file(folder, LOCK)?;
    let incoming = open_folder(&vault.root, INCOMING)?;
    // Not synced: what comes back after a power failure is swept again, and rows are there for what they name.
    rustix::fs::unlinkat(&incoming, name, AtFlags::REMOVEDIR)?;
    Ok(())
}
