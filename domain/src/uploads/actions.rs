//! What can be done with an upload: begin, ask how far it is, go on, give up.

use std::fs::File;
use std::io;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::task::spawn_blocking;

use super::store::{self, Row, Waiting};
use super::{AppendError, Checksum, LIFE, MOST_AT_ONCE, Upload, UploadId};
use crate::files::vault::Appender;
use crate::sessions::delivery::store::lock_project;
use crate::sessions::delivery::stream::{Broken, Sink, pump};
use crate::sessions::delivery::{Delivery, Door, Part, admit, deliver_part};
use crate::{Actor, Backend, Error, Permission};

/// Bytes after which the offset is written down while more come: what a crash may cost.
const SEGMENT: u64 = 32 << 20;

/// The `source` of every upload's delivery.
pub const SOURCE: &str = "upload";

/// Begins an upload of `delivery.file.size` bytes, or of as many as will be said later. Refused as a delivery would
/// be; `Conflict` also where the project has too many of them. `metadata` is kept as it is, to be given back.
pub async fn create(
    backend: &Backend,
    actor: &Actor,
    delivery: Delivery,
    metadata: String,
) -> Result<Upload, Error> {
    actor.scope_of(Permission::DeliverFiles, delivery.project)?;
    if delivery.file.size == Some(0) {
        return Err(Error::invalid("file", "it is empty"));
    }
    let now = backend.clock.now();
    let door = admit(backend, actor, &delivery).await?;
    let upload = Row {
        id: UploadId::new(now),
        account: actor.account,
        length: delivery.file.size,
        delivery,
        metadata,
        offset: 0,
        state: Appender::initial_state(),
        expires_at: now + LIFE,
        file: None,
        refusal: None,
    };
    // The row first: whoever finds a part without one may remove it.
    let mut tx = backend.db.begin().await?;
    let waiting = others(&mut tx, &upload, now).await?;
    if waiting.uploads >= MOST_AT_ONCE {
        return Err(Error::Conflict(format!(
            "the project has {MOST_AT_ONCE} unfinished uploads: finish or terminate some"
        )));
    }
    // A file that is here already is found out at the end, when its bytes can be compared.
    if let Door::Open(admission) = door {
        let size = upload.length.unwrap_or(0);
        admission.leave_room(&mut tx, waiting.bytes, size).await?;
    }
    store::insert(&mut tx, &upload, now).await?;
    tx.commit().await?;
    let (vault, id) = (backend.vault.clone(), *upload.id.as_uuid());
    blocking(move || vault.create_part(id).map(drop)).await?;
    Ok(upload.view())
}

/// What the project's other unfinished uploads will come to, and nobody promises more until the transaction ends: of
/// several that do, each counts the one before.
async fn others(db: &mut PgConnection, row: &Row, now: DateTime<Utc>) -> Result<Waiting, Error> {
    lock_project(db, row.delivery.project).await?;
    Ok(store::waiting(db, row.delivery.project, Some(row.id), now).await?)
}

/// How far an upload is. One whose bytes are all here, but which a killed process did not deliver, is delivered now.
///
/// `Gone` if its file was refused or its bytes are lost. The other errors are those of [`append`].
pub async fn get(backend: &Backend, actor: &Actor, id: UploadId) -> Result<Upload, AppendError> {
    actor.scope(Permission::DeliverFiles)?;
    let row = find(backend, actor, id).await?;
    if row.file.is_some() || row.length != Some(row.offset) {
        return Ok(row.view());
    }
    let (row, file) = lock(backend, actor, id).await?;
    if row.file.is_some() || row.length != Some(row.offset) {
        return Ok(row.view());
    }
    let appender = resume(&row, file).await?;
    finish(backend, actor, row, Sink::new(appender, false)).await
}

/// Bytes for an upload.
#[derive(Debug)]
pub struct Piece {
    pub upload: UploadId,
    /// Where they begin.
    pub offset: u64,
    /// Of the whole file, where it was not said before. Bytes.
    pub length: Option<u64>,
    /// Of these bytes, where it is known.
    pub size: Option<u64>,
    pub checksum: Option<Checksum>,
}

/// Adds bytes to an upload; with the last one it is delivered. What has come is kept when they break off, unless a
/// checksum goes with them. Goes on to a safe point even if nobody waits for it any more.
pub async fn append(
    backend: &Backend,
    actor: &Actor,
    piece: Piece,
    bytes: impl AsyncRead + Send + Unpin + 'static,
) -> Result<Upload, AppendError> {
    actor.scope(Permission::DeliverFiles)?;
    let (mut row, file) = lock(backend, actor, piece.upload).await?;
    if piece.offset != row.offset {
        return Err(AppendError::Offset { at: row.offset });
    }
    if row.file.is_some() {
        return match piece.size {
            Some(1..) => Err(AppendError::TooMuch),
            _ => Ok(row.view()),
        };
    }
    if let Some(length) = piece.length {
        set_length(backend, actor, &mut row, length).await?;
    }
    let most = row.most(backend, actor).await?;
    if piece.size.is_some_and(|size| size > most) {
        return Err(AppendError::TooMuch);
    }
    let appender = resume(&row, file).await?;
    let (backend, actor) = (backend.clone(), *actor);
    // Whoever hangs up must not keep what came from being written down.
    tokio::spawn(async move {
        let sink = match piece.checksum {
            Some(sum) => take_whole(&backend, &mut row, appender, bytes, most, sum).await?,
            None => take(&backend, &actor, &mut row, appender, bytes, most).await?,
        };
        if row.length == Some(row.offset) {
            finish(&backend, &actor, row, sink).await
        } else {
            Ok(row.view())
        }
    })
    .await
    .map_err(Error::internal)?
}

