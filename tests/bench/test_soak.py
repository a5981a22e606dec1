"""A minute of mixed traffic while servers are killed: every promise of the gateway is kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).parents[2] / "bench" / "soak.py"


@pytest.mark.slow
def test_a_minute_of_kills() -> None:
    ran = subprocess.run([sys.executable, SOAK, "1"], capture_output=True, text=True, timeout=600, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
