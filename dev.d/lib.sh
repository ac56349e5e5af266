# shellcheck shell=bash
# Shared by the verbs; sourced by ./dev with the checkout as current folder.

JOBS=${WEIR_JOBS:-$(nproc)}
export JOBS CTEST_PARALLEL_LEVEL=$JOBS

say() { printf 'dev: %s\n' "$*" >&2; }
die() { # CODE TEXT
  say "$2"
  exit "$1"
}

# need GROUP...: the packages of dev.d/packages, installed where missing. Exit 3 if that cannot be done here.
need() {
  local wanted=() missing=() package
  for group in "$@"; do
    read -ra found <<<"$(sed -n "s/^$group: //p" dev.d/packages)"
    wanted+=("${found[@]}")
  done
  command -v dpkg-query >/dev/null || die 3 "not a Debian system; needed: ${wanted[*]}"
  local installed
  installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null || true)
  for package in "${wanted[@]}"; do
    grep -qx "$package installed" <<<"$installed" || missing+=("$package")
  done
  # A Node from elsewhere than Debian brings its own npm.
  if command -v npm >/dev/null && command -v node >/dev/null; then
    local kept=()
    for package in "${missing[@]}"; do [[ $package == nodejs || $package == npm ]] || kept+=("$package"); done
    missing=("${kept[@]}")
  fi
  [[ ${#missing[@]} -eq 0 ]] && return
  local install="apt-get install -y --no-install-recommends ${missing[*]}"
  [[ $(id -u) -eq 0 ]] || die 3 "packages are missing; run as root: apt-get update && $install"
  say "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086
  $install </dev/null >/dev/null 2>&1 && return
  apt-get update </dev/null >/dev/null || die 3 "apt-get update failed"
  $install </dev/null >/dev/null || die 3 "could not install; run: $install"
}

# Set-up for a preset: its packages, and build/PRESET configured.
configure() { # PRESET
  case $1 in
    asan | tsan | fuzz) need build test clang ;;
    *) need build test ;;
  esac
  [[ -f build/$1/build.ninja ]] || cmake --preset "$1" >/dev/null || die 1 "cmake --preset $1 failed"
}

build() { # PRESET [TARGET...]
  configure "$1"
  local preset=$1
  shift
  ninja -C "build/$preset" -j "$JOBS" --quiet "$@" >&2 || die 1 "the $preset build failed"
}

need_weir() { # the release binary, built
  build release
  [[ -x build/release/weir ]] || die 1 "build/release/weir was not built"
}
