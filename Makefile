# learn: study.  test: run the tests.  test-all: the slow ones too.  build: chapters -> notebooks.
# mutants: grade the grader.
FRAMEWORK ?= all
PYTHON ?= python3
BIN := .venv/bin
# PyTorch is several times slower beside other work when its idle threads spin.
export OMP_WAIT_POLICY ?= PASSIVE

.PHONY: learn test test-all build mutants
learn: .venv/installed-$(FRAMEWORK)
	$(BIN)/prodgen learn --framework $(FRAMEWORK)

# Two workers, a core each.
test test-all: export OMP_NUM_THREADS = 1
test: .venv/installed-test
	$(BIN)/python -m pytest -n 2 --dist loadgroup

test-all: .venv/installed-test
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not mutants"

build: .venv/installed-test
	$(BIN)/prodgen build

mutants: .venv/installed-test
	$(BIN)/python -m pytest -m mutants -s

.venv/installed-%: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14) and "This is Python %s; prodgen needs 3.11 to 3.13, for which TensorFlow has packages: make $(MAKECMDGOALS) PYTHON=python3.12, say." % sys.version.split()[0])'
	test -d .venv || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -c constraints.txt -e ".[$*]"
	@touch $@
