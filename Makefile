# What a person or CI runs. `make demo` and `make test` need Python 3.10 or newer, make and a package index, nothing else.
.DEFAULT_GOAL := help
.PHONY: help demo test bench faults setup lint types up preview destroy rotate verify sync policies pulumi needs-stack

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TEST_TOOLS := $(VENV)/.test-tools
# AWS takes five operations on a gateway's targets at a time, and the AWS plugin does not wait for a place.
PARALLEL ?= 5
# Where byte code is not kept (as images of containers have it set), every process compiles Pulumi's packages anew: that is
# most of its time.
export PYTHONDONTWRITEBYTECODE :=
# The CLI that `make pulumi` finds or sets up, on PATH for the rest of a command; for real accounts it has to run Python.
WITH_PULUMI = cli=$$($(BIN)/python -m scripts.pulumi_cli --with-language) && PATH="$$(dirname "$$cli"):$$PATH" &&

help: ## list these commands; those with STACK are for real accounts
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-20s %s\n", $$1, $$2}'

setup: $(READY) ## install what is missing into .venv

$(READY): requirements.txt requirements-dev.txt constraints.txt pyproject.toml scripts/setup.sh
	@scripts/setup.sh $(VENV)

demo: $(READY) ## deploy on this machine, fetch tokens, call every gateway
	@$(BIN)/python -m sandbox demo $(ARGS)

$(TEST_TOOLS): $(READY) $(wildcard tests/deployed/agents/*) scripts/test_tools.sh scripts/browser.py
	@scripts/test_tools.sh $(VENV)

test: pulumi $(TEST_TOOLS) ## all tests, lint and types
	@$(BIN)/python -m pytest -n 2 $(ARGS)
	@$(MAKE) --no-print-directory lint types
	@$(if $(BENCH),$(MAKE) --no-print-directory bench ARGS="--rounds $(BENCH)")

bench: pulumi ## what speed and memory cost, against limits; BENCH=1 has `make test` end with one round of it
	@$(BIN)/python -m bench $(ARGS)

faults: pulumi ## every call of a deployment fails once, in every way; prints a table (a quarter of an hour on two cores)
	@$(BIN)/python -W ignore -m tests.faults $(ARGS)

lint: $(READY) ## ruff: rules and format; which room may import which; no marks of a merge
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/lint-imports --no-cache --no-logo
	@! git grep -nE '^(<<<<<<<|>>>>>>>) ' 2>/dev/null

types: $(READY) ## basedpyright, strict, over code and tests
	@$(BIN)/basedpyright

up: needs-stack $(READY) ## STACK=dev: deploy to real accounts, with the pulumi CLI
	@$(WITH_PULUMI) pulumi up --stack $(STACK) --parallel $(PARALLEL) $(ARGS)

preview: needs-stack $(READY) ## STACK=dev: what a deployment would change
	@$(WITH_PULUMI) pulumi preview --diff --stack $(STACK) $(ARGS)

verify: needs-stack $(READY) ## STACK=dev: a token for every gateway, and its answer
	@$(WITH_PULUMI) $(BIN)/agentcore-auth verify --stack $(STACK) $(ARGS)

sync: needs-stack $(READY) ## STACK=dev: ask the MCP servers behind the gateways for their tools anew
	@$(WITH_PULUMI) $(BIN)/agentcore-auth sync --stack $(STACK) $(ARGS)

rotate: needs-stack $(READY) ## STACK=dev CLIENT=name: the next step to a new client secret, without an outage
	@test -n "$(CLIENT)" || { echo "which client? Name it: make rotate STACK=$(STACK) CLIENT=default" >&2; exit 2; }
	@$(WITH_PULUMI) $(BIN)/python -m scripts.rotate --stack $(STACK) --client $(CLIENT)

destroy: needs-stack $(READY) ## STACK=dev: remove everything that the stack created
	@$(WITH_PULUMI) pulumi destroy --stack $(STACK) --parallel $(PARALLEL) $(ARGS)

policies: needs-stack $(READY) ## STACK=dev: every IAM document of the stack, offline
	@$(BIN)/python -m configuration.policies --stack $(STACK) $(ARGS)

pulumi: $(READY) ## the pulumi CLI: the one on PATH, or one that is downloaded or built, once for all clones
	@$(BIN)/python -m scripts.pulumi_cli

needs-stack:
	@test -n "$(STACK)" || { echo "which stack? Name it: make $(firstword $(MAKECMDGOALS)) STACK=dev" >&2; exit 2; }
