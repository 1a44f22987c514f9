# Two commands: `make run` and `make test`. Each does its own set-up.
.PHONY: run test check bench fuzz build
run:     ; @scripts/run.sh
test:    ; @scripts/test.sh
build:   ; @scripts/build.sh
check:   ; @scripts/check.sh
bench:   ; @scripts/bench.sh
fuzz:    ; @scripts/fuzz.sh
