//! Bringing a backup's objects back into an empty vault, so that breaking off at any moment can be made good.
//!
//! A note in the data folder names the backup while its restore goes on. With it there, no process starts on the
//! folder; and a second restore of the same backup takes up where the first was broken off.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::draft::sync_folder;
use super::{At as _, BackupError, Kept, Object, Opened};
use crate::Error;
use crate::files::FileId;
use crate::files::vault::{CopyError, Intake, Vault, hash};
use crate::sessions::import::Progress;

const NOTE: &str = "restore.unfinished";
/// Stands behind the backup's hash in the note until it is sure that nothing was there before.
const PREPARING: &str = " preparing";
/// Objects that are put in place together: a claim and an fsync of their folders each time.
const BATCH: usize = 64;

/// A restore that is under way.
#[derive(Debug)]
pub struct Restoring {
    note: PathBuf,
    data_dir: PathBuf,
}

/// What a restore begins on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// On a folder in which there was nothing.
    Anew,
    /// On what an earlier restore of the same backup had brought back.
    Again,
}

/// Refuses a data folder in which a restore was broken off: half of an installation would look like a whole one.
pub fn refuse_unfinished(data_dir: &Path) -> Result<(), BackupError> {
    let note = data_dir.join(NOTE);
    if note.exists() {
        return Err(BackupError::Refused(format!(
            "a restore into {} was broken off ({} is there): run `reelgate restore` with the same backup again, and \
             it goes on",
            data_dir.display(),
            note.display()
        )));
    }
    Ok(())
}

impl Restoring {
    /// How a restore of this backup would begin, without changing anything.
    pub fn look(data_dir: &Path, backup: &Opened) -> Result<Begun, BackupError> {
        let note = data_dir.join(NOTE);
        match fs::read_to_string(&note) {
            Ok(text) if text.trim_end() == backup.hash => return Ok(Begun::Again),
            Ok(text) if text.trim_end().strip_suffix(PREPARING) == Some(&backup.hash) => {}
            Ok(_) => {
                return Err(BackupError::Refused(format!(
                    "the restore of another backup into {} was broken off: finish that one, or choose an empty data \
                     folder and an empty database",
                    data_dir.display()
                )));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).at("read", &note),
        }
        let vault = data_dir.join("vault");
        let is_taken = vault.exists()
            && !Vault::open(&vault)
                .and_then(|vault| vault.is_empty())
                .at("look into", &vault)?;
        if is_taken && backup.manifest.objects.kept != Kept::Listed {
            return Err(BackupError::Refused(format!(
                "{} holds recordings already. A restore never mixes with what is there: set REELGATE_DATA_DIR to an \
                 empty folder, or move this one away",
                vault.display()
            )));
        }
        Ok(Begun::Anew)
    }

    /// Leaves the note. From here on nothing starts on the folder until [`Self::finish`]: not while the database is
    /// made either, or a service that is started meanwhile would begin an installation of its own, with another key.
    pub fn prepare(data_dir: &Path, backup: &Opened, begun: Begun) -> Result<Self, BackupError> {
        let restoring = Self {
            note: data_dir.join(NOTE),
            data_dir: data_dir.to_owned(),
        };
        if begun == Begun::Anew {
            restoring.write(&format!("{}{PREPARING}\n", backup.hash))?;
        }
        Ok(restoring)
    }

    /// Folder and database were empty: what is found in them later is of this restore, which can be taken up again.
    pub fn begin(&self, backup: &Opened) -> Result<(), BackupError> {
        self.write(&format!("{}\n", backup.hash))
    }

    /// Takes the note away before anything was brought back.
    pub fn withdraw(&self) -> Result<(), BackupError> {
        self.finish()
    }

    /// Under another name first: half a note would be that of another backup.
    fn write(&self, text: &str) -> Result<(), BackupError> {
        let part = self.note.with_extension("part");
        fs::write(&part, text)
            .and_then(|()| File::open(&part)?.sync_all())
            .and_then(|()| fs::rename(&part, &self.note))
            .at("write", &self.note)?;
        sync_folder(&self.data_dir)
    }

    /// Puts the master key's file where it belongs. One that is there already must be the same.
    pub fn install_key(&self, from: &Path, to: &Path) -> Result<(), BackupError> {
        if to.exists() {
            return Ok(());
        }
        let bytes = fs::read(from).at("read", from)?;
        // Under another name first: half a key must not be left behind.
        let part = to.with_extension("part");
        match fs::remove_file(&part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).at("remove", &part);
            }
            _ => {}
        }
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&part)
            .and_then(|mut file| {
                file.write_all(&bytes)?;
                file.sync_all()
            })
            .at("write", &part)?;
        fs::rename(&part, to).at("make", to)?;
        to.parent().map_or(Ok(()), sync_folder)
    }

    /// All is there: takes the note away.
    pub fn finish(&self) -> Result<(), BackupError> {
        fs::remove_file(&self.note).at("remove", &self.note)?;
        sync_folder(&self.data_dir)
    }
}

/// Puts every object back and checks each hash; gives the ids of those that cannot be had. Blocks on the disk.
pub fn restore_objects(
    backup: &Opened,
    vault: &Vault,
    progress: &Progress,
) -> Result<Vec<FileId>, BackupError> {
    progress.plan(
        backup.objects.len() as u64,
        backup.objects.iter().map(|object| object.size).sum(),
    );
    let intake = Intake::start(vault).map_err(unwritable)?;
    let mut lost = Vec::new();
    for batch in backup.objects.chunks(BATCH) {
        let mut ready = Vec::new();
        for object in batch {
            match fetch(backup, vault, &intake, object, progress)? {
                Fetched::Copied => ready.push(object.id),
                Fetched::Present => {}
                Fetched::Lost => lost.push(object.id),
            }
        }
        intake.place(&ready).map_err(unwritable)?;
    }
    intake.finish().map_err(unwritable)?;
    Ok(lost)
}

enum Fetched {
    Copied,
    /// An earlier restore, or the operator, put it in place.
    Present,
    Lost,
}

fn fetch(
    backup: &Opened,
    vault: &Vault,
    intake: &Intake,
    object: &Object,
    progress: &Progress,
) -> Result<Fetched, BackupError> {
    let mut part = progress.file(object.size);
    let mut more = |bytes| part.advance(bytes);
    if let Ok(present) = vault.read(object.id) {
        match hash(&present, &mut more) {
            Ok(sha256) if sha256 == object.sha256 => return Ok(Fetched::Present),
            Err(CopyError::Cancelled) => return Err(BackupError::Cancelled),
            _ if backup.manifest.objects.kept == Kept::Listed => return Ok(Fetched::Lost),
            _ => {}
        }
    }
    if !backup.ought_to_have(object) {
        return Ok(Fetched::Lost);
    }
    let Ok(source) = File::open(backup.object(object)) else {
        return Ok(Fetched::Lost);
    };
    match intake.copy(object.id, &source, &mut more) {
        Ok(copied) if copied.sha256 == object.sha256 => Ok(Fetched::Copied),
        Ok(_) => {
            intake.discard(&[object.id]).map_err(unwritable)?;
            Ok(Fetched::Lost)
        }
        Err(CopyError::Read(_) | CopyError::Changed) => Ok(Fetched::Lost),
        Err(CopyError::Cancelled) => Err(BackupError::Cancelled),
        Err(CopyError::Write(error)) => Err(unwritable(error)),
    }
}

fn unwritable(error: io::Error) -> BackupError {
    BackupError::Database(Error::internal(CopyError::Write(error)))
}
