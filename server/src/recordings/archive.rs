//! `POST /video/insights/recordings/archive`: the chosen sessions and files in one ZIP, written while it is read.
//!
//! Its length is told beforehand, so that a browser shows how long it takes and notices when it breaks off. One block
//! of one file is in memory at a time.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use app::error::UiError;
use app::flash::Flash;
use app::routes::paths;
use app::ssr::fields;
use axum::Extension;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use domain::access_log::{AccessLog, Attempt, Caller, EntryId, Reason, Way};
use domain::files::FileId;
use domain::files::actions::{BundledFile, bundle};
use domain::files::vault::Vault;
use domain::{Actor, Backend, Error};
use futures::stream::try_unfold;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use tokio::task::spawn_blocking;

use super::entry_name::EntryNames;
use super::zip::{self, Entry};
use super::{MAX_CHOICE, refused};
use crate::gate::body::BLOCK;
use crate::gate::{Disposition, accepts_html, content_disposition};
use crate::layers::address::ClientAddress;
use crate::layers::flash::send_back;
use crate::layers::refusal::refuse;
use crate::state::HttpSettings;

pub(super) async fn answer(
    State(backend): State<Backend>,
    State(settings): State<Arc<HttpSettings>>,
    Extension(actor): Extension<Actor>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let refused = |error| refused_to(&parts.headers, error, &settings);
    let Ok(form) = to_bytes(body, MAX_CHOICE).await else {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, "Choose fewer at once.");
    };
    let form = fields(&String::from_utf8_lossy(&form));
    let (Some(sessions), Some(files)) = (ids(&form, "session"), ids(&form, "file")) else {
        return refused(Error::invalid(
            "session",
            "One of the chosen is no session or file.",
        ));
    };
    let chosen = match bundle(&backend, &actor, &sessions, &files).await {
        Ok(chosen) => chosen,
        Err(error) => return refused(error),
    };
    let archive = match Archive::open(&backend, attempt(&parts, &actor, &backend), chosen).await {
        Ok(archive) => archive,
        Err(error) => {
            tracing::error!(%error, "a file that was chosen is not in the vault as it was");
            return refuse(
                StatusCode::INTERNAL_SERVER_ERROR,
                "One of the chosen files cannot be read. Whoever runs the server finds it in the log.",
            );
        }
    };
    let name = format!("recordings-{}.zip", backend.clock.now().format("%Y-%m-%d"));
    let length = zip::length(&archive.entries);
    let mut response = Response::new(archive.into_body());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(
        CONTENT_DISPOSITION,
        content_disposition(Disposition::Attachment, &name),
    );
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("no-store, no-transform"),
    );
    response
}

/// A browser has left the report for the answer: it goes back there, where the reason stands above the table.
fn refused_to(headers: &HeaderMap, error: Error, settings: &HttpSettings) -> Response {
    match error {
        Error::Invalid(problems) if accepts_html(headers) => {
            let flash = Flash::Problems {
                form: paths::RECORDINGS_ZIP.to_owned(),
                error: UiError::Invalid(problems),
                typed: Vec::new(),
            };
            send_back(headers, paths::RECORDINGS, &flash, settings)
        }
        other => refused(other),
    }
}

/// The row of the access log that each file of the archive leaves, without the file.
fn attempt(parts: &Parts, actor: &Actor, backend: &Backend) -> Attempt {
    let now = backend.clock.now();
    let user_agent = parts.headers.get(USER_AGENT);
    Attempt {
        id: EntryId::new(now),
        occurred_at: now,
        account: Some(actor.account),
        caller_account: Some(actor.account),
        file: None,
        caller: actor.member().map_or(Caller::NOBODY, Caller::member),
        way: Way::Cookie,
        client: ClientAddress::of(&parts.extensions).0,
        user_agent: user_agent.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
        method: parts.method.as_str().to_owned(),
        status: StatusCode::OK.as_u16(),
        bytes_sent: 0,
        reason: None,
    }
}

/// A file on its way out. Dropped, at its end or because the caller went away, it hands in its row.
struct Grant {
    attempt: Option<Attempt>,
    log: AccessLog,
}

impl Drop for Grant {
    fn drop(&mut self) {
        if let Some(attempt) = self.attempt.take() {
            self.log.record(attempt);
        }
    }
}

/// The ids of all fields of this name; None if one is none.
fn ids<T: std::str::FromStr>(form: &[(String, String)], name: &str) -> Option<Vec<T>> {
    form.iter()
        .filter(|(field, _)| field == name)
        .map(|(_, value)| value.parse().ok())
        .collect()
}

/// An archive on its way.
struct Archive {
    vault: Vault,
    entries: Vec<Entry>,
    /// Id and name of each entry's file.
    files: Vec<(FileId, String)>,
    /// What is the same in the rows of all files.
    attempt: Attempt,
    log: AccessLog,
    /// Bytes that have left.
    written: u64,
    directory: Vec<u8>,
    state: Next,
}

