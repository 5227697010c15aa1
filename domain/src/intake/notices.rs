//! Letters about files that could not be had.

use sqlx::PgConnection;

use super::store::SourceRow;
use crate::mail::{letters, outbox};
use crate::{Backend, Error, members};

/// Tells the account's owners and admins that a file is lost, at most once for each file.
pub(super) async fn tell(
    backend: &Backend,
    tx: &mut PgConnection,
    source: &SourceRow,
    file: &str,
    room: &str,
    reason: &str,
) -> Result<(), Error> {
    let address = format!(
        "{}/projects/{}/intake/{}",
        backend.public_url, source.project, source.id
    );
    let letter = letters::recording_not_fetched(&source.name, room, file, reason, address);
    for email in members::actions::governor_emails(&mut *tx, source.account).await? {
        outbox::put(backend, tx, &email, &letter).await?;
    }
    Ok(())
}
