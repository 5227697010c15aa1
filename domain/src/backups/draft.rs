//! A folder that has its name only once it is complete and on the disk.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use sha2::{Digest as _, Sha256};

use super::{At as _, BackupError, Entry, OBJECTS, SEAL, hex};

/// Held locked in the unfinished folder while the process lives.
const LOCK: &str = "unfinished";

/// A backup that is being written. Dropped before [`Draft::finish`], it removes what it wrote.
#[derive(Debug)]
pub struct Draft {
    target: PathBuf,
    folder: PathBuf,
    // Held until the end.
    _lock: File,
    is_finished: bool,
}

impl Draft {
    /// Makes `<target>.part`. Refuses a target that is there already, unless it is an empty folder.
    pub fn begin(target: &Path) -> Result<Self, BackupError> {
        let target = std::path::absolute(target).at("find", target)?;
        refuse_occupied(&target)?;
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        let folder = target.with_file_name(name);
        remove_leftover(&folder)?;
        // 0700: a backup holds all that the vault and the database hold.
        DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .at("make", &folder)?;
        let path = folder.join(LOCK);
        let lock = create(&path)?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive).at("lock", &path)?;
        let draft = Self {
            target,
            folder,
            _lock: lock,
            is_finished: false,
        };
        let objects = draft.path(OBJECTS);
        make_folder(&objects).at("make", &objects)?;
        Ok(draft)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A new file that only the owner may read.
    pub fn create(&self, name: &str) -> Result<File, BackupError> {
        create(&self.path(name))
    }

    /// Writes a small file, to the disk.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<Entry, BackupError> {
        let mut file = self.create(name)?;
        file.write_all(bytes)
            .and_then(|()| file.sync_all())
            .at("write", &self.path(name))?;
        Ok(Entry {
            name: name.to_owned(),
            size: bytes.len() as u64,
            sha256: hex(&Sha256::digest(bytes)),
        })
    }

    /// Brings a file that another program wrote here to the disk, and describes it.
    pub fn seal_off(&self, name: &str) -> Result<Entry, BackupError> {
        let path = self.path(name);
        let file = File::open(&path).at("read", &path)?;
        file.sync_all().at("write", &path)?;
        describe(&path, name)
    }

    /// The folder of an object's copy, made if it is missing.
    pub(super) fn shelf(&self, name: &str) -> Result<PathBuf, BackupError> {
        let shelf = self.path(OBJECTS).join(name);
        make_folder(&shelf).at("make", &shelf)?;
        Ok(shelf)
    }

    /// Gives the folder its name. Before that, everything in it is on the disk.
    pub(super) fn finish(mut self) -> Result<PathBuf, BackupError> {
        let objects = self.path(OBJECTS);
        for shelf in fs::read_dir(&objects).at("read", &objects)? {
            let shelf = shelf.at("read", &objects)?.path();
            sync_folder(&shelf)?;
        }
        sync_folder(&objects)?;
        let lock = self.path(LOCK);
        fs::remove_file(&lock).at("remove", &lock)?;
        sync_folder(&self.folder)?;
        fs::rename(&self.folder, &self.target).at("make", &self.target)?;
        self.is_finished = true;
        if let Some(parent) = self.target.parent() {
            sync_folder(parent)?;
        }
        Ok(self.target.clone())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.is_finished {
            // The error that led here is the one to tell; what stays is removed by the next backup.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

fn refuse_occupied(target: &Path) -> Result<(), BackupError> {
    let taken = match fs::read_dir(target) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => true,
        Err(error) => return Err(error).at("look into", target),
    };
    if taken {
        return Err(BackupError::Refused(format!(
            "{} is there already: name a folder that does not exist, or an empty one",
            target.display()
        )));
    }
    Ok(())
}

/// Removes what a killed backup left under this name, and nothing else.
fn remove_leftover(folder: &Path) -> Result<(), BackupError> {
    let mut entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).at("look into", folder),
    };
    let lock = folder.join(LOCK);
    let is_ours = match File::open(&lock) {
        Ok(file) if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() => {
            return Err(BackupError::Refused(format!(
                "another backup is writing to {} at this moment",
                folder.display()
            )));
        }
        Ok(_) => true,
        // Killed before it had its lock, or when it had just given it up.
        Err(_) => entries.next().is_none() || folder.join(SEAL).exists(),
    };
    if !is_ours {
        return Err(BackupError::Refused(format!(
            "{} is in the way and is no unfinished backup: move it, or choose another folder",
            folder.display()
        )));
    }
    fs::remove_dir_all(folder).at("remove", folder)
}

fn create(path: &Path) -> Result<File, BackupError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .at("make", path)
}

fn make_folder(path: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

pub(super) fn sync_folder(path: &Path) -> Result<(), BackupError> {
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .at("write", path)
}

/// Size and SHA-256 of a file, under this name.
pub(super) fn describe(path: &Path, name: &str) -> Result<Entry, BackupError> {
    let mut file = File::open(path).at("read", path)?;
    let mut digest = Sha256::new();
    let mut block = vec![0; 1 << 20];
    let mut size = 0;
    loop {
        let read = file.read(&mut block).at("read", path)?;
        if read == 0 {
            break;
        }
        digest.update(&block[..read]);
        size += read as u64;
    }
    Ok(Entry {
        name: name.to_owned(),
        size,
        sha256: hex(&digest.finalize()),
    })
}
