"""What is installed: the package, its types marker, every rule and the grammar."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

DATA = {path.relative_to(ROOT).as_posix() for name in ("rules", "grammar") for path in (ROOT / name).rglob("*.*")}
"""Rules, the parts, words and weights of the grammar, and the compiled form of both."""


@pytest.mark.slow
def test_the_wheel_ships_every_rule_and_the_grammar_and_nothing_at_top_level(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q", "-w", str(tmp_path)]
    subprocess.run([*command, str(ROOT)], check=True, capture_output=True, timeout=300)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"oktsec_lint/{name}" for name in DATA} <= names
    assert "oktsec_lint/py.typed" in names
    assert not [name for name in names if name.startswith("oktsec_lint/rules/grammar")]
    assert {name.partition("/")[0] for name in names if ".dist-info" not in name} == {"oktsec_lint"}


@pytest.mark.slow
def test_the_source_archive_has_everything_a_wheel_is_made_of(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=300)
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    assert names >= DATA
    assert {"pyproject.toml", "oktsec_lint/py.typed", "tests/test_wheel.py"} <= names
