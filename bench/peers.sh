#!/bin/sh
# The scanners that bench/scan.py compares with, each in an environment of its own below the folder given.
set -eu
for pair in auditor:mcp-tool-auditor==1.10.2 cisco:cisco-ai-mcp-scanner==4.8.7; do
    python3 -m venv "$1/${pair%%:*}"
    "$1/${pair%%:*}/bin/pip" install --quiet --disable-pip-version-check "${pair#*:}"
done
