#!/usr/bin/env bash
# Benches on both databases. Figures and the machine they come from: docs/performance.md.
. "$(dirname "$0")/lib.sh"
cargo bench --package domain --features yaml
QUANLIAN_DURABLE=on scripts/with-postgres.sh cargo bench --package service
QUANLIAN_DURABLE=on scripts/with-postgres.sh cargo bench --package server
