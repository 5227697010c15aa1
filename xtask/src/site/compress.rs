//! Brotli beside each file that gains by it, made once at build time and not for every visitor.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use brotli::enc::BrotliEncoderParams;
use walkdir::WalkDir;

/// What compresses; pictures and fonts are compressed already.
const TEXTUAL: [&str; 8] = [
    "css",
    "html",
    "js",
    "json",
    "svg",
    "txt",
    "wasm",
    "webmanifest",
];

/// Writes `<file>.br` for each textual file that becomes smaller.
pub(super) fn beside_each(folder: &Path) -> anyhow::Result<()> {
    for entry in WalkDir::new(folder) {
        let entry = entry.context("reading the site")?;
        let extension = entry
            .path()
            .extension()
            .and_then(|extension| extension.to_str());
        if entry.file_type().is_file() && extension.is_some_and(|it| TEXTUAL.contains(&it)) {
            beside(entry.path())?;
        }
    }
    Ok(())
}

fn beside(path: &Path) -> anyhow::Result<()> {
    let raw = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let compressed = compress(&raw)?;
    if compressed.len() < raw.len() {
        let mut name = path.as_os_str().to_owned();
        name.push(".br");
        fs::write(PathBuf::from(&name), compressed)
            .with_context(|| format!("writing {}", name.display()))?;
    }
    Ok(())
}

fn compress(raw: &[u8]) -> anyhow::Result<Vec<u8>> {
    let parameters = BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        size_hint: raw.len(),
        ..BrotliEncoderParams::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &*raw, &mut compressed, &parameters).context("compressing")?;
    Ok(compressed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_compressed_comes_back() {
        let raw = b"a recording ".repeat(500);
        let compressed = compress(&raw).unwrap();
        assert!(compressed.len() < raw.len() / 10);
        let mut back = Vec::new();
        brotli::BrotliDecompress(&mut &*compressed, &mut back).unwrap();
        assert_eq!(back, raw);
    }

    #[test]
    fn only_files_that_gain_get_a_twin() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("long.css", &".a{color:red}".repeat(100));
        write("tiny.js", "1");
        write("picture.png", &"x".repeat(1000));
        beside_each(folder.path()).unwrap();
        let there = |name: &str| folder.path().join(name).exists();
        assert!(there("long.css.br"));
        assert!(!there("tiny.js.br"));
        assert!(!there("picture.png.br"));
    }
}
