//! Reading a backup: whether it is whole, and whether it is the one that was made.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::draft::describe;
use super::take::is_sealed;
use super::{
    At as _, BackupError, Entry, FORMAT, Kept, MANIFEST, Manifest, OBJECTS, Object, SEAL, from_hex,
    shelf_of,
};
use crate::MasterKey;
use crate::files::vault::{CopyError, hash};
use crate::sessions::import::Progress;

/// A backup whose manifest is sound.
#[derive(Debug)]
pub struct Opened {
    pub folder: PathBuf,
    pub manifest: Manifest,
    /// The manifest's SHA-256, hexadecimal: the name of this very backup.
    pub hash: String,
    pub objects: Vec<Object>,
    sealed: Vec<u8>,
}

/// What the seal under the master key says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seal {
    /// Whoever made the manifest had the master key.
    Right,
    /// The key is the backup's, and the seal is not of this manifest: somebody changed it.
    Broken,
    /// The key is another one.
    OtherKey,
}

impl Opened {
    /// Where a file of the backup is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Where an object's copy is.
    pub(super) fn object(&self, object: &Object) -> PathBuf {
        self.folder
            .join(OBJECTS)
            .join(shelf_of(object.id))
            .join(object.id.to_string())
    }

    /// Whether an object's bytes ought to be in the backup.
    pub(super) fn ought_to_have(&self, object: &Object) -> bool {
        let absent = &self.manifest.objects;
        absent.kept != Kept::Listed
            && !absent.gone.contains(&object.id)
            && !absent.damaged.contains(&object.id)
    }

    /// Judges the seal with a key.
    pub fn seal(&self, key: &MasterKey) -> Seal {
        if key.id() != self.manifest.master_key.id {
            Seal::OtherKey
        } else if is_sealed(key, &self.hash, &self.sealed) {
            Seal::Right
        } else {
            Seal::Broken
        }
    }
}

/// Reads manifest and list, and checks them and the dump. The objects are left to [`check_objects`].
pub fn open(folder: &Path) -> Result<Opened, BackupError> {
    let folder = std::path::absolute(folder).at("find", folder)?;
    let path = folder.join(MANIFEST);
    let text = match std::fs::read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(BackupError::Refused(format!(
                "{} is no backup: it has no {MANIFEST}. A backup that was broken off never gets one",
                folder.display()
            )));
        }
        read => read.at("read", &path)?,
    };
    let found = describe(&path, MANIFEST)?.sha256;
    let seal_path = folder.join(SEAL);
    let seal = std::fs::read_to_string(&seal_path).at("read", &seal_path)?;
    let mut lines = seal.lines();
    if lines.next() != Some(found.as_str()) {
        return Err(BackupError::Damaged(format!(
            "{MANIFEST} is not the one that was written: its SHA-256 differs from that in {SEAL}"
        )));
    }
    let sealed = lines.next().and_then(from_hex).unwrap_or_default();
    let manifest = parse(&text)?;
    let key = manifest.master_key.file.iter();
    for entry in [&manifest.database.file, &manifest.objects.list]
        .into_iter()
        .chain(key)
    {
        check(&folder, entry)?;
    }
    let objects = read_list(&folder.join(&manifest.objects.list.name))?;
    Ok(Opened {
        folder,
        manifest,
        hash: found,
        objects,
        sealed,
    })
}

fn parse(text: &[u8]) -> Result<Manifest, BackupError> {
    #[derive(serde::Deserialize)]
    struct Form {
        format: u32,
    }
    let unreadable = |error| BackupError::Damaged(format!("{MANIFEST} cannot be read: {error}"));
    let Form { format } = serde_json::from_slice(text).map_err(unreadable)?;
    if format != FORMAT {
        return Err(BackupError::Refused(format!(
            "the backup has form {format}, and this version of Reelgate reads form {FORMAT}: use the version that made it"
        )));
    }
    serde_json::from_slice(text).map_err(unreadable)
}

fn check(folder: &Path, entry: &Entry) -> Result<(), BackupError> {
    // SECURITY: a manifest of somebody else's making must not lead out of the folder.
    if entry.name.contains('/') || matches!(entry.name.as_str(), "" | "." | "..") {
        return Err(BackupError::Damaged(format!(
            "{MANIFEST} names a file outside of the backup"
        )));
    }
    let path = folder.join(&entry.name);
    if !path.exists() {
        return Err(BackupError::Damaged(format!("{} is missing", entry.name)));
    }
    if describe(&path, &entry.name)? != *entry {
        return Err(BackupError::Damaged(format!(
            "{} is not the one that was written: its size or its SHA-256 differs",
            entry.name
        )));
    }
    Ok(())
}

fn read_list(path: &Path) -> Result<Vec<Object>, BackupError> {
    let text = std::fs::read_to_string(path).at("read", path)?;
    let object = |line: &str| {
        let mut fields = line.split('\t');
        let object = Object {
            id: fields.next()?.parse().ok()?,
            size: fields.next()?.parse().ok()?,
            sha256: from_hex(fields.next()?)?.try_into().ok()?,
        };
        fields.next().is_none().then_some(object)
    };
    text.lines()
        .map(|line| {
            object(line).ok_or_else(|| {
                BackupError::Damaged(format!("{} has a line that is none", path.display()))
            })
        })
        .collect()
}

/// Hashes every object of the backup; one sentence for each that is not right. Blocks on the disk.
pub fn check_objects(backup: &Opened, progress: &Progress) -> Result<Vec<String>, BackupError> {
    let expected = || {
        backup
            .objects
            .iter()
            .filter(|object| backup.ought_to_have(object))
    };
    progress.plan(
        expected().count() as u64,
        expected().map(|object| object.size).sum(),
    );
    let mut wrong = Vec::new();
    for object in expected() {
        let mut part = progress.file(object.size);
        let path = backup.object(object);
        let hashed = File::open(&path)
            .map_err(CopyError::Read)
            .and_then(|file| hash(&file, &mut |bytes| part.advance(bytes)));
        match hashed {
            Ok(sha256) if sha256 == object.sha256 => {}
            Ok(_) | Err(CopyError::Changed) => {
                wrong.push(format!(
                    "file {} has other bytes than were written",
                    object.id
                ));
            }
            Err(CopyError::Cancelled) => return Err(BackupError::Cancelled),
            Err(error) => wrong.push(format!("file {}: {error}", object.id)),
        }
    }
    Ok(wrong)
}
