//! Calls that did not prove where they come from: counted in memory, and written down once a minute for a source.
//!
//! Anybody may make such calls, as often as they like: they must not cost a row that changes for each of them. The first
//! one is written at once, since whoever sets a source up looks for it. A crash loses a minute of counting.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use super::{SourceId, store};
use crate::{Backend, Error};

/// From one time that a source's are written down to the next.
const EVERY: TimeDelta = TimeDelta::minutes(1);

/// Those of this process, of sources that there are. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refusals(Arc<Mutex<HashMap<SourceId, Noted>>>);

#[derive(Debug, Clone, Copy)]
struct Noted {
    /// Since they were written down.
    count: i64,
    last: Last,
    written_at: DateTime<Utc>,
}

/// The last one.
#[derive(Debug, Clone, Copy)]
struct Last {
    at: DateTime<Utc>,
    why: &'static str,
    from: IpAddr,
}

impl Refusals {
    fn add(&self, source: SourceId, last: Last) {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let noted = notes.entry(source).or_insert(Noted {
            count: 0,
            last,
            written_at: DateTime::UNIX_EPOCH,
        });
        noted.count += 1;
        noted.last = last;
    }

    /// Those that are to be written down now. Sources that are called no more are forgotten.
    fn take(&self, now: DateTime<Utc>) -> Vec<(SourceId, Noted)> {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = |noted: &Noted| now - noted.written_at >= EVERY;
        notes.retain(|_, noted| noted.count > 0 || !is_due(noted));
        notes
            .iter_mut()
            .filter(|(_, noted)| noted.count > 0 && is_due(noted))
            .map(|(id, noted)| {
                let due = *noted;
                noted.count = 0;
                noted.written_at = now;
                (*id, due)
            })
            .collect()
    }
}

/// Notes one; the first in a minute is written down at once.
pub(super) async fn note(
    backend: &Backend,
    source: SourceId,
    why: &'static str,
    from: IpAddr,
) -> Result<(), Error> {
    let at = backend.clock.now();
    backend.refusals.add(source, Last { at, why, from });
    write_down(backend).await
}

/// Writes down what is due. Each process does so with its own.
pub async fn write_down(backend: &Backend) -> Result<(), Error> {
    let due = backend.refusals.take(backend.clock.now());
    if due.is_empty() {
        return Ok(());
    }
    let mut db = backend.db.acquire().await?;
    for (source, noted) in due {
        let Last { at, why, from } = noted.last;
        store::note_refusals(&mut db, source, noted.count, why, &from.to_string(), at).await?;
    }
    Ok(())
}
