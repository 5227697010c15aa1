//! `cargo xtask site`: everything that the browser loads, in one folder beside the server's binary.
//!
//! Names are plain, without hashes: the server sends these files with an entity tag and `no-cache`,
//! so a new build is seen at once and an old one costs one small request.

mod compress;
mod stamp;
mod style;
mod wasm;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use walkdir::WalkDir;

use crate::workspace::Workspace;

/// What `LEPTOS_OUTPUT_NAME` says in `.cargo/config.toml`: the pages ask for these file names.
pub(crate) const NAME: &str = "reelgate";

/// Brotli bytes of WebAssembly that the first load of a page may cost.
const BUDGET: u64 = 260_000;

#[derive(clap::Args, Default)]
pub(crate) struct Options {
    /// Small instead of quick to build: optimised, stripped, with .br files
    #[arg(long)]
    release: bool,
    /// Fail if the WebAssembly of a first load is larger than the budget
    #[arg(long, requires = "release")]
    check_budget: bool,
}

/// `site` for a release, `site-dev` otherwise, so that tests do not pull the rug from under `make run`.
pub(crate) fn folder(workspace: &Workspace, release: bool) -> PathBuf {
    workspace
        .target
        .join(if release { "site" } else { "site-dev" })
}

/// Builds the site, or leaves it as it is when none of its sources changed.
pub(crate) fn build(workspace: &Workspace, options: Options) -> anyhow::Result<()> {
    let site = folder(workspace, options.release);
    let module = wasm::compile(workspace, options.release)?;
    let stamp = stamp::of(&[
        &module,
        &workspace.root.join("style"),
        &workspace.root.join("public"),
    ])?;
    if stamp::read(&site).as_ref() != Some(&stamp) {
        let next = site.with_extension("next");
        remove(&next)?;
        assemble(workspace, &module, &next, options.release)?;
        replace(&site, &next)?;
        stamp::write(&site, &stamp)?;
        eprintln!("site: {}", site.display());
    }
    if options.release {
        sizes(&site, options.check_budget)?;
    }
    Ok(())
}

fn assemble(
    workspace: &Workspace,
    module: &Path,
    site: &Path,
    release: bool,
) -> anyhow::Result<()> {
    let pkg = site.join("pkg");
    fs::create_dir_all(&pkg).with_context(|| format!("making {}", pkg.display()))?;
    wasm::bind(module, &pkg, release)?;
    let css = style::bundle(&workspace.root.join("style"), release)?;
    fs::write(pkg.join(NAME).with_extension("css"), css).context("writing the style sheet")?;
    copy_public(&workspace.root.join("public"), site)?;
    if release {
        compress::beside_each(site)?;
    }
    Ok(())
}

/// Copies the files that are sent as they are; there may be none.
fn copy_public(public: &Path, site: &Path) -> anyhow::Result<()> {
    if !public.exists() {
        return Ok(());
    }
    for entry in WalkDir::new(public) {
        let entry = entry.context("reading the public folder")?;
        let name = entry
            .path()
            .strip_prefix(public)
            .context("leaving the public folder")?;
        let target = site.join(name);
        if entry.file_type().is_dir() {
            fs::create_dir_all(&target).with_context(|| format!("making {}", target.display()))?;
        } else {
            fs::copy(entry.path(), &target)
                .with_context(|| format!("copying {}", entry.path().display()))?;
        }
    }
    Ok(())
}

/// Puts the finished folder in place; a server that is just reading sees the old one or the new one.
fn replace(site: &Path, next: &Path) -> anyhow::Result<()> {
    let previous = site.with_extension("previous");
    remove(&previous)?;
    if site.exists() {
        fs::rename(site, &previous).context("moving the previous site away")?;
    }
    fs::rename(next, site).context("putting the new site in place")?;
    remove(&previous)
}

fn remove(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("removing {}", folder.display()))?;
    }
    Ok(())
}

/// Says what a first load costs, and fails if that is too much and somebody wants to know.
fn sizes(site: &Path, check_budget: bool) -> anyhow::Result<()> {
    let pkg = site.join("pkg");
    for extension in ["wasm", "js", "css"] {
        let file = format!("{NAME}.{extension}");
        let raw = length(&pkg.join(&file))?;
        let brotli = length(&pkg.join(format!("{file}.br")))?;
        eprintln!("site: {file:14} {raw:>9} bytes, {brotli:>7} brotli");
        if check_budget && extension == "wasm" && brotli > BUDGET {
            bail!("{file} costs {brotli} bytes of brotli, and the budget is {BUDGET}");
        }
    }
    Ok(())
}

fn length(file: &Path) -> anyhow::Result<u64> {
    let metadata = fs::metadata(file).with_context(|| format!("measuring {}", file.display()))?;
    Ok(metadata.len())
}
