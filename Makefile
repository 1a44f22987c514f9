# Two commands: `make run` and `make test`. Each does its own set-up.
# `make run ARGS="--listen 127.0.0.1:3001"` and `make dev ARGS="…"` hand on arguments of `quanlian serve`.
ARGS ?=
.PHONY: run dev test check bench fuzz build clean
run:     ; @scripts/run.sh $(ARGS)
dev:     ; @scripts/dev.sh $(ARGS)
test:    ; @scripts/test.sh
build:   ; @scripts/build.sh
check:   ; @scripts/check.sh
bench:   ; @scripts/bench.sh
fuzz:    ; @scripts/fuzz.sh
clean:   ; @scripts/clean.sh
