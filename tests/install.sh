#!/usr/bin/env bash
# Installs what is missing and nothing else. Usage: tests/install.sh build | test | fuzz
#   build   the system libraries that Gatehouse links against
#   test    these, and what the tests run beside it: identity providers, a browser, the AWS clients
#   fuzz    these, and cargo-fuzz
# Works as root, or as a user who may use sudo. A second run changes nothing and takes seconds.
set -euo pipefail
tests=$(cd "$(dirname "$0")" && pwd)
cache=$tests/.cache

die() { printf 'install: %s\n' "$*" >&2; exit 1; }
say() { printf 'install: %s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif have sudo; then sudo -- "$@"
  else die "not root and there is no sudo; as root, run: $*"
  fi
}

installed() { [[ $(dpkg-query -W -f='${db:Status-Abbrev}' "$1" 2>/dev/null) == ii* ]]; }
available() { [[ $(apt-cache policy "$1" 2>/dev/null) == *'Candidate: '[!\(]* ]]; }

# The package lists may be absent or old: they are fetched at most once, and again once where that failed.
lists_are_fresh=no
refresh_lists() {
  [ "$lists_are_fresh" = no ] || return 0
  have apt-get || die "this needs Debian's or Ubuntu's apt-get; install by hand what the README names"
  say "fetching package lists"
  as_root apt-get update -q >&2 || { say "apt-get update failed; once more"; sleep 5; as_root apt-get update -q >&2; } \
    || die "apt-get update failed twice"
  lists_are_fresh=yes
}

packages() { # NAME…
  local missing=() name
  for name in "$@"; do installed "$name" || missing+=("$name"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  for name in "${missing[@]}"; do available "$name" || { refresh_lists; break; }; done
  for name in "${missing[@]}"; do available "$name" || die "this distribution has no package $name"; done
  say "installing ${missing[*]}"
  fetch_and_install "${missing[@]}" || { refresh_lists; fetch_and_install "${missing[@]}"; } || die "could not install ${missing[*]}"
}

fetch_and_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    -o DPkg::Lock::Timeout=600 "$@" >&2
}

# libclang reads the C headers of libxmlsec1 at build time; its package name carries its version, which differs from
# release to release. One that is there serves, else the oldest on offer.
clang_packages() {
  local name version
  for name in $(dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' 'libclang1-*' 2>/dev/null | awk '$1 == "ii" { print $2 }'); do
    version=${name#libclang1-}
    if installed "libclang-common-$version-dev"; then echo "$name libclang-common-$version-dev"; return; fi
  done
  apt-cache search --names-only '^libclang1-[0-9]+(t64)?$' | awk '{ print $1 }' | sort -V \
    | sed -nE '1s/^(libclang1-([0-9]+).*)$/\1 libclang-common-\2-dev/p'
}

build_packages() {
  local clang
  clang=$(clang_packages)
  [ -n "$clang" ] || { refresh_lists; clang=$(clang_packages); }
  [ -n "$clang" ] || die "this distribution has no libclang1 package"
  # shellcheck disable=SC2086 # two words on purpose
  packages build-essential $clang libxml2-dev libxmlsec1-dev libssl-dev pkg-config
}

# PHP's modules carry the version too: what simplesamlphp runs on is whatever `php-cli` leads to.
test_packages() {
  packages ca-certificates curl openssl python3-venv awscli xmlsec1 simplesamlphp \
    php-cli php-xml php-mbstring php-curl php-sqlite3 chromium \
    libxml2-utils opensaml-schemas xmltooling-schemas \
    liblemonldap-ng-portal-perl liblasso-perl libxml-simple-perl libio-string-perl libstring-random-perl uwsgi-core uwsgi-plugin-psgi nginx
  have node && have npm || packages nodejs npm
  # Only its programs: the tests start servers of their own.
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || have initdb || packages postgresql
}

python_clients() {
  local wanted=$tests/clients/requirements.txt stamp=$cache/venv/requirements.txt
  cmp -s "$wanted" "$stamp" && return 0
  say "installing the Python clients"
  rm -rf "$cache/venv" && mkdir -p "$cache"
  python3 -m venv "$cache/venv" || die "python3 -m venv failed"
  "$cache/venv/bin/pip" install -q --disable-pip-version-check --no-deps -r "$wanted" >&2 || die "pip could not install $wanted"
  cp "$wanted" "$stamp" # last: only a finished installation is taken for one
}

node_modules() {
  local lock=$tests/package-lock.json stamp=$tests/node_modules/.installed-lock.json
  cmp -s "$lock" "$stamp" && return 0
  say "installing the Node modules"
  (cd "$tests" && npm ci --no-audit --no-fund --ignore-scripts >&2) || die "npm ci failed in $tests"
  cp "$lock" "$stamp"
}

# A package of its own; Cargo knows by itself whether there is anything to do.
rust_client() {
  local package=$tests/clients/rust
  [ -x "$cache/rust-client/debug/rust-client" ] || say "building the Rust client; this takes a minute or two, once"
  CARGO_TARGET_DIR=$cache/rust-client cargo build --locked -q --manifest-path "$package/Cargo.toml" >&2 \
    || die "the Rust client does not build in $package"
}

nextest() {
  have cargo-nextest && return 0
  say "building cargo-nextest; this takes some minutes, once"
  cargo install cargo-nextest --locked >&2 || die "cargo install cargo-nextest failed"
}

fuzzer() {
  cargo fuzz --version >/dev/null 2>&1 && return 0
  say "building cargo-fuzz, once"
  cargo install cargo-fuzz --version 0.13.2 --locked >&2 || die "cargo install cargo-fuzz failed"
}

have cargo || die "there is no cargo; install a Rust toolchain first (https://rustup.rs)"
case ${1:-} in
  build) build_packages ;;
  test) build_packages; test_packages; python_clients; node_modules; rust_client; nextest ;;
  fuzz) build_packages; fuzzer ;;
  *) die "say what for: build, test or fuzz" ;;
esac
