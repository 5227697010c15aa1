//! Making a backup: the objects of a snapshot, then the manifest, then the name.

use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::{
    At as _, BackupError, DatabasePart, Draft, FORMAT, KEY, Kept, KeyPart, LIST, MANIFEST,
    Manifest, OBJECTS, Object, ObjectsPart, SEAL, hex, shelf_of, store,
};
use crate::files::FileId;
use crate::files::vault::{CopyError, Vault};
use crate::sessions::import::Progress;
use crate::{Backend, Error, MasterKey, Secret};

/// What became of the objects.
#[derive(Debug, Default)]
pub struct Taken {
    pub count: u64,
    pub bytes: u64,
    /// Not in the vault, or not with the bytes that they should have.
    pub unsound: Vec<FileId>,
    /// Those of which no copy is in the backup.
    missing: Vec<FileId>,
}

/// Copies what a snapshot names out of the vault. Blocks on the disk: use a blocking thread.
pub fn copy_objects(
    vault: &Vault,
    draft: &Draft,
    objects: &[Object],
    kept: Kept,
    progress: &Progress,
) -> Result<Taken, BackupError> {
    progress.plan(
        objects.len() as u64,
        objects.iter().map(|object| object.size).sum(),
    );
    let mut taken = Taken::default();
    for object in objects {
        if progress.is_cancelled() {
            return Err(BackupError::Cancelled);
        }
        match copy_object(vault, draft, object, kept, progress)? {
            Fate::Sound => {
                taken.count += 1;
                taken.bytes += object.size;
            }
            Fate::Damaged => taken.unsound.push(object.id),
            Fate::Missing => {
                taken.unsound.push(object.id);
                taken.missing.push(object.id);
            }
        }
    }
    Ok(taken)
}

enum Fate {
    Sound,
    Damaged,
    Missing,
}

fn copy_object(
    vault: &Vault,
    draft: &Draft,
    object: &Object,
    kept: Kept,
    progress: &Progress,
) -> Result<Fate, BackupError> {
    let mut part = progress.file(object.size);
    let Ok(source) = vault.read(object.id) else {
        return Ok(Fate::Missing);
    };
    let size = |file: &File| file.metadata().map(|metadata| metadata.len());
    if kept == Kept::Listed {
        let is_whole = size(&source).is_ok_and(|size| size == object.size);
        return Ok(if is_whole { Fate::Sound } else { Fate::Damaged });
    }
    let path = draft
        .shelf(&shelf_of(object.id))?
        .join(object.id.to_string());
    let mut more = |bytes| part.advance(bytes);
    let hashed = if kept == Kept::Linked {
        vault
            .link(object.id, &path)
            .map_err(|error| link_error(error, &path))?;
        crate::files::vault::hash(&source, &mut more)
    } else {
        let target = draft.create(&format!("{OBJECTS}/{}/{}", shelf_of(object.id), object.id))?;
        crate::files::vault::copy(&source, &target, &mut more).and_then(|(_, sha256)| {
            target.sync_all().map_err(CopyError::Write)?;
            Ok(sha256)
        })
    };
    match hashed {
        Ok(sha256) if sha256 == object.sha256 => Ok(Fate::Sound),
        Ok(_) | Err(CopyError::Read(_) | CopyError::Changed) => {
            // Wrong bytes are worth nothing, and would pass for something.
            std::fs::remove_file(&path).at("remove", &path)?;
            Ok(Fate::Damaged)
        }
        Err(CopyError::Cancelled) => Err(BackupError::Cancelled),
        Err(CopyError::Write(source)) => Err(BackupError::Io {
            deed: "write",
            path,
            source,
        }),
    }
}

fn link_error(error: std::io::Error, path: &Path) -> BackupError {
    if error.kind() == std::io::ErrorKind::CrossesDevices {
        return BackupError::Refused(
            "the backup is to be on another file system than the vault, where there are no hard links: leave out \
             --hard-link"
                .to_owned(),
        );
    }
    BackupError::Io {
        deed: "link",
        path: path.to_owned(),
        source: error,
    }
}

/// What a backup is made of, beside the objects in its folder.
#[derive(Debug)]
pub struct Parts {
    /// When the snapshot was taken.
    pub made_at: DateTime<Utc>,
    pub database: DatabasePart,
    pub objects: Vec<Object>,
    pub taken: Taken,
    pub kept: Kept,
    pub with_master_key: bool,
}

/// Writes what proves the backup, and gives it its name. Returns the folder and the manifest.
pub async fn finish(
    backend: &Backend,
    draft: Draft,
    parts: Parts,
) -> Result<(PathBuf, Manifest), BackupError> {
    let taken = parts.taken;
    let (gone, damaged) = judge(&backend.db, &taken.unsound).await?;
    let list = draft.write(LIST, listed(&parts.objects).as_bytes())?;
    let key = &backend.master_key;
    let file = if parts.with_master_key {
        let bytes = std::fs::read(key.path()).at("read", key.path())?;
        Some(draft.write(KEY, &bytes)?)
    } else {
        None
    };
    let manifest = Manifest {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: parts.made_at,
        database: parts.database,
        objects: ObjectsPart {
            kept: parts.kept,
            list,
            count: taken.count,
            bytes: taken.bytes,
            gone,
            damaged,
        },
        master_key: KeyPart {
            id: key.id().to_owned(),
            file,
        },
    };
    let text = serde_json::to_vec_pretty(&manifest).map_err(Error::internal)?;
    let hash = draft.write(MANIFEST, &text)?.sha256;
    draft.write(SEAL, seal(key, &hash).as_bytes())?;
    let folder = tokio::task::spawn_blocking(move || draft.finish())
        .await
        .map_err(Error::internal)??;
    Ok((folder, manifest))
}

/// Of the files that could not be copied: who was deleted meanwhile, and who ought to be there.
async fn judge(db: &PgPool, unsound: &[FileId]) -> Result<(Vec<FileId>, Vec<FileId>), Error> {
    let ids: Vec<uuid::Uuid> = unsound.iter().map(|id| *id.as_uuid()).collect();
    let damaged = store::still_there(&mut *db.acquire().await?, &ids).await?;
    let gone = unsound
        .iter()
        .copied()
        .filter(|id| !damaged.contains(id))
        .collect();
    Ok((gone, damaged))
}

fn listed(objects: &[Object]) -> String {
    let mut text = String::with_capacity(objects.len() * 120);
    for object in objects {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{}\t{}\t{}",
            object.id,
            object.size,
            hex(&object.sha256)
        );
    }
    text
}

const PURPOSE: &str = "backup manifest";

/// Two lines: the manifest's hash for everybody, and the same under the master key, which nobody else can make.
fn seal(key: &MasterKey, hash: &str) -> String {
    let sealed = key.seal(PURPOSE, key.id(), &Secret::new(hash));
    format!("{hash}\n{}\n", hex(&sealed))
}

/// Whether the seal was made with this key for this hash.
pub(super) fn is_sealed(key: &MasterKey, hash: &str, sealed: &[u8]) -> bool {
    key.unseal(PURPOSE, key.id(), sealed)
        .is_some_and(|text| text.reveal() == hash)
}
