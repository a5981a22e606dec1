"""The report formats: pure functions from a `Report` to text, one module or package a format.

Nothing a server or a configuration says can break or forge a report; each format neutralises what its readers
(terminals, CI log parsers, code-scanning pages) would obey. A format is imported when it is asked for: only SARIF pays
for `sarif_om`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from oktsec_lint.core.report import Exit, Report

from .base import Render, Style

__all__ = ["REPORTERS", "Render", "Style", "render"]


def _in(module: str) -> Render:
    def render_lazily(report: Report, style: Style, code: Exit | None) -> str:
        reporter: Render = import_module(f".{module}", __name__).render
        return reporter(report, style, code)

    return render_lazily


REPORTERS: Mapping[str, Render] = {
    "text": _in("text"),
    "concise": _in("concise"),
    "json": _in("json_document"),
    "jsonl": _in("json_lines"),
    "sarif": _in("sarif"),
    "github": _in("github"),
    "gitlab": _in("gitlab"),
    "junit": _in("junit"),
    "markdown": _in("markdown"),
    "html": _in("html_page"),
}
"""Format name to renderer: the one line a new format adds."""


def render(name: str, report: Report, style: Style | None = None, code: Exit | None = None) -> str:
    """`report` in the format `name`, ending with a line feed unless it is empty.

    `code` is the exit code the process will use; formats that have a field for it leave it out when it is None.
    Raises KeyError for an unknown name.
    """
    return REPORTERS[name](report, style or Style(), code)
