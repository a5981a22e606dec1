"""What `oktsec.lock` says, as values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from oktsec_lint.core.model import EMPTY, JsonValue, Kind, LaunchIdentity, Place
from oktsec_lint.core.values import NamedTuple

VERSION = 1
"""Of the format. A reader refuses every other one: a lock that is half understood protects nothing."""


class Acceptance(NamedTuple):
    """Somebody's decision to live with a finding."""

    by: str
    why: str
    until: str = ""
    """The last day it holds, as `2027-01-31`; empty for as long as the text stays the same."""


FindingKey: TypeAlias = tuple[str, Kind, str, str]
"""What makes two findings about one server the same: rule, kind and name of the object, pointer in it."""


class LockedFinding(NamedTuple):
    """A finding there was when the lock was written."""

    rule: str
    severity: str
    kind: Kind
    name: str
    pointer: str
    accepted: Acceptance | None = None

    @property
    def key(self) -> FindingKey:
        return (self.rule, self.kind, self.name, self.pointer)


ObjectKey: TypeAlias = tuple[Kind, str]
ObjectName: TypeAlias = tuple[str, Kind, str]
"""Server, kind and name of what a change or a finding is about; for the server itself the name is empty."""


class LockedDefinition(NamedTuple):
    """One tool, prompt, resource or template as it was reviewed."""

    kind: Kind
    name: str
    body: JsonValue
    digest: str
    """Of the body's canonical text."""
    variant: str = ""
    """Under which circumstance this body was offered beside the main one, see `Definition.variant`."""
    place: Place | None = None
    """Its facts in the lock's file; None for one that was not read from a file."""

    @property
    def key(self) -> ObjectKey:
        return (self.kind, self.name)


class LockedServer(NamedTuple):
    """One server as it was reviewed."""

    name: str
    launch: LaunchIdentity
    protocol: str = ""
    info: Mapping[str, JsonValue] = EMPTY
    instructions: str = ""
    varies: tuple[str, ...] = ()
    """Under which circumstances it offered something else; sorted."""
    definitions: tuple[LockedDefinition, ...] = ()
    """In the order of the file."""
    findings: tuple[LockedFinding, ...] = ()
    place: Place | None = None
    prefixed: tuple[ObjectKey, ...] = ()
    """Tools and prompts that a gateway never shows under their bare names, because another server bore those first;
    sorted."""

    def grouped(self) -> Mapping[ObjectKey, tuple[LockedDefinition, ...]]:
        """The definitions by kind and name: usually one each."""
        groups: dict[ObjectKey, tuple[LockedDefinition, ...]] = {}
        for item in self.definitions:
            groups[item.key] = (*groups.get(item.key, ()), item)
        return groups


class Lock(NamedTuple):
    """One lock."""

    rulebook: str = ""
    """Digest of the rules and the grammar that judged it."""
    policy: str = ""
    """Digest of everything in the configuration but the servers."""
    servers: tuple[LockedServer, ...] = ()
    """By name."""
    path: str = ""
    """The file it was read from, as reports show it; empty for one that was just taken."""
    digest: str = ""
    """Of that file's text."""

    def server(self, name: str) -> LockedServer | None:
        return next((server for server in self.servers if server.name == name), None)

    def definitions(self) -> Iterator[tuple[LockedServer, LockedDefinition]]:
        return ((server, item) for server in self.servers for item in server.definitions)
