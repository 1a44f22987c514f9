//! `cargo xtask site`: builds the files the browser gets into `target/site`.
//!
//! cargo → splitter → wasm-bindgen → wasm-opt → CSS bundle → folders named by their contents → brotli and gzip. They are written to
//! `manifest.json` last, by one rename: an interrupted build leaves the site before it whole.

mod site;

use std::process::ExitCode;

#[expect(clippy::print_stderr, reason = "a build tool talks to the terminal")]
fn main() -> ExitCode {
    let argument = std::env::args().nth(1);
    let result = match argument.as_deref() {
        Some("site") => site::build(),
        _ => Err("usage: cargo xtask site".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
