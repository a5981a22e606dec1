"""The door to all formats: what it offers, and what opening it costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from oktsec_lint.cli.choices import Format
from oktsec_lint.core.report import Report
from oktsec_lint.reporters import REPORTERS, render
from tests.reporters.formats import WRITABLE


def test_formats() -> None:
    assert list(REPORTERS) == [
        "text",
        "concise",
        "json",
        "jsonl",
        "sarif",
        "github",
        "gitlab",
        "junit",
        "markdown",
        "html",
        "cyclonedx",
    ]
    assert list(REPORTERS) == list(Format)


def test_an_unknown_format_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        render("yaml", Report("0.1.0"))


@pytest.mark.parametrize("name", [name for name in WRITABLE if name != "sarif"])
def test_only_sarif_pays_for_sarif(name: str) -> None:
    program = (
        "import sys; from oktsec_lint.core.report import Report; from oktsec_lint.reporters import render;"
        f"render({name!r}, Report('0')); sys.exit('sarif_om' in sys.modules or 'rich' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_an_empty_report_renders_in_every_format() -> None:
    rendered = {name: render(name, Report("0.1.0")) for name in WRITABLE}
    assert rendered["text"] == "Nothing to check: no servers in 0 files.\n"
    assert rendered["concise"] == ""
    assert rendered["jsonl"] == ""
    assert rendered["github"] == ""
    assert all(text.endswith("\n") for text in rendered.values() if text)
