#!/usr/bin/env bash
# Everything: set-up, formatting, lints, rule, story and door tests on both databases, the release, and
# the browser tests on it. The last line counts what passed and failed.
. "$(dirname "$0")/lib.sh"

passed=0 failed=0 broken=()
phase "set-up (details: $STATE/setup.log)" setup_quietly test
use_toolchain

# step NAME COMMAND…: a phase that may fail without hiding what comes after it.
step() {
    local name=$1; shift
    phase "$name" attempt "$name" "$@"
}
attempt() {
    local name=$1; shift
    local before=${#broken[@]}
    # A phase of several parts has named those that failed.
    if ! "$@" && [ ${#broken[@]} = "$before" ]; then broken+=("$name"); fi
}
# Counts from cargo's own closing lines: "test result: ok. 21 passed; 0 failed; …".
count_cargo() {
    local log=$1 line
    while read -r line; do
        passed=$((passed + $(sed -E 's/.* ([0-9]+) passed.*/\1/' <<<"$line")))
        failed=$((failed + $(sed -E 's/.* ([0-9]+) failed.*/\1/' <<<"$line")))
    done < <(grep -aE '^test result: .* [0-9]+ passed; [0-9]+ failed' "$log")
}
# Beside each other, for the browser's files end in minutes on one core: the last link, wasm-opt, brotli. Their profiles have folders of
# their own, so that neither cargo waits for the other, and nothing is shared that would be built twice.
lints_and_site() {
    local status=0 site
    cargo xtask site >"$STATE/site.log" 2>&1 &
    site=$!
    # shellcheck disable=SC2064
    trap "kill $site 2>/dev/null || true" EXIT
    scripts/check.sh || { status=1; broken+=("formatting and lints"); }
    wait "$site" || { status=1; broken+=("the browser's files"); }
    trap - EXIT
    cat "$STATE/site.log"
    return $status
}
rust_tests() {
    local status=0
    # The release profile: the dependencies are then compiled once for tests and release alike.
    scripts/with-postgres.sh cargo test --release --locked --no-fail-fast --package domain --package service --package server 2>&1 | tee "$STATE/rust-tests.log" || status=1
    count_cargo "$STATE/rust-tests.log"
    return $status
}
# In the profile that `cargo xtask` itself is built in.
tool_tests() {
    local status=0
    cargo test --quiet --locked --package xtask 2>&1 | tee "$STATE/tool-tests.log" || status=1
    count_cargo "$STATE/tool-tests.log"
    return $status
}
browser_tests() {
    local status=0 counts
    (cd end2end && QUANLIAN_BIN="$TARGET/release/quanlian" ../scripts/with-postgres.sh env -C "$ROOT/end2end" npx --no-install playwright test) ||
        status=1
    counts=$(node -e 'const s = require(process.argv[1]).stats; console.log(s.expected, s.unexpected + s.flaky + s.skipped)' \
        "$ROOT/end2end/test-results/results.json" 2>/dev/null || echo "0 1")
    passed=$((passed + ${counts% *}))
    failed=$((failed + ${counts#* }))
    return $status
}

step "formatting and lints, and beside them the browser's files" lints_and_site
# Builds the release's server too: the door tests start it, and the browser tests after them.
step "rule, story and door tests" rust_tests
step "dependencies and the bill of materials" tool_tests
step "the catalogue" "$TARGET/release/quanlian" check-catalogue catalogue
step "browser tests" browser_tests

phases
if [ ${#broken[@]} -gt 0 ]; then
    printf 'failed: %s\n' "${broken[@]}"
    [ "$failed" -gt 0 ] || failed=${#broken[@]}
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ ${#broken[@]} -eq 0 ]
