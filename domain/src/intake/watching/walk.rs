//! What lies in a watched folder.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

use chrono::{DateTime, Utc};
use rustix::fs::{AtFlags, FileType, Stat};

use crate::files::vault::beneath::{names, open_folder};

/// Where files are moved to.
pub(super) const DONE: &str = "done";
pub(super) const FAILED: &str = "failed";
/// Of the file system, at the top of a disk, and nobody's to read.
const LOST_AND_FOUND: &str = "lost+found";

/// Folders below folders that are looked into.
const DEPTH: usize = 3;
/// Files of one look at most; the others have their turn when these are gone.
const MOST: usize = 5_000;

/// A file as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::intake) struct Seen {
    /// From the folder on.
    pub(in crate::intake) path: String,
    pub(in crate::intake) name: String,
    /// Bytes.
    pub(in crate::intake) size: i64,
    pub(in crate::intake) modified_at: DateTime<Utc>,
    /// Since when it has stood so; None while nobody knows.
    pub(in crate::intake) since: Option<DateTime<Utc>>,
}

/// What lies there.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// Every file that may be one of a session, in the order of their paths.
    pub(super) files: Vec<Seen>,
    /// What could not be looked at, by its path: the rest has its turn all the same.
    pub(super) unread: Vec<(String, io::Error)>,
}

/// Fails only if the folder itself cannot be read.
pub(super) fn walk(folder: &OwnedFd) -> io::Result<Walked> {
    let mut walked = Walked::default();
    walk_in(folder, "", 0, &mut walked)?;
    Ok(walked)
}

fn walk_in(folder: &OwnedFd, prefix: &str, depth: usize, walked: &mut Walked) -> io::Result<()> {
    let mut entries = names(folder)?;
    entries.sort_unstable();
    for name in entries {
        if walked.files.len() >= MOST {
            return Ok(());
        }
        let is_other = depth == 0 && matches!(name.as_str(), DONE | FAILED | LOST_AND_FOUND);
        if is_other || name.starts_with('.') {
            continue;
        }
        let path = format!("{prefix}{name}");
        let stat = match rustix::fs::statat(folder, &name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            // Its writer has just renamed it.
            Err(rustix::io::Errno::NOENT) => continue,
            Err(error) => {
                walked.unread.push((path, error.into()));
                continue;
            }
        };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory if depth < DEPTH => {
                let inner = open_folder(folder, &name)
                    .and_then(|inner| walk_in(&inner, &format!("{path}/"), depth + 1, walked));
                if let Err(error) = inner {
                    walked.unread.push((path, error));
                }
            }
            FileType::RegularFile if is_wanted(&name) => {
                walked.files.push(seen(path, name, &stat));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether an opened file is still as it was seen.
pub(super) fn is_as_seen(opened: &File, file: &Seen) -> io::Result<bool> {
    let now = seen(String::new(), String::new(), &rustix::fs::fstat(opened)?);
    Ok((now.size, now.modified_at) == (file.size, file.modified_at))
}

/// By its ending: sidecars, markers and what is still being written under another name are not.
pub(super) fn is_wanted(name: &str) -> bool {
    const ENDINGS: [&str; 7] = [".mp4", ".mov", ".mkv", ".webm", ".m4v", ".ts", ".vtt"];
    let lower = name.to_ascii_lowercase();
    ENDINGS.iter().any(|ending| lower.ends_with(ending))
        || matches!(
            lower.as_str(),
            "chat.json" | "chatdata.json" | "chat.txt" | "metadata.json"
        )
}

fn seen(path: String, name: String, stat: &Stat) -> Seen {
    let nanos = u32::try_from(stat.st_mtime_nsec).unwrap_or(0);
    let modified_at = DateTime::from_timestamp(stat.st_mtime, nanos).unwrap_or_default();
    Seen {
        path,
        name,
        size: stat.st_size,
        // With the microseconds that the database keeps.
        modified_at: DateTime::from_timestamp_micros(modified_at.timestamp_micros())
            .unwrap_or_default(),
        since: None,
    }
}
