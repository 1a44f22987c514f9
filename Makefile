# Two commands: `make run` and `make test`. Each does its own set-up.
.PHONY: run test dev check bench build clean
run:     ; @scripts/run.sh
test:    ; @scripts/test.sh
build:   ; @scripts/build.sh
check:   ; @scripts/check.sh
bench:   ; @scripts/bench.sh
