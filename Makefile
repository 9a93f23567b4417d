# `make run` and `make test` go from a bare checkout to the result; `make help` lists the rest.
# Needed beforehand: Python 3.11 or newer. Another one than the first found: make PYTHON=/path/to/it

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# A name on the path may belong to an older Python, or to a version switcher that has none behind it.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11 python3.14; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& { echo "$$name"; break; }; done)

OURS := .venv/bin/python
# What the tests are told besides, such as: make test ARGS='-k revoke'
ARGS ?=
# Two workers; tests/support/together.py says which tests stay on one of them.
# The browser that the set-up found, unless a setting names another.
WITH_BROWSER = FLEXAPP_BROWSER="$${FLEXAPP_BROWSER:-$$(cat .venv/stamps/browser)}"
PYTEST := $(OURS) -m pytest -n 2 --dist load
# What runs on PostgreSQL too; tests/support/postgresql.py says why these.
ON_BOTH := tests/postgresql tests/migrations tests/audit tests/transmission \
	tests/assessment/test_at_once.py tests/assessment/test_proxy.py tests/registration/test_units.py \
	$(addprefix tests/people/test_,account_closure.py drafts.py key_rotation.py real_name.py sign_in.py) \
	$(addprefix tests/office/test_,dashboard.py publications.py ratings.py) \
	$(addprefix tests/web/test_,forms_and_limits.py rate_limits.py ready.py message_replay.py) \
	tests/portal/test_rating.py

# Former names, kept for one release.
OLD_NAMES := faults phone walkthrough audit

.PHONY: help run test test-postgresql check build bench chaos fuzz cluster lighthouse perf-mobile \
	guide-pictures audit-deps lock clean need-python $(OLD_NAMES)

help: ## what can be done
	@sed -n 's/^\([a-z-]*\):[a-z -]*## \(.*\)/make \1	\2/p' Makefile

run: need-python ## the site with demo data on 127.0.0.1:8000
	@"$(PYTHON)" deploy/bootstrap.py run </dev/null
	@exec $(OURS) app.py

test: need-python ## all checks and tests, walkthroughs in a browser included
	@"$(PYTHON)" deploy/bootstrap.py test </dev/null
	@$(OURS) deploy/checks.py </dev/null
	@$(WITH_BROWSER) $(PYTEST) $(ARGS) </dev/null
	@$(PYTEST) --database postgresql $(ON_BOTH) $(ARGS) </dev/null \
	$(if $(ARGS),|| test $$? -eq 5)  # what ARGS choose may all be elsewhere

test-postgresql: need-python ## all tests but the walkthroughs in a browser, on PostgreSQL
	@"$(PYTHON)" deploy/bootstrap.py bench </dev/null
	@$(PYTEST) --database postgresql --ignore tests/journeys $(ARGS) </dev/null

check: need-python ## only the checks: style, types, imports, templates
	@"$(PYTHON)" deploy/bootstrap.py tools </dev/null
	@$(OURS) deploy/checks.py </dev/null

build: need-python ## the script and the styles in static/dist
	@"$(PYTHON)" deploy/bootstrap.py build </dev/null

bench: need-python ## the benchmark against a bare page
	@"$(PYTHON)" deploy/bootstrap.py bench </dev/null
	@$(OURS) -m tools.bench $(ARGS) </dev/null

chaos: need-python ## failure experiments: processes killed, answers lost, disks full, clocks wrong
	@"$(PYTHON)" deploy/bootstrap.py chaos </dev/null
	@$(OURS) -m tools.chaos $(ARGS) </dev/null

fuzz: need-python ## 100,000 requests that nobody should send: no fault, nobody else's data
	@"$(PYTHON)" deploy/bootstrap.py fuzz </dev/null
	@$(OURS) -m tools.fuzz $(ARGS) </dev/null

cluster: need-python ## two nodes, two senders, PostgreSQL and nginx on https://127.0.0.1:8443
	@"$(PYTHON)" deploy/bootstrap.py cluster </dev/null
	@exec $(OURS) -m tools.cluster $(ARGS)

lighthouse: need-python ## the main pages as Lighthouse sees them on a phone, against the bars
	@"$(PYTHON)" deploy/bootstrap.py pictures </dev/null
	@$(WITH_BROWSER) $(OURS) -m tools.performance.lighthouse </dev/null

perf-mobile: need-python ## annex 2 on a slow phone and a poor line: taps, bytes, when it is painted
	@"$(PYTHON)" deploy/bootstrap.py pictures </dev/null
	@$(WITH_BROWSER) $(OURS) -m tools.performance.slow_phone </dev/null

guide-pictures: need-python ## the pictures of the guide, and the guide as a PDF in var/walkthrough
	@"$(PYTHON)" deploy/bootstrap.py pictures </dev/null
	@$(WITH_BROWSER) $(OURS) -m tools.guide pictures </dev/null
	@"$(PYTHON)" deploy/bootstrap.py build </dev/null
	@$(WITH_BROWSER) $(OURS) -m tools.guide document </dev/null

audit-deps: need-python ## known vulnerabilities of the locked packages (asks the network)
	@"$(PYTHON)" deploy/bootstrap.py audit-deps </dev/null
	@$(OURS) deploy/audit.py </dev/null

faults: chaos
phone: perf-mobile
walkthrough: guide-pictures
audit: audit-deps
$(OLD_NAMES):
	@echo "make $@ is now called make $<." >&2

# One lock for every Python that pyproject.toml allows: markers say what only some of them need.
LOCK_ARGS ?= --upgrade
LOCK := $(OURS) -m uv pip compile --quiet --universal --python-version 3.11.0 --generate-hashes \
	--no-strip-markers --no-header --no-emit-index-url --no-emit-find-links --no-build
lock: need-python ## newer versions into the lock files (LOCK_ARGS= keeps those that fit)
	@"$(PYTHON)" deploy/bootstrap.py tools </dev/null
	$(LOCK) $(LOCK_ARGS) -o requirements.txt pyproject.toml
	$(LOCK) $(LOCK_ARGS) -c requirements.txt --group dev -o requirements-dev.txt pyproject.toml
	$(LOCK) $(LOCK_ARGS) --group node -o deploy/locks/node.txt
	$(LOCK) $(LOCK_ARGS) --group old-chromium -o deploy/locks/old-chromium.txt

clean: ## removes what was built and installed; keeps the data in var/
	rm -rf static/dist node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -rf .import_linter_cache .venv
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

need-python:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || { \
	echo "Python 3.11 or newer is needed: install it, or name one with" \
	"make PYTHON=/path/to/python3." >&2; exit 1; }
