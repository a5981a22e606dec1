"""Findings of one rule that a maintainer answers at one place belong together.

A live server's tools have no line of their own: forty tools hit by one rule all point at the server's entry. Shown one
by one they would repeat that entry forty times, and GitHub, which knows an alert by its rule and line, would take them
for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from oktsec_lint.core.findings import Finding
from oktsec_lint.core.model import Kind, Location
from oktsec_lint.core.report import Located
from oktsec_lint.core.values import NamedTuple


class Group(NamedTuple):
    """At least one finding; all share rule, severity and position."""

    location: Location | None
    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        return self.findings[0]


def folded(items: Iterable[Located]) -> Iterator[Group]:
    """Groups in the order of their first finding. A finding about the configuration itself is always alone."""
    groups: dict[object, list[Located]] = {}
    for item in items:
        groups.setdefault(_key(item), []).append(item)
    for members in groups.values():
        yield Group(members[0].location, tuple(member.finding for member in members))


class Cut(NamedTuple):
    """As many groups as a format's readers take, and how many that leaves out."""

    shown: Sequence[Group]
    left_out: int


def worst(items: Iterable[Located], most: int) -> Cut:
    """At most `most` groups: all in their order, or the most severe where there are more."""
    groups = list(folded(items))
    left_out = max(0, len(groups) - most)
    if left_out:
        groups.sort(key=lambda group: -group.first.severity)
    return Cut(groups[:most], left_out)


def _key(item: Located) -> object:
    finding, location = item.finding, item.location
    if finding.subject.kind is Kind.CONFIG:
        return object()
    where = (location.path, location.line, location.column) if location else None
    return finding.rule, finding.severity, where
