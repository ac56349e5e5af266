# shellcheck shell=bash
# NAME [ARGS]: a long check, tests/checks/NAME (without a name: lists them)
if [[ $# -eq 0 ]]; then
  for script in tests/checks/*; do printf '%-12s %s\n' "${script##*/}" "$(sed -n '2s/^# //p' "$script")"; done
  exit 0
fi
[[ $1 != */* && -x tests/checks/$1 ]] || die 3 "there is no check '$1' (tests/checks/$1); ./dev check lists them"
name=$1
shift
exec "tests/checks/$name" "$@"
