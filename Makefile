# Antagonist: `make run` and `make test` are all that a newcomer needs.

VENV := .venv
BIN := $(VENV)/bin
OLDEST_PYTHON := 3.11
EXAMPLE ?= examples/daily_tablet.yaml
OUT ?= out/
ARGS ?=
# Processes that run the tests; 0 = this one alone, as a debugger needs it.
WORKERS ?= 2

# A PYTHON that the user names is the only one tried.
ifdef PYTHON
PYTHONS := $(PYTHON)
else
PYTHONS := python3 python3.14 python3.13 python3.12 python3.11 python
endif

# Python compiles what it imports; compiling all packages at install takes longer than the install.
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile --no-deps
INSTALL_PINNED := $(INSTALL) --require-hashes --only-binary :all:
INSTALL_PROJECT := $(INSTALL) --no-build-isolation --editable .
# Says what it does, and does nothing where it has been done: no first run has to wait for it.
COMPILE_KERNEL := $(BIN)/python -m antagonist.pharmacology.kernel.compiled.build
BUILT_KERNEL := src/antagonist/pharmacology/kernel/compiled/built

# Programs that tests call; each is also the name of its Debian package.
TEST_TOOLS ?= git chromium curl

PIP_TOOLS := pip-tools==7.6.2
LOCK_TOOLS := $(VENV)/lock-tools
COMPILE := CUSTOM_COMPILE_COMMAND="make lock" $(LOCK_TOOLS)/bin/pip-compile --quiet \
	--generate-hashes --all-build-deps --strip-extras \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links $(ARGS)

.PHONY: help run serve test test-deps torture lint types lock clean
.DEFAULT_GOAL := help

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

run: $(VENV)/.runtime ## Forecast the example course and write its report to out/
	@$(BIN)/antagonist simulate $(EXAMPLE) --out $(OUT)
	@echo "The clinic in the browser, with invented patients: make serve"

serve: $(VENV)/.runtime ## Serve the demo clinic in the browser, on this machine (ARGS="--port 8001")
	@$(BIN)/antagonist serve $(ARGS)

test: test-deps ## Set up what the tests need and run them (ARGS="-k name" for some)
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --no-loadscope-reorder $(ARGS)

# As root on Debian it installs what is missing. Elsewhere it names it, and the tests that need it
# are skipped; with CI=true that is a failure.
test-deps: $(VENV)/.dev ## Check the programs that tests call
	@missing() { for tool in $(TEST_TOOLS); do \
		command -v $$tool >/dev/null 2>&1 || printf ' %s' $$tool; done; }; \
	wanted=$$(missing); \
	if [ -n "$$wanted" ] && [ -e /etc/debian_version ] && [ "$$(id -u)" = 0 ]; then \
		echo "test-deps: installing$$wanted"; \
		apt-get update -qq && apt-get install -qq -y --no-install-recommends $$wanted; \
	fi; \
	wanted=$$(missing); \
	if [ -n "$$wanted" ]; then \
		echo "test-deps: MISSING:$$wanted" >&2; \
		if [ "$$CI" = true ]; then echo "test-deps: in CI that is a failure" >&2; exit 1; fi; \
		echo "test-deps: THE TESTS THAT NEED IT ARE SKIPPED; install it to run them" >&2; \
	fi

torture: test-deps ## Kill writers and servers, 1,000 rounds on each database
	@$(BIN)/python -m benchmarks.torture --write docs/reference/record-timings.md $(ARGS)

lint: $(VENV)/.dev ## Check style and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.dev ## Check types of the package and its tests
	@$(BIN)/mypy --strict --explicit-package-bases src tests

# Pins are kept unless asked: make lock ARGS=--upgrade
lock: $(LOCK_TOOLS)/.made ## Write both lock files anew from pyproject.toml
	@$(COMPILE) --output-file=requirements.lock pyproject.toml
	@$(COMPILE) --extra=dev --constraint=requirements.lock \
		--output-file=requirements-dev.lock pyproject.toml

clean: ## Remove the environment, reports and caches
	rm -rf $(VENV) $(BUILT_KERNEL) out .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/.runtime: $(VENV)/.made requirements.lock pyproject.toml
	@echo "Installing the pinned packages into $(VENV), usually within half a minute; the kernel takes as long again."
	@$(INSTALL_PINNED) -r requirements.lock
	@$(INSTALL_PROJECT)
	@$(COMPILE_KERNEL)
	@touch $@

# The development lock holds the runtime pins too, so one install serves both.
$(VENV)/.dev: $(VENV)/.made requirements-dev.lock requirements.lock pyproject.toml
	@echo "Installing the pinned packages for development into $(VENV)."
	@$(INSTALL_PINNED) -r requirements-dev.lock
	@$(INSTALL_PROJECT)
	@$(BIN)/python -m pip check
	@$(COMPILE_KERNEL)
	@touch $(VENV)/.runtime $@

$(VENV)/.made:
	@chosen=; for candidate in $(PYTHONS); do \
		if $$candidate -c 'import sys; sys.exit(sys.version_info < tuple(map(int, "$(OLDEST_PYTHON)".split("."))))' \
			>/dev/null 2>&1; then chosen=$$candidate; break; fi; done; \
	if [ -z "$$chosen" ]; then \
		echo "Antagonist needs Python $(OLDEST_PYTHON) or newer; tried: $(PYTHONS)." >&2; \
		echo "Name one with: make PYTHON=path/to/python3" >&2; exit 1; fi; \
	if ! $$chosen -m venv $(VENV); then \
		rm -rf $(VENV); \
		echo "$$chosen could not make $(VENV). On Debian: apt-get install python3-venv" >&2; exit 1; fi
	@touch $@

# The lock is resolved by the oldest Python that is supported.
$(LOCK_TOOLS)/.made:
	@mkdir -p $(VENV)
	@python$(OLDEST_PYTHON) -m venv $(LOCK_TOOLS)
	@$(LOCK_TOOLS)/bin/python -m pip install -qq --disable-pip-version-check '$(PIP_TOOLS)'
	@touch $@
