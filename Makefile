# What a person or CI runs. `make demo` and `make test` need Python 3.10 or newer, make and a package index, nothing else.
.DEFAULT_GOAL := help
.PHONY: help demo test setup lint types up preview destroy verify policies install-pulumi needs-pulumi needs-stack

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ENGINE ?= sandbox
# AWS takes five operations on a gateway's targets at a time, and the AWS plugin does not wait for a place.
PARALLEL ?= 5
PULUMI_VERSION := $(shell sed -n 's/^pulumi==//p' requirements.txt)

help: ## list these commands; those with STACK are for real accounts
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-20s %s\n", $$1, $$2}'

setup: $(READY) ## install what is missing into .venv

$(READY): requirements.txt requirements-dev.txt constraints.txt pyproject.toml scripts/setup.sh
	@scripts/setup.sh $(VENV)
	@touch $@

demo: $(READY) ## deploy on this machine, fetch tokens, call every gateway (ENGINE=pulumi: with the CLI)
	@ENGINE=$(ENGINE) $(BIN)/python -m sandbox demo $(ARGS)

test: $(READY) ## all tests, lint and types
	@$(BIN)/python -m pytest -n 2 $(ARGS)
	@$(MAKE) --no-print-directory lint types

lint: $(READY) ## ruff: rules and format; import-linter: which room may import which
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/lint-imports --no-cache --no-logo

types: $(READY) ## basedpyright, strict, over code and tests
	@$(BIN)/basedpyright

up: needs-pulumi needs-stack $(READY) ## STACK=dev: deploy to real accounts, with the pulumi CLI
	@pulumi up --stack $(STACK) --parallel $(PARALLEL) $(ARGS)

preview: needs-pulumi needs-stack $(READY) ## STACK=dev: what a deployment would change
	@pulumi preview --diff --stack $(STACK) $(ARGS)

verify: needs-pulumi needs-stack $(READY) ## STACK=dev: a token for every gateway, and its answer
	@$(BIN)/agentcore-auth verify --stack $(STACK) $(ARGS)

destroy: needs-pulumi needs-stack $(READY) ## STACK=dev: remove everything that the stack created
	@pulumi destroy --stack $(STACK) --parallel $(PARALLEL) $(ARGS)

policies: needs-stack $(READY) ## STACK=dev: every IAM document of the stack, offline
	@$(BIN)/python -m configuration.policies --stack $(STACK) $(ARGS)

install-pulumi: ## the official installer, at the version that this project is tested with
	@installer=$$(mktemp) && curl -fsSL -o "$$installer" https://get.pulumi.com \
	  && sh "$$installer" --version $(PULUMI_VERSION); status=$$?; rm -f "$$installer"; exit $$status

needs-pulumi:
	@command -v pulumi >/dev/null || { \
	  echo "pulumi is not on PATH: run 'make install-pulumi', and put ~/.pulumi/bin on PATH" >&2; exit 2; }

needs-stack:
	@test -n "$(STACK)" || { echo "which stack? Name it: make $(firstword $(MAKECMDGOALS)) STACK=dev" >&2; exit 2; }