/// Gives up an upload. A file that it became stays.
pub async fn remove(backend: &Backend, actor: &Actor, id: UploadId) -> Result<(), AppendError> {
    actor.scope(Permission::DeliverFiles)?;
    let row = match lock(backend, actor, id).await {
        Ok((row, _lock)) => row,
        Err(AppendError::Other(Error::Gone(_))) => find_any(backend, actor, id).await?,
        Err(error) => return Err(error),
    };
    delete(backend, row.id).await?;
    Ok(())
}

/// Part and row, in the order that leaves no part without a row.
pub(super) async fn delete(backend: &Backend, id: UploadId) -> Result<(), Error> {
    remove_part(backend, id).await?;
    store::delete(&mut *backend.db.acquire().await?, id).await?;
    Ok(())
}

async fn remove_part(backend: &Backend, id: UploadId) -> Result<(), Error> {
    let (vault, part) = (backend.vault.clone(), *id.as_uuid());
    blocking(move || vault.remove_part(part).map(drop)).await
}

async fn find_any(backend: &Backend, actor: &Actor, id: UploadId) -> Result<Row, Error> {
    let scope = actor.scope(Permission::DeliverFiles)?;
    let mut db = backend.db.acquire().await?;
    store::find(&mut db, scope.account, id)
        .await?
        .filter(|row| scope.covers(row.delivery.project))
        .filter(|row| row.expires_at > backend.clock.now())
        .ok_or(Error::NotFound("upload"))
}

async fn find(backend: &Backend, actor: &Actor, id: UploadId) -> Result<Row, Error> {
    let row = find_any(backend, actor, id).await?;
    if row.refusal.is_some() {
        return Err(Error::Gone("the upload's file was refused"));
    }
    Ok(row)
}

/// The row as it is while nobody else writes, and the part, which is locked until it is closed. For an upload that has
/// ended, the part is none.
async fn lock(
    backend: &Backend,
    actor: &Actor,
    id: UploadId,
) -> Result<(Row, Option<File>), AppendError> {
    let row = find(backend, actor, id).await?;
    if row.file.is_some() {
        return Ok((row, None));
    }
    let locked = try_to_lock(backend, id).await?;
    match locked {
        // Somebody may have gone on since the row was read, or have come to the end.
        Ok(Some(file)) => Ok((find(backend, actor, id).await?, Some(file))),
        Ok(None) => Err(AppendError::Locked),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            match find(backend, actor, id).await? {
                row if row.file.is_some() => Ok((row, None)),
                _ => Err(lost().into()),
            }
        }
        Err(error) => Err(Error::internal(error).into()),
    }
}

/// Tries for a second: whoever was cut off and comes back at once must not find the door shut by their own last request,
/// which is still writing down what came.
async fn try_to_lock(backend: &Backend, id: UploadId) -> Result<io::Result<Option<File>>, Error> {
    for _ in 0..20 {
        let (vault, part) = (backend.vault.clone(), *id.as_uuid());
        let locked = spawn_blocking(move || vault.lock_part(part))
            .await
            .map_err(Error::internal)?;
        if !matches!(locked, Ok(None)) {
            return Ok(locked);
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Ok(Ok(None))
}

const fn lost() -> Error {
    Error::Gone("the upload's bytes are no longer there")
}

async fn resume(row: &Row, file: Option<File>) -> Result<Appender, Error> {
    let (file, offset, state) = (file.ok_or_else(lost)?, row.offset, row.state.clone());
    spawn_blocking(move || Appender::resume(file, offset, &state))
        .await
        .map_err(Error::internal)?
        .map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => lost(),
            _ => Error::internal(error),
        })
}

async fn set_length(
    backend: &Backend,
    actor: &Actor,
    row: &mut Row,
    length: u64,
) -> Result<(), AppendError> {
    if row.length.is_some_and(|known| known != length) || length < row.offset {
        return Err(Error::invalid("length", "the upload has another length").into());
    }
    let mut delivery = row.delivery.clone();
    delivery.file.size = Some(length);
    let door = admit(backend, actor, &delivery).await?;
    let mut tx = backend.db.begin().await?;
    let waiting = others(&mut tx, row, backend.clock.now()).await?;
    if let Door::Open(admission) = door {
        admission.leave_room(&mut tx, waiting.bytes, length).await?;
    }
    store::set_length(&mut tx, row.id, length).await?;
    tx.commit().await?;
    row.length = Some(length);
    row.delivery = delivery;
    Ok(())
}

