//! A password for the command line: from a file, from the terminal, or made up. Never from an argument, which every
//! user of the machine can see.

use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use domain::Secret;

/// Longer than any password may be.
const MAX_BYTES: u64 = 16 * 1024;

/// From the file, or typed twice at the terminal.
pub(super) async fn read(file: Option<PathBuf>, prompt: &'static str) -> anyhow::Result<Secret> {
    // On a thread of its own, so that Ctrl-C at the prompt is heard.
    tokio::task::spawn_blocking(move || match file {
        Some(path) => from_file(&path),
        None => from_terminal(prompt),
    })
    .await?
}

/// Random, without characters that look alike: for a person to type once and change. 139 bits.
pub(super) fn generate() -> Secret {
    domain::random_text(24)
}

fn from_file(path: &Path) -> anyhow::Result<Secret> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().take(MAX_BYTES).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text))
    };
    read.with_context(|| format!("the password cannot be read from {}", path.display()))?;
    let line = text.lines().next().unwrap_or_default();
    ensure!(
        !line.is_empty(),
        "the first line of {} is empty; it should be the password",
        path.display()
    );
    Ok(Secret::new(line))
}

fn from_terminal(prompt: &str) -> anyhow::Result<Secret> {
    if !std::io::stdin().is_terminal() {
        bail!(
            "there is no terminal to ask for the password at: give it with --password-file FILE, or - for standard input"
        );
    }
    let password = Secret::new(rpassword::prompt_password(format!("{prompt}: "))?);
    let again = Secret::new(rpassword::prompt_password("The same again: ")?);
    ensure!(
        password == again,
        "the two passwords differ; nothing was changed"
    );
    Ok(password)
}
