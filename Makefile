# `make` alone lists the targets. Settings (PORTAL_PORT, GATEWAY_PORT, UPSTREAM_PORT, GATEWAY_WORKERS, VAR_DIR, …) are
# environment variables or stand behind the target: `make demo PORTAL_PORT=8001`.

PYTHON ?= $(or $(shell command -v python3.11),$(shell command -v python3),python3.11)
VENV := .venv/bin
BOOTSTRAP := requirements/install.py requirements/bootstrap.txt $(VENV)/python

.DEFAULT_GOAL := help
.PHONY: help setup demo reset test prove bench compiled lint lock migrations

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

setup: .venv/installed-base ## Make the virtual environment and install the locked dependencies, nothing else
	@$(VENV)/python -m demo.supervisor setup

demo: .venv/installed-base ## Start everything with sample data; Ctrl-C stops it
	@$(VENV)/python -m demo.supervisor run

reset: .venv/installed-base ## Delete what the demo wrote (VAR_DIR)
	@$(VENV)/python -m demo.supervisor reset

test: .venv/installed-dev ## Run the whole test suite, or a part of it: make test T=tests/contract
	@$(VENV)/python -m tests.suite $(T)

prove: .venv/installed-dev ## Run every acceptance criterion at full count and write VAR_DIR/proof.json
	@$(VENV)/python -m tests.prove

compiled: .venv/installed-dev ## Make machine code of the gateway's hot modules, for gateways that start from now on
	@$(VENV)/python -m gateway.compiling

bench: .venv/installed-dev ## Measure what a call costs here and in other gateways, and write VAR_DIR/bench.json
	@$(VENV)/python -m bench

lint: .venv/installed-dev ## Check style, types, imports, templates, migrations and the production settings
	@$(VENV)/python -m tests.lint

lock: .venv/installed-dev ## Resolve requirements/*.in anew into the lock files
	@$(VENV)/python requirements/lock.py

migrations: .venv/installed-dev ## Write migrations for changed models
	@$(VENV)/python manage.py makemigrations

$(VENV)/python:
	@$(PYTHON) requirements/install.py venv

.venv/installed-base: $(BOOTSTRAP) requirements/base.txt
	@$(PYTHON) requirements/install.py base

.venv/installed-dev: $(BOOTSTRAP) requirements/base.txt requirements/dev.txt
	@$(PYTHON) requirements/install.py dev
