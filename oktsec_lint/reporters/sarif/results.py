"""Findings as SARIF results: one per rule and position, the worst first where there are too many.

What does not count is left out unless everything was asked for: GitHub opens an alert for a suppressed result like for
any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sarif_om import Message, Result

from oktsec_lint.core.findings import Excuse, Finding
from oktsec_lint.core.model import Kind
from oktsec_lint.core.report import Report
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.reporters.groups import Group, worst
from oktsec_lint.reporters.wording import LEVELS, object_path

from .catalogue import Catalogue
from .line_hash import line_hashes
from .phrases import quoted, sentence
from .places import Places

_MOST_RESULTS = 25_000
"""GitHub rejects a run with more."""
_MOST_OBJECTS = 10
_MESSAGE = 600
_EVIDENCE = 120


class Alerts(NamedTuple):
    """The groups that become results, and how many had to be left out."""

    shown: Sequence[Group]
    left_out: int
    texts: Mapping[str, str]


def alerts_of(report: Report, *, suppressed: bool) -> Alerts:
    """`suppressed` adds what does not count, after everything that does."""
    counting = worst(report.findings, _MOST_RESULTS)
    if not suppressed:
        return Alerts(*counting, report.texts)
    others = worst(report.ignored, _MOST_RESULTS - len(counting.shown))
    return Alerts([*counting.shown, *others.shown], counting.left_out + others.left_out, report.texts)


def results_of(alerts: Alerts, catalogue: Catalogue, places: Places) -> list[Result]:
    hashes = _line_hashes(alerts, places)
    return [_result(group, catalogue, places, hashes) for group in alerts.shown]


def _result(group: Group, catalogue: Catalogue, places: Places, hashes: Mapping[tuple[str, int], str]) -> Result:
    first = group.first
    where = places.resolved(group.location)
    fingerprints = {"oktsecLint/v1": first.fingerprint}
    line_hash = hashes.get((where.path, where.line))
    if line_hash:
        fingerprints["primaryLocationLineHash"] = line_hash
    return Result(
        rule_id=first.rule,
        rule_index=catalogue.index(first.rule),
        level=LEVELS[first.severity],
        message=Message(text=" ".join(_sentences(group))),
        locations=[places.located(group.location, group.findings)],
        partial_fingerprints=fingerprints,
        occurrence_count=len(group.findings) if len(group.findings) > 1 else None,
        suppressions=_suppressions(first),
        properties={"severity": first.severity.label, "confidence": first.confidence.label},
    )


def _suppressions(finding: Finding) -> list[dict[str, str]] | None:
    """Plain values: the model calls `status` by the name it had in a draft."""
    if not finding.ignored_by:
        return None
    kind = "inSource" if finding.ignored_as is Excuse.COMMENT else "external"
    return [{"kind": kind, "status": "accepted", "justification": quoted(finding.ignored_by, _MESSAGE)}]


def _line_hashes(alerts: Alerts, places: Places) -> dict[tuple[str, int], str]:
    """By path and line, for the lines that results point at in files whose text is known."""
    lines: dict[str, set[int]] = {}
    for group in alerts.shown:
        where = places.resolved(group.location)
        lines.setdefault(where.path, set()).add(where.line)
    return {
        (path, line): value
        for path, wanted in lines.items()
        if path in alerts.texts
        for line, value in line_hashes(alerts.texts[path], wanted).items()
    }


def _sentences(group: Group) -> Iterator[str]:
    """The first is the title of the alert; GitHub shows no object and no evidence, so they follow in words."""
    first, others = group.first, len(group.findings) - 1
    yield sentence(quoted(first.message, _MESSAGE) + (f" (and {others:,} more)" if others else ""))
    if first.subject.kind is not Kind.CONFIG:
        yield f"{'Objects' if others else 'Object'}: {_objects(group.findings)}."
    if first.evidence:
        yield f'Evidence: "{quoted(first.evidence[0].text, _EVIDENCE)}".'


def _objects(findings: Sequence[Finding]) -> str:
    names = "; ".join(
        " / ".join(quoted(part, 100) for part in object_path(item.subject, item.pointer))
        for item in findings[:_MOST_OBJECTS]
    )
    more = len(findings) - _MOST_OBJECTS
    return f"{names}; and {more:,} more" if more > 0 else names
