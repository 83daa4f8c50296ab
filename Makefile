# Everything starts here: `make` alone says what there is. Nothing is installed outside this folder.

PYTHON ?= python3
VENV   ?= .venv
DEPTH  ?= short
BIN    := $(VENV)/bin
# PYTHONDONTWRITEBYTECODE would make every start of every process slower, and distort the benchmark.
unexport PYTHONDONTWRITEBYTECODE

INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input
LOCKED  := $(INSTALL) --require-hashes --only-binary :all:
LOCK    := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --only-binary :all: \
           --no-emit-index-url --no-emit-find-links --no-header --no-annotate
NODE_SDKS := tests/sdk_node/node_modules/.package-lock.json
# The frameworks pin the SDKs at versions of their own, so they live apart.
FRAMEWORKS := .cache/matrix

.DEFAULT_GOAL := help
.PHONY: help run test check fix bench prove docs lock clean node-sdks frameworks

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

run: $(VENV)/core.stamp ## Start the demo: a gateway with built-in models, ready to call
	@$(BIN)/octogate demo

test: $(VENV)/dev.stamp $(NODE_SDKS) $(FRAMEWORKS)/stamp ## Run every test but the long proofs
	@$(BIN)/python -m pytest -m "not prove"

check: $(VENV)/dev.stamp ## Lint, format, types, import contracts, sizes and house rules: seconds
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check --quiet || { echo "not formatted: run 'make fix'"; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache >$(VENV)/lint-imports.log || { cat $(VENV)/lint-imports.log; exit 1; }
	@$(BIN)/python tools/check_sizes.py
	@$(BIN)/python tools/check_text.py
	@echo "check: all good"

fix: $(VENV)/dev.stamp ## Repair what ruff can repair, and format
	@$(BIN)/ruff check --fix --quiet || true
	@$(BIN)/ruff format --quiet
	@$(BIN)/ruff check

bench: $(VENV)/dev.stamp ## Compare with nginx and LiteLLM, write docs/benchmarks.md (DEPTH=smoke|short|full)
	@$(BIN)/python -m bench --depth $(DEPTH)

prove: $(VENV)/dev.stamp ## Run the long proofs, then the full benchmark: about an hour
	@$(BIN)/python -m pytest -m prove
	@$(MAKE) --no-print-directory bench DEPTH=full

docs: $(VENV)/dev.stamp ## Build the documentation into site/; a broken link fails
	@$(BIN)/properdocs build --strict --config-file docs.yml >$(VENV)/docs.log 2>&1 || { cat $(VENV)/docs.log; exit 1; }
	@echo "docs: site/index.html"

lock: $(VENV)/dev.stamp ## Resolve every dependency anew and write the locks in requirements/
	@$(LOCK) --upgrade pyproject.toml -o requirements/core.txt
	@$(LOCK) --upgrade -c requirements/core.txt requirements/build.in -o requirements/build.txt
	@$(LOCK) --upgrade -c requirements/core.txt -c requirements/build.txt pyproject.toml requirements/dev.in \
	  -o requirements/dev.txt
	@$(LOCK) --upgrade requirements/bench-litellm.in -o requirements/bench-litellm.txt
	@$(LOCK) --upgrade requirements/matrix.in -o requirements/matrix.txt
	@echo "lock: requirements/*.txt written; read the diff"

clean: ## Remove everything that was built, the environment included
	@rm -rf $(VENV) .cache site build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis \
	  tests/sdk_node/node_modules
	@find src tests tools bench -name __pycache__ -type d -prune -exec rm -rf {} +

node-sdks: $(NODE_SDKS)

$(NODE_SDKS): tests/sdk_node/package-lock.json
	@command -v npm >/dev/null || { echo "npm was not found: the Node SDK tests need Node 20 or later"; exit 1; }
	@echo "==> installing the Node SDKs ($$(grep -c '"integrity"' $<) packages, checked by hash)"
	@cd tests/sdk_node && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@

frameworks: $(FRAMEWORKS)/stamp

$(FRAMEWORKS)/stamp: requirements/matrix.txt | $(BIN)/python
	@echo "==> installing the SDK frameworks ($$(grep -c '==' $<) wheels, checked by hash)"
	@$(BIN)/python -m venv --clear $(FRAMEWORKS)
	@$(FRAMEWORKS)/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes \
	  --only-binary :all: -r $<
	@touch $@

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) was not found: install Python 3.11 or later."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Octogate needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "This Python cannot make environments. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "==> making $(VENV) with $$($(PYTHON) -V)"
	@$(PYTHON) -m venv $(VENV)

# The package itself goes in editable and last, without network: what builds it is locked too.
$(VENV)/core.stamp: requirements/core.txt requirements/build.txt pyproject.toml | $(BIN)/python
	@echo "==> installing the core dependencies ($$(grep -c '==' requirements/core.txt) wheels, checked by hash)"
	@$(LOCKED) -r requirements/core.txt -r requirements/build.txt
	@echo "==> installing octogate itself"
	@$(INSTALL) --no-index --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/core.stamp | $(BIN)/python
	@echo "==> installing the development tools ($$(grep -c '==' requirements/dev.txt) wheels, checked by hash)"
	@$(LOCKED) -r requirements/dev.txt
	@touch $@
