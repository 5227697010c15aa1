//! Where the workspace and its target folder are, and how cargo is called in it.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail};

/// The folders of this checkout.
pub(crate) struct Workspace {
    /// The folder of the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Where cargo builds; `CARGO_TARGET_DIR` and cargo's own configuration are respected.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Asks cargo, which is the only one who knows all the ways to set a target folder.
    pub(crate) fn locate() -> anyhow::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("the folder of xtask has no parent")?
            .to_path_buf();
        let mut metadata = cargo_in(&root);
        metadata.args(["metadata", "--no-deps", "--format-version", "1"]);
        let metadata: serde_json::Value = serde_json::from_slice(&output(&mut metadata)?)
            .context("reading the answer of `cargo metadata`")?;
        let target = metadata["target_directory"]
            .as_str()
            .context("`cargo metadata` names no target folder")?;
        Ok(Self {
            target: PathBuf::from(target),
            root,
        })
    }

    /// A cargo command that runs in the root of the workspace.
    pub(crate) fn cargo<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = cargo_in(&self.root);
        command.args(arguments);
        command
    }
}

fn cargo_in(root: &Path) -> Command {
    // `cargo run` says which cargo it is, so that the calls below use the same toolchain.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root);
    outside_of_cargo(&mut command);
    command
}

/// Takes away what `cargo run` says to us of our own package. Build scripts look at it (ring's do), so that a cargo that
/// inherits it builds everything anew that another cargo had built, and the next one again.
pub(crate) fn outside_of_cargo(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_of_a_package) {
            command.env_remove(name);
        }
    }
}

fn is_of_a_package(variable: &str) -> bool {
    variable.starts_with("CARGO_PKG_") || variable.starts_with("CARGO_MANIFEST_")
}

/// Runs a command to its end and fails, naming it, when it fails.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let name = describe(command);
    let status = command
        .status()
        .with_context(|| format!("starting `{name}`"))?;
    if !status.success() {
        bail!("`{name}` failed ({status})");
    }
    Ok(())
}

/// Runs a command to its end and gives what it printed; what it complains about goes to our stderr.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<Vec<u8>> {
    let name = describe(command);
    let output = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .with_context(|| format!("starting `{name}`"))?;
    if !output.status.success() {
        bail!("`{name}` failed ({})", output.status);
    }
    Ok(output.stdout)
}

fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut words = vec![program.file_name().unwrap_or(program.as_os_str())];
    words.extend(command.get_args());
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_called_does_not_learn_of_our_package() {
        // `cargo test` says it as `cargo run` does.
        assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
        let mut command = Command::new("env");
        outside_of_cargo(&mut command);
        let text = String::from_utf8(output(&mut command).unwrap()).unwrap();
        let leaked: Vec<&str> = text.lines().filter(|line| is_of_a_package(line)).collect();
        assert_eq!(leaked, Vec::<&str>::new());
        assert!(text.lines().any(|line| line.starts_with("PATH=")));
    }
}
