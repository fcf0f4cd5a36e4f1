#!/usr/bin/env bash
# Runs every check and says at the end which failed. Usage: tests/run.sh
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
failed=()

check() { # NAME COMMAND…
  local name=$1
  shift
  printf '\n== %s\n' "$name"
  "$@" || failed+=("$name")
}

check format cargo fmt --check
check clippy cargo clippy --locked --all-targets -- -D warnings
check tests cargo nextest run --locked --no-fail-fast
# Some of them once more, with the store on a server: whatever has statements of its own.
check "tests on PostgreSQL" env GATEHOUSE_TEST_STORE=postgres \
  cargo nextest run --locked --no-fail-fast -E "($(cat tests/on_postgres.filter)) & ($(cat tests/on_postgres_always.filter))"
not_run=
[ -n "${TEST_VECTORS:-}" ] \
  || not_run="NOT RUN: Wycheproof's JOSE vectors. Set TEST_VECTORS to the folder with jose-wycheproof.jsonl to run them."

if [ ${#failed[@]} -gt 0 ]; then
  printf '\nFailed: %s\n%s\n' "${failed[*]}" "$not_run"
  exit 1
fi
printf '\nAll checks passed.\n'
[ -z "$not_run" ] || printf '%s\n' "$not_run"
