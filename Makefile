# `make run` is all that a new machine needs: Python 3.11 or newer, make and a package registry.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run install test test-all screenshots lint types migrations-check format dist clean

VENV ?= .venv
# cpu or gpu: which of the two FAISS packages is installed (both own the module `faiss`).
FAISS ?= cpu
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3.14 python3,$(shell command -v $(name) 2>/dev/null)))
COMMA := ,
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check --quiet
OTHER_FAISS := $(if $(filter gpu,$(FAISS)),faiss-cpu,faiss-gpu)
INSTALLED := $(VENV)/.installed-$(FAISS)
INSTALLED_DEV := $(VENV)/.installed-$(FAISS)-dev
NODE_MODULES := node_modules/.installed

help: ## Show these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile

run: $(INSTALLED) ## Start the site; IMAGES=/path/to/photos indexes that folder (NAME=... names the dataset)
	@exec $(VENV)/bin/python manage.py up $(if $(IMAGES),--images "$(IMAGES)") $(if $(NAME),--name "$(NAME)")

install: $(INSTALLED) ## Create .venv and install, nothing more

test: $(INSTALLED_DEV) ## Run the tests of all parts in three processes; ARGS="-k name" is passed to pytest
	@exec $(VENV)/bin/python -m pytest -n 3 -m "not long" $(ARGS)

test-all: $(INSTALLED_DEV) ## Run all tests, those of whole sites too, which are started, filled and killed
	@exec $(VENV)/bin/python -m pytest -n 2 --durations=40 $(ARGS)

screenshots: $(INSTALLED_DEV) ## Make the pictures of the README again, by the browser tests
	@mkdir -p docs/images
	@CLIPSITE_SCREENSHOTS=docs/images $(VENV)/bin/python -m pytest tests/e2e/test_browser.py tests/e2e/test_dashboard.py tests/e2e/test_explorer.py -q

lint: $(INSTALLED_DEV) ## Check style, formatting, templates and the direction of imports
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/lint-imports --no-logo
	@$(VENV)/bin/djade --check $$(find templates -name '*.html' -not -path 'templates/jinja2/*')

format: $(INSTALLED_DEV) ## Put style and formatting right
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/djade $$(find templates -name '*.html' -not -path 'templates/jinja2/*')

types: $(INSTALLED_DEV) $(NODE_MODULES) ## Check types, of Python and of scripts
	@$(VENV)/bin/mypy
	@$(VENV)/bin/node node_modules/typescript/bin/tsc --project .

migrations-check: $(INSTALLED_DEV) ## Check that the models and the migrations agree
	@$(VENV)/bin/python manage.py makemigrations --check --dry-run

dist: $(INSTALLED_DEV) ## Write wheel, source archive, pins and bill of materials into dist (docs/releasing.md)
	@rm -rf dist
	@$(VENV)/bin/python -m hatchling build
	@release=$$(ls dist/*.whl | sed 's/-py3-none-any.whl//') && \
		cp constraints.txt "$$release-constraints.txt" && \
		$(VENV)/bin/python scripts/sbom.py "$$release-py3-none-any.whl" "$$release.cdx.json"

clean: ## Remove .venv and node_modules; the data folder stays
	@rm -rf $(VENV) node_modules

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "No Python found: install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is older than Python 3.11: install a newer one, or name it: make PYTHON=/path/to/python3."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "$(PYTHON) cannot create virtual environments: install its venv module (Debian: apt-get install python3-venv)."; exit 1; }
	@echo "Creating $(VENV) with $$($(PYTHON) --version)."
	@$(PYTHON) -m venv --upgrade-deps $(VENV)

# The pip that comes with Python 3.11 takes twice as long as today's, and any pip would compile with one core. What is
# left out here is hardly ever imported, and then compiled.
define install
	@$(PIP) uninstall --yes $(OTHER_FAISS) 2>/dev/null || true
	@$(PIP) install --no-compile --constraint constraints.txt --editable '.[$(1)]'
	@$(VENV)/bin/python -m compileall -qq -j 0 -x '/tests?/|/transformers/models/' $(VENV)/lib || true
endef

$(INSTALLED): pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing clipsite and what it needs (the first time some minutes and 6 GB, most of it torch)."
	$(call install,$(FAISS))
	@touch $@

$(INSTALLED_DEV): pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing clipsite, what it needs and what the tests need (the first time some minutes and 6 GB)."
	$(call install,$(FAISS)$(COMMA)dev)
	@touch $(INSTALLED) $@

# TypeScript, which reads the scripts and writes nothing: they are served as they are. Node.js comes from a wheel.
$(NODE_MODULES): package.json package-lock.json | $(INSTALLED_DEV)
	@PATH="$(abspath $(VENV))/bin:$$PATH" npm ci --silent
	@touch $@
