"""What both commands call: an inventory (or one server of it) in, findings and verdicts out.

`scan`, the stdio proxy and the gateway build a `Judge` from the same config, rulebook and lock; that is why they
cannot disagree.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from . import surfaces
from .access import Access
from .checks import CHECKS, Check
from .config import Agent, Config
from .engine import Engine
from .findings import Finding, Hit, Inspection
from .grammar import Book
from .model import Definition, Inventory, Kind, Place, Server, Subject
from .policy import Policy, Verdict
from .redaction import redacted
from .rules import Rule
from .values import NamedTuple

if TYPE_CHECKING:
    from .lock import Comparison, Standing
    from .suppressions import Suppressions


class Judgement(NamedTuple):
    """What was found, and what policy makes of it."""

    inspection: Inspection
    policy: Policy
    by_subject: Mapping[Subject, tuple[Finding, ...]]
    inventory: Inventory = Inventory()
    """What was judged, without the credentials in it."""
    lock: str = ""
    """Digest of the lock that it was compared with; empty when there is none."""
    clean: frozenset[str] = frozenset()
    """Of the locked definitions, those in whose texts nothing was found, as `Judge` takes them in `spared`."""

    def verdict(self, subject: Subject, agents: Iterable[Agent] = ()) -> Verdict:
        """The strictest verdict on one object over the given agents, or the agent-less one when there are none."""
        findings = self.by_subject.get(subject, ())
        if not findings:
            return self.policy.decide(())
        verdicts = [self.policy.decide(findings, agent) for agent in agents] or [self.policy.decide(findings)]
        return max(verdicts, key=lambda verdict: verdict.level)


class Opinion(NamedTuple):
    """What was found in one message, and what policy makes of it."""

    verdict: Verdict
    findings: tuple[Finding, ...] = ()


_LONGEST, _REMEMBERED, _OVERHEAD = 1 << 14, 1 << 20, 256
"""Characters of a text of the traffic that is remembered, of all of them together, and what each counts for besides."""


class _Silent:
    """Texts of the traffic, by kind, in which nothing was found: an agent that polls hears the same again and again.

    Each text of a message is judged alone, so what stands around one makes no difference. What was found is never
    remembered, only that there was nothing.
    """

    __slots__ = ("_known", "_room")

    def __init__(self) -> None:
        self._known: set[tuple[str, str]] = set()
        self._room = _REMEMBERED

    def others(self, texts: Iterable[surfaces.Surface]) -> list[surfaces.Surface]:
        """Those of the texts that have to be read. One that a message repeats, as tools do that have a
        structured result, is read where it stands first."""
        fresh: dict[tuple[str, str], surfaces.Surface] = {}
        for item in texts:
            key = item.kind, item.text
            if key not in self._known:
                fresh.setdefault(key, item)
        return [*fresh.values()]

    def add(self, texts: Iterable[surfaces.Surface]) -> None:
        for item in texts:
            if len(item.text) <= _LONGEST:
                self._room -= len(item.text) + _OVERHEAD
                if self._room < 0:
                    self._known.clear()
                    self._room = _REMEMBERED
                self._known.add((item.kind, item.text))


class Judge:
    """One engine, one policy, one set of checks."""

    def __init__(
        self,
        rules: Iterable[Rule],
        config: Config,
        book: Book | None = None,
        standing: Standing | None = None,
        spared: Container[str] = (),
        today: str = "",
    ) -> None:
        """`standing` holds the lock that what is offered has to agree with; None where there is none. `spared` names
        locked definitions in whose texts this very rulebook has found nothing before: they are not read again.
        `today`, as `2027-01-31`, decides which suppressions hold; without it none that ends on a day."""
        self.rules: Mapping[str, Rule] = {rule.id: rule for rule in rules}
        self.config = config
        self.policy = Policy(config.rules)
        self.standing = standing
        self._spared = spared
        self._silent, self._silence = _Silent(), Opinion(self.policy.decide(()))
        self._today = today
        self._access = Access(config.agents)
        self._engine = Engine(self.rules.values(), book)
        self._checks: tuple[Check, ...] = tuple(
            CHECKS[name] for name in dict.fromkeys(rule.check for rule in self.rules.values()) if name in CHECKS
        )

    def judge(self, inventory: Inventory, known: Iterable[Hit] = ()) -> Judgement:
        """Everything wrong with what is offered and with how it is configured, in reading order.

        `known` holds hits of rules that only a source can see, such as a duplicate key in the configuration file.
        """
        every = [surface for server in inventory.servers for surface in self._surfaces(server)]
        hits, unfinished = self._engine.inspect(every)
        troubled = {*(hit.subject for hit in hits), *(item.subject for item in unfinished)}
        for check in self._checks:
            hits.extend(hit for hit in check(inventory, self.config) if hit.rule in self.rules)
        written = self._without_secrets(inventory, hits, every)
        findings = self._findings((*known, *hits), inventory, self._compared(written))
        digest = self.standing.lock.digest if self.standing is not None else ""
        inspection = Inspection(findings, tuple(unfinished))
        clean = frozenset(_key(item) for server, item in _locked(inventory) if server.subject_of(item) not in troubled)
        return Judgement(inspection, self.policy, _grouped(findings), written, digest, clean)

    def _surfaces(self, server: Server) -> Iterator[surfaces.Surface]:
        yield from surfaces.of_server_itself(server)
        for item in server.definitions:
            if not (item.digest and _key(item) in self._spared):
                yield from surfaces.of_definition(server, item)

    def _compared(self, inventory: Inventory) -> Comparison | None:
        if self.standing is None:
            return None
        from .lock import Comparison  # hashing is more than a scan without a lock has to load

        return Comparison(self.standing, inventory)

    def _suppressions(self, inventory: Inventory) -> Suppressions | None:
        if not self.config.lint.suppress:
            return None
        from .suppressions import Suppressions

        return Suppressions(self.config, inventory, self._today)

    def _findings(
        self, hits: Iterable[Hit], inventory: Inventory, comparison: Comparison | None
    ) -> tuple[Finding, ...]:
        places = _Places(inventory)
        findings = [self._finding(hit, places) for hit in hits]
        if comparison is not None:
            findings = [self.policy.excuse(finding, comparison.excuse(finding)) for finding in findings]
        suppressions = self._suppressions(inventory)
        if suppressions is not None:
            findings = [self.policy.excuse(finding, *suppressions.excuse(finding)) for finding in findings]
        more: list[Hit] = []
        if comparison is not None:
            more += (*comparison.hits(), *comparison.news(findings))
        if suppressions is not None:
            more += suppressions.hits()
        return (*findings, *(self._finding(hit, places) for hit in more if hit.rule in self.rules))

    def _without_secrets(
        self, inventory: Inventory, hits: Iterable[Hit], every: Iterable[surfaces.Surface]
    ) -> Inventory:
        subjects = {hit.subject for hit in hits if self.rules[hit.rule].sensitive}
        texts = [surface.text for surface in every if surface.subject in subjects]
        return redacted(inventory, self._engine.secrets(texts)) if texts else inventory

    def weigh(
        self, texts: Iterable[surfaces.Surface], agent: Agent | None = None, *, arguments: bool = False
    ) -> Opinion:
        """One message of the traffic: what was found in its texts, and the verdict on it for an agent. `arguments`
        says that the agent itself sends them."""
        fresh = self._silent.others(texts)
        if not fresh:
            return self._silence
        hits, unfinished = self._engine.inspect(fresh)
        if not (hits or unfinished):
            self._silent.add(fresh)
            return self._silence
        findings = tuple(self._finding(hit, _NOWHERE) for hit in hits)
        verdict = self.policy.decide_message(findings, agent, unfinished, arguments=arguments)
        return Opinion(verdict, findings)

    def callers(self, server: str, tool: str) -> tuple[Agent, ...]:
        """The configured agents that may call a tool."""
        return self._access.callers(server, tool)

    def _finding(self, hit: Hit, places: _Places) -> Finding:
        """A hit joined with its rule's metadata, its place, and the user's overrides."""
        rule = self.rules[hit.rule]
        finding = Finding(
            rule=rule.id,
            severity=rule.severity if hit.severity is None else hit.severity,
            confidence=rule.confidence if hit.confidence is None else hit.confidence,
            category=rule.category,
            message=hit.message,
            help=hit.help or rule.fix,
            subject=hit.subject,
            pointer=hit.pointer,
            place=hit.place or places.of(hit),
            evidence=hit.evidence,
            tags=rule.tags,
            edit=hit.edit,
        )
        return self.policy.settle(finding)


def _locked(inventory: Inventory) -> Iterator[tuple[Server, Definition]]:
    return ((server, item) for server in inventory.servers for item in server.definitions if item.digest)


def _key(item: Definition) -> str:
    """What a definition's findings follow from: its kind and its body."""
    return f"{item.kind} {item.digest}"


def _grouped(findings: Iterable[Finding]) -> Mapping[Subject, tuple[Finding, ...]]:
    groups: dict[Subject, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.subject, []).append(finding)
    return {subject: tuple(group) for subject, group in groups.items()}


class _Places:
    """Where a listed thing stands: in a snapshot the very value, else the server's entry in the configuration."""

    def __init__(self, inventory: Inventory) -> None:
        self._servers = {server.name: server.place for server in inventory.servers}
        self._definitions: dict[Subject, Place] = {}
        for server in inventory.servers:
            for item in server.definitions:
                if item.place is not None:
                    self._definitions.setdefault(server.subject_of(item), item.place)

    def of(self, hit: Hit) -> Place | None:
        definition = self._definitions.get(hit.subject)
        server = self._servers.get(hit.subject.server)
        if definition is not None:
            return definition.child(hit.pointer)
        own_text = server is not None and hit.subject.kind is Kind.SERVER and not server.at_key
        return server.child(hit.pointer) if server is not None and own_text else server


_NOWHERE = _Places(Inventory())
"""Messages stand in no file."""
