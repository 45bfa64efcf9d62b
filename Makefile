PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Model weights and data sets are never fetched behind your back.
export HF_HUB_OFFLINE := 1
export TF_CPP_MIN_LOG_LEVEL := 2

.PHONY: setup demo ui test unit lint bench clean

setup: .venv/ready

.venv/ready: requirements.lock
	$(PYTHON) -m venv .venv
	python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	python -m stages.tools.offline_plots .dvc/plots/page.html
	touch $@

demo: setup ## the whole DAG on drawn celebrities
	dvc repro
	@python -m stages.tools.tour

ui: setup ## Prefect's server, work pools, workers and deployments, until Ctrl-C
	python -m flows.ui

test: setup ## everything, a file of tests per core at a time
	python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

unit: setup ## what needs no server, no detector and no training
	python -m pytest -m "not slow" --numprocesses auto --dist loadfile --no-loadscope-reorder

lint: setup
	ruff check .
	ruff format --check .
	mypy

bench: setup ## every figure that the README quotes, best on an idle machine
	for each in crop partitions cluster scrape memory incremental training_input flow; do \
		python -m benchmarks.$$each || exit 1; \
	done
	python -m benchmarks.table

clean: ## outputs, the store and the environment; DVC's cache stays
	git clean -fdXq data results models report
	rm -rf .venv .store
