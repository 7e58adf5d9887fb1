# Every command of this project. `make` alone lists them.
# Each target does its own set-up: a machine with Python 3.11 or newer, pip and make is enough.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Byte code is kept, whatever the environment says: without it every command reads all libraries anew.
export PYTHONDONTWRITEBYTECODE :=

BIN := .venv/bin
SAM := .venv-sam/bin/sam
MINISTACK := .venv-ministack/bin/python
SOURCES := $(wildcard layers/billing local functions tests benchmarks tools)
# What `make bench` measures: nothing for everything, or names such as `render`.
CASES ?=
# More for `make deploy-local`: --keep, or --profile NAME to do it on AWS.
TRIAL ?=
# Where `make demo` leaves its folder.
OUT ?= demo-output

.PHONY: help setup setup-sam setup-bench setup-ministack demo deploy-local test check format format-check lint types imports template rules rules-check \
        bench budget cost build schemas gallery \
        catalogues sample-data lock clean

help: ## list every command
	@echo "make COMMAND, where COMMAND is one of"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## make the virtual environment from the locked dependencies (the others call it)
	@tools/setup.sh .venv requirements/dev.lock

setup-sam:
	@tools/setup.sh .venv-sam requirements/sam.lock

demo: setup ## bill four months for three providers in the local cloud, into demo-output/
	@$(BIN)/mspbill demo --out $(OUT)

test: setup ## run every test
	@$(BIN)/pytest -n 2 --dist worksteal

check: format-check lint types imports rules-check template ## the gate: format, lint, types, imports, rules, template

format: setup ## put every Python file into the house format and sort its imports
	@$(BIN)/ruff check --quiet --select I --fix $(SOURCES)
	@$(BIN)/ruff format $(SOURCES)

format-check: setup
	@echo "format ..."
	@$(BIN)/ruff format --check $(SOURCES)

lint: setup ## look for mistakes and departures from the house style (ruff)
	@echo "lint ..."
	@$(BIN)/ruff check $(SOURCES)

types: setup ## check the types (mypy --strict)
	@echo "types ..."
	@$(BIN)/mypy $(SOURCES)

imports: setup ## check the direction of imports: domain <- usecases <- adapters <- wiring
	@echo "imports ..."
	@$(BIN)/lint-imports --no-logo

template: setup setup-sam ## check template.yaml and the state machines, before and after translation
	@echo "template ..."
	@$(BIN)/python -m tools.check_template
	@SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=local \
	  AWS_SECRET_ACCESS_KEY=local AWS_EC2_METADATA_DISABLED=true $(SAM) validate --lint

rules: setup ## print which test proves which billing rule; a rule without one fails
	@$(BIN)/python -m tools.rules

rules-check: setup
	@echo "rules ..."
	@$(BIN)/python -m tools.rules > /dev/null

build: setup-sam ## build functions and layers for AWS, into .aws-sam/ (no Docker)
	@SAM_CLI_TELEMETRY=0 $(SAM) build

setup-ministack:
	@tools/setup.sh .venv-ministack requirements/ministack.lock

deploy-local: setup setup-sam setup-ministack ## deploy to an AWS on this machine, bill a month there, compare; TRIAL=--keep leaves it for a look
	@$(BIN)/python -m trial_stack --sam $(SAM) --ministack $(MINISTACK) $(TRIAL)

budget: setup build ## measure what functions carry and how long they take to start; fail over the budget
	@$(BIN)/python -m tools.layer_budget

setup-bench:
	@tools/setup.sh .venv-bench requirements/bench.lock

bench: setup-bench ## measure time, memory, requests and state transitions per invoice
	@PYTHONPATH=layers/billing:local:. .venv-bench/bin/python -m benchmarks $(CASES)

cost: setup ## compute the tables of docs/cost.md anew from what was counted (benchmarks/cost)
	@PYTHONPATH=layers/billing:local:. $(BIN)/python -m benchmarks.cost

schemas: setup ## write the JSON Schemas of the provider directory and the API to docs/schemas/
	@$(BIN)/mspbill schema --out docs/schemas
	@$(BIN)/python -m tools.openapi

catalogues: setup ## take new texts of documents and mails into the catalogues of translations
	@$(BIN)/python -m tools.catalogues

sample-data: setup ## write the sample accounts and feeds in providers/ anew
	@$(BIN)/python -m tools.sample_data

gallery: setup ## draw docs/gallery anew: every kind of document as pictures (needs pdftoppm)
	@$(BIN)/python -m tools.gallery

lock: ## resolve requirements/*.in anew into lock files (UPGRADE=1 takes newer versions)
	@tools/lock.sh $(if $(UPGRADE),--upgrade)

clean: ## remove the environments, caches and what runs left behind
	rm -rf .venv .venv-sam .venv-ministack .venv-lock .venv-bench demo-output .aws-sam .mypy_cache .pytest_cache .ruff_cache \
	  .import_linter_cache .hypothesis .coverage htmlcov *.egg-info
	find . -type d \( -name __pycache__ -o -name .mypy_cache -o -name .ruff_cache \) -prune -exec rm -rf {} +
