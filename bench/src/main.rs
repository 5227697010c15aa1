//! The load of `make bench`: asks one server for one file, over and over or slowly, takes what others post, or posts
//! itself; and prints what it saw as JSON.

mod answer;
mod fast;
mod options;
mod post;
mod sink;
mod slow;

use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::options::Task;

fn main() -> ExitCode {
    let outcome = Task::from_arguments(std::env::args().skip(1)).and_then(|task| match task {
        Task::Fast(options) => fast::run(&options),
        Task::Slow(options) => slow::run(&options),
        Task::Sink => sink::run(),
        Task::Post(options) => post::run(&options),
    });
    match outcome.and_then(|line| writeln!(io::stdout(), "{line}")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}
