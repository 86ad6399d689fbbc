# Everything a person or a machine does with this checkout. `make` alone lists it.
# Variables that matter: PORT, DATA, PROFILE (run); ROUNDS, SEED (crash); ONLY (bench); CISI (quality); SECONDS, TARGET (fuzz);
# CARGO_TARGET_DIR, ROBOTWIKI_MODEL_DIR (all).

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

TRIPLE := x86_64-unknown-linux-gnu
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
DEB := dist/robotwiki_$(VERSION)_amd64.deb

PORT ?= 8080
DATA ?= data
# `quick` is release code without link-time optimisation; `make run PROFILE=dev` shares what `make test` built.
PROFILE ?= quick
ROUNDS ?= 500
SEED ?=
CISI ?= ../shared/data/cisi
TEST_MINUTES ?= 55
# Of each fuzz target; `make test` takes a glance.
FUZZ_SECONDS ?= $(if $(filter command line,$(origin SECONDS)),$(SECONDS),150)

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 10

# The embedding model that becomes part of the program; returns at once when it is there.
.PHONY: model
model:
	@packaging/model/fetch

# The editor of the web UI, bundled from npm packages; returns at once when nothing has changed.
.PHONY: editor
editor:
	@web/build

.PHONY: run
run: model editor ## build, make a demo wiki on the first start, and serve it at http://localhost:8080/
	cargo build --locked --profile $(PROFILE) --bin robotwiki
	@exec packaging/run "$(TARGET_DIR)/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))/robotwiki" "$(DATA)" "$(PORT)"

.PHONY: build
build: model editor ## static release binary at dist/robotwiki
	RUSTFLAGS="-C target-feature=+crt-static" cargo build --locked --release --target $(TRIPLE) --bin robotwiki
	@install -D -m 755 "$(TARGET_DIR)/$(TRIPLE)/release/robotwiki" dist/robotwiki
	@packaging/check-static dist/robotwiki

.PHONY: test
test: model editor ## install what the tests need, then every test
	@tests/tools/prepare
	@echo "==> cargo test (at most $(TEST_MINUTES) minutes)"
	@timeout --foreground $(TEST_MINUTES)m cargo test --locked --workspace
	@echo "==> the feature onnx"
	@timeout --foreground $(TEST_MINUTES)m cargo test --locked --package robotwiki-embed --features onnx -- onnx directory
	@echo "==> the fuzz targets, a few thousand texts each"
	@tests/fuzz/run glance

.PHONY: check
check: model editor ## formatting, lints, and the licences and advisories of the dependencies
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	@tests/tools/deny

.PHONY: bench
bench: model editor ## the benchmarks, beside their budgets and peers, with the code that `make build` ships: make bench [ONLY=embedding]
	@benches/peers/prepare
	RUSTFLAGS="-C target-feature=+crt-static" cargo bench --locked --target $(TRIPLE) --bench wiki -- $(ONLY)

.PHONY: quality
quality: model editor ## how good search is, on the CISI collection: make quality CISI=directory
	@[ -f "$(CISI)/CISI.ALL" ] || { echo "the CISI collection is not in $(CISI): make quality CISI=directory" >&2; exit 1; }
	@benches/peers/prepare
	RUSTFLAGS="-C target-feature=+crt-static" ROBOTWIKI_CISI="$(abspath $(CISI))" \
	  cargo bench --locked --target $(TRIPLE) --bench quality

.PHONY: fuzz
fuzz: ## texts that nobody would write, so many seconds for each target: make fuzz SECONDS=600 [TARGET=links]
	@tests/fuzz/run $(FUZZ_SECONDS) $(TARGET)

.PHONY: screenshots
screenshots: model editor ## every kind of page at 1280 and 390 pixels, light and dark, in target/screenshots/index.html
	@tests/tools/prepare
	ROBOTWIKI_SCREENSHOTS="$(CURDIR)/target/screenshots" cargo test --locked --test it page_kinds -- --nocapture
	@echo "Open $(CURDIR)/target/screenshots/index.html"

.PHONY: large
large: model editor ## a wiki of 40,000 files and 20,000 commits, beside the budgets; changes are measured too
	cargo build --locked --profile quick --no-default-features --bin robotwiki
	@tests/tools/large "$(TARGET_DIR)/quick/robotwiki"

.PHONY: crash
crash: model editor ## kill the server ROUNDS times under load and check what it kept: make crash ROUNDS=500 [SEED=n]
	ROBOTWIKI_CRASH_ROUNDS=$(ROUNDS) $(if $(SEED),ROBOTWIKI_SEED=$(SEED)) cargo test --locked --test it crash -- --nocapture

.PHONY: deb
deb: build ## Debian package in dist/, checked by lintian when it is installed
	packaging/build-deb dist/robotwiki dist

.PHONY: figures
figures: build ## size, cold start, idle memory, and a start on a plain x86-64 processor
	@tests/tools/prepare figures
	@tests/tools/figures dist/robotwiki "$(DEB)"

.PHONY: clean
clean: ## remove what was built; data/ stays
	cargo clean
	rm -rf dist
