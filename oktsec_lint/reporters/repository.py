"""Positions as code hosts want them: a file inside the repository, a region within one line, columns in UTF-16 units.

A path that lies outside the repository keeps its last component only: directories of the machine are nobody's business.
"""

from __future__ import annotations

import re

from oktsec_lint.core.findings import Finding
from oktsec_lint.core.model import Location
from oktsec_lint.core.report import Report

_NO_SOURCE = "oktsec.yaml"
_ABSOLUTE = re.compile(r"/|[A-Za-z]:/|~/")


def within_repository(path: str) -> str | None:
    """`path` without `.` and `..`, with forward slashes; None when it is absolute or climbs out."""
    slashed = path.replace("\\", "/")
    if _ABSOLUTE.match(slashed):
        return None
    parts: list[str] = []
    for part in slashed.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts) or None


def last_component(path: str) -> str:
    name = path.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return name if name.strip(".") else _NO_SOURCE


def shareable(path: str) -> str:
    """The path inside the repository, or what may be said of one outside it."""
    return within_repository(path) or last_component(path)


def shareable_position(location: Location) -> str:
    return f"{shareable(location.path)}:{location.line}:{location.column}"


def first_line(report: Report) -> Location:
    """Where a code host is pointed to for what has no place: the first line of the first file that was read."""
    path = report.sources[0] if report.sources else _NO_SOURCE
    line = report.texts.get(path, "").partition("\n")[0].rstrip("\r")
    return Location(path, 1, 1, 1, len(line) + 1, line)


def columns_in_line(location: Location) -> tuple[int, int]:
    """Start and exclusive end, 1-based in UTF-16 units; a value that runs on is marked to the end of its first line."""
    line = location.snippet
    last = location.end_column if location.end_line == location.line else len(line) + 1
    start = _utf16_column(line, location.column)
    return start, max(start, _utf16_column(line, last))


def _utf16_column(line: str, column: int) -> int:
    """The 1-based column in UTF-16 code units of a 1-based column in code points."""
    if line.isascii():
        return column
    return column + sum(char > "\uffff" for char in line[: column - 1])


class Anchors:
    """A place for everything a report says: its own, else its server's entry, else the first line of the first file."""

    def __init__(self, report: Report) -> None:
        self._entries = {row.name: row.location for row in report.servers}
        self._first = first_line(report)

    def of(self, finding: Finding, location: Location | None) -> Location:
        return location or self.of_server(finding.subject.server)

    def of_server(self, name: str) -> Location:
        return self._entries.get(name) or self._first
