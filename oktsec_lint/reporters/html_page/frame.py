"""What stands around the sections of the page: its head with the counts and the facts of the run, and its foot."""

from __future__ import annotations

from collections.abc import Iterator

from oktsec_lint.core.findings import Severity
from oktsec_lint.core.report import Report
from oktsec_lint.reporters.base import Style
from oktsec_lint.reporters.links import TOOL
from oktsec_lint.reporters.overview import enforcement, outcome, scope
from oktsec_lint.reporters.repository import shareable
from oktsec_lint.reporters.wording import severity_counts

from .elements import NOTHING, Html, code, element, joined, text

_MOST_FILES = 50


def page_header(report: Report, style: Style) -> Html:
    consequence = enforcement(report)
    counts = severity_counts(item.finding for item in report.findings)
    return element(
        "header",
        element("p", text(f"MCP audit by {TOOL} {report.tool_version}"), class_="eyebrow"),
        element("h1", text(outcome(report))),
        element("p", text(f"Under {consequence.replace(' would', ', the gate would')}.")) if consequence else NOTHING,
        element("ul", *map(_count, counts.items()), class_="counts", aria_label="Findings by severity"),
        element("dl", *_facts(report, style), class_="facts"),
    )


def _count(item: tuple[Severity, int]) -> Html:
    severity, count = item
    return element(
        "li", element("b", text(f"{count:,}")), text(severity.label), class_=severity.label if count else "none"
    )


def _facts(report: Report, style: Style) -> Iterator[Html]:
    facts = [("Checked", text(scope(report)))]
    if style.when:
        facts.insert(0, ("When", text(style.when)))
    files = joined((code(shareable(path)) for path in report.sources[:_MOST_FILES]), ", ")
    if files:
        facts.append(("Files", files))
    facts.extend(("Lock", joined((code(shareable(path)), code(digest)), " ")) for path, digest in report.locks.items())
    if not report.locks:
        facts.append(("Lock", text("none: nothing to compare with")))
    yield from (element("div", element("dt", text(name)), element("dd", value)) for name, value in facts)


def page_footer() -> Html:
    return element(
        "footer",
        element(
            "p",
            text(
                "Blocked: refused. Withheld: left out until somebody has reviewed it. Recorded: passes, and the journal"
            ),
            text(" says so. Passes: nothing was found that argues against it."),
        ),
        element(
            "p",
            text("Characters that cannot be seen are spelled out, as in "),
            element("code", element("span", text("\\u{202e}"), class_="spelled")),
            text(". Marked characters are those that a finding is about."),
        ),
    )
