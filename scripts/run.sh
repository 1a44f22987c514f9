#!/usr/bin/env bash
# Sets up, builds, makes a database with demonstration data on first run, and serves.
. "$(dirname "$0")/lib.sh"

# What the release is made of. Nothing changed: nothing to build, and starting takes no time.
fingerprint() {
    { git ls-files -z -- 2>/dev/null || find . -path ./target -prune -o -path ./end2end/node_modules -prune -o -type f -print0; } |
        grep -zvE '^(docs/|README|ARCHITECTURE|end2end/tests|data/)' | xargs -0 stat -c '%n %s %Y' 2>/dev/null | sha256sum
}
now=$(fingerprint)
if [ "$(cat "$STATE/release" 2>/dev/null)" != "$now" ] || [ ! -x "$TARGET/release/quanlian" ] || [ ! -f "$TARGET/site/manifest.json" ]; then
    scripts/build.sh run
    fingerprint >"$STATE/release.new"
    mv "$STATE/release.new" "$STATE/release"
fi
exec "$TARGET/release/quanlian" serve --demo "$@"
