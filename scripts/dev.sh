#!/usr/bin/env bash
# For who works on it: builds without optimisation, serves with demonstration data of its own (target/dev/data), builds again
# what is edited and has open pages load themselves again. Arguments are those of `quanlian serve`.
. "$(dirname "$0")/lib.sh"
setup_quietly run
use_toolchain
exec cargo xtask dev "$@"
