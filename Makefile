# Two commands do everything: `make run` starts the bot, `make test` passes the tests.
# Both make the set-up they need first; `make setup` is that set-up alone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SBOM ?= dist/sbom.json
TYPES := tests/slack_types/node_modules/.installed

.DEFAULT_GOAL := help
.PHONY: help setup run test lint types imports check messages bench screenshots docs fuzz sbom lock clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(STAMP) $(TYPES) ## make .venv with the locked dependencies, and find or install Chromium
	@$(BIN)/python -m deploy.browser

$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "carbon needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

$(TYPES): $(STAMP) tests/slack_types/package-lock.json
	$(BIN)/npm ci --prefix tests/slack_types --no-audit --no-fund --silent
	@touch $(TYPES)

run: $(STAMP) ## start the bot: with Slack's tokens set, for Slack; without, with a local Slack to try it in (ARGS=--socket-mode: over Socket Mode)
	@$(BIN)/python -m deploy.run $(ARGS)

test: setup ## run the test suite with coverage
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal --cov --cov-report=term-missing:skip-covered --durations=25
	$(BIN)/python -m tests.coverage_gate

lint: $(STAMP) ## ruff: rules and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP) ## mypy, strict
	$(BIN)/mypy

imports: $(STAMP) ## which layer may import which
	$(BIN)/lint-imports

check: lint types imports test ## everything that CI runs

bench: $(STAMP) ## speed, as ratios against baselines run beside it
	$(BIN)/python -m tests.bench

fuzz: $(STAMP) ## fuzz the parser, files, measurements and payloads (ARGS="parser --inputs 10000")
	$(BIN)/python -m tests.fuzz $(ARGS)

screenshots: setup ## draw docs/images anew from the local Slack
	$(BIN)/python -m tests.e2e.screenshots

sbom: $(STAMP) ## list what the image installs, as CycloneDX (SBOM=dist/sbom.json)
	@mkdir -p $(dir $(SBOM))
	$(BIN)/python -W ignore -m cyclonedx_py requirements --pyproject pyproject.toml \
	  --output-reproducible --output-format JSON --output-file $(SBOM) $(SBOM_OPTIONS) requirements.lock

docs: $(STAMP) ## build the docs site into site/, strictly
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

messages: $(STAMP) ## collect the sentences for translation anew, and compile the translations
	$(BIN)/python -m bot.i18n.messages

lock: ## resolve the dependencies anew (needs uv)
	uv pip compile pyproject.toml --extra tracing --universal --python-version 3.11 --generate-hashes \
	  --no-strip-extras --no-emit-index-url --no-header --quiet --upgrade -o requirements.lock
	uv pip compile pyproject.toml --extra tracing --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-strip-extras --no-emit-index-url --no-header --quiet --upgrade -o requirements-dev.lock

clean: ## remove what the other targets made
	rm -rf $(VENV) .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis dist
