# shellcheck shell=bash
# [PATTERN...]: unit tests and tests/suites/*; the last line is "N passed, N failed"
build release
exec python3 -B tests/run --build build/release "$@"
