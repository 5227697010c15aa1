//! The vault: a folder that holds the bytes of session files, each under its id.
//!
//! - `objects/<two digits of the id's random tail>/<id>`: complete files. An object is written once
//!   and never changed, so whoever has it open may go on reading whatever happens to its name.
//! - `incoming/<run>/`: what one process is bringing in at this moment (see [`Intake`]).
//! - `incoming/uploads/<id>`: what comes in over hours and restarts, until it is whole.
//! - An object counts only while a row of `files` names it. Whatever a killed process left without
//!   a row is removed by [`Vault::sweep`].

mod append;
pub(crate) mod beneath;
mod claims;
mod copy;
mod intake;
mod parts;
mod shared;
mod sweep;

use std::fs::{DirBuilder, File};
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::{Arc, Weak};

use rustix::fs::{AtFlags, Mode, OFlags};
use tokio::sync::Mutex;

pub use self::append::Appender;
use self::beneath::{make_folder, names, open_beneath, open_cached, open_folder};
pub(crate) use self::copy::copy;
pub use self::copy::{CopyError, hash};
pub use self::intake::{Copied, Intake};
pub(crate) use self::shared::SharedIntake;
pub use self::sweep::Swept;
use crate::files::FileId;

/// A vault that is open. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Vault {
    root: Arc<OwnedFd>,
    /// The run that deliveries of this process join.
    shared: Arc<Mutex<Weak<SharedIntake>>>,
}

impl Vault {
    /// Opens the vault in this folder, and makes it and what belongs in it where it is missing.
    pub fn open(path: &Path) -> io::Result<Self> {
        // 0700: only the owner of the process may look into recordings.
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(path, flags, Mode::empty())?;
        make_folder(&root, OBJECTS)?;
        make_folder(&root, INCOMING)?;
        rustix::fs::fsync(&root)?;
        Ok(Self {
            root: Arc::new(root),
            shared: Arc::default(),
        })
    }

    /// Opens the bytes of a file for reading. `NotFound` when the vault has none under this id;
    /// an error as well when what lies there is a link or anything but a regular file.
    pub fn read(&self, id: FileId) -> io::Result<File> {
        self.read_sized(id).map(|(file, _)| file)
    }

    /// As [`Vault::read`], with the size in bytes.
    pub fn read_sized(&self, id: FileId) -> io::Result<(File, u64)> {
        // SECURITY: opened beneath the vault's own folder, following no link (R115, R117).
        let path = object_path(id);
        regular(open_beneath(&self.root, &path, READ, Mode::empty())?)
    }

    /// As [`Vault::read_sized`], if that does not wait for a disk; else None, and that must be called where it may wait.
    pub fn read_at_once(&self, id: FileId) -> Option<io::Result<(File, u64)>> {
        open_cached(&self.root, &object_path(id), READ).map(regular)
    }

    /// At most so many bytes of a file, and whether it goes on behind them. Blocks, and fails as [`Vault::read`] does.
    pub(crate) fn beginning(&self, id: FileId, most: usize) -> io::Result<(Vec<u8>, bool)> {
        let mut bytes = Vec::new();
        // One byte more than is used tells whether there is more.
        let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        self.read(id)?.take(limit).read_to_end(&mut bytes)?;
        let is_cut = bytes.len() > most;
        bytes.truncate(most);
        Ok((bytes, is_cut))
    }

    /// Gives an object a second name, outside of the vault but on its file system.
    pub(crate) fn link(&self, id: FileId, target: &Path) -> io::Result<()> {
        let from = object_path(id);
        rustix::fs::linkat(&self.root, from, rustix::fs::CWD, target, AtFlags::empty())?;
        Ok(())
    }

    /// Whether it holds no object, with a row or without.
    pub(crate) fn is_empty(&self) -> io::Result<bool> {
        let objects = open_folder(&self.root, OBJECTS)?;
        for shelf in names(&objects)? {
            if !names(open_folder(&objects, &shelf)?)?.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The folder that an object of this id lies in, made if it is missing.
    fn shelf(&self, id: FileId) -> io::Result<OwnedFd> {
        let objects = open_folder(&self.root, OBJECTS)?;
        let shelf = shelf_name(id);
        if make_folder(&objects, &shelf)? {
            rustix::fs::fsync(&objects)?;
        }
        open_folder(&objects, &shelf)
    }
}

/// NONBLOCK: the open of a pipe that somebody put there must not hang.
const READ: OFlags = OFlags::RDONLY
    .union(OFlags::NONBLOCK)
    .union(OFlags::CLOEXEC);

/// The file and its size, if it is a regular one.
fn regular(file: OwnedFd) -> io::Result<(File, u64)> {
    let file = File::from(file);
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "not a regular file",
        ));
    }
    Ok((file, metadata.len()))
}

const OBJECTS: &str = "objects";
const INCOMING: &str = "incoming";

/// The end of a UUIDv7 is random, so the shelves fill evenly; its beginning is the time.
pub(crate) fn shelf_name(id: FileId) -> String {
    format!("{:02x}", id.as_uuid().as_bytes()[15])
}

fn object_path(id: FileId) -> String {
    format!("{OBJECTS}/{}/{id}", shelf_name(id))
}
