"""What a judge is told about the lock, and what follows from it beside drift: accepted findings, and new ones."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from oktsec_lint.core.config import Config
from oktsec_lint.core.findings import Finding, Hit
from oktsec_lint.core.lock_rules import EXPIRED, NEWER_RULES
from oktsec_lint.core.model import Inventory, JsonValue, Kind, Place, Subject
from oktsec_lint.core.values import NamedTuple

from .canonical import digest
from .changes import Change, What, changes
from .drift import hits_of
from .model import FindingKey, Lock, LockedFinding, LockedServer
from .taking import is_recorded, key_of, object_of


def policy_digest(config: Config) -> str:
    """Of every setting but the servers, which a lock holds one by one, and of comments that suppress. Tokens come and
    go without a review: who they stand for is in it, they are not. `.nan` and the like count as the words."""
    settings = {key: value for key, value in config.settings.items() if key != "mcp_servers"}
    if "identity" in settings:
        settings["identity"] = _without_tokens(settings["identity"])
    comments = [item for item in config.lint.suppress if item.written]
    if comments:
        settings["#"] = [[item.rule, item.until, item.reason, item.place.pointer] for item in comments]
    return digest(json.loads(json.dumps(settings), parse_constant=str))


def _without_tokens(identity: JsonValue) -> JsonValue:
    principals = identity.get("principals") if isinstance(identity, dict) else None
    if not isinstance(identity, dict) or not isinstance(principals, list):
        return identity
    named: list[JsonValue] = [
        {key: value for key, value in item.items() if key != "tokens"} if isinstance(item, dict) else item
        for item in principals
    ]
    return {**identity, "principals": named}


class Standing(NamedTuple):
    """A lock, and what it is compared with."""

    lock: Lock
    rulebook: str
    """Digest of the rules and the grammar in use."""
    policy: str
    """Digest of the policy in use."""
    today: str
    """As `2027-01-31`; decides which acceptances still hold."""


class Comparison:
    """One inventory beside its lock."""

    def __init__(self, standing: Standing, inventory: Inventory) -> None:
        self._standing = standing
        self._lock = standing.lock
        self._changes = tuple(changes(standing.lock, inventory))
        self._servers = {server.name: server for server in inventory.servers}
        self._changed = {change.about for change in self._changes}

    def hits(self) -> Iterator[Hit]:
        """Drift, the policy's included, and acceptances that are over."""
        for change in self._changes:
            yield from hits_of(change, self._lock.path)
        if self._lock.policy != self._standing.policy:
            yield from hits_of(Change(What.POLICY, ""), self._lock.path)
        for server, item in self._findings():
            if item.accepted is not None and self._is_over(item) and server.name in self._servers:
                message = f"{item.rule} was accepted here until {item.accepted.until}"
                yield Hit(EXPIRED, message, _subject(server, item), item.pointer, _findings_of(server))

    def excuse(self, finding: Finding) -> str:
        """Why a finding does not count: somebody accepted it, and what it is about is still what it was."""
        if not is_recorded(finding):
            return ""
        item = self._accepted.get((finding.subject.server, key_of(finding)))
        if item is None or item.accepted is None:
            return ""
        until = f" until {item.accepted.until}" if item.accepted.until else ""
        return f"{self._lock.path}: accepted by {item.accepted.by}{until}: {item.accepted.why}"

    def news(self, findings: Iterable[Finding]) -> Iterator[Hit]:
        """What a newer rulebook finds in text that has not changed since it was locked."""
        if self._standing.rulebook == self._lock.rulebook:
            return
        known = {(server.name, item.key) for server, item in self._findings()}
        found: dict[Subject, dict[str, None]] = {}
        for finding in findings:
            if self._is_about_locked(finding) and (finding.subject.server, key_of(finding)) not in known:
                found.setdefault(finding.subject, {})[finding.rule] = None
        for subject, rules in found.items():
            message = f"{', '.join(rules)}: found in the very text that was locked; the rules are newer than the lock"
            yield Hit(NEWER_RULES, message, subject, place=self._place_of(subject))

    @cached_property
    def _accepted(self) -> Mapping[tuple[str, FindingKey], LockedFinding]:
        return {
            (server.name, item.key): item
            for server, item in self._findings()
            if item.accepted is not None
            and not self._is_over(item)
            and (server.name, item.kind, item.name) not in self._changed
            and not self._is_moved(server, item)
        }

    def _is_moved(self, server: LockedServer, item: LockedFinding) -> bool:
        """What is accepted about a server itself holds as long as it says of itself what it said."""
        own = {What.INSTRUCTIONS, What.SELF, What.LAUNCH}
        return item.kind is Kind.SERVER and any(
            change.server == server.name and change.what in own for change in self._changes
        )

    def _is_over(self, item: LockedFinding) -> bool:
        return item.accepted is not None and item.accepted.until != "" and item.accepted.until < self._standing.today

    def _findings(self) -> Iterator[tuple[LockedServer, LockedFinding]]:
        return ((server, item) for server in self._lock.servers for item in server.findings)

    def _is_about_locked(self, finding: Finding) -> bool:
        if finding.ignored_by or not is_recorded(finding) or self._lock.server(finding.subject.server) is None:
            return False
        return object_of(finding) not in self._changed

    def _place_of(self, subject: Subject) -> Place | None:
        server = self._lock.server(subject.server)
        for item in server.definitions if server is not None else ():
            if item.key == (subject.kind, subject.name):
                return item.place
        return server.place if server is not None else None


def _subject(server: LockedServer, item: LockedFinding) -> Subject:
    return Subject(server.name, item.kind, server.name if item.kind is Kind.SERVER else item.name)


def _findings_of(server: LockedServer) -> Place | None:
    return server.place.child("/findings") if server.place is not None else None
