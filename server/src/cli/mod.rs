//! The command line: parses, calls one action, prints. Its help is the manual.

mod access_log;
mod account;
mod backup;
mod config;
mod import;
mod member;
mod password;
mod progress;
mod project;
mod restore;
mod serve;
mod service_account;

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, Parser, Subcommand, value_parser};
use domain::Backend;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{Config, FILE_VARIABLE, Flags, LogFormat, SETTINGS};
use crate::start::Started;

/// Ended by Ctrl-C, as shells say it.
const INTERRUPTED: u8 = 130;

/// A self-hosted vault for the recordings of a video or call service.
#[derive(Debug, Parser)]
#[command(
    name = "reelgate",
    version,
    after_help = "Start with `reelgate serve`: it makes its data folder, its database and its key, and prints the \
                  address at which you create the first account.\n\nEvery setting can also stand in the environment \
                  or in a file: see `reelgate config print`."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Task,
    #[command(flatten)]
    settings: SettingFlags,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Run the portal and the gate until SIGTERM or Ctrl-C
    #[command(
        after_help = "Example:\n  reelgate serve --listen 127.0.0.1:8080 --public-url https://recordings.example.com"
    )]
    Serve,
    /// Bring a folder of recordings into the vault
    Import(import::ImportArgs),
    /// Copy the database, the vault and, if asked for, the master key into a folder, while the server works
    Backup(backup::BackupArgs),
    /// Bring a backup back, into an empty data folder and an empty database
    Restore(restore::RestoreArgs),
    /// Prove, export and seal the log of who opened which file
    #[command(subcommand)]
    AccessLog(access_log::AccessLogTask),
    /// Create accounts and list them
    #[command(subcommand)]
    Account(account::AccountTask),
    /// Help members who cannot sign in
    #[command(subcommand)]
    Member(member::MemberTask),
    /// List projects, create them, put them aside
    #[command(subcommand)]
    Project(project::ProjectTask),
    /// Create, rotate and revoke key pairs for programs that sign tokens
    #[command(subcommand)]
    ServiceAccount(service_account::ServiceAccountTask),
    /// Show the settings in effect
    #[command(subcommand)]
    Config(config::ConfigTask),
    /// Print the version
    Version,
}

impl Cli {
    /// Does what was asked for. Errors are printed.
    pub fn run(self) -> ExitCode {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => {
                return fail(
                    &anyhow::Error::new(error).context("the process cannot start its threads"),
                );
            }
        };
        let outcome = runtime.block_on(self.perform());
        // A blocking task that was left behind, such as a copy, must not keep the process.
        runtime.shutdown_background();
        outcome.unwrap_or_else(|error| fail(&error))
    }

    async fn perform(self) -> anyhow::Result<ExitCode> {
        if matches!(self.command, Task::Version) {
            print(&format!("reelgate {}\n", env!("CARGO_PKG_VERSION")))?;
            return Ok(ExitCode::SUCCESS);
        }
        let config = Config::load(&self.settings.0)?;
        log_to_standard_error(&config);
        match self.command {
            Task::Serve => serve::run(&config).await,
            Task::Import(task) => {
                let mut signals = Signals::new()?;
                let started = Started::open(&config).await?;
                // It hears Ctrl-C itself, to stop between blocks and to tell what is in.
                let outcome = task.run(&started.backend, &mut signals).await;
                started.close().await?;
                outcome
            }
            Task::Backup(task) => task.run(&config).await,
            Task::Restore(task) => task.run(&config).await,
            // A file is proved without any database: also where there is no Reelgate at all.
            Task::AccessLog(task) if task.needs_no_backend() => {
                task.run_offline().map(|()| ExitCode::SUCCESS)
            }
            Task::AccessLog(task) => {
                with_backend(&config, async |backend| task.run(backend).await).await
            }
            Task::Account(task) => {
                with_backend(&config, async |backend| task.run(backend).await).await
            }
            Task::Member(task) => {
                with_backend(&config, async |backend| task.run(backend).await).await
            }
            Task::Project(task) => {
                with_backend(&config, async |backend| task.run(backend).await).await
            }
            Task::ServiceAccount(task) => {
                with_backend(&config, async |backend| task.run(backend).await).await
            }
            Task::Config(task) => task.run(&config).map(|()| ExitCode::SUCCESS),
            Task::Version => unreachable!("answered above"),
        }
    }
}

