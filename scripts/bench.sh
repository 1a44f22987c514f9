#!/usr/bin/env bash
# Benches on both databases. Figures and the machine they come from: docs/performance.md.
. "$(dirname "$0")/lib.sh"
cargo bench --package domain
QUANLIAN_DURABLE=on scripts/with-postgres.sh cargo bench --package service
QUANLIAN_DURABLE=on scripts/with-postgres.sh cargo bench --package server
# Writing together, beside @hocuspocus/server.
[ -d bench/collab/node_modules ] || (cd bench/collab && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error)
(cd bench/collab && QUANLIAN_BIN="$TARGET/release/quanlian" node run.mjs)
