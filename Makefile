# Two commands on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
RELEASE_READY := $(VENV)/.release-ready
NODE_READY := node_modules/.package-lock.json
# Resolves for every system and every Python that we support at once; keeps the versions that are
# there unless told `make lock UPGRADE=--upgrade`.
COMPILE = UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --universal \
	--python-version 3.10 --no-emit-index-url --no-annotate $(UPGRADE)

.PHONY: help demo test check format test-servers test-editors package test-package audit fuzz soak \
	bench lock clean

help:
	@echo "make demo          ghost text on a sample project: no key, no network"
	@echo "make test          every test that needs no root"
	@echo "make check         lint, types, import rules, one list of settings"
	@echo "make test-servers  tests against a real llama-server (installs it; needs root the first time)"
	@echo "make test-editors  tests in real editors, VS Code and Neovim (installs them; needs root the first time)"
	@echo "make fuzz          random input for some twenty minutes (FUZZ_SECONDS, FUZZ_SEED)"
	@echo "make soak          hours of typing in minutes (SOAK_SCALE=0.1 for a tenth)"
	@echo "make package       wheel, sdist, VSIX, bills of materials and licences, into dist/"
	@echo "make test-package  make them, install them into clean environments, run them there"
	@echo "make audit         look up known weaknesses of what we depend on; needs an open network"
	@echo "make bench         measure, and print tables"
	@echo "make lock          write constraints.txt and requirements.lock from pyproject.toml"

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable '.[dev,languages]'
	touch $(READY)

$(RELEASE_READY): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable '.[dev,languages,release]'
	touch $(RELEASE_READY)

$(NODE_READY): package-lock.json
	npm ci
	touch $(NODE_READY)

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
	$(BIN)/python -m pytest -q tests/unit/test_import_rules.py \
		tests/unit/test_release.py tests/editors/test_vscode_package.py

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test-servers: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --requirement tests/servers/requirements.txt
	$(BIN)/python -m tests.servers.install_llama
	$(BIN)/python -m pytest tests/servers

# code-server is installed outside npm's scripts, in which npm takes itself for another Node.
test-editors: $(READY) $(NODE_READY)
	$(BIN)/python -m tests.editors.install_packages
	$(BIN)/python -m tests.editors.nvim.install_nvim
	node tests/editors/vscode/install.mjs
	$(BIN)/python -m pytest tests/editors
	npm run test:vscode

# The server gets half of the time, the rest goes to framing, buffers, trees, settings and races.
FUZZ_SECONDS ?= 600
FUZZ_SEED := $(or $(FUZZ_SEED),$(shell date +%s))
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

package: $(RELEASE_READY) $(NODE_READY)
	rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist
	npm run package
	cp vscode-client/dist/qwen-lsp.vsix requirements.lock dist
	$(BIN)/python -m scripts.describe_release dist

test-package: package
	$(BIN)/python -m pytest tests/package

audit: $(RELEASE_READY)
	$(BIN)/python -m scripts.audit

bench: $(READY)
	$(BIN)/python -m benchmarks

lock: $(RELEASE_READY)
	$(COMPILE) --all-extras pyproject.toml tests/servers/requirements.txt \
		--output-file constraints.txt
	$(COMPILE) --generate-hashes --constraint constraints.txt --extra languages pyproject.toml \
		--output-file requirements.lock

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache
