"""Any string in any slot of a report: no format breaks, and none lets it through."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.findings import Confidence, Evidence, Finding, Severity, Unfinished
from oktsec_lint.core.model import Kind, Location, Place, Status, Subject
from oktsec_lint.core.policy import Level
from oktsec_lint.core.report import Exit, Located, Report, ServerRow, ToolRow
from oktsec_lint.core.rules import Rule
from oktsec_lint.reporters import Style, render
from tests.reporters.cases import HOSTILE
from tests.reporters.formats import WRITABLE
from tests.reporters.schemas import report_errors, sarif_errors
from tests.reporters.test_inert import is_harmless

TEXT = (
    st.text(st.sampled_from(":# []()\\`<>@{}0a\x00\x1b\x7f\x9b\r\n\u2028\u202e\u200b\ufeff打🙂\ud800\udc00"))
    | st.text()
)
NUMBER = st.integers(1, 40)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """Small reports in which everything a stranger controls is arbitrary."""
    server, name, note = draw(TEXT), draw(TEXT), draw(TEXT)
    line, column, width = draw(NUMBER), draw(NUMBER), draw(NUMBER)
    path = draw(TEXT.filter(bool))
    location = Location(path, line, column, line + draw(st.integers(0, 1)), column + width, draw(TEXT))
    subject = Subject(server, draw(st.sampled_from(Kind)), name)
    span = Evidence(column, column + width, draw(TEXT), draw(TEXT), draw(st.integers(0, 9)), line, note)
    rule = Rule("X-1", draw(TEXT), draw(st.sampled_from(Severity)), draw(TEXT), draw(TEXT), why=draw(TEXT))
    finding = Finding(
        "X-1",
        rule.severity,
        Confidence.LOW,
        rule.category,
        draw(TEXT),
        draw(TEXT),
        subject,
        draw(TEXT),
        Place(path, ""),
        (span,),
    )
    place = draw(st.sampled_from([location, None]))
    row = ToolRow(name, Level.BLOCK, (note,), (note,))
    return Report(
        "0.1.0",
        servers=(ServerRow(server, Status.PARTIAL, note, note, (row,), location=place),),
        findings=(Located(finding, place), Located(finding._replace(message=note), place)),
        ignored=(Located(finding._replace(ignored_by=note), place),),
        unfinished=(Unfinished(subject, note, name),),
        rules=(rule,),
        sources=(path,),
        agents=(note,),
        texts={path: draw(TEXT)},
    )


STYLES = st.builds(
    Style, color=st.just(value=False), unicode=st.booleans(), width=st.integers(0, 120), verbose=st.booleans()
)


@given(reports(), STYLES, st.sampled_from(["text", "concise"]))
def test_lines_for_people_are_harmless(report: Report, style: Style, name: str) -> None:
    text = render(name, report, style, Exit.FINDINGS)
    # the tool's own place lines begin with three colons and a space, whose command name is ":"
    lines = [re.sub(r"^ +::: ", "", line) for line in text.split("\n")]
    assert all(map(is_harmless, lines))
    assert style.unicode or text.isascii()


def decoded(text: str) -> Any:
    """The document in `text`, which must be printable ASCII and line feeds, hold no CI command, and decode to text that
    every reader can hold (no half of a surrogate pair)."""
    assert re.fullmatch(r"[ -~\n]*", text)
    assert not re.search(r"^\s*::|##", text, re.MULTILINE)
    document = json.loads(text)
    json.dumps(document, ensure_ascii=False).encode()
    return document


@given(reports())
def test_json_stays_valid(report: Report) -> None:
    assert report_errors(decoded(render("json", report, code=Exit.FINDINGS))) == []


@given(reports())
def test_each_line_of_jsonl_is_a_finding(report: Report) -> None:
    lines = render("jsonl", report).split("\n")
    assert lines.pop() == ""
    assert [decoded(line)["rule"] for line in lines] == ["X-1", "X-1"]


@given(reports())
def test_sarif_stays_valid(report: Report) -> None:
    assert sarif_errors(decoded(render("sarif", report, code=Exit.FINDINGS))) == []


@pytest.mark.parametrize("name", WRITABLE)
def test_colour_adds_nothing_but_colour(name: str) -> None:
    plain, colored = render(name, HOSTILE), render(name, HOSTILE, Style(color=True))
    assert re.sub(r"\x1b\[[\d;]+m", "", colored) == plain


@pytest.mark.parametrize("name", [name for name in WRITABLE if name not in {"text", "concise", "json", "jsonl"}])
def test_the_users_directories_do_not_reach_what_is_published(name: str) -> None:
    locked = HOSTILE._replace(locks={"/home/someone/secret-name/oktsec.lock": "sha256:00"})
    assert "secret-name" not in render(name, locked._replace(sources=("/home/someone/secret-name/oktsec.yaml",)))
