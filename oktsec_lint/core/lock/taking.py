"""From what a server offers to what a lock holds, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from oktsec_lint.core.findings import Finding, Severity
from oktsec_lint.core.lock_rules import CATEGORY
from oktsec_lint.core.model import (
    Definition,
    Inventory,
    Kind,
    LaunchIdentity,
    Place,
    Server,
    Status,
    stable,
)

from .canonical import digest
from .model import Acceptance, FindingKey, Lock, LockedDefinition, LockedFinding, LockedServer, ObjectName

_PASSING = frozenset({CATEGORY, "listing"})
"""Categories whose findings are about the lock, or about one listing, not about what is locked."""
_CIRCUMSTANCES: Mapping[str, str] = {
    "LST-003": "second listing",
    "LST-004": "client without capabilities",
    "LST-009": "second listing",
}
"""Rules whose faults say that a server offers something else, and when."""
_ORDER = {kind: index for index, kind in enumerate((Kind.TOOL, Kind.PROMPT, Kind.RESOURCE, Kind.TEMPLATE))}
UNKNOWN_LAUNCH = LaunchIdentity("")


def taken(server: Server) -> LockedServer:
    """One server as it would be locked now, without findings."""
    definitions = in_order(map(_definition, server.definitions))
    circumstances = {item.variant for item in definitions if item.variant}
    circumstances.update(_CIRCUMSTANCES[fault.rule] for fault in server.faults if fault.rule in _CIRCUMSTANCES)
    return LockedServer(
        server.name,
        server.launch or UNKNOWN_LAUNCH,
        server.protocol,
        server.info,
        server.instructions,
        tuple(sorted(circumstances)),
        definitions,
    )


def in_order(definitions: Iterable[LockedDefinition]) -> tuple[LockedDefinition, ...]:
    """Definitions in the order of the file; what is the same in every respect is one."""
    distinct = {_place_in_file(item): item for item in definitions}
    return tuple(distinct[key] for key in sorted(distinct))


def _definition(item: Definition) -> LockedDefinition:
    body = stable(item)
    return LockedDefinition(item.kind, item.name, body, item.digest or digest(body), item.variant)


def _place_in_file(item: LockedDefinition) -> tuple[int, str, str, str]:
    return (_ORDER[item.kind], item.name, item.variant, item.digest)


def recorded(findings: Iterable[Finding], kept: Mapping[FindingKey, Acceptance]) -> Iterator[LockedFinding]:
    """The findings a lock holds of one server, each once, in the order of the file."""
    found: dict[FindingKey, LockedFinding] = {}
    for finding in findings:
        if is_recorded(finding):
            item = LockedFinding(finding.rule, finding.severity.label, *key_of(finding)[1:])
            found.setdefault(item.key, item._replace(accepted=kept.get(item.key)))
    yield from (found[key] for key in sorted(found))


def is_recorded(finding: Finding) -> bool:
    """Whether a lock holds such a finding: it is about something locked, and asks for something."""
    lasting = finding.category not in _PASSING and finding.subject.kind is not Kind.CONFIG
    return lasting and finding.severity > Severity.INFO


def key_of(finding: Finding) -> FindingKey:
    name = "" if finding.subject.kind is Kind.SERVER else finding.subject.name
    return (finding.rule, finding.subject.kind, name, finding.pointer)


def object_of(finding: Finding) -> ObjectName:
    _, kind, name, _ = key_of(finding)
    return (finding.subject.server, kind, name)


def server_of(locked: LockedServer, configured: Server) -> Server:
    """A configured server that offers what was locked. Its place and launch line are the configuration's."""
    return configured._replace(
        status=Status.COMPLETE,
        reason="",
        protocol=locked.protocol,
        info=locked.info,
        instructions=locked.instructions,
        definitions=tuple(
            Definition(item.kind, item.name, item.body, item.place, item.variant, item.digest)
            for item in locked.definitions
        ),
        faults=(),
    )


def inventory_of(lock: Lock) -> Inventory:
    """Everything a lock holds, as if it were offered now."""
    bare = (
        Server(item.name, Status.COMPLETE, place=item.place or Place(lock.path, ""), launch=item.launch)
        for item in lock.servers
    )
    return Inventory(tuple(server_of(item, server) for item, server in zip(lock.servers, bare, strict=True)))
