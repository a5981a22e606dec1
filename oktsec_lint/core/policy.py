"""Findings to verdicts. The only module that builds a `Verdict`.

One order of precedence, for every door:

1. the rule's severity, or the one a `rules:` override gives it, sets the level (upstream's table below);
2. an agent's `blocked_content` raises a finding of that category or content class to `block`;
3. a `rules:` override has the last word with its action, on the tools it is scoped to.

A verdict is the highest level over the findings, so adding a finding never lowers it. An ignored finding is kept with
its reason and argues for nothing. An agent's `scan_profile` is about the content of messages (`decide_message`), where
it caps the level that a severity sets; what the user decided by 2 or 3 stands. A definition is judged in full for
everybody.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from enum import IntEnum

from .access import names_of
from .config import Action, Agent, RuleOverride, ScanProfile
from .findings import Excuse, Finding, Severity, Unfinished
from .model import Kind, Subject
from .values import NamedTuple


class Level(IntEnum):
    """What the gate does: pass, pass and record, withhold for review, refuse."""

    CLEAN = 0
    FLAG = 1
    QUARANTINE = 2
    BLOCK = 3

    @property
    def label(self) -> str:
        return self.name.lower()


class Reason(NamedTuple):
    """One finding's part in a verdict."""

    rule: str
    level: Level
    by: str
    """What set the level: `severity high`, `blocked_content of coding-agent`, `rules: block`."""


UNREAD = "unread"
"""What a reason names in place of a rule, where a text could not be read to its end."""


class Verdict(NamedTuple):
    """A level and everything that argued for it."""

    level: Level = Level.CLEAN
    reasons: tuple[Reason, ...] = ()


_BY_SEVERITY: Mapping[Severity, Level] = {
    Severity.CRITICAL: Level.BLOCK,
    Severity.HIGH: Level.QUARANTINE,
    Severity.MEDIUM: Level.FLAG,
    Severity.LOW: Level.CLEAN,
    Severity.INFO: Level.CLEAN,
}
_BY_ACTION: Mapping[Action, Level] = {
    Action.BLOCK: Level.BLOCK,
    Action.QUARANTINE: Level.QUARANTINE,
    Action.ALLOW_AND_FLAG: Level.FLAG,
    Action.IGNORE: Level.CLEAN,
}
PROSE = frozenset({"prompt-injection", "indirect-injection"})
"""Categories whose rules judge how a text is phrased. In the arguments of an agent that writes for people, such as one
that files security reports, they find what the text is about."""


class Policy:
    """The user's decisions about findings. Immutable; the same for `scan`, the proxy and the gateway."""

    def __init__(self, overrides: Iterable[RuleOverride] = ()) -> None:
        self._overrides = {override.id: override for override in overrides}

    def settle(self, finding: Finding) -> Finding:
        """The finding as the user's overrides leave it: its severity replaced, or marked as ignored with the reason.

        Settling a settled finding changes nothing.
        """
        override = self._override(finding)
        if override is None or finding.ignored_by:
            return finding
        reason = _why_ignored(override, finding.subject)
        if reason:
            return finding._replace(ignored_by=reason)
        return finding if override.severity is None else finding._replace(severity=override.severity)

    def excuse(self, finding: Finding, reason: str, excuse: Excuse = Excuse.LOCK) -> Finding:
        """The finding as one that does not count, when there is a reason: somebody accepted or suppressed it."""
        if not reason or finding.ignored_by:
            return finding
        return finding._replace(ignored_by=reason, ignored_as=excuse)

    def decide(self, findings: Iterable[Finding], agent: Agent | None = None) -> Verdict:
        """The verdict over findings, for one agent or (None) for everybody. They need not be settled yet."""
        return _verdict(self._reason(finding, agent) for finding in self._counting(findings))

    def decide_message(
        self,
        findings: Iterable[Finding],
        agent: Agent | None = None,
        unfinished: Iterable[Unfinished] = (),
        *,
        arguments: bool = False,
    ) -> Verdict:
        """The verdict over findings in the content of one message, as the agent's `scan_profile` wants it judged.

        `strict`: like a definition. `content-aware`: findings of the `PROSE` categories in the `arguments` that the
        agent itself sends are flagged at most; what comes from a server is judged as under `strict`. `minimal`: every
        finding is flagged at most. Neither lowers what `blocked_content` or a `rules:` override decides.

        What could not be read counts as if something had been found in it, under every profile. `arguments` says what
        was judged, because nothing in a finding can: a server chooses the keys of its results.
        """
        counting = tuple(self._counting(findings))
        profile = ScanProfile.STRICT if agent is None else agent.scan_profile
        capped: Container[str] = ()
        if profile is ScanProfile.MINIMAL:
            capped = {finding.category for finding in counting}
        elif profile is ScanProfile.CONTENT_AWARE and arguments:
            capped = PROSE
        unread = (Reason(UNREAD, Level.QUARANTINE, item.reason) for item in unfinished)
        return _verdict((*(self._reason(finding, agent, capped) for finding in counting), *unread))

    def _counting(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        return (finding for finding in map(self.settle, findings) if not finding.ignored_by)

    def _reason(self, finding: Finding, agent: Agent | None, capped: Container[str] = ()) -> Reason:
        override = self._override(finding)
        if override is not None:
            return Reason(finding.rule, _BY_ACTION[override.action], f"rules: {override.action}")
        if agent is not None and not {finding.category, *finding.tags}.isdisjoint(agent.blocked_content):
            return Reason(finding.rule, Level.BLOCK, f"blocked_content of {agent.name}")
        level = _BY_SEVERITY[finding.severity]
        if agent is not None and level > Level.FLAG and finding.category in capped:
            return Reason(finding.rule, Level.FLAG, f"scan_profile {agent.scan_profile} of {agent.name}")
        return Reason(finding.rule, level, f"severity {finding.severity.label}")

    def _override(self, finding: Finding) -> RuleOverride | None:
        """The override that speaks about this finding.

        One scoped by tool names is silent about everything that is no tool; an `ignore` is silent outside its scope.
        """
        override = self._overrides.get(finding.rule)
        if override is None or (override.apply_to_tools and finding.subject.kind is not Kind.TOOL):
            return None
        if override.action is Action.IGNORE and _out_of_scope(override, finding.subject):
            return None
        return override


def _verdict(reasons: Iterable[Reason]) -> Verdict:
    every = tuple(reasons)
    level = max((reason.level for reason in every), default=Level.CLEAN)
    return Verdict(level, tuple(reason for reason in every if reason.level > Level.CLEAN))


def _why_ignored(override: RuleOverride, subject: Subject) -> str:
    """Upstream: what is outside the scope of a `block`, `quarantine` or `allow-and-flag` is dropped.

    Deviation: upstream drops it for `ignore` too, so that ignoring a rule for one tool switches it off for all.
    """
    if override.action is Action.IGNORE:
        return f"rules: {override.id} is set to ignore"
    return f"rules: {override.id} is scoped to other tools" if _out_of_scope(override, subject) else ""


def _out_of_scope(override: RuleOverride, subject: Subject) -> bool:
    """Whether the override's tool names leave this tool out."""
    if subject.kind is not Kind.TOOL:
        return False
    names = names_of(subject.server, subject.name)
    if override.apply_to_tools:
        return not any(item.name in names for item in override.apply_to_tools)
    return any(item.name in names for item in override.exempt_tools)
