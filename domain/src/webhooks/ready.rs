//! When a session is ready: all that is expected has come, or nothing came for a while. Told once (demands.md 16).
//!
//! What is expected is what the session's page expects (`sessions::completeness`): a recording, an individual one of
//! everybody as soon as there is one of somebody, the chat script, the metadata.

use super::EventType;
use super::events::with_missing;
use super::payload::Missing;
use super::store::events as store;
use crate::background::More;
use crate::insights::judging;
use crate::sessions::completeness::Expected;
use crate::{Backend, Error};

/// Sessions of one step.
const STEP: i64 = 20;

/// Looks at some sessions for which something came, or whose time is over.
pub async fn judge_some(backend: &Backend) -> Result<More, Error> {
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    let awaited = store::lock_awaited(&mut tx, now, STEP).await?;
    for session in &awaited {
        let missing = judging::missing(backend, &mut tx, session.session).await?;
        if missing.is_empty() || session.cut_off <= now {
            let detail = with_missing(missing.iter().map(word).collect());
            let event = EventType::SessionReady.as_str();
            store::insert(&mut tx, session, event, detail, now).await?;
            store::await_no_more(&mut tx, session.session).await?;
        } else {
            store::await_until(&mut tx, session.session, session.cut_off).await?;
        }
    }
    tx.commit().await?;
    Ok(if i64::try_from(awaited.len()) == Ok(STEP) {
        More::Now
    } else {
        More::Later
    })
}

/// Without the participant's name: a number is enough to tell which.
fn word(expected: &Expected) -> Missing {
    let (kind, number) = match expected {
        Expected::Recording => ("recording", None),
        Expected::Individual { number, .. } => ("individual", Some(*number)),
        Expected::Chat => ("chat", None),
        Expected::Metadata => ("metadata", None),
    };
    Missing {
        kind: kind.to_owned(),
        number,
    }
}
