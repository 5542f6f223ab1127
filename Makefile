# Everything lives in .venv/ and node_modules/: only Python >= 3.11 and make are assumed.
PYTHON ?= python3
VENV := $(CURDIR)/.venv
UV_VERSION := 0.13.8
# Node.js and its npm come from the environment too, ahead of any that the machine has.
export PATH := $(VENV)/bin:$(PATH)
export JSII_NODE := $(VENV)/bin/node
export UV_PROJECT_ENVIRONMENT := $(VENV)
# Compiled once, here, by uv, and our own code in 'setup': where Python may not write .pyc files, CDK is three times
# slower.
export UV_COMPILE_BYTECODE := 1

.DEFAULT_GOAL := help
.PHONY: help setup test rehearse control-plane synth manifests snapshots lint format bench docs catalogue sbom audit

help: ## Show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 17

setup: $(VENV)/.python $(VENV)/.node ## Install everything; seconds when nothing changed
	@$(VENV)/bin/python -m compileall -q efa_constructs stacks app.py

$(VENV)/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.python: pyproject.toml uv.lock | $(VENV)/bin/uv
	$(VENV)/bin/uv sync --locked --all-extras --all-groups --no-group supply-chain --quiet
	@touch $@

$(VENV)/.node: package.json package-lock.json $(VENV)/.python
	$(VENV)/bin/npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

test: setup ## Run the tests
	$(VENV)/bin/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder

rehearse: setup ## Deploy the app onto an emulated AWS account on this machine
	$(VENV)/bin/efa rehearse

control-plane: setup ## Build the programs of a rehearsal's Kubernetes control plane; minutes, once
	$(VENV)/bin/python -m efa_constructs.rehearsal.control_plane

synth: setup ## Write the CloudFormation templates to cdk.out/
	$(VENV)/bin/node node_modules/aws-cdk/bin/cdk synth --quiet --no-notices --no-version-reporting

manifests: setup ## Write the Kubernetes manifests to manifests/, for kubectl
	$(VENV)/bin/python manifests.py

snapshots: setup ## Write the examples' manifests that the tests compare with anew
	WRITE_SNAPSHOTS=1 $(VENV)/bin/python -m pytest -q tests/examples/test_manifests.py

lint: setup ## Check format, lint, types and Dockerfiles
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/hadolint docker/*/Dockerfile

format: setup ## Format the code
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

bench: setup ## Measure against the baselines, as ratios
	$(VENV)/bin/python benchmarks/run.py
	$(VENV)/bin/python benchmarks/mpi_job_start.py

docs: setup ## Build the documentation into site/
	$(VENV)/bin/mkdocs build --strict

# Python's tools come from a group of uv.lock that 'setup' leaves out, Go's from supply-chain/go.sum.
LOCKED_TOOL := $(VENV)/bin/uv run --locked --isolated --only-group supply-chain
# Of what users of the package install, or of all that developers do.
REQUIREMENTS := $(VENV)/bin/uv export --locked --all-extras --no-emit-project --quiet
GO_TOOL := $(VENV)/bin/go tool -C supply-chain
GO_PROGRAMS := ../efa_constructs/rehearsal/control_plane/programs

sbom: setup ## Write bills of materials to sbom/, in CycloneDX's format
	@mkdir -p sbom
	$(REQUIREMENTS) --no-default-groups --output-file sbom/requirements.txt
	$(LOCKED_TOOL) cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --output-file sbom/python.json sbom/requirements.txt
	@rm sbom/requirements.txt
	$(VENV)/bin/npm sbom --package-lock-only --sbom-format cyclonedx > sbom/npm.json
	$(GO_TOOL) cyclonedx-gomod mod -json -output $(CURDIR)/sbom/go.json $(GO_PROGRAMS)

audit: setup ## Ask the vulnerability databases about what is locked; fails, too, if one of them does not answer
	@folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; failed=""; \
	$(REQUIREMENTS) --all-groups --output-file "$$folder/requirements.txt" && \
	  $(LOCKED_TOOL) pip-audit --strict --require-hashes --disable-pip --progress-spinner off -r "$$folder/requirements.txt" \
	  || failed="$$failed pip-audit"; \
	$(VENV)/bin/npm audit --package-lock-only || failed="$$failed npm"; \
	$(GO_TOOL) govulncheck -C $(GO_PROGRAMS) -scan module || failed="$$failed govulncheck"; \
	[ -z "$$failed" ] || { echo "audit: something is vulnerable, or could not be asked about:$$failed" >&2; exit 1; }

catalogue: setup ## Write the instance type catalogue anew
	$(VENV)/bin/python -m efa_constructs.catalogue.generate
