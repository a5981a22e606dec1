"""Every example of every CFG rule, and that there is a rule for every hit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import oktsec_lint.sources.oktsec_yaml as package
from oktsec_lint import rulebook
from oktsec_lint.core import launch
from oktsec_lint.core.rules import Example, Rule
from oktsec_lint.sources import load_config

RULES = rulebook.load_dir(rulebook.rules_dir() / "config")
KNOWN_RULES = {"IAP-001", "IAP-007", "IAP-008"}
KNOWN_CATEGORIES = {"inter-agent", "credentials", "pii", "system-prompt"}
EXAMPLES = [(rule, example) for rule in RULES for example in rule.examples]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES, ids=[f"{rule.id}-{n}" for n, (rule, _) in enumerate(EXAMPLES)])
def test_example(rule: Rule, example: Example) -> None:
    assert example.config is not None
    loaded = load_config("oktsec.yaml", example.config, known_rules=KNOWN_RULES, known_categories=KNOWN_CATEGORIES)
    assert (rule.id in {hit.rule for hit in loaded.hits}) is example.flagged


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_is_complete(rule: Rule) -> None:
    assert (rule.check, rule.category) == ("sources", "config")
    assert rule.why
    assert rule.fix
    assert {example.flagged for example in rule.examples} == {True, False}


def test_ids_in_the_code_are_the_ids_of_the_rules() -> None:
    folders = (Path(package.__file__).parent, Path(package.__file__).parent.parent, Path(launch.__file__).parent)
    code = "".join(path.read_text() for folder in folders for path in folder.glob("*.py"))
    assert set(re.findall(r'"(CFG-\d{3})"', code)) == {rule.id for rule in RULES}
