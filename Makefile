PYTHON ?= python3
VENV := .venv/bin
UV = $(or $(shell command -v uv),.uv/bin/uv)
COMPILE = $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate
.DEFAULT_GOAL := help

##@ First
.PHONY: help
help: ## Print every target with a sentence
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: install-runtime ## Start everything, with a fleet of simulated stations, on this machine
	@$(VENV)/python -m csms.cli serve --demo

.PHONY: test
test: install ## Run every test
	@$(VENV)/python -m pytest -n 3 --dist loadfile tests

##@ Install
.PHONY: install
install: ## Install all that development needs, out of the lock file
	@if [ ! -f .venv/installed-dev ] || [ requirements/dev.lock -nt .venv/installed-dev ]; then $(PYTHON) config/install.py dev; fi

.PHONY: install-runtime
install-runtime: ## Install what running needs, and nothing more
	@if [ ! -f .venv/installed-dev ]; then $(PYTHON) config/install.py runtime; fi

.PHONY: lock
lock: install ## Bring the lock files up to date
	@$(COMPILE) pyproject.toml -o requirements/runtime.lock
	@$(COMPILE) pyproject.toml --group dev -o requirements/dev.lock
	@$(COMPILE) --group bootstrap -o requirements/bootstrap.lock
	@$(COMPILE) --python-version 3.12 --no-deps --group tools -o requirements/tools.lock

##@ Run
.PHONY: serve
serve: install-runtime ## Start the server alone
	@$(VENV)/python -m csms.cli serve

.PHONY: migrate
migrate: install-runtime ## Bring the database that DATABASE_URL names to the newest form
	@$(VENV)/python -m csms.cli migrate

.PHONY: seed
seed: install-runtime ## Add the demo network that make simulate plays; with embedded servers, before make serve
	@$(VENV)/python -m csms.cli seed

.PHONY: simulate
simulate: install-runtime ## Start the fleet of the demo network against make serve; make run has it already
	@$(VENV)/python -m simulators fleet --demo

.PHONY: bench
bench: install ## Measure throughput, latency, memory and storms, side by side with others
	@$(VENV)/python -m simulators.bench

##@ Check
.PHONY: check
check: format lint types contracts test ## Everything that must hold before a change lands

.PHONY: format
format: install ## Check the format
	@$(VENV)/ruff format --check .

.PHONY: lint
lint: install ## Check the style
	@$(VENV)/ruff check .

.PHONY: types
types: install ## Check the types
	@$(VENV)/mypy

.PHONY: contracts
contracts: install ## Check which rooms know which
	@$(VENV)/lint-imports

.PHONY: test-unit
test-unit: install ## Run the tests that need no server
	@$(VENV)/python -m pytest -n 2 tests/unit

.PHONY: test-integration
test-integration: install ## Run the tests on real servers
	@$(VENV)/python -m pytest -n 2 --dist loadfile tests/integration

.PHONY: test-e2e
test-e2e: install ## Run the tests of whole processes: crashes, outages, two nodes
	@$(VENV)/python -m pytest tests/e2e

PROVE = $(VENV)/python -m pytest -n 2 --dist loadfile -q -p tests.proof --proof

.PHONY: conformance
conformance: install ## Play every certification case and duty of 1.6 that concerns us, and print pass, fail or missing
	@$(PROVE) conformance tests

.PHONY: quirks
quirks: install ## Behave in every way in which real chargers misbehave, and print what was survived
	@$(PROVE) quirks tests

.PHONY: coverage
coverage: install ## Run every test, and print which lines and branches none of them takes
	@rm -f .coverage .coverage.*
	@$(VENV)/python -m coverage run -m pytest -n 3 --dist loadfile tests
	@$(VENV)/python -m coverage combine --quiet
	@$(VENV)/python -m coverage report

##@ Generate
.PHONY: proof-page
proof-page: install ## Write the tables of docs/conformance.md anew
	@$(VENV)/python -m tests.proof_page

.PHONY: wire
wire: install ## Generate the message types from the official schemas
	@$(VENV)/python -m csms.ocpp.messages.generate

.PHONY: clean
clean: ## Remove what was installed and made, but not the data
	@rm -rf .venv .uv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
