"""Sentences about findings for formats of plain lines: inert, on one line, and bounded whatever was sent."""

from __future__ import annotations

from itertools import islice

from oktsec_lint.core.findings import Finding
from oktsec_lint.core.model import Kind, Subject

from .groups import Group
from .inert import ellipsis, shown
from .overview import Gap
from .wording import object_path

_MESSAGE = 600
_PART = 120
_MOST_PARTS = 20
_EVIDENCE = 160
_HELP = 900


def message_of(group: Group) -> str:
    """What is wrong, and how often it is at this place."""
    others = len(group.findings) - 1
    return shown(group.first.message, limit=_MESSAGE) + (f" (and {others:,} more)" if others else "")


def object_of(subject: Subject, pointer: str = "") -> str:
    """`notes / tools / save_note / description`."""
    parts = [shown(part, limit=_PART) or '""' for part in islice(object_path(subject, pointer), _MOST_PARTS + 1)]
    return " / ".join(parts if len(parts) <= _MOST_PARTS else [*parts[:_MOST_PARTS], ellipsis()])


def place_of(finding: Finding) -> str:
    """The object; empty for a finding about the configuration, whose file and line say it."""
    return "" if finding.subject.kind is Kind.CONFIG else object_of(finding.subject, finding.pointer)


def quote_of(finding: Finding) -> str:
    """The first of the very characters, in quotation marks; empty for a finding about none in particular."""
    return f'"{shown(finding.evidence[0].text, limit=_EVIDENCE)}"' if finding.evidence else ""


def advice_of(finding: Finding) -> str:
    return shown(" ".join(finding.help.split()), limit=_HELP)


def reason_of(gap: Gap) -> str:
    return shown(gap.reason, limit=_MESSAGE)
