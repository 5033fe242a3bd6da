# Needs make, Python 3.11 to 3.13 and a package index; everything else goes into .venv. With cargo, Rust 1.88 or newer,
# ingest, stitching, alerts and the sink get their compiled cores.
#
#   make demo    a bank day from touchpoint to journey, on an embedded broker and an embedded ClickHouse
#   make test    everything that decides about a change
#   make help    the other targets

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
SOURCES := schemas sources streams sinks omnitrack tests $(wildcard explorer bench)
EDITABLE := --no-deps --no-build-isolation --editable .
CARGO := $(shell command -v cargo 2>/dev/null)
CRATES := streams/core sinks/core
CORE_SOURCES := $(CRATES:%=%/Cargo.toml) $(CRATES:%=%/Cargo.lock) $(wildcard $(CRATES:%=%/src/*.rs) $(CRATES:%=%/src/*/*.rs))
PYTEST_ARGS ?=
JOBS ?= 1

# The first interpreter that runs, is of a supported version and can make virtual environments.
SUPPORTED := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	"$$p" -c '$(SUPPORTED)' >/dev/null 2>&1 && { echo "$$p"; break; }; done)

.DEFAULT_GOAL := help
.PHONY: help demo test lint types imports unit bench chaos fuzz docs pictures kafka audit lock release clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/make \1\t\2/' | expand -t 14

demo: $(VENV)/.runtime ## a bank's day, embedded: nothing to install or configure
	@$(BIN)/omnitrack demo

test: lint types imports unit ## everything that decides about a change

lint: $(VENV)/.dev ## rules and format
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
ifneq ($(CARGO),)
	for crate in $(CRATES); do cargo fmt --check --manifest-path $$crate/Cargo.toml && cargo clippy --quiet --locked \
		--release --manifest-path $$crate/Cargo.toml -- -D warnings || exit 1; done
else
	@echo 'no cargo: $(CRATES) are not judged'
endif

types: $(VENV)/.dev ## mypy, strict
	$(BIN)/mypy $(SOURCES)

imports: $(VENV)/.dev ## who may import whom
	$(BIN)/lint-imports --no-logo

# Fetched beforehand, so that no test's time-out counts it; without Java, Maven or Go the tests themselves say what they
# leave out.
unit: $(VENV)/.dev ## the tests; JOBS=2 runs two at a time, PYTEST_ARGS adds arguments
	@$(BIN)/python -m tests.support.kafka_jars && $(BIN)/python -m tests.support.registry || true
	@$(BIN)/python -m tests.support.go_tools || true
	$(BIN)/python -m pytest $(if $(filter-out 1,$(JOBS)),-n $(JOBS) --dist loadfile) $(PYTEST_ARGS)

bench: $(VENV)/.dev ## all measurements, to bench/results (hours); QUICK=1 to see them work (minutes); ONLY=name
	@$(BIN)/python -m bench $(if $(QUICK),--quick) $(foreach name,$(ONLY),--only $(name))

chaos: $(VENV)/.dev ## kill, pause and cut off everything under load; SEED=, ROUNDS=, SECONDS=, SCHEDULE=
	@$(BIN)/python -m tests.chaos $(foreach name,SEED ROUNDS SECONDS RECORDS SCHEDULE,\
		$(if $($(name)),--$(shell echo $(name) | tr A-Z a-z) $($(name))))

fuzz: $(VENV)/.dev ## a million broken records through what ingest does to them; SEED=, RECORDS=
	@$(BIN)/python -m tests.fuzz $(foreach name,SEED RECORDS,$(if $($(name)),--$(shell echo $(name) | tr A-Z a-z) $($(name))))

docs: $(VENV)/.dev ## renew docs/asyncapi.yaml, docs/data-dictionary.md and the answers in docs/analysts.md
	@$(BIN)/python -m tests.docs

pictures: $(VENV)/.dev ## renew docs/pictures, of a demo that runs (needs chromium)
	@$(BIN)/python -m tests.docs.pictures

kafka: $(VENV)/.dev ## fetch Apache Kafka and a schema registry for the tests now (needs Java and Maven)
	$(BIN)/python -m tests.support.kafka_jars
	$(BIN)/python -m tests.support.registry

audit: $(VENV)/.dev ## known vulnerabilities of what is locked (asks the advisory databases of PyPI and RustSec)
	$(BIN)/uv tool run pip-audit@2.10.1 --strict --disable-pip --require-hashes -r requirements-dev.lock
	@cargo audit --version || { echo 'the crates were not asked for: cargo install --locked cargo-audit@0.22.2'; exit 1; }
	for lock in */core/Cargo.lock; do cargo audit --deny warnings --file $$lock || exit 1; done

lock: $(VENV)/.dev ## renew the lock files from pyproject.toml
	$(BIN)/uv pip compile $(LOCK_OPTIONS) --group build -o requirements.lock pyproject.toml
	$(BIN)/uv pip compile $(LOCK_OPTIONS) --group dev -c requirements.lock -o requirements-dev.lock pyproject.toml

release: $(VENV)/.dev ## whether the version is ready; builds it into dist/ and prints what publishes it
	@$(BIN)/python -m tests.release

LOCK_OPTIONS := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

clean: ## remove what make made; data of `omnitrack up` stays
	rm -rf $(VENV) build dist artifacts *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	rm -rf streams/_core*.so sinks/_core*.so $(CRATES:%=%/target)
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo 'No suitable Python: install Python 3.11, 3.12 or 3.13 with its venv module' \
		'(Debian: python3 python3-venv), or name one: make PYTHON=/path/to/python3.12' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# A stamp is written last, so an interrupted installation is taken up again.
$(VENV)/.locked: $(BIN)/python requirements.lock
	$(PIP) install --require-hashes -r requirements.lock
	@touch $@

# A compiled core of older sources must not stay where none of these can be built.
$(VENV)/.runtime: $(VENV)/.locked pyproject.toml $(CORE_SOURCES)
	@rm -f streams/_core*.so sinks/_core*.so
	$(PIP) install $(EDITABLE)
	@touch $@

# Users go on without a compiled core; those who change omnitrack have to see that theirs does not build.
$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	$(PIP) install --require-hashes -r requirements-dev.lock
ifneq ($(CARGO)$(CI),)
	@$(BIN)/python -c 'import streams._core, sinks._core' || { echo '$(CRATES): not built. They need cargo, Rust 1.88 or newer;' \
		'why: $(BIN)/python -m pip install --verbose $(EDITABLE); to go on without: make CARGO=' >&2; exit 1; }
endif
	@touch $@
