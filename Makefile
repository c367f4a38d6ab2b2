# make demo   set up once, then watch the booth guide a simulated photographer to a shot
# make test   set up once, then run every test
# make lint   style and types
# make lock   choose newer versions of everything and write them down
#
# On a device, as root: make install, again for an upgrade; make rollback; make uninstall

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

# Published models kept beside the checkout are used without being fetched.
export FRAMECUE_MODELS ?= $(wildcard ../shared/models/coral)

.PHONY: demo test lint lock config clean install rollback uninstall

demo: $(VENV)/.ready
	@$(BIN)/framecue demo --out demo

test: $(VENV)/.ready-dev
	@$(BIN)/pytest -n auto --dist loadfile

lint: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

config: $(VENV)/.ready
	$(BIN)/python -m framecue.settings_file > config/framecue.toml

# Locked versions with their hashes; uv when it is there, plain venv and pip when not.
$(VENV)/.ready: requirements.lock pyproject.toml
	$(call setup,requirements.lock)
	@touch $@

$(VENV)/.ready-dev: requirements-dev.lock pyproject.toml
	$(call setup,requirements-dev.lock)
	@touch $@ $(VENV)/.ready

ifdef UV
define setup
	@test -x $(BIN)/python || $(UV) venv -q --python $(PYTHON) $(VENV)
	@echo "Setting up $(VENV) (once; about 350 MB) ..."
	@$(UV) pip install -q --python $(BIN)/python --require-hashes -r $(1)
	@$(UV) pip install -q --python $(BIN)/python --no-deps -e .
endef
else
define setup
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	@echo "Setting up $(VENV) (once; about 350 MB) ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $(1)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
endef
endif

lock:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
	  pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
	  --extra dev pyproject.toml -o requirements-dev.lock -c requirements.lock

install rollback uninstall:
	@systemd/appliance.sh $@

clean:
	rm -rf $(VENV) demo
