"""One page of HTML for whoever reviews the security of a set of servers: it can be mailed, archived and printed.

Nothing is loaded and nothing runs: no script, no image, no font, and a policy in the page forbids them all, should a
stranger's text ever get past the escaping (`elements`). The order is the reviewer's: what it comes to, what was not
looked at, which servers, who may call what, what is not as it was locked, what was found, what was set aside.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from oktsec_lint.core.lock_rules import CATEGORY
from oktsec_lint.core.report import Exit, Located, Report
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.reporters.base import Style
from oktsec_lint.reporters.groups import worst
from oktsec_lint.reporters.links import TOOL
from oktsec_lint.reporters.overview import gaps, headline, is_problem

from .elements import NOTHING, Html, element, text
from .findings import Numbered, finding_article
from .frame import page_footer, page_header
from .lists import folded_list, gap_list
from .servers import Anchors, reachability, server_articles
from .style import CSS

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_MOST_FINDINGS = 1_000
"""Groups in each section."""


class _Section(NamedTuple):
    anchor: str
    title: str
    size: int
    """Shown in the navigation; zero is not."""
    body: tuple[Html, ...]


def render(report: Report, style: Style, _code: Exit | None) -> str:
    title = f"{TOOL}: {headline(report)}"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", text(title)),
        element("style", Html(CSS)),
    )
    sections = list(_sections(report))
    main = element("main", *map(_section, sections), id="main")
    columns = element("div", _navigation(sections), main, class_="columns")
    skip = element("a", text("Skip to the report"), href="#main", class_="skip")
    page = element("div", page_header(report, style), columns, page_footer(), class_="page")
    return f"<!doctype html>\n{element('html', head, element('body', skip, page), lang='en')}\n"


def _sections(report: Report) -> Iterator[_Section]:
    findings = sorted(report.findings, key=lambda item: -item.finding.severity)
    drift = [item for item in findings if item.finding.category == CATEGORY]
    problems = [item for item in findings if item.finding.category != CATEGORY and is_problem(item)]
    notes = [item for item in findings if item.finding.category != CATEGORY and not is_problem(item)]
    drifted, found = _articles(report, drift, "d"), _articles(report, problems, "f")
    anchors = {**drifted.anchors, **found.anchors}
    missing = gap_list(report)
    tools = sum(len(row.tools) for row in report.servers)
    sections = [
        _Section("gaps", "Not looked at to its end", len(list(gaps(report))), missing),
        _Section("servers", "Servers", len(report.servers), tuple(server_articles(report, anchors))),
        _Section("reach", "Reachability", 0, _panel(reachability(report)) if tools else ()),
        _Section("drift", "Not as it was locked", len(drift), _drift(report, drifted.body)),
        _Section("findings", "Findings", len(problems), found.body or _all_clear(report)),
        _Section("notes", "For information", len(notes), folded_list(notes)),
        _Section("ignored", "Set aside", len(report.ignored), folded_list(report.ignored)),
    ]
    return (section for section in sections if section.body)


class _Articles(NamedTuple):
    body: tuple[Html, ...]
    anchors: Anchors


def _articles(report: Report, items: Iterable[Located], prefix: str) -> _Articles:
    rules = {rule.id: rule for rule in report.rules}
    cut = worst(items, _MOST_FINDINGS)
    numbered = [Numbered(f"{prefix}{index}", group) for index, group in enumerate(cut.shown, 1)]
    anchors = {(item.subject, item.rule): entry.anchor for entry in numbered[::-1] for item in entry.group.findings}
    body = [finding_article(entry, rules) for entry in numbered]
    if cut.left_out:
        body.append(element("p", text(f"{cut.left_out:,} less severe entries are left out; the JSON report has all.")))
    return _Articles(tuple(body), anchors)


def _drift(report: Report, body: tuple[Html, ...]) -> tuple[Html, ...]:
    if body or not report.locks:
        return body
    return (element("p", text("Everything that was looked at is as it was locked."), class_="panel"),)


def _all_clear(report: Report) -> tuple[Html, ...]:
    words = "Nothing was found in what was looked at." if report.incomplete else "Nothing was found."
    return (element("p", text(words), class_="panel"),) if report.servers else ()


def _panel(children: Iterable[Html]) -> tuple[Html, ...]:
    return (element("div", *children, class_="panel"),)


def _section(section: _Section) -> Html:
    heading = element("h2", text(section.title), id=f"{section.anchor}-title")
    return element("section", heading, *section.body, id=section.anchor, aria_labelledby=f"{section.anchor}-title")


def _navigation(sections: Iterable[_Section]) -> Html:
    items = (
        element(
            "li",
            element(
                "a",
                text(section.title),
                element("span", text(f"{section.size:,}")) if section.size else NOTHING,
                href=f"#{section.anchor}",
            ),
        )
        for section in sections
    )
    return element("nav", element("ul", *items), aria_label="Sections")
