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

# The toolchain chosen by scripts/setup.sh: one for server and browser.
use_toolchain() {
    # shellcheck disable=SC1091
    [ -f "$STATE/toolchain.env" ] && . "$STATE/toolchain.env"
    return 0
}
use_toolchain