impl Row {
    /// Bytes that may still come. While the length is not said, what the others hold is not there for this one.
    async fn most(&self, backend: &Backend, actor: &Actor) -> Result<u64, Error> {
        if let Some(length) = self.length {
            return Ok(length.saturating_sub(self.offset));
        }
        let Door::Open(admission) = admit(backend, actor, &self.delivery).await? else {
            return Ok(0);
        };
        let mut tx = backend.db.begin().await?;
        let waiting = others(&mut tx, self, backend.clock.now()).await?;
        let most = admission.most_beside(&mut tx, waiting.bytes).await?;
        Ok(most.saturating_sub(self.offset))
    }
}

/// Writes and remembers, segment by segment.
async fn take(
    backend: &Backend,
    actor: &Actor,
    row: &mut Row,
    appender: Appender,
    mut bytes: impl AsyncRead + Send + Unpin,
    most: u64,
) -> Result<Sink, AppendError> {
    let mut left = most;
    let mut sink = Sink::new(appender, false);
    loop {
        let segment = (&mut bytes).take(SEGMENT);
        let (back, outcome) = pump(sink, segment, left).await;
        let back = back.ok_or_else(unwritable)?;
        if matches!(outcome, Err(Broken::TooMuch)) {
            return Err(AppendError::TooMuch);
        }
        let came = back.appender.position() - row.offset;
        sink = note(backend, row, back).await?;
        left = match row.length {
            Some(_) => left - came,
            // Others have come further meanwhile, too, and together they must not hold more than the project has.
            None => row.most(backend, actor).await?,
        };
        match outcome {
            Err(Broken::Read(error)) => {
                tracing::debug!(%error, upload = %row.id, "an upload was interrupted");
                return Err(AppendError::BrokenOff);
            }
            Err(Broken::Write(error)) => return Err(Error::internal(error).into()),
            Err(Broken::TooMuch) => return Err(AppendError::TooMuch),
            Ok(()) if came < SEGMENT => return Ok(sink),
            Ok(()) => {}
        }
    }
}

/// Writes all, and remembers it only if the sum is right. What is not remembered is cut off when somebody goes on.
async fn take_whole(
    backend: &Backend,
    row: &mut Row,
    appender: Appender,
    bytes: impl AsyncRead + Send + Unpin,
    most: u64,
    checksum: Checksum,
) -> Result<Sink, AppendError> {
    let sink = Sink::new(appender, false).checked(&checksum);
    let (sink, outcome) = pump(sink, bytes, most).await;
    let mut sink = sink.ok_or_else(unwritable)?;
    match outcome {
        Ok(()) => {}
        Err(Broken::TooMuch) => return Err(AppendError::TooMuch),
        Err(Broken::Read(_)) => return Err(AppendError::BrokenOff),
        Err(Broken::Write(error)) => return Err(Error::internal(error).into()),
    }
    if !sink.is_as_said(&checksum) {
        return Err(AppendError::Checksum);
    }
    Ok(note(backend, row, sink).await?)
}

fn unwritable() -> Error {
    Error::internal("the part of an upload cannot be written")
}

/// Bytes to the disk, then the offset to the database.
async fn note(backend: &Backend, row: &mut Row, mut sink: Sink) -> Result<Sink, Error> {
    let sink = blocking(move || sink.appender.sync().map(|()| sink)).await?;
    row.offset = sink.appender.position();
    row.state = sink.appender.state();
    row.expires_at = backend.clock.now() + LIFE;
    store::set_offset(&mut *backend.db.acquire().await?, row).await?;
    Ok(sink)
}

/// Delivers an upload whose bytes are all there.
async fn finish(
    backend: &Backend,
    actor: &Actor,
    mut row: Row,
    sink: Sink,
) -> Result<Upload, AppendError> {
    let sums = blocking(move || sink.finish()).await?;
    let part = Part {
        id: *row.id.as_uuid(),
        file: sums.file,
        size: sums.size,
        sha256: sums.sha256,
    };
    match deliver_part(backend, actor, row.delivery.clone(), part).await {
        Ok(delivered) => {
            row.file = Some(delivered.file);
            // Behind the commit: without it, the part is the only copy. One that stays is removed by the clock.
            if let Err(error) = remove_part(backend, row.id).await {
                tracing::warn!(%error, upload = %row.id, "a delivered upload's part stays for now");
            }
            Ok(row.view())
        }
        Err(error) => {
            if is_final(&error) {
                let mut db = backend.db.acquire().await?;
                store::refuse(&mut db, row.id, &error.to_string()).await?;
                remove_part(backend, row.id).await?;
            }
            Err(error.into())
        }
    }
}

/// Whether trying again would come to the same.
const fn is_final(error: &Error) -> bool {
    matches!(
        error,
        Error::Invalid(_) | Error::Conflict(_) | Error::Gone(_) | Error::TooLarge { .. }
    )
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Error> {
    spawn_blocking(work)
        .await
        .map_err(Error::internal)?
        .map_err(Error::internal)
}
