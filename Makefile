# Two commands do all the set-up: `make demo` and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NAPARI := .venv-napari
DISPLAYED := $(if $(shell command -v xvfb-run),xvfb-run -a -s "-screen 0 1600x1000x24")

.PHONY: install demo test quick lint types layers tests site napari-install napari clean

install: $(VENV)/installed

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable . --group dev
	touch $@

demo: install
	$(BIN)/podia demo

test: lint types layers site tests

quick: install
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 -m "not slow"

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

layers: install
	$(BIN)/lint-imports

# Warnings, such as a broken link or a page outside the menu, are errors.
site: install
	$(BIN)/python -m sphinx --builder html --fail-on-warning --keep-going --quiet docs build/site

# One thread per process, or networks would compete for cores. Property tests draw the same examples each time; the
# quick loop draws new ones.
tests: install
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --durations 15 --hypothesis-profile ci

napari-install: $(NAPARI)/installed

$(NAPARI)/installed: pyproject.toml constraints.txt constraints-review.txt
	$(PYTHON) -m venv $(NAPARI)
	$(NAPARI)/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	$(NAPARI)/bin/python -m pip install --quiet --constraint constraints.txt --constraint constraints-review.txt \
		--editable ".[review]" pytest hypothesis
	touch $@

# In an environment of its own: napari's pytest plugins do not start while warnings are errors.
napari: napari-install
	OMP_NUM_THREADS=1 $(DISPLAYED) $(NAPARI)/bin/python -m pytest -o filterwarnings=default --disable-warnings tests/napari

clean:
	rm -rf $(VENV) $(NAPARI) podia-demo podia-results
