//! An entry of the archive: a session, and where its files are.
//!
//! - A session is left out once nothing of it can be opened: clients read the first file of the first entry.
//! - `recording` has the individual and live recordings, `transcoded` the ones made afterwards. A file that does not
//!   exist is an empty array or an empty text, and never a missing member.
//! - Addresses are the gate's own, as the report shows them. They hold no credential.

use chrono::SecondsFormat;
use domain::Error;
use domain::files::{FileKind, FileState, FileSummary, file_path};
use domain::sessions::{SessionId, SessionSummary};
use serde::Serialize;

use crate::api::listing::{Elements, Listing};

/// The entries of one project.
pub(super) struct Archives {
    /// The project's API identifier.
    pub(super) app_id: String,
}

/// One entry, its members in the order of the reference (compat.md 1.3).
#[derive(Serialize)]
struct Archive<'a> {
    _id: String,
    /// When the session started, which is also what periods go by.
    trans_date: String,
    conf_num: &'a str,
    app_id: &'a str,
    room_id: &'a str,
    recording: Vec<Recording>,
    transcoded: Vec<Recording>,
    chatdata: String,
    metadata: String,
}

#[derive(Serialize)]
struct Recording {
    url: String,
}

impl Elements for Archives {
    const AROUND: (&'static str, &'static str) = (r#"{"result":"0","archive":["#, "]}");

    async fn of(
        &self,
        listing: &Listing,
        sessions: &[SessionSummary],
    ) -> Result<Vec<String>, Error> {
        let url = |file: &FileSummary| {
            let path = file_path(listing.actor.account, file.id, &file.name);
            format!("{}{path}", listing.backend.public_url)
        };
        let entries = sessions
            .iter()
            .filter_map(|session| entry(session, &self.app_id, url));
        entries
            .map(|entry| serde_json::to_string(&entry).map_err(Error::internal))
            .collect()
    }
}

fn entry<'a>(
    session: &'a SessionSummary,
    app_id: &'a str,
    url: impl Fn(&FileSummary) -> String,
) -> Option<Archive<'a>> {
    let there = || {
        let files = session.files.iter();
        files.filter(|file| file.state == FileState::There)
    };
    let of_kind = |kind| there().filter(move |file| file.kind == kind);
    let recordings = |kind| of_kind(kind).map(|file| Recording { url: url(file) });
    // A chat may come as a text beside the JSON that clients read.
    let document = |kind| {
        let json = of_kind(kind).find(|file| file.name.to_ascii_lowercase().ends_with(".json"));
        let found = json.or_else(|| of_kind(kind).next());
        found.map(&url).unwrap_or_default()
    };
    let archive = Archive {
        _id: archive_id(session.id),
        trans_date: session
            .started_at
            .to_rfc3339_opts(SecondsFormat::Millis, true),
        conf_num: &session.conference_number,
        app_id,
        room_id: &session.room,
        recording: recordings(FileKind::Individual)
            .chain(recordings(FileKind::Live))
            .collect(),
        transcoded: recordings(FileKind::Transcoded).collect(),
        chatdata: document(FileKind::Chat),
        metadata: document(FileKind::Metadata),
    };
    let is_empty = archive.recording.is_empty()
        && archive.transcoded.is_empty()
        && archive.chatdata.is_empty()
        && archive.metadata.is_empty();
    (!is_empty).then_some(archive)
}

/// 24 hexadecimal digits: of the session's UUIDv7 the first six bytes, which are its time, and the last six, which are
/// random. Like an id of the hosted service it never changes and grows with time.
fn archive_id(session: SessionId) -> String {
    let bytes = session.as_uuid().as_bytes();
    let chosen = bytes[..6].iter().chain(&bytes[10..]);
    chosen.map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_of_the_form_of_the_hosted_service_and_stays() {
        let id: SessionId = "0196f0c2-d1a1-7abc-8def-0123456789ab".parse().unwrap();
        assert_eq!(archive_id(id), "0196f0c2d1a10123456789ab");
    }
}
