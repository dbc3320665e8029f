# make run       make .venv on first use, then open the studio     ARGS="render 'a red circle'" runs a command instead
# make install   .venv alone
# make test      the whole suite: style, types, import laws, tests
# make bench     figures against their bars                        BENCH=name for one of them
# make demo-model  train, evaluate and pack the built-in model anew (hours)  ARGS="--folder F --device cuda"
# make lint      style, types and import laws alone
# make clean     remove .venv and everything built; pictures stay
#
# TORCH_INDEX=URL  takes torch, and torch alone, from that index (the selector on pytorch.org shows them)
# PYTHON=python3.x takes that interpreter for .venv

SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?=
TORCH_INDEX ?=
ARGS ?=
BENCH ?=
PIP := $(BIN)/python -m pip --disable-pip-version-check
# A stamp names the index, so that another TORCH_INDEX is another torch; without one, the torch that is there is good.
TORCH_STAMP := $(if $(TORCH_INDEX),$(VENV)/.torch-$(shell printf %s '$(TORCH_INDEX)' | cksum | cut -d' ' -f1))

.PHONY: help install run test bench demo-model lint clean

help:
	@sed -n 's/^# \{0,1\}//p' Makefile | sed '/^$$/q'

install: $(VENV)/.installed

run: $(VENV)/.installed
	@exec $(BIN)/sdtui $(ARGS)

test lint: $(VENV)/.tools
	@failed=; \
	for step in "ruff check ." "ruff format --check ." "mypy" "lint-imports" $(if $(filter test,$@),"pytest -n logical --maxprocesses 4 --dist loadfile"); do \
	  echo "== $$step"; $(BIN)/$$step || failed="$$failed '$$step'"; \
	done; \
	if [ -n "$$failed" ]; then echo "Failed:$$failed" >&2; exit 1; fi

bench: $(VENV)/.installed
	@$(BIN)/python -m benchmarks $(BENCH)

demo-model: $(VENV)/.installed
	@$(BIN)/python -m tools.demo_model all $(ARGS)

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .grimp_cache
	find sdtui tests benchmarks tools -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.made:
	@if $(BIN)/python -m pip --version >/dev/null 2>&1; then exit 0; fi; \
	python=; \
	for candidate in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11); do \
	  if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "sdtui needs Python 3.11 or newer, and there is none: $(or $(PYTHON),python3) is $$($(or $(PYTHON),python3) --version 2>/dev/null || echo not there)." >&2; \
	  echo "Install one (Debian 12, Ubuntu 24.04: apt install python3 python3-venv), or name it: make PYTHON=/path/to/python3.12 run" >&2; \
	  exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
	  version=$$("$$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	  echo "$$python has no venv module. On Debian and Ubuntu: sudo apt install python3-venv (or python$$version-venv)" >&2; \
	  exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$python" --version)"; \
	"$$python" -m venv --clear $(VENV)
	@touch $@

ifneq ($(TORCH_INDEX),)
$(TORCH_STAMP): $(VENV)/.made
	@rm -f $(VENV)/.torch-*
	@$(PIP) install --force-reinstall --index-url '$(TORCH_INDEX)' "$$(grep '^torch==' constraints.txt)"
	@touch $@
endif

$(VENV)/.installed: pyproject.toml constraints.txt $(VENV)/.made $(TORCH_STAMP)
	@$(PIP) install -c constraints.txt -e .
	@touch $@

$(VENV)/.tools: $(VENV)/.installed
	@$(PIP) install --quiet -c constraints.txt -e '.[test]'
	@touch $@
