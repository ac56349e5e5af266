# shellcheck shell=bash
# [ARGS]: builds and runs `weir demo`
need_weir
exec build/release/weir demo "$@"
