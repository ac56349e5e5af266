# shellcheck shell=bash
# Sourced: installs what the lockfile names; sets `node` and `lines` (the tree's tests/policy).
project=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
"$project/../npm_ready" policy || exit 3
# --no-turbo-inline-js-wasm-calls: without it V8 aborts ("unreachable code", Deoptimizer) after some 10,000 calls.
node=$project/node_modules/.bin/node
"$node" --version >/dev/null 2>&1 || node=node
lines=${WEIR_BUILD:-$project/../../build/release}/tests/policy
