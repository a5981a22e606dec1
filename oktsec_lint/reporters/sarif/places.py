"""Where a result points: the file relative to the repository, one line of it, and the object in MCP's own terms.

GitHub rejects results without a file and hides alerts whose region leaves the diff, so every result gets a file and a
region within one line (`reporters.repository`).
"""

from __future__ import annotations

from collections.abc import Iterable

from sarif_om import ArtifactLocation, LogicalLocation, Message, PhysicalLocation, Region
from sarif_om import Location as SarifLocation

from oktsec_lint.core.findings import Finding
from oktsec_lint.core.model import Kind, Location
from oktsec_lint.core.report import Report
from oktsec_lint.reporters.repository import columns_in_line, first_line, shareable, within_repository
from oktsec_lint.reporters.wording import COLLECTIONS

from .phrases import quoted

_ROOT = "%SRCROOT%"
_OUTSIDE = "%OUTSIDE%"
_BASES = {_ROOT: "The root of the repository.", _OUTSIDE: "A directory outside the repository, not named."}
_MOST_OBJECTS = 100
_URI_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")
_LOGICAL_KINDS = {Kind.SERVER: "module", Kind.TOOL: "function"}


class Places:
    """Positions of one report as SARIF locations; remembers which base directories they needed."""

    def __init__(self, report: Report) -> None:
        self._used = {_ROOT}
        self._fallback = first_line(report)

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
        inside = within_repository(path)
        base = _OUTSIDE if inside is None else _ROOT
        self._used.add(base)
        return ArtifactLocation(uri=_percent_encoded(shareable(path)), uri_base_id=base)


def _percent_encoded(text: str) -> str:
    """RFC 3986: everything but unreserved characters and the slash, as UTF-8 bytes."""
    return "".join(char if char in _URI_SAFE else _encoded(char) for char in text)


def _encoded(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))


def _region(location: Location) -> Region:
    """All four numbers."""
    start, end = columns_in_line(location)
    return Region(start_line=location.line, start_column=start, end_line=location.line, end_column=end)


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