/// Opens the backend, does the work, and closes it again, also after Ctrl-C.
async fn with_backend(
    config: &Config,
    work: impl AsyncFnOnce(&Backend) -> anyhow::Result<()>,
) -> anyhow::Result<ExitCode> {
    // Watched from the start: a database that was started must be stopped, whenever Ctrl-C comes.
    let mut interrupt = Signals::new()?;
    let started = Started::open(config).await?;
    let backend = started.backend.clone();
    let outcome = tokio::select! {
        outcome = work(&backend) => outcome.map(|()| ExitCode::SUCCESS),
        () = interrupt.next() => Ok(ExitCode::from(INTERRUPTED)),
    };
    drop(backend);
    started.close().await?;
    outcome
}

/// SIGINT (Ctrl-C) and SIGTERM.
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> anyhow::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => (),
            _ = self.terminate.recv() => (),
        }
    }
}

fn log_to_standard_error(config: &Config) {
    // What PostgreSQL remarks of each migration is of no interest, unless somebody asks for sqlx by name.
    let filter: Targets = format!("sqlx=warn,{}", config.log)
        .parse()
        .unwrap_or_default();
    let registry = tracing_subscriber::registry().with(filter);
    let is_terminal = std::io::stderr().is_terminal();
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(is_terminal);
    match config.log_format {
        LogFormat::Text => registry.with(layer.with_target(false)).init(),
        LogFormat::Json => registry.with(layer.json().flatten_event(true)).init(),
    }
    crate::layers::panic::log_panics();
}

/// One sentence of what failed, and below it what led there.
fn fail(error: &anyhow::Error) -> ExitCode {
    let mut told = error.to_string();
    eprintln!("error: {told}");
    for cause in error.chain().skip(1).map(ToString::to_string) {
        // Some libraries repeat their cause in their own sentence.
        if !told.contains(&cause) {
            eprintln!("  because: {cause}");
        }
        told = cause;
    }
    ExitCode::FAILURE
}

/// Writes to standard output; a closed pipe, as of `| head`, is no failure worth a panic.
fn print(text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to standard output"),
    }
}

/// An error of an action, as a sentence for the terminal.
fn explain(error: domain::Error) -> anyhow::Error {
    match error {
        domain::Error::Invalid(problems) => {
            let lines: Vec<_> = problems
                .iter()
                .map(|p| format!("{}: {}", p.field.replace('_', " "), p.message))
                .collect();
            anyhow::anyhow!(lines.join("\n  "))
        }
        other => other.into(),
    }
}

/// One flag for each setting, good before and after the command.
#[derive(Debug, Clone)]
struct SettingFlags(Flags);

impl Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        const HEADING: &str = "Settings";
        let file = Arg::new("config")
            .long("config")
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .global(true)
            .help_heading(HEADING)
            .help(format!(
                "Settings file [env: {FILE_VARIABLE}] [default: reelgate.toml in the data folder]"
            ));
        SETTINGS.iter().fold(command.arg(file), |command, setting| {
            let default = if setting.default.is_empty() {
                setting.default_note
            } else {
                setting.default
            };
            let help = format!(
                "{} [env: {}] [default: {}]",
                setting.help,
                setting.environment,
                default.replace('`', "")
            );
            let flag = Arg::new(setting.key)
                .long(setting.flag)
                .value_name(setting.value_name)
                .help(help);
            command.arg(flag.global(true).help_heading(HEADING))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = |key: &'static str| Some((key, matches.get_one::<String>(key)?.clone()));
        let values: BTreeMap<_, _> = SETTINGS
            .iter()
            .filter_map(|setting| given(setting.key))
            .collect();
        Ok(Self(Flags {
            file: matches.get_one::<PathBuf>("config").cloned(),
            values,
        }))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
