//! `lyceum`, the program.

use std::process::ExitCode;

use clap::Parser;
use lyceum_gateway::cli::Cli;
use lyceum_gateway::commands;

/// Freed password-hashing buffers must go back to the system; glibc's allocator keeps them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    commands::run(Cli::parse())
}
