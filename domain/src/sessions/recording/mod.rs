//! The one place where sessions and their files get their rows, whichever way they came in.

pub(super) mod store;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use self::store::{NewFile, SessionKey};
use super::SessionId;
use crate::audit::{self, Event, Subject};
use crate::files::media::Facts;
use crate::files::{FileId, FileKind};
use crate::{Actor, Backend, Error};

/// Why a file is refused whose name is taken by other bytes.
pub(super) const CONFLICT: &str =
    "the vault has another file of this name for this session, and keeps it";

/// A file whose bytes are in the vault, and that is yet to be recorded.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) file: NewFile,
    pub(super) facts: Facts,
}

/// What a file is by its name, and what was said of it.
#[derive(Debug, Clone)]
pub(super) struct Form {
    pub(super) name: String,
    pub(super) kind: FileKind,
    pub(super) content_type: &'static str,
    /// Marked secure.
    pub(super) is_secure: bool,
}

impl Arrival {
    /// `size` in bytes; `modified_at` where it lay in a folder.
    pub(super) fn new(
        id: FileId,
        form: Form,
        size: i64,
        sha256: [u8; 32],
        facts: Facts,
        modified_at: Option<DateTime<Utc>>,
    ) -> Self {
        let pixels = |side: fn((u32, u32)) -> u32| {
            let side = facts.dimensions.map(side)?;
            i32::try_from(side).ok()
        };
        let file = NewFile {
            id,
            kind: form.kind,
            name: form.name,
            content_type: form.content_type,
            is_secure: form.is_secure,
            size_bytes: size,
            sha256,
            duration_ms: facts.duration_ms.and_then(|ms| i64::try_from(ms).ok()),
            width: pixels(|(width, _)| width),
            height: pixels(|(_, height)| height),
            source_modified_at: modified_at,
        };
        Self { file, facts }
    }
}

/// What is said of a session beside its files. A metadata file counts more.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Said<'a> {
    /// Counts for a session that is not known yet.
    pub(super) started_at: Option<DateTime<Utc>>,
    /// These count where nothing is known yet.
    pub(super) ended_at: Option<DateTime<Utc>>,
    pub(super) title: Option<&'a str>,
}

/// Who records, and how it is called.
pub(super) struct Recording<'a> {
    pub(super) backend: &'a Backend,
    pub(super) actor: &'a Actor,
    /// The key of the vault's run that placed the files.
    pub(super) run: i64,
    pub(super) event: Event,
}

/// Rows that wait for their commit.
pub(super) struct Written {
    pub(super) tx: sqlx::Transaction<'static, sqlx::Postgres>,
    pub(super) recorded: Recorded,
}

/// What came of it.
pub(super) struct Recorded {
    /// The session was not known before.
    pub(super) is_new: bool,
    /// Files whose names others had first.
    pub(super) lost: HashMap<FileId, Lost>,
}

/// Of a file whose name another one has.
pub(super) struct Lost {
    pub(super) winner: FileId,
    /// Their bytes are the same.
    pub(super) is_same: bool,
    /// Only a tombstone is left of it.
    pub(super) is_deleted: bool,
}

impl Recording<'_> {
    /// Everything but the commit.
    pub(super) async fn write(
        &self,
        key: SessionKey<'_>,
        said: Said<'_>,
        arrivals: &[&Arrival],
    ) -> Result<Written, Error> {
        let now = self.backend.clock.now();
        let mut tx = self.backend.db.begin().await?;
        store::lock_run(&mut tx, self.run).await?;
        let began = said
            .started_at
            .unwrap_or_else(|| started_at(arrivals, said.ended_at.unwrap_or(now)));
        let is_new = store::insert_session(&mut tx, SessionId::new(now), key, began, now).await?;
        let session = store::lock_session(&mut tx, key)
            .await?
            .ok_or(Error::NotFound("session"))?;
        let mut lost = Vec::new();
        for arrival in arrivals {
            if !store::insert_file(&mut tx, key.account, session, &arrival.file, now).await? {
                lost.push(&arrival.file);
            }
        }
        let lost = self.compare(&mut tx, session, lost).await?;
        if said.ended_at.is_some() || said.title.is_some() {
            store::complete_session(&mut tx, session, said.ended_at, said.title).await?;
        }
        let told = |time: fn(&Facts) -> Option<DateTime<Utc>>| {
            arrivals.iter().find_map(|arrival| time(&arrival.facts))
        };
        store::update_derived(
            &mut tx,
            session,
            told(|facts| facts.started_at),
            told(|facts| facts.ended_at),
        )
        .await?;
        if lost.len() < arrivals.len() {
            // Whoever wants to hear of new files is told here, in the transaction that makes them.
            let subject = Subject::Session(session);
            audit::record_on(&mut tx, self.actor, self.event, subject, now).await?;
        }
        let recorded = Recorded { is_new, lost };
        Ok(Written { tx, recorded })
    }

    async fn compare(
        &self,
        tx: &mut sqlx::PgConnection,
        session: SessionId,
        lost: Vec<&NewFile>,
    ) -> Result<HashMap<FileId, Lost>, Error> {
        if lost.is_empty() {
            return Ok(HashMap::new());
        }
        let known = store::known_files(tx, session).await?;
        Ok(lost
            .into_iter()
            .filter_map(|file| {
                let winner = known.get(&file.name)?;
                let comparison = Lost {
                    winner: winner.id,
                    is_same: winner.sha256 == file.sha256,
                    is_deleted: winner.is_deleted,
                };
                Some((file.id, comparison))
            })
            .collect())
    }
}

/// When a session began whose metadata does not say it: a recording is written to until it ends, and what lay in no
/// folder was written to until the session's end, as far as that is known.
fn started_at(arrivals: &[&Arrival], end: DateTime<Utc>) -> DateTime<Utc> {
    let end = |arrival: &Arrival| arrival.file.source_modified_at.unwrap_or(end);
    let begin = |arrival: &&Arrival| {
        let length = TimeDelta::try_milliseconds(arrival.file.duration_ms?)?;
        end(arrival).checked_sub_signed(length)
    };
    let recordings = arrivals.iter().filter_map(begin).min();
    recordings
        .or_else(|| arrivals.iter().map(|arrival| end(arrival)).min())
        .unwrap_or_default()
}
