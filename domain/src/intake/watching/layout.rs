//! What a file in a watched folder is meant to be: told by the folders it lies in, and by what lies beside it.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;

use chrono::{DateTime, Utc};
use rustix::fs::{Mode, OFlags};
use serde_json::Value;

use super::walk::{Seen, is_wanted};
use crate::files::FileKind;
use crate::files::vault::beneath::{names, open_beneath, open_folder};
use crate::intake::senders::{base_name, believed, in_order, label, number, text};

/// Bytes of a sidecar at most.
const MAX_SIDECAR: u64 = 1 << 20;
/// Of Jibri, beside its recording; or of a session.
const METADATA: &str = "metadata.json";
/// Sidecars that are read beside one file at most.
const MAX_SIDECARS: usize = 200;

/// What a file is meant to be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::intake) struct Meant {
    pub(in crate::intake) external_id: String,
    pub(in crate::intake) room: String,
    pub(in crate::intake) conference_number: String,
    pub(in crate::intake) title: Option<String>,
    pub(in crate::intake) kind: Option<FileKind>,
    pub(in crate::intake) started_at: Option<DateTime<Utc>>,
    pub(in crate::intake) ended_at: Option<DateTime<Utc>>,
    /// Its writer says that it is complete.
    pub(in crate::intake) has_marker: bool,
    /// What goes where it goes; paths from the folder on.
    pub(in crate::intake) sidecars: Vec<String>,
    /// Those of them that may tell of other files too.
    shared: Vec<String>,
}

impl Meant {
    pub(super) fn content_type(&self, name: &str) -> Option<&'static str> {
        super::content_type(self.kind, name)
    }
}

/// A JSON file beside a recording.
struct Sidecar {
    path: String,
    name: String,
    value: Value,
}

/// Reads what lies beside the file. None if it only belongs to another one.
pub(super) fn read(folder: &OwnedFd, file: &Seen) -> std::io::Result<Option<Meant>> {
    // SECURITY: Jibri's may hold a storage token, and is no metadata of ours (X16).
    if file.name == METADATA
        && read_json(folder, &file.path).is_some_and(|value| value.get("meeting_url").is_some())
    {
        return Ok(None);
    }
    let (parent, _) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
    let beside = match parent {
        "" => names(folder)?,
        parent => names(open_folder(folder, parent)?)?,
    };
    let at = |name: &str| match parent {
        "" => name.to_owned(),
        parent => format!("{parent}/{name}"),
    };
    let sidecars: Vec<Sidecar> = beside
        .iter()
        .filter(|name| name.to_ascii_lowercase().ends_with(".json") && **name != file.name)
        .take(MAX_SIDECARS)
        .filter_map(|name| {
            let value = read_json(folder, &at(name))?;
            Some(Sidecar {
                path: at(name),
                name: name.clone(),
                value,
            })
        })
        .collect();
    let mut meant = understand(&file.path, &sidecars);
    // What tells of several files stays until the last of them.
    let has_others = beside
        .iter()
        .any(|name| *name != file.name && name != METADATA && is_wanted(name));
    if has_others {
        meant.sidecars.retain(|path| !meant.shared.contains(path));
    }
    let stem = stem(&file.name);
    for marker in [format!("{}.done", file.name), format!("{stem}.done")] {
        if beside.contains(&marker) && !meant.sidecars.contains(&at(&marker)) {
            meant.has_marker = true;
            meant.sidecars.push(at(&marker));
        }
    }
    Ok(Some(meant))
}

