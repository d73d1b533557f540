# Two commands on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help demo test check format test-servers test-editors fuzz soak bench lock clean

help:
	@echo "make demo          ghost text on a sample project: no key, no network"
	@echo "make test          every test that needs no root"
	@echo "make check         lint, types, import rules, one list of settings"
	@echo "make test-servers  tests against a real llama-server (installs it; needs root the first time)"
	@echo "make test-editors  tests in real editors, VS Code and Neovim (installs them; needs root the first time)"
	@echo "make fuzz          random input for some twenty minutes (FUZZ_SECONDS, FUZZ_SEED)"
	@echo "make soak          hours of typing in minutes (SOAK_SCALE=0.1 for a tenth)"
	@echo "make bench         measure, and print tables"
	@echo "make lock          write constraints.txt anew from what pyproject.toml asks for"

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable '.[dev,languages]'
	touch $(READY)

demo: $(READY)
	$(BIN)/qwen-lsp demo

test: $(READY)
	$(BIN)/python -m pytest tests/unit tests/pipeline tests/e2e \
		tests/threats tests/faults tests/fuzz

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m scripts.settings_table --check
	$(BIN)/python -m pytest -q tests/unit/test_import_rules.py tests/editors/test_vscode_package.py

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test-servers: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --requirement tests/servers/requirements.txt
	$(BIN)/python -m tests.servers.install_llama
	$(BIN)/python -m pytest tests/servers

test-editors: $(READY)
	$(BIN)/python -m tests.editors.install_packages
	$(BIN)/python -m tests.editors.nvim.install_nvim
	$(BIN)/python -m pytest tests/editors
	# By itself: within an npm script npm takes itself for another version of Node.
	node tests/editors/vscode/install.mjs
	npm ci
	npm run test:vscode

# The server gets half of the time, the rest goes to framing, buffers, trees, settings and races.
FUZZ_SECONDS ?= 600
FUZZ_SEED ?= $(shell date +%s)
FUZZ_EDITS ?= 1000000
RACES ?= 2000
SOAK_SCALE ?= 1

fuzz: $(READY)
	@echo "seed $(FUZZ_SEED)"
	FUZZ_SECONDS=$(FUZZ_SECONDS) FUZZ_SEED=$(FUZZ_SEED) RACES=$(RACES) \
		QWEN_FUZZ_EDITS=$(FUZZ_EDITS) $(BIN)/python -m pytest -q -s \
		tests/fuzz tests/faults/test_races.py tests/unit/test_buffer.py tests/unit/test_tree.py

soak: $(READY)
	$(BIN)/python -m tests.soak --scale $(SOAK_SCALE)

bench: $(READY)
	$(BIN)/python -m benchmarks

lock:
	rm -rf build/lock
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet --editable '.[dev,languages]' \
		--requirement tests/servers/requirements.txt
	build/lock/bin/python -m pip freeze --exclude-editable > constraints.txt
	rm -rf build/lock

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache
