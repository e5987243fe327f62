# make run    installs into .venv, builds the graph and serves it on http://127.0.0.1:8000
# make test   installs and runs every check and test
PYTHON ?= python3
VENV := .venv
SUITE := .cache/w3c
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check --quiet

.PHONY: run test check build frontend suite bench bench-hostile bench-pages screenshots lock clean

run: $(VENV)/installed frontend
	$(VENV)/bin/kg serve

check: $(VENV)/installed
	$(VENV)/bin/kg check

build: $(VENV)/installed
	$(VENV)/bin/kg build

# Bundles the packages from npm that the pages use; does nothing where nothing changed.
frontend: $(VENV)/installed
	@$(VENV)/bin/python server/pages/frontend/build.py

test: $(VENV)/installed-test frontend $(SUITE)
	$(VENV)/bin/python tests/equipment.py
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/kg check
	$(VENV)/bin/python -m pytest -n auto

# Measures this service beside other SPARQL servers (bench/README.md); needs wrk.
# Fewer figures, sooner: make bench BENCH="--graph small --rounds 1"
bench: $(VENV)/installed
	$(VENV)/bin/python -m bench run $(BENCH)

bench-hostile: $(VENV)/installed
	$(VENV)/bin/python -m bench hostile $(BENCH)

# Measures pages beside a bare Flask route that returns as many bytes.
bench-pages: $(VENV)/installed
	$(VENV)/bin/python -m bench pages $(BENCH)

# Takes the pictures of the main pages for the README; needs Chromium.
screenshots: $(VENV)/installed-test frontend
	$(VENV)/bin/python tests/equipment.py
	$(VENV)/bin/python tests/screenshots.py

$(VENV)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with: make run PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "No virtual environment could be made; on Debian or Ubuntu: apt install python3-venv" >&2; exit 2; }
	@touch $@

$(VENV)/installed: $(VENV)/python requirements.lock pyproject.toml
	@echo "Installing into $(VENV) (about a minute, once) ..." >&2
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --editable .
	@touch $@

$(VENV)/installed-test: $(VENV)/installed requirements-test.lock
	@$(PIP) install --require-hashes -r requirements-test.lock
	@touch $@

# Brings the W3C's SPARQL tests, which are read by the tests and are no part of this repository.
suite: $(SUITE)

$(SUITE): requirements-suite.lock | $(VENV)/installed-test
	@rm -rf $@ $@.part && mkdir -p $@.part
	@$(PIP) download --require-hashes --no-deps --no-binary rdflib --no-build-isolation \
	  --dest $@.part -r requirements-suite.lock
	@cd $@.part && name=$$(basename rdflib-*.tar.gz .tar.gz) && \
	  tar -xzf $$name.tar.gz --strip-components 5 \
	    $$name/test/data/suites/w3c/dawg-data-r2 $$name/test/data/suites/w3c/sparql11 && \
	  rm $$name.tar.gz
	@touch $@.part && mv $@.part $@

# Renews the lock files from pyproject.toml; needs uv (https://docs.astral.sh/uv/).
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --quiet pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --quiet --extra test pyproject.toml -o requirements-test.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --quiet --group node -o requirements-node.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --quiet --group sssom \
	  --override tests/checkers/sssom-without.txt -o tests/checkers/requirements-sssom.lock

clean:
	rm -rf $(VENV) .cache release server/pages/static/built
	rm -rf server/pages/frontend/node_modules tests/checkers/node_modules