fn read_json(folder: &OwnedFd, path: &str) -> Option<Value> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(open_beneath(folder, path, flags, Mode::empty()).ok()?);
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(MAX_SIDECAR).read_to_end(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn understand(path: &str, sidecars: &[Sidecar]) -> Meant {
    let steps: Vec<&str> = path.split('/').collect();
    let name = steps.last().copied().unwrap_or_default();
    let manifest = sidecars.iter().find(|sidecar| lists(&sidecar.value, name));
    let jibri = sidecars
        .iter()
        .find(|sidecar| sidecar.name == METADATA && sidecar.value.get("meeting_url").is_some());
    let own = sidecars.iter().find(|sidecar| {
        [format!("{name}.json"), format!("{}.json", stem(name))].contains(&sidecar.name)
    });
    let mut meant = match (manifest, jibri, &steps[..]) {
        (Some(manifest), ..) => of_manifest(manifest),
        (_, Some(jibri), [.., session, _]) => of_jibri(jibri, session),
        (_, _, [.., room, conference, _]) => Meant {
            room: label(room),
            conference_number: label(conference),
            ..Meant::default()
        },
        (_, _, [room, _]) => Meant {
            room: label(room),
            conference_number: label(stem(name)),
            ..Meant::default()
        },
        _ => Meant {
            room: "folder".to_owned(),
            conference_number: label(stem(name)),
            ..Meant::default()
        },
    };
    if let Some(own) = own.filter(|own| manifest.is_none_or(|manifest| manifest.path != own.path)) {
        add(&mut meant, own);
    }
    if meant.external_id.is_empty() {
        meant.external_id = format!("{}/{}", meant.room, meant.conference_number);
    }
    meant
}

/// Whether this is LiveKit's manifest of a recording that the file belongs to.
fn lists(manifest: &Value, name: &str) -> bool {
    let files = manifest.get("files").and_then(Value::as_array);
    !text(manifest, "egress_id").is_empty()
        && files.is_some_and(|files| {
            files.iter().any(|file| {
                last(text(file, "filename")) == name || last(text(file, "location")) == name
            })
        })
}

/// The name as it lies on a disk, where nothing is escaped.
fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

fn of_manifest(sidecar: &Sidecar) -> Meant {
    let manifest = &sidecar.value;
    let egress = text(manifest, "egress_id");
    let nanos = |name: &str| {
        let nanos = number(manifest, name).filter(|&nanos| nanos > 0)?;
        believed(DateTime::from_timestamp_nanos(nanos))
    };
    let (started_at, ended_at) = in_order(nanos("started_at"), nanos("ended_at"));
    let room = label(text(manifest, "room_name"));
    let session = label(text(manifest, "room_id"));
    let is_one = ["track_id", "publisher_identity"]
        .iter()
        .any(|name| !text(manifest, name).is_empty());
    Meant {
        external_id: egress.to_owned(),
        room: if room.is_empty() {
            "web".to_owned()
        } else {
            room
        },
        conference_number: if session.is_empty() {
            label(egress)
        } else {
            session
        },
        kind: is_one.then_some(FileKind::Individual),
        started_at,
        ended_at,
        has_marker: true,
        sidecars: vec![sidecar.path.clone()],
        shared: vec![sidecar.path.clone()],
        ..Meant::default()
    }
}

/// Its `metadata.json` may hold a storage token: it is never taken as a file of the session (X16).
fn of_jibri(sidecar: &Sidecar, session: &str) -> Meant {
    let room = base_name(text(&sidecar.value, "meeting_url"));
    Meant {
        external_id: label(session),
        room: if room.is_empty() {
            "jibri".to_owned()
        } else {
            room
        },
        conference_number: label(session),
        // Jibri's recordings are the mix.
        kind: Some(FileKind::Transcoded),
        // It is written at the start already, so it says nothing about the end.
        sidecars: vec![sidecar.path.clone()],
        shared: vec![sidecar.path.clone()],
        ..Meant::default()
    }
}

/// A sidecar of the operator's own: every member counts more than the folders.
fn add(meant: &mut Meant, sidecar: &Sidecar) {
    let said = |name: &str| Some(label(text(&sidecar.value, name))).filter(|text| !text.is_empty());
    let moment = |name: &str| {
        let moment = DateTime::parse_from_rfc3339(text(&sidecar.value, name)).ok()?;
        believed(moment.with_timezone(&Utc))
    };
    meant.has_marker = true;
    meant.sidecars.push(sidecar.path.clone());
    if let Some(room) = said("room") {
        meant.room = room;
    }
    if let Some(number) = said("conference_number") {
        meant.conference_number = number;
    }
    meant.title = said("title").or(meant.title.take());
    meant.kind = text(&sidecar.value, "kind").parse().ok().or(meant.kind);
    (meant.started_at, meant.ended_at) = in_order(
        moment("started_at").or(meant.started_at),
        moment("ended_at").or(meant.ended_at),
    );
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sidecar(path: &str, value: Value) -> Sidecar {
        Sidecar {
            path: path.to_owned(),
            name: last(path).to_owned(),
            value,
        }
    }

    fn place(meant: &Meant) -> (&str, &str, &str) {
        (&meant.room, &meant.conference_number, &meant.external_id)
    }

    #[test]
    fn folders_name_room_and_conference() {
        let meant = |path| understand(path, &[]);
        assert_eq!(place(&meant("board/42/a.mp4")), ("board", "42", "board/42"));
        assert_eq!(
            place(&meant("2026/board/42/a.mp4")),
            ("board", "42", "board/42")
        );
        assert_eq!(place(&meant("board/a.mp4")), ("board", "a", "board/a"));
        assert_eq!(place(&meant("a.mp4")), ("folder", "a", "folder/a"));
        assert!(!meant("a.mp4").has_marker);
    }

    #[test]
    fn jibri_names_the_room_and_its_metadata_is_no_marker() {
        let metadata = sidecar(
            "abc_def/metadata.json",
            json!({ "meeting_url": "https://meet.example.org/BoardMeeting", "participants": [],
                "upload_credentials": { "token": "s3cret" } }),
        );
        let meant = understand("abc_def/BoardMeeting_2026-11-21-10-00-00.mp4", &[metadata]);
        assert_eq!(place(&meant), ("BoardMeeting", "abc_def", "abc_def"));
        assert_eq!(
            (meant.kind, meant.has_marker),
            (Some(FileKind::Transcoded), false)
        );
        assert_eq!(meant.sidecars, ["abc_def/metadata.json"]);
    }

    #[test]
    fn livekits_manifest_tells_of_its_files_only() {
        let manifest = || {
            sidecar(
                "rec/EG_1.json",
                json!({ "egress_id": "EG_1", "room_id": "RM_1", "room_name": "board",
                    "started_at": 1_731_660_518_186_023_947_i64, "ended_at": "1731668993605577585",
                    "files": [ { "filename": "out/a b.mp4", "location": "/out/a b.mp4" } ] }),
            )
        };
        let meant = understand("rec/a b.mp4", &[manifest()]);
        assert_eq!(place(&meant), ("board", "RM_1", "EG_1"));
        assert!(meant.has_marker && meant.started_at < meant.ended_at);
        assert_eq!(understand("rec/other.mp4", &[manifest()]).room, "rec");
    }

    #[test]
    fn a_sidecar_of_ones_own_counts_more() {
        let own = sidecar(
            "x/a.mp4.json",
            json!({ "room": "Board", "conference_number": "7", "title": "Q3", "kind": "live",
                "started_at": "2026-11-21T10:00:00Z" }),
        );
        let meant = understand("x/a.mp4", &[own]);
        assert_eq!(place(&meant), ("Board", "7", "Board/7"));
        assert_eq!(
            (meant.title.as_deref(), meant.kind),
            (Some("Q3"), Some(FileKind::Live))
        );
        assert!(meant.has_marker && meant.started_at.is_some());
    }
}
