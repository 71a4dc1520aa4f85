# Everything starts from a fresh clone: each target makes what it needs and is quick when it is there.
PYTHON ?= python3
JOBS   ?= 2
BIN    := .venv/bin
ENV    := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test gradients array-api check format docs docs-serve bench bench-gpu wheel clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(ENV)-viz  ## Train on real digits on the GPU and write report/index.html
	@$(BIN)/python scripts/setup_driver.py
	@$(BIN)/texelate demo --report report

test: $(ENV)-test  ## Run all tests (under ten minutes on two cores)
	@$(BIN)/python scripts/setup_driver.py
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -q

check: $(ENV)-lint  ## Lint, format and types (under a minute)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy

format: $(ENV)-lint  ## Apply the formatter and the safe fixes
	$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

docs: $(ENV)-docs  ## Build the documentation into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

docs-serve: $(ENV)-docs  ## Serve the documentation and rebuild on change
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve

gradients: $(ENV)-test  ## Check the derivatives of everything to order 2 on both backends
	@$(BIN)/python scripts/setup_driver.py
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -q -m "" tests/gradients tests/control tests/project/test_coverage.py

array-api: $(ENV)-conformance  ## Run data-apis' suite of the array API standard on both backends
	@$(BIN)/python scripts/setup_driver.py
	$(BIN)/python scripts/array_api.py

bench: $(ENV)-test  ## Compare with peers on this machine's adapter
	@$(BIN)/python scripts/setup_driver.py
	$(BIN)/texelate bench --setup --peers webgpu,tinygrad,numpy --html report/bench.html

bench-gpu: $(ENV)-test  ## Measure this machine's GPU, beside PyTorch where it is installed
	$(BIN)/texelate bench --results bench/results

wheel: $(ENV)-test  ## Build the wheel into dist/
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean:  ## Remove what was built (not the environment)
	rm -rf build dist site report *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(ENV)-%: pyproject.toml setup.py scripts/setup_env.py
	@$(PYTHON) scripts/setup_env.py .venv $*
	@touch $@
