"""The report a person reads: every finding with its source line and the very characters, then servers and a summary.

Plain strings only: a console library would wrap on a pipe and read markup in what a server says. Everything foreign
passes `inert.shown` or `excerpt`; nothing foreign begins a line. What is only worth knowing (severity info) is counted
and left to `--verbose`, so that an honest configuration gets a short report.
"""

from __future__ import annotations

from collections.abc import Iterator

from oktsec_lint.core.report import Exit, Report
from oktsec_lint.reporters.base import Style
from oktsec_lint.reporters.groups import folded
from oktsec_lint.reporters.overview import is_problem

from .finding import FindingText
from .servers import server_lines
from .summary import summary_lines


def render(report: Report, style: Style, _code: Exit | None) -> str:
    return "\n".join((*_lines(report, style), ""))


def _lines(report: Report, style: Style) -> Iterator[str]:
    shown = FindingText(report, style)
    for group in folded(item for item in report.findings if style.verbose or is_problem(item)):
        yield from shown.lines(group)
        yield ""
    yield from server_lines(report, style)
    yield from summary_lines(report, style)
