//! The `quanlian` program.

use clap::Parser;
use std::process::ExitCode;

/// Gives memory back after a burst (a sign-in costs 19 MiB for a moment); the system's allocator keeps it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    server::cli::run(server::cli::Arguments::parse())
}
