//! The program `reelgate`. Everything is in the library, so that tests can reach it.

use clap::Parser as _;

fn main() -> std::process::ExitCode {
    server::cli::Cli::parse().run()
}
