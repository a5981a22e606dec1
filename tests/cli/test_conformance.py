"""The official conformance suite says the same of a server behind the gate as of the server itself."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench" / "conformance.py"
NARROW = "agents:\n  conformance:\n    allowed_tools: [test_image_content]\n"


def compared(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, BENCH, *args], capture_output=True, text=True, timeout=900, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("revision", ["2025-11-25", "2026-07-28"])
def test_outcomes_are_the_same_with_and_without_the_gate(revision: str) -> None:
    ran = compared("--spec", revision, "--way", "observing", "--way", "enforcing")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "FAILURE" not in ran.stdout
    assert "differences: 0" in ran.stdout


@pytest.mark.slow
def test_a_gate_that_forbids_what_the_suite_calls_is_seen(tmp_path: Path) -> None:
    config = tmp_path / "oktsec.yaml"
    config.write_text(NARROW)
    ran = compared("--spec", "2026-07-28", "--config", str(config), "--scenario", "tools-call-simple-text")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "enforcing - tools-call-simple-text tools-call-simple-text SUCCESS" in ran.stdout
    assert "enforcing + tools-call-simple-text tools-call-simple-text FAILURE" in ran.stdout


@pytest.mark.slow
@pytest.mark.parametrize("revision", ["2025-11-25", "2026-07-28"])
def test_nothing_fails_through_the_gateway_that_passes_direct(revision: str) -> None:
    """Where an answer came as JSON instead of a stream, the suite notes it and passes it."""
    ran = compared("--spec", revision, "--way", "gateway")
    assert re.search(r"differences: \d+$", ran.stdout, re.MULTILINE), ran.stdout + ran.stderr
    assert int(re.search(r"(\d+) SUCCESS", ran.stdout)[1]) >= 80  # type: ignore[index]
    assert "FAILURE" not in ran.stdout, ran.stdout
    lost = {line.split()[2] for line in ran.stdout.splitlines() if line.startswith("  gateway - ")}
    assert lost <= {"server-sse-multiple-streams", "server-sse-polling"}, ran.stdout
