# shellcheck shell=bash
# [--short] [NAME...]: builds release and runs the benchmarks (bench/run)
need build bench
build release
[[ -x bench/run ]] || die 3 "there is no bench/run yet"
WEIR_BUILD=$PWD/build/release exec bench/run "$@"
