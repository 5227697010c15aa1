//! Clearing away what killed processes left in the vault.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use sqlx::PgPool;
use uuid::Uuid;

use super::beneath::{names, open_beneath, open_folder, remove_file};
use super::intake::{CLAIMS, LOCK, advisory_key, gate, remove_run};
use super::{INCOMING, Vault, object_path};
use crate::Error;
use crate::files::FileId;

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Runs of processes that are gone.
    pub runs: u64,
    /// Objects that no row named.
    pub objects: u64,
}

impl Vault {
    /// Removes what killed processes left: their part files, and the objects that they put in place without getting
    /// as far as the commit. Runs that are still going are not touched. The server calls it at its start and now and then, an import at its start.
    pub async fn sweep(&self, db: &PgPool) -> Result<Swept, Error> {
        let vault = self.clone();
        let (gate, dead) = blocking(move || dead_runs(&vault)).await?;
        let mut swept = Swept::default();
        for run in dead {
            let orphans = orphans(db, run.id, &run.claims).await?;
            let vault = self.clone();
            swept.objects += blocking(move || clear(&vault, &run, &orphans)).await?;
            swept.runs += 1;
        }
        // Until here no run was started and nobody else swept.
        drop(gate);
        Ok(swept)
    }

    /// Removes an object, for good also if the power fails now. True if it was there.
    pub(in crate::files) fn remove(&self, id: FileId) -> io::Result<bool> {
        let path = object_path(id);
        let (shelf, name) = path.rsplit_once('/').expect("an object's path has folders");
        match open_folder(&self.root, shelf) {
            Ok(shelf) => {
                let was_there = remove_file(&shelf, name)?;
                rustix::fs::fsync(&shelf)?;
                Ok(was_there)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

struct DeadRun {
    id: Uuid,
    folder: OwnedFd,
    claims: Vec<FileId>,
    // Held until the run is cleared away.
    _lock: Option<OwnedFd>,
}

fn dead_runs(vault: &Vault) -> io::Result<(OwnedFd, Vec<DeadRun>)> {
    let incoming = open_folder(&vault.root, INCOMING)?;
    let gate = gate(&incoming)?;
    let mut dead = Vec::new();
    for name in names(&incoming)? {
        // Anything else in there is not ours.
        let Ok(id) = name.parse::<Uuid>() else {
            continue;
        };
        let folder = match open_folder(&incoming, &name) {
            Ok(folder) => folder,
            // Finished since the names were read: finishing needs no gate.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let lock = match take_over(&folder)? {
            Owner::Alive => continue,
            Owner::Gone(lock) => Some(lock),
            Owner::Never => None,
        };
        dead.push(DeadRun {
            id,
            claims: claims(&folder)?,
            folder,
            _lock: lock,
        });
    }
    Ok((gate, dead))
}

/// Whose a run's folder is.
enum Owner {
    Alive,
    /// Its lock could be taken.
    Gone(OwnedFd),
    /// There is no lock: it was killed before it had one, or while it removed the last of its own folder.
    Never,
}

fn take_over(folder: &OwnedFd) -> io::Result<Owner> {
    let lock = match open_beneath(folder, LOCK, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()) {
        Ok(lock) => lock,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Owner::Never),
        Err(error) => return Err(error),
    };
    match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Owner::Gone(lock)),
        Err(Errno::WOULDBLOCK) => Ok(Owner::Alive),
        Err(error) => Err(error.into()),
    }
}

fn claims(folder: &OwnedFd) -> io::Result<Vec<FileId>> {
    let file = match open_beneath(
        folder,
        CLAIMS,
        OFlags::RDONLY | OFlags::CLOEXEC,
        Mode::empty(),
    ) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut text = Vec::new();
    File::from(file).read_to_end(&mut text)?;
    // A torn line is no claim: the object of a claim appears only after the whole line is on the disk.
    Ok(String::from_utf8_lossy(&text)
        .lines()
        .filter_map(|line| line.parse().ok())
        .collect())
}

/// The claims of a dead run that no row names.
async fn orphans(db: &PgPool, run: Uuid, claims: &[FileId]) -> Result<Vec<FileId>, Error> {
    let mut tx = db.begin().await?;
    // The database may still be working on what the process sent before it died.
    sqlx::query!("select pg_advisory_xact_lock($1)", advisory_key(run))
        .execute(&mut *tx)
        .await?;
    let ids: Vec<Uuid> = claims.iter().map(|id| *id.as_uuid()).collect();
    let known: HashSet<FileId> = sqlx::query_scalar!(
        r#"select id as "id: FileId" from files where id = any($1)"#,
        &ids
    )
    .fetch_all(&mut *tx)
    .await?
    .into_iter()
    .collect();
    tx.commit().await?;
    Ok(claims
        .iter()
        .copied()
        .filter(|id| !known.contains(id))
        .collect())
}

fn clear(vault: &Vault, run: &DeadRun, orphans: &[FileId]) -> io::Result<u64> {
    let mut removed = 0;
    for &id in orphans {
        removed += u64::from(vault.remove(id)?);
    }
    match remove_run(vault, &run.id.to_string(), &run.folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(removed),
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(Error::internal)?
        .map_err(Error::internal)
}
