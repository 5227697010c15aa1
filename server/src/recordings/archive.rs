//! `POST /video/insights/recordings/archive`: the chosen sessions and files in one ZIP, written while it is read.
//!
//! Its length is told beforehand, so that a browser shows how long it takes and notices when it breaks off. One block
//! of one file is in memory at a time.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use app::ssr::fields;
use axum::Extension;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use domain::files::FileId;
use domain::files::actions::{BundledFile, bundle};
use domain::files::vault::Vault;
use domain::{Actor, Backend, Error};
use futures::stream::try_unfold;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use tokio::task::spawn_blocking;

use super::entry_name::EntryNames;
use super::zip::{self, Entry};
use super::{MAX_CHOICE, refused};
use crate::gate::body::BLOCK;
use crate::gate::{Disposition, content_disposition};
use crate::layers::refusal::refuse;

pub(super) async fn answer(
    State(backend): State<Backend>,
    Extension(actor): Extension<Actor>,
    request: Request,
) -> Response {
    let Ok(form) = to_bytes(request.into_body(), MAX_CHOICE).await else {
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
    let archive = match Archive::open(backend.vault.clone(), chosen).await {
        Ok(archive) => archive,
        Err(error) => {
            tracing::error!(%error, "a file that was chosen is not in the vault as it was");
            return refuse(
                StatusCode::INTERNAL_SERVER_ERROR,
                "One of the chosen files cannot be read. Whoever runs the server finds it in the log.",
            );
        }
    };
    for (_, id) in &archive.files {
        // Each file of an archive is a file that was given away.
        tracing::info!(target: "reelgate::gate", account = %actor.account, file = %id, member = actor.member().map(tracing::field::display), "session file in an archive");
    }
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
    /// Place among the entries, and id.
    files: Vec<(usize, FileId)>,
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
    Content(Reading),
    Done,
}

struct Reading {
    place: usize,
    file: File,
    /// Where its local header began.
    header_at: u64,
    read: u64,
    checksum: crc32fast::Hasher,
}

impl Archive {
    /// Names every entry, and makes sure that every file is there in its size: behind the headers it is too late.
    async fn open(vault: Vault, chosen: Vec<BundledFile>) -> io::Result<Self> {
        let mut names = EntryNames::default();
        let (mut entries, mut files) = (Vec::new(), Vec::new());
        for (place, bundled) in chosen.into_iter().enumerate() {
            let folder = format!("{} {}", bundled.room, bundled.conference_number);
            entries.push(Entry {
                name: names.give(&folder, &bundled.file.name),
                size: bundled.file.size,
                modified: bundled.started_at,
            });
            files.push((place, bundled.file.id));
        }
        let archive = Self {
            vault,
            entries,
            files,
            written: 0,
            directory: Vec::new(),
            state: Next::Entry(0),
        };
        spawn_blocking(move || {
            for place in 0..archive.entries.len() {
                archive.file(place)?;
            }
            Ok(archive)
        })
        .await?
    }

    fn file(&self, place: usize) -> io::Result<File> {
        let (entry, (_, id)) = (&self.entries[place], self.files[place]);
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
                self.state = Next::Content(Reading {
                    place,
                    file: self.file(place)?,
                    header_at: self.written,
                    read: 0,
                    checksum: crc32fast::Hasher::new(),
                });
                self.entries[place].local_header()
            }
            Next::Content(reading) => self.content(reading)?,
        };
        self.written += bytes.len() as u64;
        Ok(Some((bytes.into(), self)))
    }

    fn content(&mut self, mut reading: Reading) -> io::Result<Vec<u8>> {
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
        self.state = Next::Content(reading);
        Ok(block)
    }
}
