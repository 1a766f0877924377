# Everything a checkout can do. `make` alone lists it.
#
# PYTHON=python3.12 make …   another Python (3.11 to 3.13)
# PIP_EXTRA_INDEX_URL=…, PIP_FIND_LINKS=…   pip's own settings, for instance for CPU builds of torch

.DEFAULT_GOAL := help
PYTHON ?= python3
PORT ?= 8000
FAULTS ?= 50
LOCALE ?= fr
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
COMPILE := @$(BIN)/pybabel --quiet compile --domain django --directory leaderboard/locale
# Nothing of a site on this machine is read or written by checks.
CHECK := DJANGO_SETTINGS_MODULE=leaderboard.settings.test ASSAY_VAR=$(VENV)/check

# The texts of the site in other languages, compiled beside their sources.
TEXTS := $(wildcard leaderboard/locale/*/LC_MESSAGES/django.po)

.PHONY: help demo serve test chaos lint messages untranslated bench screenshots dist clean

help: ## list what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

demo: $(VENV)/worker-installed ## evaluate the bundled models, show the board, serve it (PORT, DEMO_EXIT=1)
	$(BIN)/python manage.py demo --port $(PORT) $(if $(filter 1,$(DEMO_EXIT)),--exit)

serve: $(VENV)/worker-installed ## serve the site in var/ with one worker (PORT)
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/python manage.py serve --port $(PORT)

# Tests that start processes and time them have the machine to themselves. On PostgreSQL and Redis
# only what touches a database or a broker runs again; tests/conftest.py chooses.
test: $(VENV)/dev-installed ## run all tests, on SQLite and on PostgreSQL with Redis
	$(PYTEST) -n 2 -m "not distributed"
	$(PYTEST) -m distributed
	ASSAY_TEST_STACK=postgres $(PYTEST) -n 2 -m "not distributed"
	ASSAY_TEST_STACK=postgres $(PYTEST) -m distributed

# `make test` holds a short campaign of the same kind.
chaos: $(VENV)/dev-installed ## kill, stop, empty and fill what a site runs on, and compare its results (SEED, FAULTS)
	CHAOS_SEED=$(SEED) CHAOS_FAULTS=$(FAULTS) $(PYTEST) -s -m distributed tests/distributed/test_chaos.py

lint: $(VENV)/dev-installed ## check format, types, imports, migrations, templates, translations, settings
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(CHECK) $(BIN)/mypy leaderboard evaluations workers tests manage.py
	$(BIN)/lint-imports
	$(CHECK) $(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/djlint leaderboard/templates --profile=django --indent=2 --max-line-length=120 --check --lint --quiet
	$(CHECK) $(BIN)/python manage.py catalogues check
	$(PYTEST) -q tests/unit/test_repository.py

messages: $(VENV)/dev-installed ## bring the catalogues of translations up to date with the sources
	$(CHECK) $(BIN)/python manage.py catalogues update

untranslated: $(VENV)/dev-installed ## list what one language lacks (LOCALE=pt_BR)
	@$(CHECK) $(BIN)/python manage.py catalogues missing $(LOCALE)

# Exit 1: a goal was missed; 2: a measurement failed. The figures stay in var/bench.
bench: $(VENV)/dev-installed ## measure boards, a browser, the engine, the log, the queue, samples, ranks, starts and workers in 10 minutes (ONLY="queue warm")
	$(BIN)/python -m tests.performance $(ONLY)

screenshots: $(VENV)/dev-installed ## take a picture of every page into var/screenshots: light, dark, phone, Arabic
	$(BIN)/python -m tests.browser.screenshots

dist: $(VENV)/dev-installed ## build the wheel and the source archive into dist/
	$(BIN)/python -m build

clean: ## remove what was built; var/ stays
	rm -rf $(VENV) build dist

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { \
	  echo "Assay needs Python 3.11, 3.12 or 3.13; $(PYTHON) is not. Try: make PYTHON=python3.12" >&2; \
	  exit 1; }
	$(PYTHON) -m venv $(VENV)

# The folder's own time changes whenever something is put into it, so empty files tell what was
# installed from which pins, and that the catalogues were compiled since they changed.
$(VENV)/worker-installed: $(VENV)/worker-packages $(TEXTS)
	$(COMPILE)
	@touch $@

$(VENV)/dev-installed: $(VENV)/dev-packages $(TEXTS)
	$(COMPILE)
	@touch $(VENV)/worker-installed $@

$(VENV)/worker-packages: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) --editable '.[worker]'
	@touch $@

$(VENV)/dev-packages: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) --editable '.[dev]'
	@touch $(VENV)/worker-packages $@
