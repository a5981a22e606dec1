"""What the tools, or the prompts, of several servers are called in one list.

Names follow from the lock and from what is offered, never from who answers first. What the lock holds counts also while
it is not offered, so that no name passes to another tool while a server is down.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from oktsec_lint.core.access import names_of
from oktsec_lint.core.display import quoted
from oktsec_lint.core.lock.model import Lock
from oktsec_lint.core.lock.prefixes import bearers
from oktsec_lint.core.model import JsonValue, Kind

from .offers import Excluded, Listed, Offered, Target, offered, repeated

_LONGEST = 128
"""Characters of a name (MCP 2025-11-25, server/tools)."""
_PRINTABLE = re.compile(r"[!-~]+")
_PREFIX = re.compile(r"[A-Za-z0-9_.-]+")
"""Names of servers that can stand in a tool's name, by the same page."""
_STEPS = ("..", "//")
"""What a client that makes paths of names is led astray with."""

_Owner: TypeAlias = tuple[str, str]
"""A server, and what it calls the thing."""


class PublicNames:
    """Everything of one kind that is asked for by name."""

    def __init__(self, kind: Kind, offers: Sequence[Offered], lock: Lock) -> None:
        self.listed: list[Listed] = []
        self.targets: dict[str, Target] = {}
        """By every name that resolves; more than are listed."""
        self.excluded: list[Excluded] = []
        items = [(server, item) for server, item in offered(offers, kind)]
        owners = [(server, item.name) for server, item in items]
        self._repeated = repeated(owners)
        self._bearers = {name: servers for (of, name), servers in bearers(lock.servers).items() if of is kind}
        self._claims = _claims((*owners, *_locked(kind, lock)))
        for server, item in items:
            owner = (server, item.name)
            reason = self._fault(owner)
            if not reason:
                self._list(Target(server, item.name, item.body))
                reason = self._shift(owner)
            if reason:
                self.excluded.append(Excluded(server, kind, item.name, reason))

    def _list(self, target: Target) -> None:
        qualified = _qualified((target.server, target.name))
        public = target.name if self._has_bare((target.server, target.name)) else qualified
        self.targets[qualified] = self.targets[public] = target
        self.listed.append(Listed(_renamed(target.body, public), target))

    def _has_bare(self, owner: _Owner) -> bool:
        return self._bears(owner) and owner[1] not in self._claims

    def _bears(self, owner: _Owner) -> bool:
        """Whether the lock gives this name to this server alone."""
        return list(self._bearers.get(owner[1], ())) == [owner[0]]

    def _fault(self, owner: _Owner) -> str:
        """Why a thing has no public name; empty when it has one."""
        if flaw(owner[1]):
            return flaw(owner[1])
        if owner in self._repeated:
            return "its server lists it more than once, and nobody can tell which is meant"
        qualified = _qualified(owner)
        rivals = [other for other in self._claims[qualified] if other != owner]
        if rivals:
            return f"{quoted(qualified)} could also be {_shown(rivals[0])}: rename one of the two servers"
        return "" if self._has_bare(owner) else _misfit(owner)

    def _shift(self, owner: _Owner) -> str:
        """Why a thing that the lock gives its bare name is not listed under it; empty when it is."""
        if not self._bears(owner) or self._has_bare(owner):
            return ""
        winner = next(iter(self._claims[owner[1]]))
        return f"listed as {quoted(_qualified(owner))}, because {quoted(owner[1])} is {_shown(winner)}"


def flaw(name: str) -> str:
    """What is wrong with a name that a server chose; empty when nothing is."""
    if not name:
        return "it has no name"
    if len(name) > _LONGEST:
        return f"its name has more than {_LONGEST} characters"
    if not _PRINTABLE.fullmatch(name):
        return "its name holds a space, or something else that is not printable ASCII"
    step = next((step for step in _STEPS if step in name), "")
    return f"its name holds {quoted(step)}" if step else ""


def _misfit(owner: _Owner) -> str:
    """Why a flawless name cannot have its server's before it; empty when it can."""
    server = owner[0]
    if not _PREFIX.fullmatch(server) or _STEPS[0] in server:
        allowed = "letters, digits, dashes, underscores and single dots"
        return f"{quoted(server)} cannot stand before its name: rename the server, with {allowed}"
    length = len(_qualified(owner))
    if length > _LONGEST:
        return f"{length} of {_LONGEST} characters with its server's name before it: rename the server, shorter"
    return ""


def _claims(owners: Iterable[_Owner]) -> Mapping[str, Mapping[_Owner, None]]:
    """Who is meant by each qualified name, each once, in the order given."""
    found: dict[str, dict[_Owner, None]] = {}
    for owner in owners:
        if not flaw(owner[1]):
            found.setdefault(_qualified(owner), {})[owner] = None
    return found


def _locked(kind: Kind, lock: Lock) -> Iterable[_Owner]:
    return ((server.name, item.name) for server, item in lock.definitions() if item.kind is kind)


def _qualified(owner: _Owner) -> str:
    return names_of(*owner)[1]


def _shown(owner: _Owner) -> str:
    return f"{quoted(owner[1])} of {quoted(owner[0])}"


def _renamed(body: JsonValue, public: str) -> JsonValue:
    return {**body, "name": public} if isinstance(body, dict) else body
