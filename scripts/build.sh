#!/usr/bin/env bash
# Sets up and builds the release: the browser's files, then the server, and beside it the list of what it is made of.
. "$(dirname "$0")/lib.sh"

phase "set-up (details: $STATE/setup.log)" setup_quietly "${1:-run}"
use_toolchain
# As it was before the build: what is saved meanwhile is built next time.
now=$(release_fingerprint)
rm -f "$STATE/release"
phase "the browser's files" cargo xtask site
phase "the server" cargo build --quiet --release --locked --bin quanlian
phase "the bill of materials" cargo xtask sbom
echo "$now" >"$STATE/release"
phases
