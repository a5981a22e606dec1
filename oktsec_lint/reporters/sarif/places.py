"""Where a result points: the file relative to the repository, one line of it, and the object in MCP's own terms.

GitHub rejects results without a file and hides alerts whose region leaves the diff, so every result gets a file and a
region within one line. A path that lies outside the repository keeps its last component only: directories of the
machine are nobody's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sarif_om import ArtifactLocation, LogicalLocation, Message, PhysicalLocation, Region
from sarif_om import Location as SarifLocation

from oktsec_lint.core.findings import Finding
from oktsec_lint.core.model import Kind, Location
from oktsec_lint.core.report import Report
from oktsec_lint.reporters.wording import COLLECTIONS

from .phrases import quoted

_ROOT = "%SRCROOT%"
_OUTSIDE = "%OUTSIDE%"
_BASES = {_ROOT: "The root of the repository.", _OUTSIDE: "A directory outside the repository, not named."}
_NO_SOURCE = "oktsec.yaml"
_MOST_OBJECTS = 100
_URI_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")
_ABSOLUTE = re.compile(r"/|[A-Za-z]:/|~/")
_LOGICAL_KINDS = {Kind.SERVER: "module", Kind.TOOL: "function"}


class Places:
    """Positions of one report as SARIF locations; remembers which base directories they needed."""

    def __init__(self, report: Report) -> None:
        self._used = {_ROOT}
        path = report.sources[0] if report.sources else _NO_SOURCE
        first_line = report.texts.get(path, "").partition("\n")[0].rstrip("\r")
        self._fallback = Location(path, 1, 1, 1, len(first_line) + 1, first_line)

    def resolved(self, location: Location | None) -> Location:
        """The position itself, or the first line of the first file that was read."""
        return location or self._fallback

    def located(self, location: Location | None, objects: Iterable[Finding] = ()) -> SarifLocation:
        where = self.resolved(location)
        logical = [_logical(item) for item in objects if item.subject.kind is not Kind.CONFIG][:_MOST_OBJECTS]
        physical = PhysicalLocation(artifact_location=self._artifact(where.path), region=_region(where))
        return SarifLocation(physical_location=physical, logical_locations=logical or None)

    def bases(self) -> dict[str, ArtifactLocation]:
        """Described, not resolved: an absolute base would tell where the repository lies on this machine."""
        return {name: ArtifactLocation(description=Message(text=_BASES[name])) for name in sorted(self._used)}

    def _artifact(self, path: str) -> ArtifactLocation:
        inside = _within_repository(path)
        base = _OUTSIDE if inside is None else _ROOT
        self._used.add(base)
        return ArtifactLocation(uri=_percent_encoded(inside or _last_component(path)), uri_base_id=base)


def _within_repository(path: str) -> str | None:
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


def _last_component(path: str) -> str:
    name = path.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return name if name.strip(".") else _NO_SOURCE


def _percent_encoded(text: str) -> str:
    """RFC 3986: everything but unreserved characters and the slash, as UTF-8 bytes."""
    return "".join(char if char in _URI_SAFE else _encoded(char) for char in text)


def _encoded(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))


def _region(location: Location) -> Region:
    """One line, all four numbers; a value that runs on is marked to the end of its first line."""
    line = location.snippet
    last = location.end_column if location.end_line == location.line else len(line) + 1
    start = _utf16_column(line, location.column)
    return Region(
        start_line=location.line,
        start_column=start,
        end_line=location.line,
        end_column=max(start, _utf16_column(line, last)),
    )


def _utf16_column(line: str, column: int) -> int:
    """The 1-based column in UTF-16 code units of a 1-based column in code points."""
    if line.isascii():
        return column
    return column + sum(char > "\uffff" for char in line[: column - 1])


def _logical(finding: Finding) -> LogicalLocation:
    subject = finding.subject
    path = [_percent_encoded_name(subject.server)]
    if subject.kind in COLLECTIONS:
        path += [COLLECTIONS[subject.kind], _percent_encoded_name(subject.name)]
    fragment = f"#{_percent_encoded(finding.pointer)}" if finding.pointer else ""
    return LogicalLocation(
        name=quoted(subject.name or subject.server) or None,
        fully_qualified_name=f"mcp://{'/'.join(path)}{fragment}",
        kind=_LOGICAL_KINDS.get(subject.kind, "resource"),
    )


def _percent_encoded_name(name: str) -> str:
    return _percent_encoded(name).replace("/", "%2F")
