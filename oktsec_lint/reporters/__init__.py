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

__all__ = ["REPORTERS", "Render", "Style", "demand", "render"]


class _In:
    """A reporter in a module that is imported when it is asked for."""

    def __init__(self, module: str) -> None:
        self._module = module

    def load(self) -> Render:
        reporter: Render = import_module(f".{self._module}", __name__).render
        return reporter

    def __call__(self, report: Report, style: Style, code: Exit | None) -> str:
        return self.load()(report, style, code)


REPORTERS: Mapping[str, _In] = {
    "text": _In("text"),
    "concise": _In("concise"),
    "json": _In("json_document"),
    "jsonl": _In("json_lines"),
    "sarif": _In("sarif"),
    "github": _In("github"),
    "gitlab": _In("gitlab"),
    "junit": _In("junit"),
    "markdown": _In("markdown"),
    "html": _In("html_page"),
    "cyclonedx": _In("inventory"),
}
"""Format name to renderer: the one line a new format adds."""


def demand(name: str) -> None:
    """See to it that the format `name` can be written, before anything is started for it.

    Raises UsageError when a library it needs is not installed, KeyError for an unknown name.
    """
    REPORTERS[name].load()


def render(name: str, report: Report, style: Style | None = None, code: Exit | None = None) -> str:
    """`report` in the format `name`, ending with a line feed unless it is empty.

    `code` is the exit code the process will use; formats that have a field for it leave it out when it is None.
    Raises KeyError for an unknown name.
    """
    return REPORTERS[name](report, style or Style(), code)
