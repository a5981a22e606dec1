"""Words and colours of verdicts, severities and states: always both, never the colour alone."""

from __future__ import annotations

from collections.abc import Mapping

from oktsec_lint.core.findings import Severity
from oktsec_lint.core.model import Status
from oktsec_lint.core.policy import Level

from .elements import Html, tag

_VERDICTS: Mapping[Level, tuple[str, str]] = {
    Level.BLOCK: ("blocked", "critical"),
    Level.QUARANTINE: ("withheld", "high"),
    Level.FLAG: ("recorded", "medium"),
    Level.CLEAN: ("passes", "good"),
}
_STATES: Mapping[Status, str] = {Status.COMPLETE: "good", Status.PARTIAL: "medium", Status.NOT_SCANNED: "critical"}


def verdict_tag(level: Level) -> Html:
    return tag(*_VERDICTS[level])


def severity_tag(severity: Severity) -> Html:
    return tag(severity.label, severity.label)


def state_tag(status: Status) -> Html:
    return tag("listed in full" if status is Status.COMPLETE else status.value, _STATES[status])
