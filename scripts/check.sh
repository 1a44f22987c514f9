#!/usr/bin/env bash
# Formatting and lints, for the server's side and the browser's; known vulnerabilities of what we depend on.
. "$(dirname "$0")/lib.sh"
cargo fmt --all --check
cargo clippy --quiet --release --locked --workspace --exclude xtask --all-targets --features domain/yaml,domain/collab,app/ssr -- -D warnings
cargo clippy --quiet --locked --package xtask -- -D warnings
cargo clippy --quiet --profile wasm-release --locked --package app --features hydrate --target wasm32-unknown-unknown -- -D warnings
cargo xtask advisories
