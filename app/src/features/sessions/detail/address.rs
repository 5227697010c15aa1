//! What the address of a session's page says: which recording, from which moment, and what is looked for.

use domain::files::{FileId, FileKind, FileState, FileSummary};
use domain::sessions::SessionId;
use domain::sessions::script::moment;
use leptos_router::params::ParamsMap;

use crate::routes::paths;

/// The address of a session's page, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) session: SessionId,
    /// The recording that is played; None is the first that browsers play.
    pub(super) file: Option<FileId>,
    /// Milliseconds from its beginning.
    pub(super) at: Option<u64>,
    /// What lines of chat and transcript are looked for.
    pub(super) chat: String,
}

impl Address {
    /// Longer texts are not looked for.
    const MAX_TEXT: usize = 200;

    /// Reads the query; what of it makes no sense is left out.
    pub(super) fn of(session: SessionId, query: &ParamsMap) -> Self {
        let one = |name: &str| query.get(name).unwrap_or_default();
        let chat = one("chat").replace(char::is_control, "");
        Self {
            session,
            file: one("file").parse().ok(),
            at: moment(one("t").trim()),
            chat: chat.trim().chars().take(Self::MAX_TEXT).collect(),
        }
    }

    /// The recording to play: the one asked for, or else the first of those that every browser plays.
    pub(super) fn choose<'a>(&self, files: &'a [FileSummary]) -> Option<&'a FileSummary> {
        let recordings = || files.iter().filter(|file| is_playable(file));
        recordings()
            .find(|file| Some(file.id) == self.file)
            .or_else(|| recordings().find(|file| media_type(&file.name).is_some()))
            .or_else(|| recordings().next())
    }

    /// This page with another recording, from its beginning.
    pub(super) fn with_file(&self, file: FileId) -> String {
        self.written(Some(file), None)
    }

    /// This page from this moment on, whole seconds.
    pub(super) fn at(&self, ms: u64) -> String {
        self.written(self.file, Some(ms))
    }

    fn written(&self, file: Option<FileId>, ms: Option<u64>) -> String {
        let mut pairs = Vec::new();
        pairs.extend(file.map(|file| format!("file={file}")));
        if !self.chat.is_empty() {
            pairs.push(format!("chat={}", paths::encoded(&self.chat)));
        }
        pairs.extend(ms.map(|ms| format!("t={}", ms / 1000)));
        let path = paths::session(self.session);
        if pairs.is_empty() {
            format!("{path}#player")
        } else {
            format!("{path}?{}#player", pairs.join("&"))
        }
    }
}

/// A recording that can be opened now.
pub(super) fn is_playable(file: &FileSummary) -> bool {
    FileKind::RECORDINGS.contains(&file.kind) && file.state == FileState::There
}

/// What `type` of a source is said. None for the containers that browsers play or not by what is in them: told the
/// type, they would not even look.
pub(super) fn media_type(name: &str) -> Option<&'static str> {
    let (_, content_type) = FileKind::classify(name).ok()?;
    ["video/mp4", "video/webm"]
        .into_iter()
        .find(|known| *known == content_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(number: u32, name: &str) -> FileSummary {
        FileSummary {
            id: format!("00000000-0000-7000-8000-{number:012}")
                .parse()
                .unwrap(),
            kind: FileKind::classify(name).unwrap().0,
            name: name.to_owned(),
            size: 1,
            duration_ms: None,
            dimensions: None,
            state: FileState::There,
            is_held: false,
            open_until: None,
        }
    }

    fn address(query: &[(&str, &str)]) -> Address {
        let mut map = ParamsMap::new();
        for (name, value) in query {
            map.insert((*name).to_owned(), (*value).to_owned());
        }
        Address::of(
            "00000000-0000-7000-8000-000000000000".parse().unwrap(),
            &map,
        )
    }

    #[test]
    fn an_address_is_read_without_trust_and_written_again() {
        let id = file(7, "a.mp4").id.to_string();
        let read = address(&[("file", &id), ("t", "1:23"), ("chat", " fe\u{7}ver & co ")]);
        assert_eq!((read.at, read.chat.as_str()), (Some(83_000), "fever & co"));
        assert!(
            read.at(83_900)
                .ends_with(&format!("?file={id}&chat=fever%20%26%20co&t=83#player"))
        );
        let nonsense = address(&[("file", "../x"), ("t", "-1"), ("chat", "")]);
        assert_eq!((nonsense.file, nonsense.at), (None, None));
        assert!(
            nonsense
                .with_file(read.file.unwrap())
                .ends_with(&format!("?file={id}#player"))
        );
    }

    #[test]
    fn the_first_recording_that_every_browser_plays_is_chosen() {
        let files = [
            file(1, "individual_recording_1.mkv"),
            file(2, "room.webm"),
            file(3, "chat.json"),
        ];
        let chosen = |query: &[(&str, &str)], files: &[FileSummary]| {
            address(query).choose(files).map(|file| file.name.clone())
        };
        assert_eq!(chosen(&[], &files).as_deref(), Some("room.webm"));
        assert_eq!(
            chosen(&[], &files[..1]).as_deref(),
            Some("individual_recording_1.mkv")
        );
        let first = files[0].id.to_string();
        assert_eq!(
            chosen(&[("file", &first)], &files),
            Some(files[0].name.clone())
        );
        let chat = files[2].id.to_string();
        assert_eq!(
            chosen(&[("file", &chat)], &files).as_deref(),
            Some("room.webm")
        );
        assert_eq!(chosen(&[], &files[2..]), None);
    }
}
