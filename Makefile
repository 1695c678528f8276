PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test check docs clean

demo: $(STAMP)  ## set up and run the main job: what would smart signals change in Cologne?
	$(BIN)/cityloop trial cologne8 --arms field,actuated,smart --seeds 3 --out out/demo

test: $(STAMP)  ## set up and run the tests
	$(BIN)/pytest -n 2 --dist loadgroup --ignore=tests/guard
	$(BIN)/pytest -n 2 tests/guard --cov=cityloop.control.guard --cov-branch --cov-fail-under=100

check: $(STAMP)  ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(STAMP)
	$(BIN)/pip install --quiet -e '.[docs]'
	$(BIN)/mkdocs build --strict

$(STAMP): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[scenarios,dev]'
	touch $(STAMP)

clean:
	rm -rf $(VENV) out site
