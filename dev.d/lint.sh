# shellcheck shell=bash
# [--all]: clang-format, include rule, shellcheck; clang-tidy on changed files (or all)
need build clang lint
configure asan
mapfile -t cxx < <(git ls-files '*.cc' '*.h' '*.cpp' | while read -r f; do [[ -f $f ]] && echo "$f"; done)
changed=("${cxx[@]}")
if [[ ${1:-} != --all ]]; then
  head=$(git rev-parse HEAD)
  base=$(git merge-base HEAD origin/main 2>/dev/null || true)
  [[ -n $base && $base != "$head" ]] || base=$(git rev-parse --verify --quiet HEAD~1 || true)
  if [[ -n $base ]]; then
    mapfile -t changed < <(git diff --name-only --diff-filter=d "$base" -- '*.cc' '*.h' '*.cpp')
  fi
fi
failed=()

if [[ ${#cxx[@]} -gt 0 ]]; then clang-format-19 --dry-run -Werror "${cxx[@]}" || failed+=(clang-format); fi
tests/check_includes || failed+=(check_includes)
# In the first line: a page of docs may show a script.
is_script() { head -n 1 "$1" | grep -qE '^#!.*\b(ba)?sh\b'; }
mapfile -t scripts < <(git grep -lE '^#!.*\b(ba)?sh\b' -- . | while read -r f; do is_script "$f" && echo "$f"; done; git ls-files 'dev.d/*.sh')
shellcheck -x -e SC1090,SC1091 "${scripts[@]}" || failed+=(shellcheck)
if [[ ${#changed[@]} -gt 0 ]]; then
  python3 -B dev.d/tidy.py build/asan "$JOBS" "${changed[@]}" || failed+=(clang-tidy)
fi
[[ ${#failed[@]} -eq 0 ]] || die 1 "lint: failed: ${failed[*]}"
say "lint: clean (${#cxx[@]} files, clang-tidy on ${#changed[@]})"
