//! What cargo alone does not do for the project.
//!
//! `cargo xtask site`: builds the files the browser gets into `target/site`.
//!
//! cargo → splitter → wasm-bindgen → wasm-opt → CSS bundle → folders named by their contents → brotli and gzip. They are written to
//! `manifest.json` last, by one rename: an interrupted build leaves the site before it whole.
//!
//! `cargo xtask dev [ARGUMENTS OF serve]`: builds without optimising, serves, and again whenever a source changes.
//!
//! `cargo xtask layers`: what our crates may be built with, and under which licences. `cargo xtask documents`: what the documents
//! name exists; `documents reflow` puts one sentence on a line.
//!
//! `cargo xtask sbom`: writes what the release is made of. `cargo xtask advisories`: compares Cargo.lock with known
//! vulnerabilities; `advisories take FOLDER` makes the excerpt of their database anew.

mod advisories;
mod dev;
mod documents;
mod layers;
mod sbom;
mod site;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[expect(clippy::print_stderr, reason = "a build tool talks to the terminal")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    // As cargo runs it, not as it was compiled: a target folder may be shared by several checkouts.
    let here = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let root = here.join("..");
    let root = root.canonicalize().unwrap_or(root);
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let result = match arguments.as_slice() {
        ["site"] => site::Site::new(&root, &target, site::Purpose::Release).build(),
        ["documents"] => documents::check(&root),
        ["documents", "reflow"] => documents::write(&root),
        ["layers"] => layers::check(&root),
        ["dev", serve @ ..] => dev::run(&root, &target, serve),
        ["sbom"] => sbom::write(&root, &target).map(|file| eprintln!("xtask: {}", file.display())),
        ["advisories"] => advisories::check(&root, None),
        ["advisories", "take", folder] => advisories::take(&root, Path::new(folder)),
        ["advisories", folder] => advisories::check(&root, Some(Path::new(folder))),
        _ => Err(
            "usage: cargo xtask site | dev [ARGUMENTS OF serve] | sbom | layers | documents [reflow] | advisories [FOLDER | take FOLDER]"
                .into(),
        ),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
