#!/usr/bin/env bash
# scripts/with-postgres.sh COMMAND…: runs a command with QUANLIAN_TEST_POSTGRES naming a PostgreSQL
# server. One that is given is used; otherwise a temporary one is started on a free port and removed.
. "$(dirname "$0")/lib.sh"

if [ -n "${QUANLIAN_TEST_POSTGRES:-}" ]; then exec "$@"; fi

bin=$(dirname "$(command -v initdb 2>/dev/null || ls -1 /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -1)")
[ -x "$bin/initdb" ] || fail "no PostgreSQL server found: run scripts/setup.sh test"
home=$(mktemp -d /tmp/quanlian-postgres.XXXXXX)
as=()
if [ "$(id -u)" = 0 ]; then          # PostgreSQL refuses to run as root
    user=postgres; id postgres >/dev/null 2>&1 || user=nobody
    chown "$user" "$home"
    as=(runuser -u "$user" --)
fi
stop() {
    "${as[@]}" "$bin/pg_ctl" -D "$home/data" -m immediate -s stop >/dev/null 2>&1 || true
    rm -rf "$home"
}
trap stop EXIT
trap 'exit 130' INT TERM

cd "$home"
"${as[@]}" "$bin/initdb" -D "$home/data" -U quanlian -A trust --no-sync --locale=C --encoding=UTF8 >"$home/log" 2>&1 ||
    { cat "$home/log" >&2; fail "initdb failed"; }
started=
for _ in 1 2 3 4 5; do               # somebody else may take a free port before we do
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' 2>/dev/null ||
        node -e 's=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})')
    if "${as[@]}" "$bin/pg_ctl" -D "$home/data" -l "$home/server.log" -w -s \
        -o "-p $port -k $home -c listen_addresses=127.0.0.1 -c fsync=${QUANLIAN_DURABLE:-off} -c max_connections=300" start; then
        started=1; break
    fi
done
[ -n "$started" ] || { cat "$home/server.log" >&2; fail "PostgreSQL did not start"; }
cd "$ROOT"
export QUANLIAN_TEST_POSTGRES="postgres://quanlian@127.0.0.1:$port/postgres"
"$@"
