"""What the GitHub Action installs is what the tests ran with, down to the hash."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def pinned(name: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Name to version and hashes."""
    blocks = re.split(r"\n(?=\S)", (ROOT / "requirements" / name).read_text("utf-8"))
    heads = {block: re.match(r"([\w.-]+)==([^ ;]+)", block) for block in blocks}
    return {
        head[1]: (head[2], frozenset(re.findall(r"sha256:[0-9a-f]{64}", block)))
        for block, head in heads.items()
        if head is not None
    }


def test_what_runs_is_pinned_as_it_was_tested() -> None:
    run, dev = pinned("run.txt"), pinned("dev.txt")
    assert run.items() <= dev.items()
    assert all(hashes for _, hashes in run.values())


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = {re.split(r"[<>=\[;]", line)[0].strip() for line in project["dependencies"]}
    assert wanted <= pinned("run.txt").keys()
