//! Going through the folder: which sessions there are, and what lies in each.

use std::ffi::{OsStr, OsString};
use std::fs::{DirEntry, FileType};
use std::io;
use std::path::{Path, PathBuf};

use super::Refusal;
use crate::files::FileKind;
use crate::sessions::names::{check, is_hidden, printable};

/// What a folder holds, before any file is opened.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// By path.
    pub(super) sessions: Vec<FoundSession>,
    /// Things that lie in no session.
    pub(super) refused: Vec<Refusal>,
    pub(super) hidden: u64,
    /// Of all sessions.
    pub(super) files: u64,
    pub(super) bytes: u64,
}

/// A folder `<room>/<conference number>`.
#[derive(Debug)]
pub(super) struct FoundSession {
    pub(super) room: String,
    pub(super) conference_number: String,
    pub(super) path: PathBuf,
}

/// What lies in a session's folder.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// By name.
    pub(super) files: Vec<FoundFile>,
    pub(super) refused: Vec<Refusal>,
    pub(super) hidden: u64,
}

/// A file whose name is that of a session file.
#[derive(Debug)]
pub(super) struct FoundFile {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) kind: FileKind,
    pub(super) content_type: &'static str,
    /// Bytes, when the folder was read.
    pub(super) size: u64,
}

/// Finds the sessions. An error if the folder itself cannot be read.
pub(super) fn plan(root: &Path) -> io::Result<Plan> {
    let mut plan = Plan::default();
    for (room, room_path) in folders(root, root, &mut plan)? {
        match folders(root, &room_path, &mut plan) {
            Err(error) => plan
                .refused
                .push(refusal(root, &room_path, &error.to_string())),
            Ok(found) => {
                plan.sessions
                    .extend(
                        found
                            .into_iter()
                            .map(|(conference_number, path)| FoundSession {
                                room: room.clone(),
                                conference_number,
                                path,
                            }),
                    );
            }
        }
    }
    for session in &plan.sessions {
        // What goes wrong here goes wrong again, and is told, when the session is taken.
        let Ok(contents) = contents(root, &session.path) else {
            continue;
        };
        plan.files += contents.files.len() as u64;
        plan.bytes += contents.files.iter().map(|file| file.size).sum::<u64>();
    }
    Ok(plan)
}

/// The folders in a folder of rooms or conferences; anything else there is refused.
fn folders(root: &Path, folder: &Path, plan: &mut Plan) -> io::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for entry in entries(folder)? {
        if is_hidden(&entry.name) {
            plan.hidden += 1;
            continue;
        }
        let reason = match (check(&entry.name), entry.kind) {
            (_, Kind::Folder) if check(&entry.name).is_ok() => {
                found.push((entry.name.to_string_lossy().into_owned(), entry.path));
                continue;
            }
            (Err(reason), _) => reason,
            (_, Kind::File) => "it lies outside of <room>/<conference number>/",
            (_, other) => other.reason(),
        };
        plan.refused.push(refusal(root, &entry.path, reason));
    }
    Ok(found)
}

/// What lies in a session's folder.
pub(super) fn contents(root: &Path, folder: &Path) -> io::Result<Contents> {
    let mut contents = Contents::default();
    for entry in entries(folder)? {
        if is_hidden(&entry.name) {
            contents.hidden += 1;
            continue;
        }
        match session_file(&entry) {
            Ok(file) => contents.files.push(file),
            Err(reason) => contents.refused.push(refusal(root, &entry.path, &reason)),
        }
    }
    Ok(contents)
}

fn session_file(entry: &Entry) -> Result<FoundFile, String> {
    let name = check(&entry.name)?;
    if entry.kind != Kind::File {
        return Err(entry.kind.reason().to_owned());
    }
    let (kind, content_type) = FileKind::classify(name)?;
    let size = entry
        .path
        .symlink_metadata()
        .map_err(|error| error.to_string())?
        .len();
    Ok(FoundFile {
        name: name.to_owned(),
        path: entry.path.clone(),
        kind,
        content_type,
        size,
    })
}

pub(super) fn refusal(root: &Path, path: &Path, reason: &str) -> Refusal {
    let shown = path.strip_prefix(root).unwrap_or(path);
    Refusal {
        path: printable(shown.as_os_str()),
        reason: reason.to_owned(),
    }
}

struct Entry {
    name: OsString,
    path: PathBuf,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
    Link,
    Special,
}

impl Kind {
    fn of(kind: FileType) -> Self {
        if kind.is_symlink() {
            Self::Link
        } else if kind.is_dir() {
            Self::Folder
        } else if kind.is_file() {
            Self::File
        } else {
            Self::Special
        }
    }

    /// Why something of this kind is not taken where another is expected.
    const fn reason(self) -> &'static str {
        match self {
            Self::File => "it is a file",
            Self::Folder => "it is a folder within a session",
            Self::Link => "it is a link, and links are not followed",
            Self::Special => "it is no regular file",
        }
    }
}

/// In the order of their names, so that two runs do the same.
fn entries(folder: &Path) -> io::Result<Vec<Entry>> {
    let entry = |entry: io::Result<DirEntry>| {
        let entry = entry?;
        Ok(Entry {
            name: entry.file_name(),
            path: entry.path(),
            kind: Kind::of(entry.file_type()?),
        })
    };
    let mut entries = std::fs::read_dir(folder)?
        .map(entry)
        .collect::<io::Result<Vec<_>>>()?;
    entries.sort_by(|a, b| OsStr::cmp(&a.name, &b.name));
    Ok(entries)
}
