# shellcheck shell=bash
# [ARGS]: builds and runs `weir up`; with no upstream configured weir uses its demo model
need_weir
exec build/release/weir up "$@"
