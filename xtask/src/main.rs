//! What a build needs beside cargo: the site, the test cluster, the rebuilding loop and the wasm guard.

mod dev;
mod guard;
mod postgres;
mod site;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

#[derive(Parser)]
#[command(
    name = "xtask",
    about = "Build steps of Reelgate that cargo does not know"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build what the browser loads: WebAssembly, style sheet, public files
    Site(site::Options),
    /// Fail if server-side crates have crept into the browser's dependencies
    WasmGuard,
    /// Run a command with DATABASE_URL pointing at a throw-away PostgreSQL
    WithPostgres(postgres::Options),
    /// Serve a debug build, and rebuild and restart it whenever a source changes
    Dev,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::locate()?;
    match command {
        Command::Site(options) => site::build(&workspace, options).map(|()| ExitCode::SUCCESS),
        Command::WasmGuard => guard::check(&workspace).map(|()| ExitCode::SUCCESS),
        Command::WithPostgres(options) => postgres::run_with(options),
        Command::Dev => dev::serve(&workspace).map(|()| ExitCode::SUCCESS),
    }
}
