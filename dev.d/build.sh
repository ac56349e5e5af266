# shellcheck shell=bash
# [PRESET]: builds a tree (release, or dev, asan, tsan); the program is build/release/weir
build "${1:-release}"
if [[ -x build/${1:-release}/weir ]]; then say "build/${1:-release}/weir"; fi
