# On a machine with a Rust toolchain and apt, `make run` starts the demonstration and `make test` tests everything.

.PHONY: run test test-postgres lint fmt fuzz bench

run:
	@tests/install.sh build
	cargo build --release --locked
	@exec "$${CARGO_TARGET_DIR:-target}/release/gatehouse" demo

test:
	@tests/install.sh test
	@exec tests/run.sh

# All that keeps something, with the store on a server that the tests start themselves: `test` does so with a part of it.
test-postgres:
	@tests/install.sh test
	GATEHOUSE_TEST_STORE=postgres cargo nextest run --locked --no-fail-fast -E "$$(cat tests/on_postgres.filter)"

lint:
	@tests/install.sh build
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings

fmt:
	cargo fmt

# FUZZ_SECONDS for each target, 60 if it is not set.
fuzz:
	@tests/install.sh fuzz
	@exec tests/fuzz/run.sh

bench:
	@tests/install.sh build
	cargo bench --locked
