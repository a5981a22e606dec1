"""What a lock says about names and addresses, read once for all agents."""

from __future__ import annotations

from functools import lru_cache

from oktsec_lint.core.lock.model import Lock
from oktsec_lint.core.lock.prefixes import bearers
from oktsec_lint.core.model import Kind

from .offers import address_of
from .spelling import Owner, flaw, qualified

_NO_LOCK = Lock()


class LockedNames:
    """Who may use which name. What is locked counts also while it is not offered."""

    def __init__(self, lock: Lock) -> None:
        self._bearers = bearers(lock.servers)
        self._claims: dict[tuple[Kind, str], tuple[Owner, ...]] = {}
        self._addresses = {
            (item.kind, server.name, address_of(item.kind, item.body)) for server, item in lock.definitions()
        }
        for server, item in lock.definitions():
            owner, key = (server.name, item.name), (item.kind, qualified((server.name, item.name)))
            known = self._claims.get(key, ())
            if not flaw(item.name) and owner not in known:
                self._claims[key] = (*known, owner)

    def bears(self, kind: Kind, owner: Owner) -> bool:
        """Whether this server alone may use the bare name."""
        server, name = owner
        return list(self._bearers.get((kind, name), ())) == [server]

    def claimers(self, kind: Kind, name: str) -> tuple[Owner, ...]:
        """Everything whose qualified name this is."""
        return self._claims.get((kind, name), ())

    def holds(self, kind: Kind, server: str, address: str) -> bool:
        """Whether the server was locked with a resource or template of this address."""
        return (kind, server, address) in self._addresses


def names_in(lock: Lock | None) -> LockedNames:
    """The names of a lock; the same value for the same lock as long as it is in use."""
    return _names_in(_Same(lock or _NO_LOCK))


class _Same:
    """A lock by its identity: it holds JSON, which has no hash."""

    __slots__ = ("lock",)

    def __init__(self, lock: Lock) -> None:
        self.lock = lock

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.lock is other.lock

    def __hash__(self) -> int:
        return id(self.lock)


@lru_cache(maxsize=2)
def _names_in(same: _Same) -> LockedNames:
    return LockedNames(same.lock)
