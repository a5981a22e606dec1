"""`rules`: the rulebook as a list and one rule explained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import oktsec_lint

RULES = sorted(Path(__file__).parents[2].joinpath("rules").rglob("*.yaml"))


def test_every_rule_file_is_listed(tmp_path: Path) -> None:
    listed = [line.split()[0] for line in oktsec_lint("rules", cwd=tmp_path).out.splitlines()]
    assert listed == sorted("-".join(path.name.split("-")[:2]) for path in RULES)


def test_a_rule_is_explained_with_reason_remedy_and_examples(tmp_path: Path) -> None:
    ran = oktsec_lint("rules", "iap-007", cwd=tmp_path)
    assert ran.code == 0
    for heading in ("IAP-007", "What it finds", "Why it matters", "What to do", "Flagged", "Passed", "References"):
        assert heading in ran.out


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_every_rule_says_why_and_what_to_do(path: Path, explained: dict[str, dict[str, object]]) -> None:
    rule = explained["-".join(path.name.split("-")[:2])]
    assert rule["description"]
    assert rule["why"]
    assert rule["fix"]


@pytest.fixture(scope="module")
def explained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    ran = oktsec_lint("rules", "--format", "json", cwd=tmp_path_factory.mktemp("rules"))
    return {rule["id"]: rule for rule in json.loads(ran.out)}
