#!/bin/sh
# Everything a change has to pass, from nothing but Python and Node: a virtual environment with the locked
# dependencies, the reference servers, lint, types, import contracts, tests. Arguments go to pytest.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
stamp=.venv/.requirements
[ -x .venv/bin/python ] || "$python" -m venv .venv
if ! cmp -s requirements/dev.txt "$stamp"; then
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
    cp requirements/dev.txt "$stamp"
fi
[ -d tests/servers/node_modules ] || npm ci --prefix tests/servers --silent --no-audit --no-fund
.venv/bin/ruff format --check --quiet .
.venv/bin/ruff check --quiet .
.venv/bin/mypy
for system in win32 darwin; do
    .venv/bin/mypy --platform "$system" --cache-dir ".mypy_cache/$system"
done
.venv/bin/lint-imports
.venv/bin/python -m pytest -n "${JOBS:-2}" --dist worksteal "$@"
