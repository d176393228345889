//! The program's commands, one module each.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use lyceum_platform::config::{Config, LoadOptions, Profile};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::{self, Cli, Command};

mod admin;
mod audit;
mod config;
mod health;
mod jobs;
mod keys;
mod migrate;
mod openapi;
mod progress;
mod serve;
mod worker;

/// Runs the command and turns its outcome into an exit code; faults go to standard error, one a line.
pub fn run(cli: Cli) -> ExitCode {
    let outcome = match cli.command.unwrap_or(Command::Serve) {
        // Asks a running server: needs the port, not a runtime.
        Command::Health(options) => load(cli.config, None).and_then(|config| health::run(&config, &options)),
        Command::Config(cli::ConfigCommand::Check) => load(cli.config, None).and_then(|config| config::check(&config)),
        Command::ReadFile { task } => lyceum_files::reader::read_standard_input(task),
        Command::Serve => load(cli.config, None).and_then(serve::run),
        Command::Demo(options) => {
            load(cli.config, Some(Profile::Demo)).and_then(|config| serve::demo(config, &options))
        }
        Command::Worker => load(cli.config, None).and_then(|config| block_on(worker::run(config))),
        Command::Openapi => load(cli.config, None).and_then(|config| block_on(openapi::run(config))),
        Command::Migrate(what) => load(cli.config, None).and_then(|config| block_on(migrate::run(config, what))),
        Command::Admin(cli::Admin::Create(who)) => {
            load(cli.config, None).and_then(|config| block_on(admin::create(config, who)))
        }
        Command::Keys(cli::Keys::Rotate) => load(cli.config, None).and_then(|config| block_on(keys::rotate(config))),
        Command::Jobs(cli::Jobs::Retry { kind }) => {
            load(cli.config, None).and_then(|config| block_on(jobs::retry(config, kind)))
        }
        Command::Progress(cli::Progress::Rebuild(which)) => {
            load(cli.config, None).and_then(|config| block_on(progress::rebuild(config, which)))
        }
        Command::Audit(cli::Audit::Verify(which)) => {
            load(cli.config, None).and_then(|config| block_on(audit::verify(config, which)))
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do if standard error is closed.
            let _ = writeln!(std::io::stderr(), "lyceum: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn load(file: Option<std::path::PathBuf>, profile: Option<Profile>) -> anyhow::Result<Config> {
    let options = LoadOptions { config_file: file, profile, ..LoadOptions::from_process() };
    Ok(Config::load(&options)?)
}

/// Runs a command that needs a runtime but no server.
fn block_on(command: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("the runtime does not start")?;
    let outcome = runtime.block_on(command);
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    outcome
}

/// Prints a line for the user of a command.
fn say(line: impl std::fmt::Display) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{line}").context("standard output is closed")
}

/// SIGTERM and Ctrl-C, heard from the moment this is made: a server told to stop while it starts finishes starting and stops in
/// good order.
struct StopSignals {
    terminated: Signal,
    interrupted: Signal,
}

impl StopSignals {
    /// Begins to listen. To be called within a runtime.
    fn listen() -> anyhow::Result<Self> {
        let hear = |kind| signal(kind).context("signals cannot be heard");
        Ok(Self { terminated: hear(SignalKind::terminate())?, interrupted: hear(SignalKind::interrupt())? })
    }

    /// Waits until the program is asked to stop.
    async fn received(mut self) {
        tokio::select! {
            _ = self.terminated.recv() => {}
            _ = self.interrupted.recv() => {}
        }
    }
}
