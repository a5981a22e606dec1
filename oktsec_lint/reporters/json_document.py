"""The whole report as one JSON document, in the shape `docs/report.schema.json` publishes."""

from __future__ import annotations

from oktsec_lint.core.report import Exit, Report

from .base import Style
from .json_text import laid_out
from .views import report_view

_DEPTH = 3
"""Members of a finding and of a server have a line each; a tool, a location, an evidence is one line."""


def render(report: Report, _style: Style, code: Exit | None) -> str:
    return laid_out(report_view(report, code), _DEPTH)
