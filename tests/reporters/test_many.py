"""A hundred thousand findings: no format may take minutes, or write what its readers refuse to read."""

from __future__ import annotations

import json
import time
from xml.etree import ElementTree as ET

import pytest

from oktsec_lint.core.model import Location, Status
from oktsec_lint.core.policy import Level
from oktsec_lint.core.report import Located, Report, ServerRow, ToolRow
from oktsec_lint.reporters import render
from tests.reporters.cases import CLEAN, HIDDEN, HOSTILE_TEXT, evidence, found, tool

BYTES = {"github": 100_000, "gitlab": 10_000_000, "junit": 20_000_000, "markdown": 1 << 20, "html": 8_000_000}
"""The most a format may write, whatever was found: GitHub takes no longer summary, the others are what a page bears."""
SECONDS = 15
"""Of processor time, for a hundred thousand; a fifth of it is what a quiet machine takes."""


def many(count: int) -> Report:
    """As many findings, each in a tool of its own and on a line of its own, full of what no format may let through."""
    span = (evidence(HOSTILE_TEXT, "##[error]forged", "a command"),)
    message = f"tool says {HOSTILE_TEXT}"

    def one(number: int) -> Located:
        place = Location("oktsec.lock", number + 1, 1, number + 1, 9, "x" * 50)
        return found(HIDDEN, message, tool("notes", f"tool {number}"), place, "/description", span)

    rows = tuple(ToolRow(f"tool {number}", Level.BLOCK, ("coding-agent",), ("IAP-013",)) for number in range(count))
    server = ServerRow("notes", Status.COMPLETE, tools=rows)
    return CLEAN._replace(servers=(server,), findings=tuple(map(one, range(count))))


def check(name: str, report: Report) -> None:
    text = render(name, report)
    assert len(text.encode()) < BYTES[name]
    assert "\x1b" not in text
    assert "##[" not in text
    if name == "gitlab":
        json.loads(text)
    if name == "junit":
        ET.fromstring(text.encode())


@pytest.mark.parametrize("name", BYTES)
def test_six_thousand_findings_are_bounded(name: str) -> None:
    check(name, many(6_000))


@pytest.mark.slow
@pytest.mark.parametrize("name", BYTES)
def test_a_hundred_thousand_findings_are_bounded_and_quick(name: str) -> None:
    report = many(100_000)
    began = time.process_time()
    check(name, report)
    assert time.process_time() - began < SECONDS
