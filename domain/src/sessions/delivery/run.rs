//! One delivery's part in a run of the vault: whoever drops it in the middle leaves nothing there.

use std::fs::File;
use std::io;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::files::FileId;
use crate::files::vault::{Intake, SharedIntake};
use crate::{Backend, Error};

/// One file of a run.
pub(super) struct Run {
    /// What the file is to be called.
    pub(super) id: FileId,
    /// None: nothing is to be cleared away here.
    intake: Option<Arc<SharedIntake>>,
}

impl Run {
    pub(super) async fn start(backend: &Backend) -> Result<Self, Error> {
        let id = FileId::new(backend.clock.now());
        let intake = backend.vault.join().await.map_err(Error::internal)?;
        Ok(Self {
            id,
            intake: Some(intake),
        })
    }

    pub(super) fn intake(&self) -> Arc<SharedIntake> {
        Arc::clone(self.intake.as_ref().expect("a run that goes on"))
    }

    pub(super) fn key(&self) -> i64 {
        self.intake().key()
    }

    /// An empty file to write to.
    pub(super) async fn create(&self) -> Result<File, Error> {
        self.with(Intake::create).await
    }

    /// The file as it was written, for reading.
    pub(super) async fn open(&self) -> Result<File, Error> {
        self.with(Intake::open).await
    }

    /// Takes an upload's part for the file.
    pub(super) async fn adopt(&self, part: Uuid) -> Result<(), Error> {
        self.with(move |intake, id| intake.adopt(id, part)).await
    }

    /// Puts the file where files are read from. Whatever failed, nothing of it is certain (R186): the claim stays for the
    /// sweep.
    pub(super) async fn place(&mut self) -> Result<(), Error> {
        let placed = self.with(|intake, id| intake.place(&[id])).await;
        if placed.is_err() {
            self.intake = None;
        }
        placed
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Intake, FileId) -> io::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let (intake, id) = (self.intake(), self.id);
        blocking(move || work(&intake, id)).await
    }

    /// From here on it is not known whether a row names the file, until [`Committing::keep`] or
    /// [`Committing::discard`] says so. Dropped in between, the next sweep finds out.
    pub(super) fn commit(&mut self) -> Committing {
        Committing {
            id: self.id,
            intake: self.intake.take().expect("a run that goes on"),
        }
    }
}

/// A file whose row is being committed.
pub(super) struct Committing {
    id: FileId,
    intake: Arc<SharedIntake>,
}

impl Committing {
    /// A row names the file.
    pub(super) async fn keep(self) {
        // Dropped there: where it is the last, the run ends.
        let _ = spawn_blocking(move || self.intake.settle()).await;
    }

    /// No row will name it.
    pub(super) async fn discard(self) {
        let _ = spawn_blocking(move || discard(&self.intake, self.id)).await;
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let Some(intake) = self.intake.take() else {
            return;
        };
        let id = self.id;
        apart(move || discard(&intake, id));
    }
}

/// Whoever drops something is as a rule a task, which must not wait for a disk.
fn apart(work: impl FnOnce() + Send + 'static) {
    match Handle::try_current() {
        Ok(runtime) => drop(runtime.spawn_blocking(work)),
        Err(_) => work(),
    }
}

fn discard(intake: &SharedIntake, id: FileId) {
    match intake.discard(&[id]) {
        Ok(()) => intake.settle(),
        Err(error) => {
            tracing::warn!(%error, "what a delivery left in the vault stays there until the next sweep");
        }
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Error> {
    spawn_blocking(work)
        .await
        .map_err(Error::internal)?
        .map_err(Error::internal)
}
