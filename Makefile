# Gongjian 共建. `make` alone lists the targets. Needs only make, a shell and Python 3.13, which uv fetches when online.
MAKEFLAGS += --no-print-directory
SHELL := /bin/sh
export UV_SYSTEM_CERTS := 1
# Five processes import the same packages at every start; compiled once they do it in a third of the time.
export UV_COMPILE_BYTECODE := 1
# A pyenv shim named uv may exist and not run here: only a uv that answers counts; otherwise our own in .tools.
UV := $(if $(shell uv --version 2>/dev/null),uv,.tools/bin/uv)
OWN_UV := $(filter .tools/%,$(UV))
PY := .venv/bin/python
GJ := .venv/bin/gongjian
QUIETLY := sh .ci/quietly
COMPILE = $(UV) pip compile -q --universal --generate-hashes --no-header --python-version 3.13
TOGETHER := $(if $(filter output-sync,$(.FEATURES)),-Otarget)
TEST_SETTINGS := DJANGO_SETTINGS_MODULE=gongjian.project.settings.test
CHECKS := check-lint check-format check-types check-imports check-migrations check-messages check-locks
CASES ?= 1000

.DEFAULT_GOAL := help
.PHONY: help install run test check explain clocks bench lock messages demo $(CHECKS)

help: ## this list 本列表
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

install: .venv/.installed ## put what is needed into .venv 安装依赖

run: .venv/.installed ## start everything; PORT=8001 for another port 启动
	@$(PY) -m compileall -q src/gongjian
	@$(GJ) run

test: .venv/.installed ## run all tests with a throw-away database; ARGS="..." goes to pytest 运行测试
	@sh .ci/browser
	@$(PY) -m compileall -q src/gongjian
	@$(GJ) messages --compile
	@$(GJ) withdb -- $(PY) -m pytest -n auto $(ARGS)

check: .venv/.installed ## style, types, import contracts, migrations, messages, locks 静态检查
	@$(MAKE) -k -j4 $(TOGETHER) $(CHECKS)

explain: .venv/.installed ## print states, clocks and rights: KIND=hotline.complaint 说明一种事项
	@$(GJ) explain $(KIND)

clocks: .venv/.installed ## start the demonstration at awkward moments and go through all of it; ARGS=--today for one 在难过的时刻走一遍
	@$(PY) -m tests.clocks $(ARGS)

bench: .venv/.installed ## measure the main paths and print the ratios 测速
	@$(GJ) withdb -- $(PY) -m bench $(ARGS)

messages: .venv/.installed ## add missing entries to the English catalogues and compile them 更新译文
	@$(GJ) messages --write --compile

demo: .venv/.installed ## load more demonstration cases into the running system: CASES=1000 加载演示数据
	@$(GJ) demo load --cases $(CASES)

lock: | $(OWN_UV) ## resolve the dependencies again 更新依赖锁
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	echo uv | $(COMPILE) - -o bootstrap.lock

.venv/.installed: requirements.lock requirements-dev.lock pyproject.toml .python-version | $(OWN_UV)
	@echo "· 安装依赖  Installing what is needed into .venv"
	@test -x $(PY) && $(PY) -c "" || $(QUIETLY) $(UV) venv -q --clear --python "$$(sh ./find-python)" .venv || \
	  { echo "没有 Python 3.13，也无法下载：请先安装 Python 3.13。 Python 3.13 is missing and cannot be fetched: install it first." >&2; exit 1; }
	@$(QUIETLY) $(UV) pip sync -q --python $(PY) --require-hashes requirements.lock requirements-dev.lock
	@$(QUIETLY) $(UV) pip install -q --python $(PY) --no-deps --no-build-isolation -e .
	@touch $@

.tools/bin/uv: bootstrap.lock
	@python="$$(sh ./find-python any)" && $(QUIETLY) "$$python" -m venv --clear .tools
	@$(QUIETLY) .tools/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r bootstrap.lock
	@touch $@

check-lint:
	@.venv/bin/ruff check -q .
check-format:
	@.venv/bin/ruff format -q --check .
check-types:
	@.venv/bin/mypy
check-imports:
	@.venv/bin/lint-imports --no-logo
check-migrations:
	@$(TEST_SETTINGS) $(GJ) migrate --missing
check-messages:
	@$(TEST_SETTINGS) $(GJ) messages --check
check-locks:
	@! grep -n http *.lock
