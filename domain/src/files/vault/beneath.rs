//! Opening below a folder's handle, so that no name and no link can lead out of it.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

/// Opens a relative path of plain names below `folder`. No link is followed, not even within.
pub(crate) fn open_beneath(
    folder: impl AsFd,
    path: &str,
    flags: OFlags,
    mode: Mode,
) -> io::Result<OwnedFd> {
    // Within the vault no path needs them, so whoever asks for one errs.
    if path.split('/').any(|name| matches!(name, "" | "." | "..")) {
        return Err(Errno::XDEV.into());
    }
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    match rustix::fs::openat2(folder.as_fd(), path, flags, mode, resolve) {
        // Kernels before 5.6 have no openat2, and some container filters answer EPERM for it.
        Err(Errno::NOSYS | Errno::PERM) => open_stepwise(folder, path, flags, mode),
        other => Ok(other?),
    }
}

/// The same, but only if the kernel need not wait for a disk to find the name. None if it must, or cannot tell.
pub(crate) fn open_cached(folder: impl AsFd, path: &str, flags: OFlags) -> Option<OwnedFd> {
    let resolve = ResolveFlags::BENEATH
        | ResolveFlags::NO_SYMLINKS
        | ResolveFlags::NO_MAGICLINKS
        | ResolveFlags::CACHED;
    rustix::fs::openat2(folder, path, flags, Mode::empty(), resolve).ok()
}

/// The same, one name at a time, for a path that was looked at.
fn open_stepwise(folder: impl AsFd, path: &str, flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let mut current = folder.as_fd().try_clone_to_owned()?;
    for step in folders.split('/').filter(|step| !step.is_empty()) {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        current = rustix::fs::openat(&current, step, flags, Mode::empty())?;
    }
    Ok(rustix::fs::openat(
        &current,
        name,
        flags | OFlags::NOFOLLOW,
        mode,
    )?)
}

pub(crate) fn open_folder(folder: impl AsFd, path: &str) -> io::Result<OwnedFd> {
    open_beneath(
        folder,
        path,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )
}

/// Makes a folder for the owner alone. True if it was missing.
pub(crate) fn make_folder(folder: impl AsFd, name: &str) -> io::Result<bool> {
    match rustix::fs::mkdirat(folder, name, Mode::RWXU) {
        Ok(()) => Ok(true),
        Err(Errno::EXIST) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Makes a file for the owner alone, which must not be there yet.
pub(crate) fn create_file(folder: impl AsFd, name: &str) -> io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(
        folder,
        name,
        flags,
        Mode::RUSR | Mode::WUSR,
    )?)
}

/// Removes a name. True if it was there.
pub(crate) fn remove_file(folder: impl AsFd, name: &str) -> io::Result<bool> {
    match rustix::fs::unlinkat(folder, name, rustix::fs::AtFlags::empty()) {
        Ok(()) => Ok(true),
        Err(Errno::NOENT) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The names in a folder, without `.` and `..`.
pub(crate) fn names(folder: impl AsFd) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in rustix::fs::Dir::read_from(folder)? {
        let entry = entry?;
        // Nothing of ours has a name that is not UTF-8, so such a name is not ours to touch.
        if let Ok(name) = entry.file_name().to_str()
            && !matches!(name, "." | "..")
        {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Open = fn(&std::fs::File, &str, OFlags, Mode) -> io::Result<OwnedFd>;

    #[test]
    fn no_path_leads_out_or_through_a_link_by_either_way() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "x").unwrap();
        let inside = tempfile::tempdir_in(outside.path()).unwrap();
        std::fs::create_dir(inside.path().join("folder")).unwrap();
        std::fs::write(inside.path().join("folder/file"), "y").unwrap();
        std::os::unix::fs::symlink(outside.path(), inside.path().join("out")).unwrap();
        std::os::unix::fs::symlink("folder/file", inside.path().join("within")).unwrap();
        let root = std::fs::File::open(inside.path()).unwrap();
        let opens: [Open; 2] = [
            |folder, path, flags, mode| open_beneath(folder, path, flags, mode),
            |folder, path, flags, mode| open_stepwise(folder, path, flags, mode),
        ];
        let read = OFlags::RDONLY | OFlags::CLOEXEC;
        for path in ["out/secret", "within", "out", "../secret", "/etc/passwd"] {
            assert!(open_cached(&root, path, read).is_none(), "{path}");
        }
        for open in opens {
            let read = OFlags::RDONLY | OFlags::CLOEXEC;
            assert!(open(&root, "folder/file", read, Mode::empty()).is_ok());
            for path in ["out/secret", "within", "out"] {
                assert!(open(&root, path, read, Mode::empty()).is_err(), "{path}");
            }
        }
        for path in [
            "../secret",
            "folder/../../secret",
            "/etc/passwd",
            "folder/..",
            "./folder",
            "folder//file",
            "",
        ] {
            let opened = open_beneath(&root, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
            assert!(opened.is_err(), "{path}");
        }
    }
}
