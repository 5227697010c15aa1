# Everything one does with this checkout. `make help` explains; the work itself is in scripts/ and xtask/.

# rustup's commands, also in a shell that was opened before rustup was installed.
export PATH := $(or $(CARGO_HOME),$(HOME)/.cargo)/bin:$(PATH)
# Queries are checked against .sqlx, so that a build needs no database.
export SQLX_OFFLINE := true
# What a CI compiles is compiled once there: notes for the next time would only take its time and gigabytes of its disk.
ifdef CI
export CARGO_INCREMENTAL := 0
endif

# Where cargo builds, if the caller wants it elsewhere.
TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))
WASM := --package frontend --target wasm32-unknown-unknown
CLIPPY := cargo clippy --locked --quiet
NODE_MODULES := end2end/node_modules/.installed
PYPI_CLIENTS := end2end/clients/.venv/.installed
BENCH_MODULES := bench/node_modules/.installed

.DEFAULT_GOAL := help
.PHONY: help run dev test setup setup-run setup-bench check fmt unit budget bench e2e
# The parts of `test` print in order and share one target folder; cargo uses all processors by itself.
.NOTPARALLEL:

help: ## Show this list
	@sed -n 's/^\([a-z0-9]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 16

run: setup-run ## Build the release, serve it at http://127.0.0.1:3000, with demo data the first time
	@cargo build --locked --release --package server
	@cargo xtask site --release
	@scripts/demo $(TARGET)/release/reelgate
	@REELGATE_SITE_DIR=$(TARGET)/site exec $(TARGET)/release/reelgate serve

dev: setup-run ## Serve a debug build; rebuild and restart whenever a source changes
	@cargo build --locked --package server
	@scripts/demo $(TARGET)/debug/reelgate
	@exec cargo xtask dev

test: setup check unit budget e2e ## Run every check and every test
	@echo 'make test: all passed'

setup: ## Install what is missing for running and testing
	@scripts/setup test

setup-run:
	@scripts/setup run

setup-bench:
	@scripts/setup bench

fmt: ## Format the code
	@cargo fmt --all

check: ## Formatting, clippy on both targets, the wasm guard
	cargo fmt --all --check
	$(CLIPPY) --all-targets -- -D warnings
	$(CLIPPY) $(WASM) -- -D warnings
	cargo xtask wasm-guard

unit: ## Unit, database and HTTP tests, on a throw-away PostgreSQL
	scripts/unit

budget: ## Fail if the first load of a page has become too heavy
	cargo xtask site --release --check-budget

bench: setup-bench $(BENCH_MODULES) ## Measure the release beside nginx; writes the table in README.md
	cargo build --locked --release --package server --package bench
	cargo xtask site --release --check-budget
	bench/run $(BENCH)

# The site as it ships: the browser reads a tenth of the debug build, and every story is quicker for it.
e2e: $(NODE_MODULES) $(PYPI_CLIENTS) ## Browser stories and real clients, against the debug build of the server
	cargo build --locked --package server
	cargo xtask site --release
	REELGATE_BIN=$(TARGET)/debug/reelgate REELGATE_SITE_DIR=$(TARGET)/site end2end/run

# Debian's chromium is the browser; Playwright would fetch one of its own otherwise.
$(NODE_MODULES): end2end/package-lock.json
	cd end2end && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund
	@touch $@

# Clients of other people, run unmodified. Made anew when the list changes, so that nothing stays that is not in it.
$(PYPI_CLIENTS): end2end/clients/requirements.txt
	/usr/bin/python3 -m venv --clear end2end/clients/.venv
	end2end/clients/.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --requirement $<
	@touch $@

# Lighthouse drives Debian's chromium.
$(BENCH_MODULES): bench/package-lock.json
	cd bench && PUPPETEER_SKIP_DOWNLOAD=1 npm ci --no-audit --no-fund
	@touch $@
