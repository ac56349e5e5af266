# shellcheck shell=bash
# [NAME|all] [SECONDS]: each fuzz target (10 s), and the canary, which must find its bug
only=${1:-all}
seconds=${2:-10}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || die 2 "'$seconds' is not a number of seconds"
names=()
for source in fuzz/*_fuzz.cc; do
  name=$(basename "$source" _fuzz.cc)
  [[ $only == all || $only == "$name" ]] && names+=("$name")
done
[[ ${#names[@]} -gt 0 ]] || die 2 "there is no fuzz target '$only' (fuzz/${only}_fuzz.cc)"
build asan "${names[@]/%/_fuzz}"

run_target() { # NAME SECONDS: the log is build/fuzz/NAME/log, what it found stays in build/fuzz/NAME
  local dir=build/fuzz/$1 seeds=() dict=()
  mkdir -p "$dir/corpus"
  rm -f "$dir"/crash-* "$dir"/timeout-* "$dir"/oom-* "$dir"/leak-*
  [[ -d fuzz/corpus/$1 ]] && seeds=("fuzz/corpus/$1")
  [[ -f fuzz/$1.dict ]] && dict=("-dict=fuzz/$1.dict")
  timeout -k 5 $(($2 + 60)) "build/asan/fuzz/$1_fuzz" -max_total_time="$2" -timeout=10 -rss_limit_mb=3000 \
    -print_final_stats=1 -artifact_prefix="$dir/" "${dict[@]}" "$dir/corpus" "${seeds[@]}" >"$dir/log" 2>&1 </dev/null
}
stat_of() { sed -n "s/^stat::$2: *//p" "build/fuzz/$1/log"; }

failed=()
for name in "${names[@]}"; do
  if [[ $name == canary ]]; then
    rm -rf build/fuzz/canary # else a run would find what an earlier one left
    code=0
    run_target canary $((seconds > 30 ? seconds : 30)) || code=$?
    if [[ $code -ne 0 ]] && grep -q 'heap-buffer-overflow.*canary_fuzz' build/fuzz/canary/log; then
      printf 'fuzz %-16s found its planted bug, as it must\n' canary
    else
      printf 'fuzz %-16s FAILED: the harness did not find the planted bug\n' canary
      failed+=(canary)
    fi
  elif run_target "$name" "$seconds"; then
    printf 'fuzz %-16s ok, %s inputs, %s a second\n' "$name" "$(stat_of "$name" number_of_executed_units)" \
      "$(stat_of "$name" average_exec_per_sec)"
  else
    printf 'fuzz %-16s FAILED, see build/fuzz/%s/\n' "$name" "$name"
    grep -E '^(SUMMARY|==[0-9]+==ERROR|.*Assertion)|ALARM' "build/fuzz/$name/log" | head -3 || true
    failed+=("$name")
  fi
done
[[ ${#failed[@]} -eq 0 ]] || die 1 "fuzz: failed: ${failed[*]}"
