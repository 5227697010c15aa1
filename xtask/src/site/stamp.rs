//! A fingerprint of everything a site was made of, kept beside it, so that nothing is made twice.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};
use walkdir::WalkDir;

/// The fingerprint of these files and folders (those that exist) and of this program itself, for a
/// change here may give another site from the same sources.
pub(super) fn of(sources: &[&Path]) -> anyhow::Result<String> {
    let mut hash = Sha256::new();
    let program = std::env::current_exe().context("finding this program")?;
    let program = fs::metadata(program).context("looking at this program")?;
    hash.update(format!("{:?} {}", program.modified()?, program.len()));
    for source in sources.iter().filter(|source| source.exists()) {
        for entry in WalkDir::new(source).sort_by_file_name() {
            let entry = entry.context("reading the sources of the site")?;
            if entry.file_type().is_file() {
                let content = fs::read(entry.path())
                    .with_context(|| format!("reading {}", entry.path().display()))?;
                let name = entry.path().to_string_lossy();
                hash.update(format!("{name}\0{}\0", content.len()));
                hash.update(&content);
            }
        }
    }
    let digest = hash.finalize();
    Ok(digest.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        write!(text, "{byte:02x}").ok();
        text
    }))
}

/// The fingerprint of a finished site; none if there is no site.
pub(super) fn read(site: &Path) -> Option<String> {
    site.exists().then(|| fs::read_to_string(file(site)).ok())?
}

/// Written last, so that a site which was interrupted has an old one or none.
pub(super) fn write(site: &Path, stamp: &str) -> anyhow::Result<()> {
    fs::write(file(site), stamp).context("writing the site's fingerprint")
}

/// Not within: all that is within is served.
fn file(site: &Path) -> PathBuf {
    site.with_extension("stamp")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_renamed_or_new_file_changes_the_fingerprint() {
        let folder = tempfile::tempdir().unwrap();
        let stamp = || of(&[folder.path()]).unwrap();
        fs::write(folder.path().join("a"), "1").unwrap();
        let first = stamp();
        assert_eq!(stamp(), first);
        fs::write(folder.path().join("a"), "2").unwrap();
        let changed = stamp();
        fs::rename(folder.path().join("a"), folder.path().join("b")).unwrap();
        let renamed = stamp();
        fs::write(folder.path().join("c"), "").unwrap();
        let added = stamp();
        let all = std::collections::BTreeSet::from([first, changed, renamed, added]);
        assert_eq!(all.len(), 4);
    }
}
