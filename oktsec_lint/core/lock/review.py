"""From decisions to the next lock: what was accepted is in it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from operator import attrgetter

from oktsec_lint.core.findings import Finding
from oktsec_lint.core.model import Inventory, JsonValue, Kind, Status
from oktsec_lint.core.values import NamedTuple

from .changes import Change, What, updated
from .facts import facts_of
from .model import Acceptance, FindingKey, Lock, LockedFinding, LockedServer, ObjectName
from .standing import Standing
from .taking import key_of, object_of, recorded


def reviewed(
    standing: Standing,
    inventory: Inventory,
    findings: Collection[Finding],
    accepts: Callable[[Change], bool],
    excuses: Callable[[Finding], Acceptance | None],
) -> Lock:
    """The lock as it should be written now.

    `accepts` is asked once for every change, the policy's last, `excuses` once for every finding that the lock will
    hold. An earlier acceptance stays as long as what it is about stays the same.
    """
    accepted: set[ObjectName] = set()
    refused: set[ObjectName] = set()

    def decides(change: Change) -> bool:
        decision = accepts(change)
        (accepted if decision else refused).add(change.about)
        return decision

    lock = updated(standing.lock, inventory, decides)
    takes_policy = lock.policy in {"", standing.policy} or accepts(Change(What.POLICY, ""))
    listed = {server.name for server in inventory.servers if server.status is Status.COMPLETE}
    servers = [
        _with_findings(server, findings, _Answers(accepted, refused, excuses, standing.today))
        if server.name in listed
        else server
        for server in lock.servers
    ]
    everything = listed >= {server.name for server in servers}
    return lock._replace(
        rulebook=standing.rulebook if everything or not lock.rulebook else lock.rulebook,
        policy=standing.policy if takes_policy else lock.policy,
        servers=tuple(servers),
    )


class _Answers(NamedTuple):
    """What was decided about one lock."""

    accepted: Collection[ObjectName]
    refused: Collection[ObjectName]
    excuses: Callable[[Finding], Acceptance | None]
    today: str

    def standing(self, finding: Finding, old: LockedFinding | None) -> Acceptance | None:
        """An acceptance that holds still is not replaced by another."""
        if old is not None and old.accepted is not None and object_of(finding) not in self.accepted:
            if not old.accepted.until or old.accepted.until >= self.today:
                return old.accepted
            return self.excuses(finding) or old.accepted
        return self.excuses(finding)


def _with_findings(server: LockedServer, findings: Iterable[Finding], answers: _Answers) -> LockedServer:
    """The server with what is found about it. What is known about a refused change stays as it was locked."""
    before = {item.key: item for item in server.findings}
    own = [item for item in findings if item.subject.server == server.name and object_of(item) not in answers.refused]
    fresh = [item for item in own if _is_in(server, item)]
    stands: dict[FindingKey, Acceptance] = {}
    for finding in fresh:
        acceptance = answers.standing(finding, before.get(key_of(finding)))
        if acceptance is not None:
            stands[key_of(finding)] = acceptance
    counted = (item for item in fresh if not item.ignored_by or key_of(item) in stands)
    kept = (item for item in server.findings if (server.name, item.kind, item.name) in answers.refused)
    return server._replace(findings=tuple(sorted((*kept, *recorded(counted, stands)), key=attrgetter("key"))))


def _is_in(server: LockedServer, finding: Finding) -> bool:
    """Whether the lock holds what a finding is about under that very name: a name that is a credential is masked."""
    _, kind, name, pointer = key_of(finding)
    if kind is Kind.SERVER:
        return True
    bodies = (item.body for item in server.definitions if item.key == (kind, name))
    return any(not pointer or _has(body, pointer) for body in bodies)


def _has(body: JsonValue, pointer: str) -> bool:
    below = f"{pointer}/"
    return any(fact == pointer or fact.startswith(below) for fact in facts_of(body))
