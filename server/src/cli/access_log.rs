//! `reelgate access-log`: the operator proves the access log, exports it, and writes down its ends.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use domain::Backend;
use domain::access_log::actions;
use domain::access_log::chain::{Finding, Head, Link, Proof};
use domain::accounts::AccountId;
use serde::{Deserialize, Serialize};

use super::{explain, print};

#[derive(Debug, Subcommand)]
pub(super) enum AccessLogTask {
    /// Prove that no row was changed, removed or put elsewhere
    #[command(
        after_help = "Ends with 0 if every row is as it was written, and with 1 at the first broken place of any \
                            account.\n\nExamples:\n  reelgate access-log verify --heads heads.txt\n  \
                            reelgate access-log verify --file log.jsonl"
    )]
    Verify(Verify),
    /// Write all rows as JSON lines, oldest first, and the ends of their chains
    #[command(
        after_help = "Example:\n  reelgate access-log export --account 01936f0e-… > log.jsonl"
    )]
    Export {
        /// Only this account's rows
        #[arg(long, value_name = "ID")]
        account: Option<AccountId>,
    },
    /// Print the ends of all chains, to be kept where nobody who can write to the database can write
    #[command(
        after_help = "Each line is ACCOUNT:ROWS:HASH. Kept elsewhere, it proves later that nothing was cut off the \
                            end.\n\nExample:\n  reelgate access-log heads > heads.txt"
    )]
    Heads,
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// An export instead of the database; - reads standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// A file of ends that were printed before: they must still be there
    #[arg(long, value_name = "FILE")]
    heads: Option<PathBuf>,
    /// One such end; can be given several times
    #[arg(long, value_name = "ACCOUNT:ROWS:HASH")]
    head: Vec<Head>,
}

/// A line of an export.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Head { head: Head },
    Row(Box<Link>),
}

impl AccessLogTask {
    pub(super) const fn needs_no_backend(&self) -> bool {
        matches!(self, Self::Verify(Verify { file: Some(_), .. }))
    }

    pub(super) fn run_offline(self) -> anyhow::Result<()> {
        match self {
            Self::Verify(Verify {
                file: Some(file),
                heads,
                head,
            }) => report(&verify_file(&file, kept(heads.as_deref(), head)?)?),
            _ => Ok(()),
        }
    }

    pub(super) async fn run(self, backend: &Backend) -> anyhow::Result<()> {
        match self {
            Self::Verify(Verify { heads, head, .. }) => {
                let kept = kept(heads.as_deref(), head)?;
                report(&actions::verify(backend, kept).await.map_err(explain)?)
            }
            Self::Export { account } => export(backend, account).await,
            Self::Heads => {
                let heads = actions::heads(backend).await.map_err(explain)?;
                print(
                    &heads
                        .iter()
                        .map(|head| format!("{head}\n"))
                        .collect::<String>(),
                )
            }
        }
    }
}

async fn export(backend: &Backend, account: Option<AccountId>) -> anyhow::Result<()> {
    let mut out = BufWriter::new(std::io::stdout());
    let heads = actions::export(backend, account, |link| {
        write_line(&mut out, &Line::Row(Box::new(link))).map_err(domain::Error::internal)
    });
    for head in heads.await.map_err(explain)? {
        write_line(&mut out, &Line::Head { head })?;
    }
    out.flush().context("cannot write to standard output")
}

fn write_line(out: &mut impl Write, line: &Line) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

fn kept(file: Option<&Path>, mut heads: Vec<Head>) -> anyhow::Result<Vec<Head>> {
    let Some(path) = file else {
        return Ok(heads);
    };
    let text = std::fs::read_to_string(path);
    let text = text.with_context(|| format!("cannot read {}", path.display()))?;
    for (number, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let head = line.parse::<Head>().map_err(anyhow::Error::msg);
        heads.push(head.with_context(|| format!("line {} of {}", number + 1, path.display()))?);
    }
    Ok(heads)
}

fn verify_file(path: &Path, kept: Vec<Head>) -> anyhow::Result<Vec<Finding>> {
    let input: Box<dyn std::io::Read> = if path == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        let file = File::open(path);
        Box::new(file.with_context(|| format!("cannot read {}", path.display()))?)
    };
    let (mut proof, mut heads) = (Proof::new(kept), Vec::new());
    for (number, line) in BufReader::new(input).lines().enumerate() {
        let line = line.with_context(|| format!("cannot read {}", path.display()))?;
        let line = serde_json::from_str(&line)
            .with_context(|| format!("line {} is no row of the access log", number + 1))?;
        match line {
            Line::Head { head } => heads.push(head),
            Line::Row(link) => proof.add(&link),
        }
    }
    Ok(proof.finish(&heads))
}

/// Says what was found; an error if anything is broken.
fn report(findings: &[Finding]) -> anyhow::Result<()> {
    if findings.is_empty() {
        return print("There is no row, and so nothing that could be proved.\n");
    }
    let mut text = String::new();
    for Finding { head, broken } in findings {
        let chain = if head.account == domain::access_log::NO_ACCOUNT {
            "requests that name no account".to_owned()
        } else {
            format!("account {}", head.account)
        };
        let found = match broken {
            Some(broken) => format!("BROKEN: {broken}"),
            None if head.count == 1 => format!("whole, 1 row, end {head}"),
            None => format!("whole, {} rows, end {head}", head.count),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{chain}: {found}");
    }
    let broken = findings
        .iter()
        .filter(|finding| finding.broken.is_some())
        .count();
    print(&text)?;
    if broken > 0 {
        bail!(
            "the access log was tampered with: {broken} of {} chains are broken",
            findings.len()
        );
    }
    Ok(())
}
