# Everything a person types. Each target first brings ./.venv up to date (quick when nothing changed).
BIN := .venv/bin
# The suite is bound by memory traffic, not by cores: more than four workers gain nothing.
JOBS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); [ $$n -gt 4 ] && n=4; echo $$n)
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q
SAMPLE := resources/samples/smear.png

.DEFAULT_GOAL := help
.PHONY: help setup run test check format bench screenshots sample table gallery measurements clean

help: ## Say what there is to type
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Make .venv ready: Python packages, and Qt's system libraries where allowed
	@.ci/setup

run: setup ## Open the sample smear in the window; without a display analyse it on the command line
	@.ci/run-sample $(SAMPLE)

# A worker that ends by itself ends the run at once, as a failure: with a new one in its place the run has waited for ever.
test: setup ## Run the whole suite, canvas tests included (under Xvfb where there is no display)
	@# All parts run, whatever the first one says. A part without a test that fits ARGS answers 5.
	@failed=0; \
	$(PYTEST) -m "not gl" -n $(JOBS) --dist loadfile --max-worker-restart 0 $(ARGS) || [ $$? = 5 ] || failed=1; \
	.ci/with-display $(PYTEST) -m gl $(ARGS) || [ $$? = 5 ] || failed=1; \
	exit $$failed

check: setup ## Lint, check formatting, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: setup ## Bring the source into its one format
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: setup ## Time what a user feels and write docs/benchmarks.md
	$(BIN)/python -m benchmarks.run $(ARGS)

screenshots: setup ## Draw the window's pictures anew into docs/images
	@CELLWRIGHT_SCREENSHOTS=docs/images .ci/with-display $(PYTEST) -m gl -k "screenshot or tour" $(ARGS)

sample: setup ## Draw the three samples anew (the same bytes, as a test says)
	@for name in smear nuclei chest; do \
	$(BIN)/python -m cellwright.testing.sample --picture $$name --out resources/samples/$$name.png || exit 1; done

table: setup ## Copy the scores of the model cards into README.md
	$(BIN)/python .ci/model-table

gallery: setup ## Write docs/models.md anew, with a picture of what each model finds
	$(BIN)/python .ci/model-page

measurements: setup ## Write docs/measurements.md anew from what measurements declare
	$(BIN)/python .ci/measurement-page

clean: ## Remove what the other targets made
	rm -rf .venv build dist results .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find app tests benchmarks plugins -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
