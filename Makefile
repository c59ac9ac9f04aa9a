# Every target works on a fresh machine with Python 3.11+ and the package index: each makes what it needs in .venv.
PYTHON ?= python3
BIN := .venv/bin
# 6,366 married women who answered a magazine's survey in 1974 (Fair 1978), a row each, as statsmodels ships them.
TABLE := import importlib.util as u, pathlib as p; \
  print(p.Path(u.find_spec('statsmodels').origin).parent / 'datasets/fair/fair.csv')

.PHONY: demo test test-slow lint docs bench clean

demo: .venv/installed ## learn a real table that an installed package ships, write the twin and report.html
	$(BIN)/pip install --quiet --group demo
	mkdir -p demo
	$(BIN)/rowsmith synth $$($(BIN)/python -c "$(TABLE)") -o demo/twin.csv --report demo/report.html --target children
	@echo "open demo/report.html in a browser"

test: lint ## lint, types and the whole test suite
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

test-slow: .venv/tests ## the statistical and large tests
	$(BIN)/python -m pytest -q -m slow

lint: .venv/tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

docs: .venv/installed ## the reference pages, from the docstrings; the pages of the bundled specs, from rows they make
	$(BIN)/python -m docs.build

bench: .venv/tests ## the figures of benchmarks/README.md: make bench DATA=folder
	$(BIN)/python benchmarks/learners.py $(DATA)

.venv/bin/pip:
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade "pip>=25.1"

.venv/installed: .venv/bin/pip pyproject.toml
	$(BIN)/pip install --quiet --editable .
	touch $@

.venv/tests: .venv/installed
	$(BIN)/pip install --quiet --group test --group lint
	touch $@

clean:
	rm -rf .venv demo build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
