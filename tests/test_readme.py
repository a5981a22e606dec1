"""The README can be believed: its commands exist, its output is what the program prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.command import oktsec_lint

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_shown_finding_is_the_real_one() -> None:
    shown = re.search(r"```text\n(.*?)```", README, re.DOTALL)
    assert shown is not None
    assert oktsec_lint("scan", "examples/poisoned.yaml", cwd=ROOT).out == shown.group(1)


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(((?!https?:)[^)#]+)\)", README))))
def test_links_lead_to_files(link: str) -> None:
    assert (ROOT / link).exists()


@pytest.mark.parametrize("command", sorted(set(re.findall(r"^oktsec-lint (\w+)", README, re.MULTILINE))))
def test_commands_exist(command: str) -> None:
    ran = oktsec_lint(command, "--help", cwd=ROOT)
    assert ran.code == 0
    assert "Usage" in ran.out


def test_the_two_commands_of_the_first_screen_are_the_ones_that_ci_runs() -> None:
    assert "sh scripts/test.sh" in README
    assert "sh scripts/test.sh" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
