# `make up` needs Python 3.11 or newer with venv, and the package index; everything else it makes itself.
PYTHON ?= python3
BIN = .venv/bin
.DEFAULT_GOAL = up
.PHONY: up test demo bench chaos soak look pictures migrations lint contracts types

# Run the product until Ctrl-C: PostgreSQL, Redis, web, worker and courier.
up: .venv/installed ; @exec $(BIN)/python manage.py up

# The tests that every change must pass.
test: .venv/installed ; $(BIN)/pytest -n logical $(ARGS)

# Ninety days of forty-three customers with real traffic, in an empty database.
demo: .venv/installed ; $(BIN)/python manage.py demo $(ARGS)

# The promised speeds, as ratios to PostgreSQL's own.
bench: .venv/installed ; $(BIN)/python -m benchmarks.run $(ARGS)

# Servers killed under load, one test at a time.
chaos: .venv/installed ; $(BIN)/pytest -m destructive $(ARGS)

# Long random histories against the plain model.
soak: .venv/installed ; $(BIN)/pytest -m soak -n logical $(ARGS)

# The pages in a real browser, where axe says what keeps anybody from using them.
look: .venv/axe ; $(BIN)/pytest -m look $(ARGS)

# The pictures of the docs, of what `make demo` has grown.
pictures: .venv/installed ; @exec $(BIN)/python manage.py shell -v 0 -c "from billing.tests.look import pictures; pictures.take()"

# Every migration forwards, backwards and forwards again.
migrations: .venv/installed ; $(BIN)/pytest -m release $(ARGS)

# Form, then layers and rooms, then types, then migrations that were forgotten.
lint: .venv/installed contracts types
	$(BIN)/ruff format --check . && $(BIN)/ruff check .
	$(BIN)/python -W ignore manage.py makemigrations --check --dry-run

contracts: .venv/installed ; $(BIN)/lint-imports --cache-dir .venv/.import_linter_cache

types: .venv/installed ; $(BIN)/mypy

.venv/installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tokendesk needs Python 3.11 or newer: make PYTHON=python3.12 …")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing requirements …" && $(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

# Axe alone: of that package only its script is used, without the browsers that it would bring along.
.venv/axe: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target $@ axe-playwright-python==0.1.8
	@touch $@
