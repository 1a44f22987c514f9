#!/usr/bin/env bash
# Sets up and builds the release: the browser's files, then the server, and beside it the list of what it is made of.
. "$(dirname "$0")/lib.sh"

setup_quietly() { scripts/setup.sh "${1:-run}" >"$STATE/setup.log" 2>&1 || { cat "$STATE/setup.log" >&2; exit 1; }; }
phase "set-up (details: $STATE/setup.log)" setup_quietly "${1:-run}"
use_toolchain
phase "the browser's files" cargo xtask site
phase "the server" cargo build --quiet --release --locked --bin quanlian
phase "the bill of materials" cargo xtask sbom
phases
