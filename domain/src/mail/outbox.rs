//! The queue of letters: put there by actions, sent by background work.

use chrono::TimeDelta;
use sqlx::PgConnection;

use super::{Letter, PostError, store};
use crate::background::More;
use crate::{Backend, Error, Secret};

crate::id::id!(OutboxId);

const PURPOSE: &str = "letter";
/// A mail server that is away for longer than this has lost the letter.
const GIVE_UP_AFTER: TimeDelta = TimeDelta::hours(24);
/// Operators can see that long what was given up.
const KEEP_GIVEN_UP: TimeDelta = TimeDelta::days(30);
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(2);

/// Puts a letter into the outbox; does nothing where no mail server is set up. The caller nudges the background after
/// its commit, so that the letter goes out at once.
pub(crate) async fn put(
    backend: &Backend,
    tx: &mut PgConnection,
    recipient: &str,
    letter: &Letter,
) -> Result<(), Error> {
    if !backend.post.is_set_up() {
        return Ok(());
    }
    let now = backend.clock.now();
    let id = OutboxId::new(now);
    let text = Secret::new(serde_json::to_string(letter).map_err(Error::internal)?);
    let sealed = backend.master_key.seal(PURPOSE, &id.to_string(), &text);
    store::insert(tx, id, recipient, &letter.subject, &sealed, now).await?;
    Ok(())
}

/// Sends one letter that is due. Background work: one process at a time, so no letter goes out twice, except where
/// the process dies between the mail server's answer and its own note of it.
pub async fn send_next(backend: &Backend) -> Result<More, Error> {
    if !backend.post.is_set_up() {
        return Ok(More::Later);
    }
    let now = backend.clock.now();
    let mut db = backend.db.acquire().await?;
    store::delete_given_up(&mut db, now - KEEP_GIVEN_UP).await?;
    let Some(due) = store::find_due(&mut db, now).await? else {
        return Ok(More::Later);
    };
    drop(db);
    let letter = backend
        .master_key
        .unseal(PURPOSE, &due.id.to_string(), &due.sealed)
        .and_then(|text| serde_json::from_str::<Letter>(text.reveal()).ok());
    let sent = match letter {
        Some(letter) => backend.post.send(&due.recipient, &letter).await,
        None => Err(PostError::for_good(
            "the letter does not open with this master key",
        )),
    };
    let mut db = backend.db.acquire().await?;
    match sent {
        Ok(()) => store::delete(&mut db, due.id).await?,
        Err(error) if error.is_for_good || now - due.created_at >= GIVE_UP_AFTER => {
            tracing::warn!(letter = %due.id, error = %error.why, "a mail was given up");
            store::give_up(&mut db, due.id, now, &error.why).await?;
        }
        Err(error) => {
            tracing::info!(letter = %due.id, error = %error.why, "a mail will be tried again");
            store::postpone(&mut db, due.id, now + pause(due.attempts), &error.why).await?;
        }
    }
    Ok(More::Now)
}

/// One minute, then twice as long each time.
fn pause(attempts: i32) -> TimeDelta {
    let doubled = TimeDelta::minutes(1 << attempts.clamp(0, 7));
    doubled.min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_two_hours() {
        let minutes = [0, 1, 2, 6, 7, 100].map(|attempts| pause(attempts).num_minutes());
        assert_eq!(minutes, [1, 2, 4, 64, 120, 120]);
    }
}
