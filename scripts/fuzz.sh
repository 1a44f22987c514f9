#!/usr/bin/env bash
# What strangers send, made with the grammar in mind, for ten minutes (or FUZZ_SECONDS); `make test` does it for 20 seconds.
. "$(dirname "$0")/lib.sh"
FUZZ_SECONDS=${FUZZ_SECONDS:-600} cargo test --release --locked --package domain --test frames
