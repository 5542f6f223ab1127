# Everything lives in .venv/ and node_modules/: only Python >= 3.11 and make are assumed.
PYTHON ?= python3
VENV := $(CURDIR)/.venv
# That of uv.lock: each version has a cache of its own, and tests find in it what 'setup' downloaded.
UV_VERSION := 0.13.9
MINIMUM := $(CURDIR)/.venv-minimum
MUTATION := $(CURDIR)/.venv-mutation
TESTED_AT_MINIMUM := tests/aws tests/catalogue tests/k8s tests/lookups \
  $(addprefix tests/cli/test_,instances.py output.py verify.py) --ignore-glob '*/catalogue/test_generate*'
# Node.js and its npm come from the environment too, ahead of any that the machine has.
export PATH := $(VENV)/bin:$(PATH)
export JSII_NODE := $(VENV)/bin/node
export UV_PROJECT_ENVIRONMENT := $(VENV)
# Compiled once, here, by uv, and our own code in 'setup': where Python may not write .pyc files, CDK is three times
# slower.
export UV_COMPILE_BYTECODE := 1

# Where 'docs' writes.
SITE := site

.DEFAULT_GOAL := help
.PHONY: help setup test test-minimum mutation rehearse control-plane synth manifests snapshots lint format bench docs rules \
  pictures schema catalogue sbom audit

help: ## Show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 17

setup: $(VENV)/.python $(VENV)/.node ## Install everything; seconds when nothing changed
	@$(VENV)/bin/python -m compileall -q efa_constructs stacks app.py

$(VENV)/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.python: pyproject.toml uv.lock | $(VENV)/bin/uv
	$(VENV)/bin/uv sync --locked --all-extras --all-groups --no-group supply-chain --no-group mutation --quiet
	@touch $@

$(VENV)/.node: package.json package-lock.json $(VENV)/.python
	$(VENV)/bin/npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

test: setup ## Run the tests
	$(VENV)/bin/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder

# Not part of 'test': an environment of its own, with another AWS CDK, takes minutes.
test-minimum: setup ## Test what importers use with the lowest versions that pyproject.toml allows
	$(VENV)/bin/uv venv --quiet --clear --python $(VENV)/bin/python $(MINIMUM)
	UV_COMPILE_BYTECODE=0 $(VENV)/bin/uv pip install --quiet --python $(MINIMUM) --resolution lowest-direct --group minimum '.[kubectl]'
	# Warnings of old versions about each other are not ours to mend.
	$(MINIMUM)/bin/python -m pytest -n 2 --override-ini filterwarnings=default $(TESTED_AT_MINIMUM)
	cd examples/importer && ../../.venv/bin/node ../../node_modules/aws-cdk/bin/cdk synth --quiet --no-notices --no-version-reporting \
	  --app '$(MINIMUM)/bin/python app.py' --output $(MINIMUM)/cdk.out

# Not part of 'test' either: an area takes from minutes to hours. What is decided stays in .mutation/, so that an
# interrupted run goes on where it was.
mutation: setup ## Find tests that cannot fail, by small changes of the code; AREA=rules or MODULE=... for a part
	UV_PROJECT_ENVIRONMENT=$(MUTATION) $(VENV)/bin/uv sync --locked --all-extras --group mutation --no-install-project --quiet
	$(MUTATION)/bin/python -m tests.mutation $(AREA) $(if $(MODULE),--module $(MODULE)) $(if $(SAMPLE),--sample $(SAMPLE)) \
	  $(if $(SURVIVORS),--survivors)

rehearse: setup ## Deploy the app onto an emulated AWS account on this machine
	$(VENV)/bin/efa rehearse

control-plane: setup ## Build the programs of a rehearsal's Kubernetes control plane; minutes, once
	$(VENV)/bin/python -m efa_constructs.rehearsal.control_plane

synth: setup ## Write the CloudFormation templates to cdk.out/
	$(VENV)/bin/node node_modules/aws-cdk/bin/cdk synth --quiet --no-notices --no-version-reporting

manifests: setup ## Write the Kubernetes manifests to manifests/, for kubectl
	$(VENV)/bin/python manifests.py

snapshots: setup ## Write anew what tests compare with: the manifests of examples, the public API, what rules say
	WRITE_SNAPSHOTS=1 $(VENV)/bin/python -m pytest -q tests/examples/test_manifests.py tests/packaging/test_public_api.py \
	  tests/review/test_findings.py

lint: setup ## Check format, lint, types and Dockerfiles
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/python -m tests.packaging.type_completeness
	$(VENV)/bin/hadolint docker/*/Dockerfile

format: setup ## Format the code
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

bench: setup ## Measure against the baselines, as ratios
	$(VENV)/bin/python benchmarks/run.py
	$(VENV)/bin/python benchmarks/mpi_job_start.py

# Material for MkDocs warns of MkDocs 2, which uv.lock keeps away; the variable is its own way to say that one knows.
docs: setup ## Build the documentation into site/
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --strict --site-dir $(SITE)

rules: setup ## Write the reference of the rules anew
	$(VENV)/bin/python docs/.extensions/rules_page.py docs/reference/rules.md

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

pictures: setup ## Write the pictures of the explanation pages anew
	folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	  $(VENV)/bin/node node_modules/aws-cdk/bin/cdk synth --quiet --no-notices --no-version-reporting --output "$$folder" && \
	  $(VENV)/bin/python docs/.extensions/pictures.py "$$folder" docs/pictures

schema: setup ## Write the JSON Schema of cluster facts files anew
	$(VENV)/bin/python -m efa_constructs.lookups.cluster_facts_schema > docs/reference/cluster-facts.schema.json

catalogue: setup ## Write the generated data of the catalogue anew
	$(VENV)/bin/python -m efa_constructs.catalogue.generate
	$(VENV)/bin/python -m efa_constructs.catalogue.generate_resource_schemas
