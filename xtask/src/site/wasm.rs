//! The WebAssembly: compiled by cargo, bound to JavaScript by wasm-bindgen, shrunk by wasm-opt if there.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;
use wasm_bindgen_cli_support::Bindgen;

use super::NAME;
use crate::workspace::{Workspace, run};

const TARGET: &str = "wasm32-unknown-unknown";

/// Builds `frontend` alone (beside `server`, cargo would unify their features) and says where it is.
pub(super) fn compile(workspace: &Workspace, release: bool) -> anyhow::Result<PathBuf> {
    let profile = if release { "wasm-release" } else { "dev" };
    run(&mut workspace.cargo([
        "build",
        "--package",
        "frontend",
        "--lib",
        "--target",
        TARGET,
        "--profile",
        profile,
    ]))?;
    // The one profile whose folder has another name than itself.
    let profile = if release { profile } else { "debug" };
    Ok(workspace
        .target
        .join(TARGET)
        .join(profile)
        .join("frontend.wasm"))
}

/// Writes `<name>.js` and `<name>.wasm`.
pub(super) fn bind(module: &Path, pkg: &Path, release: bool) -> anyhow::Result<()> {
    Bindgen::new()
        .input_path(module)
        .out_name(NAME)
        .web(true)
        .context("choosing the kind of JavaScript")?
        .typescript(false)
        // The page names both files, so no default address is needed in the JavaScript.
        .omit_default_module_path(true)
        .remove_name_section(release)
        .remove_producers_section(release)
        .generate(pkg)
        .context("binding the WebAssembly to JavaScript")?;
    // What `WakeIslands` asks for.
    let wasm = pkg.join(NAME).with_extension("wasm");
    fs::rename(pkg.join(format!("{NAME}_bg.wasm")), &wasm).context("renaming the WebAssembly")?;
    if release {
        shrink(&wasm)?;
    }
    Ok(())
}

/// wasm-opt gains some raw size and little after brotli: used where it is, needed nowhere.
fn shrink(wasm: &Path) -> anyhow::Result<()> {
    let smaller = wasm.with_extension("opt");
    let result = Command::new("wasm-opt")
        .args([
            "-Oz",
            "--enable-bulk-memory",
            "--enable-mutable-globals",
            "--enable-sign-ext",
        ])
        .args([
            "--enable-nontrapping-float-to-int",
            "--enable-reference-types",
        ])
        .args(["--enable-multivalue"])
        .arg(wasm)
        .arg("-o")
        .arg(&smaller)
        .status();
    match result {
        Ok(status) if status.success() => {
            fs::rename(&smaller, wasm).context("putting the smaller WebAssembly in place")?;
        }
        Ok(status) => eprintln!("site: wasm-opt could not do it ({status}); going on without"),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => eprintln!("site: wasm-opt does not start ({error}); going on without"),
    }
    Ok(())
}
