#!/usr/bin/env bash
# Formatting and lints, for the server's side and the browser's; layers, licences and known vulnerabilities of what we depend on; what
# the documents name.
. "$(dirname "$0")/lib.sh"
cargo fmt --all --check
cargo clippy --quiet --release --locked --workspace --exclude xtask --all-targets -- -D warnings
cargo clippy --quiet --locked --package xtask -- -D warnings
cargo clippy --quiet --profile wasm-release --locked --package app --features hydrate --target wasm32-unknown-unknown -- -D warnings
cargo xtask documents
cargo xtask layers
cargo xtask advisories
