#!/usr/bin/env bash
# Sets up, builds, makes a database with demonstration data on first run, and serves. Arguments are those of `quanlian serve`.
. "$(dirname "$0")/lib.sh"

# A taken port is said before minutes of building.
listen=127.0.0.1:3000 previous=
for argument in "$@"; do
    case $argument in --listen=*) listen=${argument#--listen=} ;; esac
    [ "$previous" = --listen ] && listen=$argument
    previous=$argument
done
port=${listen##*:}
if [ "$port" != 0 ] && (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    fail "port $port is taken. Is it running already? Choose another: make run ARGS=\"--listen 127.0.0.1:$((port + 1))\""
fi

# Nothing changed: nothing to build, and starting takes no time.
if [ "$(cat "$STATE/release" 2>/dev/null)" != "$(release_fingerprint)" ] || [ ! -x "$TARGET/release/quanlian" ] ||
    [ ! -f "$TARGET/site/manifest.json" ]; then
    scripts/build.sh run
fi
exec "$TARGET/release/quanlian" serve --demo "$@"
