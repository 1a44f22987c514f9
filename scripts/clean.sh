#!/usr/bin/env bash
# Takes away what the other commands made and can make again. The database and documents of `make run` (data/) stay.
. "$(dirname "$0")/lib.sh"
rm -rf "$TARGET" end2end/node_modules end2end/test-results end2end/playwright-report bench/collab/node_modules
[ ! -d data ] || say "data/ stays: database, documents and keys of make run; take it away by hand"
