#!/usr/bin/env bash
# Runs each fuzz target for FUZZ_SECONDS (60). Needs cargo-fuzz (`tests/install.sh fuzz`); a stable compiler is enough, because
# no sanitizer is asked for: the code is safe Rust, and what is looked for are panics, hangs and memory without bounds.
# What is found lies in target/fuzz/TARGET/; put it under tests/fuzz/regressions/TARGET/, where `make test` tries it again.
# Usage: tests/fuzz/run.sh [TARGET…]
set -euo pipefail
cd "$(dirname "$0")/../.."
root=${CARGO_TARGET_DIR:-$PWD/target}/fuzz
seconds=${FUZZ_SECONDS:-60}
[ $# -gt 0 ] || set -- response claims metadata redirect token token_claims issuer

cargo fuzz --version >/dev/null 2>&1 || { echo "cargo-fuzz is missing: tests/install.sh fuzz" >&2; exit 1; }
ran=()
for target in "$@"; do
  found=$root/$target corpus=$root/corpus-$target
  mkdir -p "$found" "$corpus"
  case $target in token* | issuer) dict=jose.dict ;; *) dict=saml.dict ;; esac
  printf '\n== %s, %s seconds\n' "$target" "$seconds"
  cargo fuzz run --fuzz-dir tests/fuzz --target-dir "$root/build" --sanitizer none "$target" \
    "$corpus" "tests/fuzz/seeds/$target" $(find "tests/fuzz/regressions/$target" -maxdepth 0 2>/dev/null) -- \
    -max_total_time="$seconds" -max_len=20000 -timeout=5 -rss_limit_mb=1024 -dict="tests/fuzz/$dict" \
    -artifact_prefix="$found/" -print_final_stats=1 2>&1 | tee "$root/$target.log"
  ran+=("$(printf '%-14s %s executions' "$target" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$root/$target.log")")")
done
printf '\nNothing was found.\n'
printf '%s\n' "${ran[@]}"
