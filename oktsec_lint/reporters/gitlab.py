"""GitLab Code Quality: a JSON list of issues, each with a file, a line and a fingerprint of its own.

GitLab compares the fingerprints of two branches to say what is new, and of two issues with one fingerprint shows the
first only, so a repeated one is made different by its number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from oktsec_lint.core.findings import Severity
from oktsec_lint.core.model import JsonValue, Location
from oktsec_lint.core.report import Exit, Report

from .base import Style
from .groups import Group, worst
from .inert import shown
from .json_text import laid_out
from .links import TOOL
from .overview import Gap, unsaid_gaps
from .phrases import message_of, object_of, place_of, quote_of, reason_of
from .repository import Anchors, first_line, shareable
from .wording import object_path

_SEVERITIES: Mapping[Severity, str] = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
    Severity.INFO: "info",
}
_MOST_ISSUES = 5_000
_DEPTH = 1


def render(report: Report, _style: Style, _code: Exit | None) -> str:
    return laid_out(list(_issues(report)), _DEPTH)


def _issues(report: Report) -> Iterator[JsonValue]:
    anchors, seen = Anchors(report), Counter[str]()
    cut = worst(report.findings, _MOST_ISSUES)
    for group in cut.shown:
        yield _of_group(group, anchors, seen)
    for gap in unsaid_gaps(report):
        yield _of_gap(gap, anchors, seen)
    if cut.left_out:
        text = f"{cut.left_out:,} less severe issues are left out; read the text or JSON report for all of them"
        yield _issue(text, "left-out", Severity.INFO, first_line(report), _digest("left-out"))


def _of_group(group: Group, anchors: Anchors, seen: Counter[str]) -> JsonValue:
    first = group.first
    text = ": ".join(filter(None, (place_of(first), message_of(group), quote_of(first))))
    place = anchors.of(first, group.location)
    return _issue(text, first.rule, first.severity, place, _numbered(first.fingerprint, seen))


def _of_gap(gap: Gap, anchors: Anchors, seen: Counter[str]) -> JsonValue:
    text = f"{gap.words}: {object_of(gap.subject, gap.pointer)}: {reason_of(gap)}"
    identity = "\0".join([gap.words, *object_path(gap.subject, gap.pointer)])
    place = gap.location or anchors.of_server("")
    return _issue(text, "not-looked-at", Severity.HIGH, place, _numbered(_digest(identity), seen))


def _issue(text: str, check: str, severity: Severity, place: Location, fingerprint: str) -> JsonValue:
    return {
        "description": text,
        "check_name": f"{TOOL}/{shown(check)}",
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[severity],
        "location": {"path": shown(shareable(place.path)), "lines": {"begin": place.line}},
    }


def _numbered(fingerprint: str, seen: Counter[str]) -> str:
    seen[fingerprint] += 1
    return fingerprint if seen[fingerprint] == 1 else _digest(f"{fingerprint}\0{seen[fingerprint]}")


def _digest(text: str) -> str:
    import hashlib  # costs more than a clean scan has to spend on it

    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
