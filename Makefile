# The front door. `make` or `make help` says what there is; `make run` and `make test` need nothing prepared.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
HTTPS_PORT ?= 8443
WORKERS ?= 2
export HOST PORT HTTPS_PORT
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)

SET_UP = @$(PYTHON) -m scripts.set_up
LOCK = uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url
CHECKS = "ruff check" "ruff format --check" "mypy" "lint-imports" "biome check" "djlint --lint --quiet templates"
CATALOGUES = app/translations
TEXTS = .venv/messages.pot

.DEFAULT_GOAL := help
.PHONY: help run test check bench pictures soak build migrate lock translations clean set-up set-up-all

help: ## This list
	@printf 'Plumbline: make <what>\n\n'
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@printf '\n  HOST=0.0.0.0 serves phones too (HTTPS on HTTPS_PORT=8443); PORT=8000; PLUMBLINE_DEMO=0 starts empty.\n'

run: set-up ## Install what is missing, migrate, load the demo when empty, serve web and worker
	@exec python -m scripts.serve

test: check ## Install what is missing, then every check and every test
	@node --test --test-reporter=dot --test-timeout=120000 $$(find tests/js -name '*.test.js')
	@python -m pytest -n $(WORKERS) --dist worksteal

check: set-up-all ## The fast checks only: style, types, import direction, templates, scripts
	@failed=; \
	for each in $(CHECKS); do $$each || failed="$$failed, $$each"; done; \
	test -z "$$failed" || { echo "Not clean: $${failed#, }"; exit 1; }

bench: set-up-all ## Measure against references; writes docs/performance.md
	@python -m bench

pictures: set-up-all ## Screenshots of the demo in docs/pictures: two sizes, light and dark, English and Chinese
	@python -m scripts.pictures

soak: set-up-all ## Fifty phones for ten minutes, 20,000 runs of the sync model, storms in browsers, photos over a narrow line, whole tables; says its seeds
	@python -m bench.soak
	@python -m tests.sync.soak
	@python -m tests.browser.soak
	@python -m tests.browser.narrow
	@PLUMBLINE_DEPTH=whole python -m pytest -n 2 tests/hostile tests/faults tests/browser/test_pages.py tests/browser/test_action_pages.py

build: set-up ## Install, and build the front end and the catalogues
	@node build.mjs --sizes

migrate: set-up ## Bring the database to the present schema
	@python -m scripts.prepare --migrate-only

lock: set-up ## Resolve the dependencies anew into the two lock files and package-lock.json
	@$(LOCK) --group dev pyproject.toml -o requirements.lock
	@$(LOCK) -c requirements.lock pyproject.toml -o requirements-run.lock
	@npm install --package-lock-only --ignore-scripts --no-audit --no-fund

translations: set-up-all ## Collect the texts into the catalogues, then compile them
	@pybabel -q extract -F babel.cfg -k _l -k _lp:1c,2 --no-location --sort-output --project=Plumbline -o $(TEXTS) .
	@pybabel -q update -i $(TEXTS) -d $(CATALOGUES) --no-fuzzy-matching --no-wrap --ignore-pot-creation-date
	@pybabel -q compile -d $(CATALOGUES)

clean: ## Remove what was built and installed; data/ stays
	@rm -rf .venv node_modules static/dist .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache test-results
	@find app tests scripts migrations -name __pycache__ -type d -prune -exec rm -rf {} +
	@rm -f $(CATALOGUES)/*/LC_MESSAGES/*.mo

set-up:
	$(SET_UP) run

set-up-all:
	$(SET_UP) test
