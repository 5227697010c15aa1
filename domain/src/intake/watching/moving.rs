//! Moving files of a watched folder out of the way and back, never out of it.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};

use rustix::fs::{AtFlags, RenameFlags};
use rustix::io::Errno;

use super::walk::{DONE, FAILED};
use crate::files::vault::beneath::{create_file, make_folder, open_folder, remove_file};

/// Moves a file and what belongs to it to `done/`, or to `failed/` with the reason beside it.
pub(super) fn away(
    folder: &OwnedFd,
    path: &str,
    sidecars: &[String],
    reason: Option<&str>,
) -> io::Result<()> {
    let target = if reason.is_some() { FAILED } else { DONE };
    for path in std::iter::once(path).chain(sidecars.iter().map(String::as_str)) {
        rename(folder, path, &format!("{target}/{path}"))?;
    }
    if let Some(reason) = reason {
        write_reason(folder, &format!("{FAILED}/{path}"), reason)?;
    }
    tidy_up(folder, path);
    Ok(())
}

/// Puts a file that failed back to where it lay, if it lies in `failed/`.
pub(super) fn put_back(folder: &OwnedFd, path: &str) -> io::Result<()> {
    let failed = format!("{FAILED}/{path}");
    rename(folder, &failed, path)?;
    let (parent, name) = split(&failed);
    if let Ok(parent) = open_parent(folder, parent) {
        remove_file(&parent, &format!("{name}.reason.txt"))?;
    }
    Ok(())
}

/// Nothing happens where there is nothing: sidecars are shared by several files.
fn rename(folder: &OwnedFd, from: &str, to: &str) -> io::Result<()> {
    let (from_parent, from_name) = split(from);
    let (to_parent, to_name) = split(to);
    let source = match open_parent(folder, from_parent) {
        Ok(source) => source,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let found = rustix::fs::statat(&source, from_name, AtFlags::SYMLINK_NOFOLLOW);
    if matches!(found, Err(Errno::NOENT)) {
        return Ok(());
    }
    let target = make_parents(folder, to_parent)?;
    for number in 0..1_000_u32 {
        // A file of the same name may have come before: both stay.
        let name = if number == 0 {
            to_name.to_owned()
        } else {
            format!("{number}-{to_name}")
        };
        let moved = match rustix::fs::renameat_with(
            &source,
            from_name,
            &target,
            &name,
            RenameFlags::NOREPLACE,
        ) {
            // Some network disks cannot say "do not replace".
            Err(Errno::INVAL | Errno::NOSYS) => {
                match rustix::fs::statat(&target, &name, AtFlags::SYMLINK_NOFOLLOW) {
                    Err(Errno::NOENT) => rustix::fs::renameat(&source, from_name, &target, &name),
                    Ok(_) => Err(Errno::EXIST),
                    Err(error) => Err(error),
                }
            }
            other => other,
        };
        match moved {
            Err(Errno::EXIST) => {}
            other => return Ok(other?),
        }
    }
    Err(Errno::EXIST.into())
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn open_parent(folder: &OwnedFd, parent: &str) -> io::Result<OwnedFd> {
    match parent {
        "" => folder.as_fd().try_clone_to_owned(),
        parent => open_folder(folder, parent),
    }
}

fn make_parents(folder: &OwnedFd, parents: &str) -> io::Result<OwnedFd> {
    let mut current = folder.as_fd().try_clone_to_owned()?;
    for name in parents.split('/').filter(|name| !name.is_empty()) {
        make_folder(&current, name)?;
        current = open_folder(&current, name)?;
    }
    Ok(current)
}

fn write_reason(folder: &OwnedFd, path: &str, reason: &str) -> io::Result<()> {
    let (parent, name) = split(path);
    let parent = open_folder(folder, parent)?;
    let name = format!("{name}.reason.txt");
    remove_file(&parent, &name)?;
    let mut file = File::from(create_file(&parent, &name)?);
    writeln!(file, "{reason}")
}

/// Folders that nothing is left in.
fn tidy_up(folder: &OwnedFd, path: &str) {
    let mut path = path;
    while let Some((parent, _)) = path.rsplit_once('/') {
        let (above, name) = split(parent);
        let removed = open_parent(folder, above)
            .and_then(|above| Ok(rustix::fs::unlinkat(&above, name, AtFlags::REMOVEDIR)?));
        // Something is in it still, or its writer needs it.
        if removed.is_err() {
            return;
        }
        path = parent;
    }
}
