"""The pages about the rules: fresh, complete, and harmless to read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from oktsec_lint import ruledocs
from oktsec_lint.core.display import is_hidden
from oktsec_lint.core.findings import Severity
from oktsec_lint.core.rules import Example, Rule
from oktsec_lint.reporters.links import rule_page

ROOT = Path(__file__).parent.parent
PAGES = ruledocs.current()


def rule(*examples: Example, **fields: str) -> Rule:
    texts = {"name": "Name", "description": "What.", "why": "Why.", "fix": "Fix.", **fields}
    return Rule("X-1", severity=Severity.HIGH, category="test", origin="rules/x/X-1.yaml", examples=examples, **texts)


def page(*examples: Example, **fields: str) -> str:
    return ruledocs.pages([rule(*examples, **fields)], {})["X-1.md"]


def test_the_pages_are_fresh() -> None:
    """Run `python -m oktsec_lint.ruledocs` after changing a rule."""
    written = {path.name: path.read_text(encoding="utf-8") for path in ruledocs.docs_dir().iterdir()}
    assert sorted(written) == sorted(PAGES)
    assert [name for name, text in PAGES.items() if written[name] != text] == []


def test_sarif_leads_to_a_page_that_exists() -> None:
    name = rule_page(rule()._replace(origin="", id="IAP-001")).rpartition("/blob/main/")[2]
    assert (ROOT / name).is_file()


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_to_files(name: str) -> None:
    for link in re.findall(r"\]\(((?!https:)[^)]+)\)", PAGES[name]):
        assert (ruledocs.docs_dir() / link).is_file()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_hides_nothing(name: str) -> None:
    assert not [char for char in PAGES[name].replace("\n", "") if is_hidden(char)]


def test_a_page_says_everything_about_its_rule() -> None:
    flagged = Example(flagged=True, text="one\ntwo", on="tool.title")
    passed = Example(flagged=False, config="a: 1\n", servers={"files": ["read"]}, note="near miss")
    text = page(flagged, passed)
    for part in ("# X-1: Name", "What.", "Why.", "Fix.", "`tool.title`", "one⏎two", "a: 1", '"files"', "near miss"):
        assert part in text


@pytest.mark.parametrize("text", ["```\n# heading", "````", "` `` ```", "</details><script>"])
def test_an_example_stays_in_its_block(text: str) -> None:
    lines = page(Example(flagged=True, text=text)).split("\n")
    opening = next(at for at, line in enumerate(lines) if line.startswith("```"))
    fence = lines[opening].removesuffix("text")
    assert fence not in lines[opening + 1]
    assert lines[opening + 2] == fence


def test_a_tag_in_prose_is_shown() -> None:
    assert "an &lt;IMPORTANT> tag, `<b>`" in page(description="an <IMPORTANT> tag, `<b>`")


def test_pages_of_rules_that_are_gone_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ruledocs, "docs_dir", lambda: tmp_path)
    (tmp_path / "OLD-001.md").write_text("old")
    assert ruledocs.main() == 0
    assert {path.name for path in tmp_path.iterdir()} == set(PAGES)
