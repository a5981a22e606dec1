"""What is installed: the package, its types marker, and every rule."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_the_wheel_ships_every_rule_and_nothing_at_top_level(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q", "-w", str(tmp_path)]
    subprocess.run([*command, str(ROOT)], check=True, capture_output=True, timeout=300)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    rules = {f"oktsec_lint/{path.relative_to(ROOT).as_posix()}" for path in ROOT.glob("rules/*/*.yaml")}
    assert rules <= names
    assert {"oktsec_lint/py.typed", "oktsec_lint/rules/compiled.json"} <= names
    assert {name.partition("/")[0] for name in names if ".dist-info" not in name} == {"oktsec_lint"}
