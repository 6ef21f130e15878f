# The verbs of this checkout. `make run` and `make test` need only Python 3.11 or later.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help setup run test check bench docs lock clean

help:
	@echo "make run     this machine's own scorecard, in the browser (Ctrl-C stops everything)"
	@echo "make test    set up and pass every test"
	@echo "make check   style, types, layers, policies, generated docs"
	@echo "make bench   measure, as ratios in one run"
	@echo "make docs    write what is generated from code"
	@echo "make setup   the virtual environment alone"

setup: $(VENV)/.installed

$(VENV)/.installed: requirements.lock pyproject.toml scripts/setup
	@scripts/setup $(VENV)

run: setup
	@$(BIN)/hustings up --data .hustings

test: setup
	@$(BIN)/python scripts/programs.py
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

check: setup
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python docs/generate.py --check
	@$(BIN)/hustings policy lint
	@$(BIN)/hustings policy test

bench: setup
	@$(BIN)/python -m benchmarks

docs: setup
	@$(BIN)/python docs/generate.py

lock: setup
	@scripts/lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
