//! The style sheet: all of `style/` in one file, each folder a cascade layer.
//!
//! Later layers win over earlier ones whatever their selectors weigh, so a feature can overrule a
//! block without a fight. A file that has no layer is an error: it would be forgotten silently.

use std::{
    collections::BTreeMap,
    fmt::Display,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, anyhow, bail};
use lightningcss::{
    printer::PrinterOptions,
    stylesheet::{MinifyOptions, ParserOptions, StyleSheet},
};
use walkdir::WalkDir;

/// From the weakest to the strongest.
const LAYERS: [&str; 4] = ["tokens", "base", "blocks", "features"];

/// All files of the folder as one sheet; a syntax error names the file, the line and the column.
pub(super) fn bundle(folder: &Path, minify: bool) -> anyhow::Result<String> {
    let mut files = sources(folder)?;
    let mut sheet = format!("@layer {};\n", LAYERS.join(","));
    for layer in LAYERS {
        let Some(paths) = files.remove(layer) else {
            bail!("{} has nothing for the layer `{layer}`", folder.display());
        };
        sheet.extend(["@layer ", layer, "{"]);
        for path in paths {
            sheet.push_str(&one(&path, minify)?);
        }
        sheet.push_str("}\n");
    }
    Ok(sheet)
}

/// The files of each layer, by name, so that every build gives the same sheet.
fn sources(folder: &Path) -> anyhow::Result<BTreeMap<&'static str, Vec<PathBuf>>> {
    let mut found = BTreeMap::<_, Vec<_>>::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.with_context(|| format!("reading {}", folder.display()))?;
        if !entry.file_type().is_file() {
            continue;
        }
        let name = entry
            .path()
            .strip_prefix(folder)
            .context("leaving the style folder")?;
        let layer = layer_of(name).with_context(|| {
            format!(
                "{} belongs to no layer: there are tokens.css, base.css, blocks/*.css and \
                 features/*.css",
                entry.path().display()
            )
        })?;
        found.entry(layer).or_default().push(entry.into_path());
    }
    Ok(found)
}

/// `tokens.css` and `tokens/colour.css` are both of the layer `tokens`.
fn layer_of(name: &Path) -> Option<&'static str> {
    if name.extension()? != "css" {
        return None;
    }
    let first = name.components().next()?.as_os_str().to_str()?;
    let first = first.strip_suffix(".css").unwrap_or(first);
    LAYERS.into_iter().find(|layer| *layer == first)
}

/// One file, checked, and without spaces and comments if asked. No browser targets are set: what is
/// written is what is sent, only shorter.
fn one(path: &Path, minify: bool) -> anyhow::Result<String> {
    let source = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let options = ParserOptions {
        filename: path.display().to_string(),
        ..ParserOptions::default()
    };
    let mut sheet = StyleSheet::parse(&source, options).map_err(told)?;
    let printer = PrinterOptions {
        minify,
        ..PrinterOptions::default()
    };
    if minify {
        sheet
            .minify(MinifyOptions::default())
            .map_err(|error| anyhow!("{error}"))?;
    }
    let text = sheet.to_css(printer).map_err(told)?;
    Ok(text.code)
}

/// These errors borrow the source and count lines from nought; editors count from one.
fn told<K: Display>(error: lightningcss::error::Error<K>) -> anyhow::Error {
    match error.loc {
        Some(at) => anyhow!(
            "{}:{}:{}: {}",
            at.filename,
            at.line + 1,
            at.column,
            error.kind
        ),
        None => anyhow!("{}", error.kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    const WHOLE: [(&str, &str); 5] = [
        (
            "tokens.css",
            ":root { --accent: light-dark(#123456, #abcdef); }",
        ),
        ("base.css", "body { margin: 0px; }"),
        ("blocks/table.css", ".table { & td { padding: 1px; } }"),
        (
            "blocks/button.css",
            "/* why */ .button { color: var(--accent); }",
        ),
        ("features/files.css", ".files { color: red; }"),
    ];

    #[test]
    fn layers_stand_in_order_and_files_by_name() {
        let sheet = bundle(folder(&WHOLE).path(), true).unwrap();
        assert_eq!(
            sheet,
            "@layer tokens,base,blocks,features;\n\
             @layer tokens{:root{--accent:light-dark(#123456,#abcdef)}}\n\
             @layer base{body{margin:0}}\n\
             @layer blocks{.button{color:var(--accent)}.table{& td{padding:1px}}}\n\
             @layer features{.files{color:red}}\n"
        );
    }

    #[test]
    fn a_stray_file_is_an_error() {
        let mut files = WHOLE.to_vec();
        files.push(("pages.css", ""));
        let error = bundle(folder(&files).path(), true).unwrap_err();
        assert!(
            error.to_string().contains("pages.css belongs to no layer"),
            "{error}"
        );
    }

    #[test]
    fn a_missing_layer_is_an_error() {
        let error = bundle(folder(&WHOLE[..4]).path(), true).unwrap_err();
        assert!(error.to_string().contains("`features`"), "{error}");
    }

    #[test]
    fn a_syntax_error_names_the_file() {
        let mut files = WHOLE.to_vec();
        files[1] = ("base.css", "body { margin: 0 } }");
        let error = bundle(folder(&files).path(), true).unwrap_err();
        assert!(error.to_string().contains("base.css:1:"), "{error}");
    }
}
