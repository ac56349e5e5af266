# shellcheck shell=bash
# Sourced: installs what the lockfile names; sets `node` and `lines` (the tree's tests/policy).
project=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
if [[ ! -d $project/node_modules || $project/package-lock.json -nt $project/node_modules ]]; then
  (cd "$project" && npm ci --no-audit --no-fund) || { echo "npm could not install the test packages"; exit 3; }
  touch "$project/node_modules"
fi
# --no-turbo-inline-js-wasm-calls: without it V8 aborts ("unreachable code", Deoptimizer) after some 10,000 calls.
node=$project/node_modules/.bin/node
"$node" --version >/dev/null 2>&1 || node=node
lines=${WEIR_BUILD:-$project/../../build/release}/tests/policy
