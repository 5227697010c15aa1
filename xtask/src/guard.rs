//! The wasm guard: what belongs to the server may not reach the browser's dependency tree.

use std::collections::BTreeSet;

use anyhow::{Context as _, bail};

use crate::workspace::{Workspace, output};

/// Crates that open databases, sockets or files, hash passwords or judge passkeys.
const SERVER_ONLY: [&str; 6] = [
    "sqlx",
    "tokio",
    "axum",
    "object_store",
    "argon2",
    "webauthn",
];

/// Crates that must be seen, or the guard is not looking at our trees at all.
const IN_BROWSER: [&str; 3] = ["app", "domain", "leptos"];
const IN_SERVER: [&str; 5] = ["sqlx", "tokio", "axum", "argon2", "webauthn-rs"];

/// Fails if a server-only crate is in the browser's tree, and also if the guard itself is blind.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let browser = tree(
        workspace,
        "frontend",
        &["--target", "wasm32-unknown-unknown"],
    )?;
    let server = tree(workspace, "server", &[])?;
    must_contain("frontend", &browser, &IN_BROWSER)?;
    must_contain("server", &server, &IN_SERVER)?;
    let found = intruders(&browser);
    if !found.is_empty() {
        bail!(
            "the browser's dependencies contain {}; `cargo tree -p frontend --target \
             wasm32-unknown-unknown -i {}` shows through whom",
            found.join(", "),
            found[0]
        );
    }
    eprintln!(
        "wasm guard: {} crates in the browser, none of {}",
        browser.len(),
        SERVER_ONLY.join(", ")
    );
    Ok(())
}

/// The names of all crates that are linked into a package, itself included.
fn tree(workspace: &Workspace, package: &str, more: &[&str]) -> anyhow::Result<BTreeSet<String>> {
    let mut command = workspace.cargo(["tree", "--quiet", "--package", package]);
    command.args(["--edges", "normal", "--prefix", "none", "--format", "{p}"]);
    command.args(more);
    let text = String::from_utf8(output(&mut command)?).context("reading `cargo tree`")?;
    Ok(names(&text))
}

/// The first word of each line: `serde v1.0.228` or `domain v0.1.0 (folder)`.
fn names(tree: &str) -> BTreeSet<String> {
    tree.lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

fn must_contain(package: &str, tree: &BTreeSet<String>, crates: &[&str]) -> anyhow::Result<()> {
    let missing: Vec<_> = crates
        .iter()
        .filter(|name| !tree.contains(**name))
        .collect();
    if !missing.is_empty() {
        bail!("the guard is blind: the tree of {package} should contain {missing:?} and does not");
    }
    Ok(())
}

/// `sqlx` stands for `sqlx-core` and `sqlx-postgres` too, and so on.
fn intruders(tree: &BTreeSet<String>) -> Vec<&str> {
    let belongs = |name: &str| {
        SERVER_ONLY.iter().any(|forbidden| {
            name.strip_prefix(forbidden)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    };
    tree.iter()
        .map(String::as_str)
        .filter(|name| belongs(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forbidden_crates_and_their_parts_are_intruders() {
        let tree = names("app v0.1.0 (/x)\nsqlx-core v0.9.0\ntokio v1.54.0 (*)\naxum v0.8.9\n");
        assert_eq!(intruders(&tree), ["axum", "sqlx-core", "tokio"]);
    }

    #[test]
    fn a_similar_name_is_no_intruder() {
        let tree = names("tokioish v1.0.0\nargon v1.0.0\nleptos v0.8.23\n");
        assert!(intruders(&tree).is_empty());
    }

    #[test]
    fn an_empty_tree_fails_instead_of_passing() {
        assert!(must_contain("frontend", &names(""), &IN_BROWSER).is_err());
    }
}
