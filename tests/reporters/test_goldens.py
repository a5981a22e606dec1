"""Every format over every case, byte for byte.

The expected reports are in `tests/fixtures/reports/`. After a wanted change, write them anew and read the difference:

    UPDATE_GOLDEN=1 pytest tests/reporters/test_goldens.py && git diff tests/fixtures/reports
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from oktsec_lint.reporters import Style, render
from oktsec_lint.reporters.html_page.style import CSS
from tests.reporters.cases import CASES
from tests.reporters.formats import WRITABLE

GOLDEN = Path(__file__).parents[1] / "fixtures" / "reports"
ENDINGS = {
    "text": "txt",
    "concise": "concise.txt",
    "json": "json",
    "jsonl": "jsonl",
    "sarif": "sarif",
    "github": "github.txt",
    "gitlab": "gitlab.json",
    "junit": "junit.xml",
    "markdown": "md",
    "html": "html",
    "cyclonedx": "cdx.json",
}
STYLED = {
    "injection.color.txt": ("injection", Style(color=True)),
    "injection.ascii.txt": ("injection", Style(unicode=False)),
    "injection.narrow.txt": ("injection", Style(width=50)),
    "folded.verbose.txt": ("folded", Style(verbose=True)),
    "injection.verbose.txt": ("injection", Style(verbose=True)),
}


def check(name: str, actual: str) -> None:
    """The style sheet, the same in every page, is left out of the pages."""
    path = GOLDEN / name
    actual = actual.replace(CSS, "")
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        path.write_bytes(actual.encode())
    assert actual == path.read_bytes().decode()


@pytest.mark.parametrize("name", WRITABLE)
@pytest.mark.parametrize("case", CASES)
def test_report_is_the_golden_one(case: str, name: str) -> None:
    report, code = CASES[case]
    check(f"{case}.{ENDINGS[name]}", render(name, report, code=code))


@pytest.mark.parametrize("name", STYLED)
def test_styled_text_is_the_golden_one(name: str) -> None:
    case, style = STYLED[name]
    report, code = CASES[case]
    check(name, render("text", report, style, code))


def test_no_golden_report_is_left_over() -> None:
    wanted = {f"{case}.{ending}" for case in CASES for ending in ENDINGS.values()} | set(STYLED)
    assert {path.name for path in GOLDEN.iterdir()} == wanted


@pytest.mark.parametrize("name", WRITABLE)
def test_same_report_same_bytes(name: str) -> None:
    report, code = CASES["injection"]
    assert render(name, report, code=code) == render(name, report, code=code)
