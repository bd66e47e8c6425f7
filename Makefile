# Two commands do all the set-up: `make demo` and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: install demo test quick lint types layers tests clean

install: $(VENV)/installed

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable . --group dev
	touch $@

demo: install
	$(BIN)/podia demo

test: lint types layers tests

quick: install
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 -m "not slow"

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

layers: install
	$(BIN)/lint-imports

# One thread per process, or networks would compete for cores. Property tests draw the same examples each time; the
# quick loop draws new ones.
tests: install
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --durations 15 --hypothesis-profile ci

clean:
	rm -rf $(VENV) podia-demo podia-results
