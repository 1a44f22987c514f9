#!/usr/bin/env bash
# What an editor runs to show errors: both sides of the app, each as it is built. Prints cargo's messages as JSON.
# In a target folder of its own, so that the editor and a build do not wait for each other.
. "$(dirname "$0")/lib.sh"
export CARGO_TARGET_DIR="$TARGET/rust-analyzer"
status=0
cargo check --quiet --workspace --all-targets --message-format=json --keep-going || status=1
cargo check --quiet --package app --features hydrate --target wasm32-unknown-unknown --message-format=json --keep-going || status=1
exit $status
