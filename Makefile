# What a person or CI runs. `make demo` and `make test` need Python 3.10 or newer and a package index, nothing else.
.DEFAULT_GOAL := help
.PHONY: help demo test lint types setup

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

setup: $(READY) ## install what is missing into .venv

$(READY): requirements.txt requirements-dev.txt constraints.txt scripts/setup.sh
	@scripts/setup.sh $(VENV)
	@touch $@

demo: $(READY) ## deploy on this machine, fetch tokens, call every gateway
	@$(BIN)/python -m sandbox demo $(ARGS)

test: $(READY) ## all tests, lint and types
	@$(BIN)/python -m pytest -n 2 $(ARGS)
	@$(MAKE) --no-print-directory lint types

lint: $(READY) ## ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY) ## basedpyright, strict, over code and tests
	@$(BIN)/basedpyright
