"""The Markdown report, read by a Markdown parser: what of it is text, and what is code."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from oktsec_lint.core.findings import Severity
from oktsec_lint.core.model import Location, Status
from oktsec_lint.core.policy import Level
from oktsec_lint.core.report import Report, ServerRow, ToolRow
from oktsec_lint.reporters import render
from oktsec_lint.reporters.markdown.inline import code, fenced, prose
from tests.reporters.cases import CLEAN, FOLDED, HIDDEN, INJECTED, NOTES, UNFINISHED, found, tool
from tests.reporters.test_hostile import TEXT, reports
from tests.reporters.test_inert import is_harmless

PARSER = MarkdownIt("commonmark").enable("table")
OUR_HTML = re.compile(
    r"<details><summary>(<b>\w+</b>( <code>[^<>]*</code>){1,2}( and [\d,]+ more)?|[\d,]+ findings? set aside)</summary>"
    r"|</details>"
)
LIVE = re.compile(r"[@#<>\[\]$`*_~|]|:\w|\w[/.]\w|\b[0-9a-f]{7,}\b")
"""What GitHub or GitLab would make something of, where it stands in plain text."""


def tokens(text: str) -> Iterator[Token]:
    for block in PARSER.parse(text):
        yield block
        yield from block.children or ()


def live(text: str) -> list[str]:
    """Everything in a Markdown text that is markup or a reference, and not ours."""
    found_live = []
    for token in tokens(text):
        if token.type in {"image", "html_inline"}:
            found_live.append(token.type)
        if token.type == "link_open" and not str(token.attrs["href"]).startswith("https://github.com/oktsec/"):
            found_live.append(str(token.attrs["href"]))
        if token.type == "html_block" and not OUR_HTML.fullmatch(token.content.strip()):
            found_live.append(token.content)
        if token.type == "text" and LIVE.search(re.sub(r"\d\.\d", "", token.content)):
            found_live.append(token.content)
    return found_live


@given(reports())
def test_nothing_a_stranger_says_is_markup(report: Report) -> None:
    text = render("markdown", report)
    assert live(text) == []
    assert all(map(is_harmless, text.split("\n")))


@given(st.lists(TEXT.filter(str.strip), min_size=1, max_size=3))
def test_a_code_span_is_one_span_in_a_cell(texts: list[str]) -> None:
    row = " | ".join(map(code, texts))
    parsed = PARSER.parse(f"| {' | '.join('h' * len(texts))} |\n|{' --- |' * len(texts)}\n| {row} |")
    cells = [token for token in parsed if token.type == "inline"][len(texts) :]
    assert [[child.type for child in cell.children or ()] for cell in cells] == [["code_inline"]] * len(texts)


@given(TEXT)
def test_a_sentence_is_words_and_code(text: str) -> None:
    assert live(f"x {prose(text)}") == []


@given(st.lists(TEXT))
def test_a_fence_is_closed_by_nothing_in_it(texts: list[str]) -> None:
    lines = ["".join(char for char in text if char.isprintable()) for text in texts]
    (token,) = PARSER.parse(fenced(lines))
    assert token.type == "fence"
    assert token.content.split("\n")[:-1] == (lines or [""])


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("`save_notes` matches no tool, so this", "`save_notes` matches no tool, so this"),
        ("(did you mean command?)", "(did you mean command?)"),
        ("write `command: x`.", "write `command: x`."),
        ("see @admin and #12, GH-12", "see `@admin` and `#12, GH-12`"),
        ("go to https://x.example/a now", "go to `https://x.example/a` now"),
        ("at www.evil.example", "at `www.evil.example`"),
        ("commit deadbeef01 and facade", "commit `deadbeef01` and facade"),
        ("<b>**bold**</b>", "`<b>**bold**</b>`"),
        ("a `b` c` d", "a `b` `` c` `` d"),
        ("12,000 tools, 1.5 MiB", "12,000 tools, 1.5 MiB"),
        ("a|b", "`a\\u{7c}b`"),
    ],
)
def test_prose(text: str, markdown: str) -> None:
    assert prose(text) == markdown


def test_the_head_is_the_outcome() -> None:
    assert render("markdown", INJECTED).startswith("## oktsec-lint: 4 problems: 1 critical, 3 high\n")
    assert render("markdown", CLEAN).startswith("## oktsec-lint: All checks passed\n")
    nothing = UNFINISHED._replace(findings=())
    assert "No problems found, but not everything was looked at" in render("markdown", nothing).split("\n")[0]


def test_a_verdict_for_each_server() -> None:
    assert "| `notes` | complete | `2025-11-25` | 3 | 1 | 1 | 0 | 1 |" in render("markdown", INJECTED).split("\n")
    assert "| `files` | not scanned | - | 0 | 0 | 0 | 0 | 0 |" in render("markdown", UNFINISHED).split("\n")


def test_what_an_agent_reaches() -> None:
    assert "| `coding-agent` | `notes/list_notes` | `notes/save_note` |" in render("markdown", INJECTED).split("\n")
    open_to_all = render("markdown", CLEAN._replace(agents=()))
    assert "No agents are configured: whoever reaches a server may call all of its tools." in open_to_all


def test_drift_comes_first() -> None:
    lock = HIDDEN._replace(id="LCK-001", category="lock")
    items = (*INJECTED.findings, found(lock, "m", tool("notes", "x"), NOTES))
    titles = re.findall(r"^### (.*)", render("markdown", INJECTED._replace(findings=items)), re.MULTILINE)
    assert titles == ["Servers", "Reachability", "Not as it was locked", "Findings"]


def test_what_was_not_looked_at_is_said() -> None:
    said = render("markdown", UNFINISHED)
    assert "- `github` listed in part only: page" in said
    assert "- `notes / tools / save_note / description` not judged: text longer than 4 MiB" in said


def test_a_fold_names_a_few_places() -> None:
    said = render("markdown", FOLDED)
    assert "- in `github / tools / tool_09`" in said
    assert "- and 15 more places" in said


def test_a_text_that_would_be_too_long_is_cut_from_below_and_says_so() -> None:
    low = HIDDEN._replace(severity=Severity.LOW)
    small = [found(low, "x" * 500, tool("s", "t" * 500), Location("f", line, 1, line, 1)) for line in range(1, 2_000)]
    rows = tuple(ToolRow(f"t{number}", Level.BLOCK, ()) for number in range(1_000))
    report = CLEAN._replace(
        servers=(ServerRow("s", Status.COMPLETE, tools=rows),),
        findings=(*small, found(HIDDEN, "worst", tool("s", "t"), NOTES)),
    )
    text = render("markdown", report)
    assert 890_000 < len(text.encode()) < 1_000_000
    assert "worst" in text
    left_out = re.search(r"\*\*([\d,]+) less severe findings not shown", text)
    assert left_out is not None
    assert int(left_out[1].replace(",", "")) + text.count("<details><summary><b>") == 2_000
