# Shared by every script here: where things are, and how a phase is announced and timed.
# Sourced, never run.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"
TARGET=${CARGO_TARGET_DIR:-$ROOT/target}
STATE="$TARGET/setup"          # stamps of finished set-up steps; deleting it only costs time
mkdir -p "$STATE"

say()  { printf '\033[1m==> %s\033[0m\n' "$*"; }
fail() { printf '\033[31merror: %s\033[0m\n' "$*" >&2; exit 1; }

PHASES=()
# phase NAME COMMAND…: runs the command, remembers what it took.
phase() {
    local name=$1 began ended; shift
    say "$name"
    began=$(date +%s)
    "$@"
    ended=$(date +%s)
    PHASES+=("$(printf '%5d s  %s' $((ended - began)) "$name")")
}
phases() { say "what each phase took"; printf '  %s\n' "${PHASES[@]}"; }

# The set-up with its details in a file, shown if it fails.
setup_quietly() { scripts/setup.sh "${1:-run}" >"$STATE/setup.log" 2>&1 || { cat "$STATE/setup.log" >&2; exit 1; }; }

# What the release is made of, as one number: names, sizes and times of its sources.
release_fingerprint() {
    { git ls-files -zco --exclude-standard 2>/dev/null || find . -path ./target -prune -o -path ./end2end/node_modules -prune -o -type f -print0; } |
        grep -zvE '^(\./)?(docs/|\.github/|\.vscode/|end2end/(tests/|[^/]*\.ts$)|bench/|data/|[^/]*\.md$)' | xargs -0 stat -c '%n %s %Y' 2>/dev/null | sha256sum
}

# The toolchain chosen by scripts/setup.sh: one for server and browser.
use_toolchain() {
    # shellcheck disable=SC1091
    [ -f "$STATE/toolchain.env" ] && . "$STATE/toolchain.env"
    return 0
}
use_toolchain
