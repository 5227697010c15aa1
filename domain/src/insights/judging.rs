//! Notes what should have come with each session and has not: background work, some time after a session's end.
//!
//! The rules are those of the session's page (`sessions::completeness`). When files come later, the database forgets
//! the judgement and the session is looked at again.

use std::collections::HashMap;
use std::io::Read as _;

use sqlx::PgConnection;
use tokio::task::spawn_blocking;

use super::Gaps;
use super::store::judge as store;
use crate::background::More;
use crate::files::vault::Vault;
use crate::files::{FileId, FileKind};
use crate::sessions::SessionId;
use crate::sessions::completeness::{Expected, GRACE, gaps};
use crate::sessions::metadata::{MAX_BYTES, Metadata, read_metadata};
use crate::{Backend, Error};

/// Sessions of one step: an import that changes one of them waits for its end.
const STEP: i64 = 50;

/// What is expected of a session and not there, whenever it ended.
pub(crate) async fn missing(
    backend: &Backend,
    db: &mut PgConnection,
    session: SessionId,
) -> Result<Vec<Expected>, Error> {
    let files = store::files_of(db, &[session]).await?;
    let vault = backend.vault.clone();
    spawn_blocking(move || expected(&vault, &files))
        .await
        .map_err(Error::internal)
}

/// Looks at some sessions whose files had time to come.
pub async fn judge_some(backend: &Backend) -> Result<More, Error> {
    let now = backend.clock.now();
    let Some(ended_before) = now.checked_sub_signed(GRACE) else {
        return Ok(More::Later);
    };
    let mut tx = backend.db.begin().await?;
    let sessions = store::lock_due(&mut tx, ended_before, STEP).await?;
    let mut files: HashMap<SessionId, Vec<store::FileRow>> = HashMap::new();
    for file in store::files_of(&mut tx, &sessions).await? {
        files.entry(file.session).or_default().push(file);
    }
    let vault = backend.vault.clone();
    let judged = spawn_blocking(move || {
        let judge = |id: SessionId| (id, judge(&vault, &files.remove(&id).unwrap_or_default()));
        sessions.into_iter().map(judge).collect::<Vec<_>>()
    })
    .await
    .map_err(Error::internal)?;
    store::set_gaps(&mut tx, &judged).await?;
    tx.commit().await?;
    Ok(if i64::try_from(judged.len()) == Ok(STEP) {
        More::Now
    } else {
        More::Later
    })
}

fn judge(vault: &Vault, files: &[store::FileRow]) -> Gaps {
    let expected = expected(vault, files).into_iter();
    Gaps(expected.fold(0, |set, expected| set | bit(&expected)))
}

fn expected(vault: &Vault, files: &[store::FileRow]) -> Vec<Expected> {
    let metadata = files
        .iter()
        .find(|file| file.kind == FileKind::Metadata && !file.is_deleted)
        // It only tells whose individual recordings there should be.
        .filter(|_| files.iter().any(|file| file.kind == FileKind::Individual))
        .and_then(|file| read(vault, file.id));
    let names = files.iter().map(|file| (file.kind, file.name.as_str()));
    // The session ended long ago: whether something may still come was decided before.
    let (ended, now) = (
        chrono::DateTime::UNIX_EPOCH,
        chrono::DateTime::UNIX_EPOCH + GRACE,
    );
    gaps(names, metadata.as_ref(), ended, now)
        .into_iter()
        .map(|gap| gap.expected)
        .collect()
}

const fn bit(expected: &Expected) -> i16 {
    match expected {
        Expected::Recording => Gaps::RECORDING,
        Expected::Individual { .. } => Gaps::TRACK,
        Expected::Chat => Gaps::CHAT,
        Expected::Metadata => Gaps::METADATA,
    }
}

/// None for what cannot be had or makes no sense: the other rules still hold.
fn read(vault: &Vault, file: FileId) -> Option<Metadata> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_BYTES)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    let read = vault
        .read(file)
        .and_then(|content| content.take(limit).read_to_end(&mut bytes));
    if let Err(error) = read {
        tracing::warn!(%file, %error, "a metadata file cannot be read to judge its session");
        return None;
    }
    if bytes.len() > MAX_BYTES {
        return None;
    }
    read_metadata(&bytes)
}
