"""One JSON object per finding and line, the same object as in the `json` format. A clean report is empty."""

from __future__ import annotations

from oktsec_lint.core.report import Exit, Report

from .base import Style
from .json_text import compact
from .views import finding_view


def render(report: Report, _style: Style, _code: Exit | None) -> str:
    return "".join(f"{compact(finding_view(item))}\n" for item in report.findings)
