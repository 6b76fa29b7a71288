# GNU make. `make` alone lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := targets
.DELETE_ON_ERROR:

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed

.PHONY: targets install run up down test year recovery alerts browser sso pictures lint faults load sizing security docs words dashboards image

targets: ## list what can be made
	@sed -nE 's/^([a-z]+):[^#]*## (.*)/make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

install: $(INSTALLED) ## put everything Bangkom needs into .venv

# The lock holds a hash for every file pip may take; the project itself is linked, not copied.
$(INSTALLED): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null \
	    || { echo 'install: Python 3.11 or newer is needed; `make PYTHON=…` names another one.' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo 'install: $(PYTHON) is older than Python 3.11; `make PYTHON=…` names another one.' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	    || { echo 'install: $(PYTHON) comes without venv; on Debian and Ubuntu: apt-get install python3-venv' >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: install ## run Bangkom here with a made-up year: one process, four services, http://127.0.0.1:8000
	$(BIN)/bangkom run --demo

# What differs between agencies stands in .env; secrets that are missing are made in the folder secrets.
up: ## bring the full installation of docker-compose.yml up; needs Docker with Compose, and .env
	@test -f .env || { echo 'up: write .env first; .env.example explains it.' >&2; exit 1; }
	deploy/make-secrets.sh
	docker compose build
	docker compose up --detach --wait

down: ## take the full installation down; its data stay
	docker compose down

# Each of the two runners has a PostgreSQL and a Kafka of its own.
test: install ## install what the tests need (Java, Kafka, Prometheus, Go, Chromium) and run them all
	deploy/setup-tests.sh
	$(BIN)/python -m pytest -n 2 --dist worksteal

# Some minutes each, so they stand beside the tests that every change goes through.
year: install ## live through years of the loop on real servers and hold them against the rules
	deploy/setup-tests.sh
	$(BIN)/python -m pytest -m year

recovery: install ## lose the server of a full installation and bring it back; move an embedded one; on real servers
	deploy/setup-tests.sh
	$(BIN)/python -m pytest -m recovery

# Alerts take their time also when all durations are a third.
alerts: install ## break a whole installation in many ways, and see a real Prometheus call for each
	deploy/setup-tests.sh
	$(BIN)/python -m pytest -m alerts -s tests/alerts

# Every page as every role, light and dark, on a phone and at a desk; and forms in bad company.
browser: install ## look at every page in a real browser, as everybody who may see it, and send forms over bad links
	deploy/setup-tests.sh
	$(BIN)/python -m pytest -m browser tests/browser

pictures: install ## draw the pictures of pages in docs/pictures anew, from a demo
	deploy/setup-tests.sh
	$(BIN)/python -m tests.browser.pictures

# Keycloak comes by Maven.
sso: install ## sign in through a real Keycloak with a real browser, by the realm and the start script that come along
	deploy/setup-keycloak.sh
	$(BIN)/python -m pytest -m sso tests/sso

lint: install ## check style, types and imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# FAULT=F5 SEED=7 make faults: one fault, with other choices.
faults: install ## kill, stop and cut real processes, write build/faults.json and docs/reliability.md
	deploy/setup-tests.sh
	$(BIN)/python -m tests.faults --only "$(FAULT)" --seed $(or $(SEED),1)

load: install ## measure how fast delivery is and write build/load.json
	deploy/setup-tests.sh
	$(BIN)/python -m tests.load

# PEOPLE=25000 make sizing: another agency.
sizing: install ## live a made-up year of an agency and weigh what it leaves behind; some minutes to an hour
	deploy/setup-tests.sh
	$(BIN)/python -m tests.load.sizing --people $(or $(PEOPLE),5000)

# What is published may only be replaced by what is compatible with it: the gate comes first.
docs: install ## write event schemas, docs/events.md and docs/asyncapi.yaml anew
	$(BIN)/python -m pytest -q tests/contracts/test_compatibility.py
	$(BIN)/python -m shared.events.documents

words: install ## bring the catalogs of pages up to date with the texts that there are
	$(BIN)/python -m shared.web.catalogs shared/web $(patsubst %/translations,%,$(wildcard services/*/translations))

dashboards: install ## write the dashboards of Grafana anew
	$(BIN)/python -m deploy.grafana.make_dashboards

security: install ## try every role at every route, and what comes in from outside
	$(BIN)/python -m pytest tests/security

image: install ## build the image without a container engine and run the loop with it; as root on Debian
	deploy/setup-tests.sh
	deploy/try-image.sh
