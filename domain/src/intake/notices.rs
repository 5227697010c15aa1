//! Letters about files that could not be had: at most one an hour for a source, with all that failed meanwhile.

use chrono::TimeDelta;

use super::{SourceId, store};
use crate::background::{More, News};
use crate::mail::{letters, outbox};
use crate::{Backend, Error, members};

/// From one letter about a source to the next.
const EVERY: TimeDelta = TimeDelta::hours(1);
/// Files that a letter names.
const NAMED: i64 = 10;

/// Tells the account's owners and admins which files of a source are lost: the first at once. Background work.
pub async fn tell_next(backend: &Backend) -> Result<More, Error> {
    tell(backend, None).await
}

/// The same of one source, which has just lost a file.
pub(super) async fn tell_of(backend: &Backend, source: SourceId) -> Result<(), Error> {
    tell(backend, Some(source)).await.map(|_| ())
}

/// Each file is told of once.
async fn tell(backend: &Backend, source: Option<SourceId>) -> Result<More, Error> {
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    let Some(id) = store::notices::take_untold(&mut tx, source, now - EVERY, now).await? else {
        return Ok(More::Later);
    };
    let lost = store::notices::tell_of(&mut tx, id, NAMED).await?;
    let source = store::find_source(&mut tx, id).await?;
    if let (Some(source), [first, others @ ..]) = (source, &lost[..]) {
        let address = format!(
            "{}/projects/{}/intake/{}",
            backend.public_url, source.project, source.id
        );
        let letter = if others.is_empty() {
            letters::recording_not_fetched(
                &source.name,
                &first.room,
                &first.file_name,
                &first.reason,
                address,
            )
        } else {
            let named = lost
                .iter()
                .map(|file| format!("{} of {}: {}", file.file_name, file.room, file.reason));
            letters::recordings_not_fetched(&source.name, first.count, named, address)
        };
        for email in members::actions::governor_emails(&mut tx, source.account).await? {
            outbox::put(backend, &mut tx, &email, &letter).await?;
        }
    }
    tx.commit().await?;
    backend.nudge(News::Letters);
    Ok(More::Now)
}
