"""A person at a terminal decides about every change: sees it, sees what was found in it, and answers.

Questions go to stderr and answers come from stdin, so that a redirected stdout changes nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from oktsec_lint.core.display import visible
from oktsec_lint.core.findings import Finding, Severity
from oktsec_lint.core.lock import Acceptance, Change, is_recorded, object_of, told
from oktsec_lint.core.lock.model import ObjectName
from oktsec_lint.lockfile import is_day
from oktsec_lint.reporters.sgr import Role, paint

from .beside import today
from .locking import Deciding, Scope, user_name
from .reporting import Part
from .terminal import Color, ask, wants_color

_YES = frozenset({"y", "yes"})
_TEXT = 1 << 24


def reviewing(part: Part, scope: Scope, acceptance: Acceptance | None) -> Deciding:
    """Asks about every change in scope, then about every finding that nobody has accepted yet."""
    review = _Review(part, scope, acceptance)
    return Deciding(review.accepts, review.excuses, lambda: review.refused)


class _Review:
    def __init__(self, part: Part, scope: Scope, acceptance: Acceptance | None) -> None:
        self._scope = scope
        self._acceptance = acceptance
        self._findings = part.judgement.inspection.findings
        self._stopped = False
        self.refused = 0
        self._color = wants_color(Color.AUTO, os.environ) and sys.stderr.isatty()
        self._answers: dict[ObjectName, Acceptance | None] = {}

    def accepts(self, change: Change) -> bool:
        if self._stopped or not self._scope.holds(change):
            return False
        self._show(change)
        answer = ask("accept this change? [y]es, [n]o, [q]uit: ")
        self._stopped = answer is None or answer.lower() in {"q", "quit"}
        accepted = answer is not None and answer.lower() in _YES
        self.refused += not accepted
        return accepted

    def excuses(self, finding: Finding) -> Acceptance | None:
        """One answer for each object: its findings are read together."""
        if not _is_asked_about(finding) or finding.ignored_by or not self._scope.covers(finding):
            return None
        if self._acceptance is not None or self._stopped:
            return self._acceptance
        about = object_of(finding)
        if about not in self._answers:
            self._answers[about] = self._asked_about(about)
        return self._answers[about]

    def _asked_about(self, about: ObjectName) -> Acceptance | None:
        server, kind, name = about
        _say(paint(visible(f"{server}: {kind} {name}".rstrip()), Role.STRONG, color=self._color))
        for finding in self._about(about):
            _say(f"  {finding.rule} {finding.severity.label}: {visible(finding.message, _TEXT)}")
        why = ask("  live with this? say why, or press Enter to leave it open: ")
        if not why:
            return None
        until = ask("  until which day (YYYY-MM-DD; Enter: as long as the text stays the same)? ")
        while until and not (is_day(until) and until >= today()):
            until = ask("  a day to come, written like 2027-01-31: ")
        return None if until is None else Acceptance(user_name(), why, until)

    def _about(self, about: ObjectName) -> Iterator[Finding]:
        return (item for item in self._findings if object_of(item) == about and _is_asked_about(item))

    def _show(self, change: Change) -> None:
        _say("")
        title = f"{change.server or 'configuration'}: {change.what}" + (
            f" {change.kind} {change.name}" if change.name else ""
        )
        _say(paint(visible(title), Role.STRONG, color=self._color))
        for line in told(change):
            _say(f"  {visible(line, _TEXT)}")
        for finding in self._about(change.about):
            _say(f"  {finding.rule} {finding.severity.label}: {visible(finding.message, _TEXT)}")


def _is_asked_about(finding: Finding) -> bool:
    return is_recorded(finding) and finding.severity >= Severity.MEDIUM


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
