"""What the tools, or the prompts, of several servers are called in one list.

Names follow from the lock and from what is offered, never from who answers first. What the lock holds counts also while
it is not offered, so that no name passes to another tool while a server is down.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from oktsec_lint.core.display import quoted
from oktsec_lint.core.model import JsonValue, Kind

from .locked import LockedNames
from .offers import TWICE, Excluded, Listed, Offered, Target, offered, repeated
from .spelling import Owner, flaw, misfit, qualified


class PublicNames:
    """Everything of one kind that is asked for by name."""

    def __init__(self, kind: Kind, offers: Sequence[Offered], locked: LockedNames) -> None:
        self.listed: list[Listed] = []
        self.targets: dict[str, Target] = {}
        """By every name that resolves; more than are listed."""
        self.excluded: list[Excluded] = []
        items = list(offered(offers, kind))
        owners = [(server, item.name) for server, item in items]
        self._claims = _Claims(kind, owners, locked)
        self._repeated = repeated(owners)
        for owner, (server, item) in zip(owners, items, strict=True):
            reason = self._fault(owner)
            if not reason:
                self._list(Target(server, item.name, item.body))
                reason = self._shift(owner)
            if reason:
                self.excluded.append(Excluded(server, kind, item.name, reason))

    def _list(self, target: Target) -> None:
        owner = (target.server, target.name)
        public = target.name if self._claims.has_bare(owner) else qualified(owner)
        self.targets[qualified(owner)] = self.targets[public] = target
        self.listed.append(Listed(_renamed(target.body, public), target))

    def _fault(self, owner: Owner) -> str:
        """Why a thing has no public name; empty when it has one."""
        if flaw(owner[1]):
            return flaw(owner[1])
        if owner in self._repeated:
            return TWICE
        rival = next((other for other in self._claims.of(qualified(owner)) if other != owner), None)
        if rival is not None:
            return f"{quoted(qualified(owner))} could also be {_shown(rival)}: rename one of the two servers"
        return "" if self._claims.has_bare(owner) else misfit(owner)

    def _shift(self, owner: Owner) -> str:
        """Why a thing that the lock gives its bare name is not listed under it; empty when it is."""
        winners = self._claims.of(owner[1])
        if not winners or not self._claims.bears(owner):
            return ""
        return f"{quoted(owner[1])} is {_shown(winners[0])}; this one is listed as {quoted(qualified(owner))}"


class _Claims:
    """Who is meant by a name, in the lock or in what is offered."""

    def __init__(self, kind: Kind, owners: Iterable[Owner], locked: LockedNames) -> None:
        self._kind = kind
        self._locked = locked
        self._offered: dict[str, dict[Owner, None]] = {}
        for owner in owners:
            if not flaw(owner[1]):
                self._offered.setdefault(qualified(owner), {})[owner] = None

    def of(self, name: str) -> Sequence[Owner]:
        """Everything whose qualified name this is, each once."""
        return list(dict.fromkeys((*self._offered.get(name, ()), *self._locked.claimers(self._kind, name))))

    def bears(self, owner: Owner) -> bool:
        return self._locked.bears(self._kind, owner)

    def has_bare(self, owner: Owner) -> bool:
        """Whether a thing is listed under its own name."""
        return self.bears(owner) and not self.of(owner[1])


def _shown(owner: Owner) -> str:
    return f"{quoted(owner[1])} of {quoted(owner[0])}"


def _renamed(body: JsonValue, public: str) -> JsonValue:
    return {**body, "name": public} if isinstance(body, dict) else body
