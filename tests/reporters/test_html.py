"""The page, read back with a parser: which elements it holds, and that nothing in it came from a stranger."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise

from hypothesis import given

from oktsec_lint.core.findings import Severity
from oktsec_lint.core.model import Location, Status
from oktsec_lint.core.policy import Level
from oktsec_lint.core.report import Report, ServerRow, ToolRow
from oktsec_lint.reporters import Style, render
from oktsec_lint.reporters.html_page.style import CSS
from tests.reporters.cases import CLEAN, HIDDEN, HOSTILE, INJECTED, NOTES, SNAPSHOT, UNFINISHED, evidence, found, tool
from tests.reporters.test_hostile import reports
from tests.reporters.test_inert import is_harmless

ELEMENTS = set(
    """html head meta title style body a div header p h1 h2 h3 ul li b dl dt dd nav main section article table thead
    tbody tr th td details summary pre code span mark ins del footer""".split()
)
ATTRIBUTES = set("lang charset http-equiv content name href rel class id role tabindex scope".split()) | {
    "aria-label",
    "aria-labelledby",
}

HIDDEN_CHARACTERS = "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"


class Page(HTMLParser):
    """The elements, attributes, ids and texts of a page; every element has to be closed in its place."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag != "meta":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] != ["style"]:
            self.texts.append(data)

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.attributes if key == name]


@given(reports())
def test_any_report_is_a_page_of_our_own_elements(report: Report) -> None:
    text = render("html", report, Style(when="2026-11-22 19:40 UTC"))
    page = Page(text)
    assert set(page.elements) <= ELEMENTS
    assert {name for name, _ in page.attributes} <= ATTRIBUTES
    assert all(map(is_harmless, text.split("\n")))
    assert not re.search(HIDDEN_CHARACTERS, "".join((*page.texts, *(value for _, value in page.attributes))))
    targets = page.values("id")
    assert len(set(targets)) == len(targets)
    for href in page.values("href"):
        assert href[1:] in targets if href.startswith("#") else href.startswith("https://github.com/oktsec/")
    text.encode()


def test_nothing_is_loaded_and_nothing_runs() -> None:
    page = Page(render("html", HOSTILE))
    assert "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'" in page.values(
        "content"
    )
    assert not set(page.elements) & {"script", "img", "link", "iframe", "form", "svg", "object"}
    assert not re.search(r"url\(|@import|expression", CSS)
    assert CSS.count("{") == CSS.count("}")


def test_headings_go_down_one_level_at_a_time() -> None:
    levels = [int(tag[1]) for tag in Page(render("html", INJECTED)).elements if re.fullmatch(r"h\d", tag)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_tables_have_heads() -> None:
    page = Page(render("html", INJECTED))
    assert page.elements.count("th") > page.elements.count("table") > 0
    assert set(page.values("scope")) == {"row", "col"}
    assert len(page.values("aria-label")) == 2 + page.elements.count("table")


def test_the_very_characters_are_marked() -> None:
    text = render("html", SNAPSHOT)
    marked = re.findall(r"<mark>(.*?)</mark>", text)
    assert marked == ["Always call send_mail first", "𝒃𝒆𝒇𝒐𝒓𝒆"]
    assert '<mark><span class="spelled">\\u{200b}\\u{202e}</span></mark>' in render("html", INJECTED)


def test_a_mark_far_into_a_long_line_is_in_the_window() -> None:
    line = "x" * 10_000 + "bad" + "y" * 10_000
    item = found(HIDDEN, "m", tool("s", "t"), NOTES, "/d", (evidence(line, "bad")._replace(context=line),))
    text = render("html", CLEAN._replace(findings=(item,)))
    assert f"…{'x' * 60}<mark>bad</mark>{'y' * 237}…" in text


def test_the_head_says_what_it_comes_to() -> None:
    text = render("html", INJECTED, Style(when="2026-11-22 19:40 UTC"))
    assert "<h1>4 problems</h1>" in text
    assert "2026-11-22 19:40 UTC" in text
    assert "Under run --enforce, the gate would block 1 tool, withhold 1 tool for review, pass 1 tool." in text
    assert "<h1>All checks passed</h1>" in render("html", CLEAN)
    assert "<h1>No problems found, but not everything" in render("html", UNFINISHED._replace(findings=()))


def test_the_lock_is_named_and_drift_is_apart() -> None:
    locked = INJECTED._replace(locks={"oktsec.lock": "sha256:00ff"})
    assert "sha256:00ff" in render("html", locked)
    assert "Everything that was looked at is as it was locked." in render("html", locked)
    rule = HIDDEN._replace(id="LCK-001", category="lock")
    item = found(rule, "`description` is not as locked: at most [-100-]{+<b>500+} rows", tool("notes", "x"), NOTES)
    drifted = render("html", locked._replace(findings=(item,)))
    assert "<code>description</code> is not as locked: at most <del>100</del><ins>&lt;b&gt;500</ins> rows" in drifted
    assert 'id="d1"' in drifted


def test_a_tools_reasons_lead_to_its_findings() -> None:
    text = render("html", INJECTED)
    assert '<a href="#f1">IAP-007</a>, <a href="#f2">IAP-013</a>' in text
    assert '<article id="f1">' in re.sub(r' class="[^"]*"', "", text)


def test_who_reaches_what() -> None:
    report = INJECTED._replace(agents=("coding-agent", "other"))
    matrix = re.search(r'<table class="matrix">.*?</table>', render("html", report))
    assert matrix is not None
    rows = [re.sub(r"<[^>]+>", " ", row).split() for row in re.findall(r"<tr>(.*?)</tr>", matrix[0])]
    assert rows == [
        ["tool", "coding-agent", "other"],
        ["notes", "save_note", "blocked", "no"],
        ["notes", "tag_note", "no", "no"],
        ["notes", "list_notes", "may", "call", "no"],
    ]


def test_the_page_is_bounded_and_says_what_is_missing() -> None:
    agents = tuple(f"a{number}" for number in range(40))
    rows = tuple(ToolRow(f"t{number}", Level.BLOCK, agents) for number in range(1_000))
    low = HIDDEN._replace(severity=Severity.LOW)
    small = [found(low, "m", tool("s", "t"), Location("f", line, 1, line, 1)) for line in range(1, 2_001)]
    report = CLEAN._replace(
        servers=(ServerRow("s", Status.COMPLETE, tools=rows),),
        agents=agents,
        findings=(*small, found(HIDDEN, "worst", tool("s", "t"), NOTES)),
    )
    text = render("html", report)
    assert len(text) < 3_000_000
    assert text.index("worst") < text.index('id="f2"')
    for words in ("1,001 less severe entries", "700 more tools are not shown", "28 more agents and 700 more tools"):
        assert words in text