/// What comes next.
enum Next {
    /// The header of the entry at this place, or the directory behind the last.
    Entry(usize),
    /// More of this entry.
    Content(Box<Reading>),
    Done,
}

struct Reading {
    place: usize,
    file: File,
    /// Where its local header began.
    header_at: u64,
    read: u64,
    checksum: crc32fast::Hasher,
    grant: Grant,
}

impl Archive {
    /// Names every entry, and makes sure that every file is there in its size: behind the headers it is too late.
    async fn open(
        backend: &Backend,
        attempt: Attempt,
        chosen: Vec<BundledFile>,
    ) -> io::Result<Self> {
        let mut names = EntryNames::default();
        let (mut entries, mut files) = (Vec::new(), Vec::new());
        for bundled in chosen {
            let folder = format!("{} {}", bundled.room, bundled.conference_number);
            entries.push(Entry {
                name: names.give(&folder, &bundled.file.name),
                size: bundled.file.size,
                modified: bundled.started_at,
            });
            files.push((bundled.file.id, bundled.file.name));
        }
        let archive = Self {
            vault: backend.vault.clone(),
            attempt,
            log: backend.access_log.clone(),
            entries,
            files,
            written: 0,
            directory: Vec::new(),
            state: Next::Entry(0),
        };
        spawn_blocking(move || {
            for place in 0..archive.entries.len() {
                archive.file(place).inspect_err(|_| archive.refuse(place))?;
            }
            Ok(archive)
        })
        .await?
    }

    fn file(&self, place: usize) -> io::Result<File> {
        let (entry, id) = (&self.entries[place], self.files[place].0);
        let file = self.vault.read(id)?;
        let size = file.metadata()?.len();
        if size == entry.size {
            Ok(file)
        } else {
            Err(io::Error::other(format!(
                "file {id} has {size} bytes, not {}",
                entry.size
            )))
        }
    }

    /// The archive comes to nothing, for want of this file.
    fn refuse(&self, place: usize) {
        let mut grant = self.grant(place);
        if let Some(attempt) = &mut grant.attempt {
            attempt.status = StatusCode::INTERNAL_SERVER_ERROR.as_u16();
            attempt.reason = Some(Reason::NotInVault);
        }
    }

    /// Each file is a download of its own in the access log.
    fn grant(&self, place: usize) -> Grant {
        let mut attempt = self.attempt.clone();
        attempt.id = EntryId::new(attempt.occurred_at);
        attempt.file = Some(self.files[place].clone());
        Grant {
            attempt: Some(attempt),
            log: self.log.clone(),
        }
    }

    fn into_body(self) -> Body {
        Body::from_stream(try_unfold(self, async |archive| {
            // Blocks may have to come from the disk. An error breaks the connection before the promised length.
            spawn_blocking(move || archive.step()).await?.inspect_err(
                |error| tracing::error!(%error, "an archive could not be written to its end"),
            )
        }))
    }

    /// The next bytes, and the archive behind them.
    fn step(mut self) -> io::Result<Option<(Bytes, Self)>> {
        let bytes = match std::mem::replace(&mut self.state, Next::Done) {
            Next::Done => return Ok(None),
            Next::Entry(place) if place == self.entries.len() => {
                let size = self.directory.len() as u64;
                let mut bytes = std::mem::take(&mut self.directory);
                bytes.extend(zip::end(self.entries.len() as u64, size, self.written));
                bytes
            }
            Next::Entry(place) => {
                self.state = Next::Content(Box::new(Reading {
                    place,
                    file: self.file(place)?,
                    header_at: self.written,
                    read: 0,
                    checksum: crc32fast::Hasher::new(),
                    grant: self.grant(place),
                }));
                self.entries[place].local_header()
            }
            Next::Content(reading) => self.content(reading)?,
        };
        self.written += bytes.len() as u64;
        Ok(Some((bytes.into(), self)))
    }

    fn content(&mut self, mut reading: Box<Reading>) -> io::Result<Vec<u8>> {
        let entry = &self.entries[reading.place];
        let missing = entry.size - reading.read;
        if missing == 0 {
            let checksum = reading.checksum.finalize();
            self.directory
                .extend(entry.directory_header(checksum, reading.header_at));
            let descriptor = entry.descriptor(checksum);
            self.state = Next::Entry(reading.place + 1);
            return Ok(descriptor);
        }
        let length = usize::try_from(missing).map_or(BLOCK, |missing| missing.min(BLOCK));
        let mut block = vec![0; length];
        reading.file.read_exact_at(&mut block, reading.read)?;
        reading.checksum.update(&block);
        reading.read += length as u64;
        if let Some(attempt) = &mut reading.grant.attempt {
            attempt.bytes_sent = reading.read;
        }
        self.state = Next::Content(reading);
        Ok(block)
    }
}
