"""Whose a resource is: resources and templates keep their addresses, so each address belongs to one server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from oktsec_lint.core.display import quoted
from oktsec_lint.core.model import Kind

from .locked import LockedNames
from .offers import TWICE, Excluded, Listed, Offered, Target, address_of, offered, repeated
from .uri_templates import matcher


class Addresses:
    """Everything of one kind that is asked for by its address.

    What several servers offer belongs to the one that is locked with it, or else to the first in the configuration.
    """

    def __init__(self, kind: Kind, offers: Sequence[Offered], locked: LockedNames) -> None:
        self._kind = kind
        self.excluded: list[Excluded] = []
        self._locked = locked
        sound = list(self._sound(offers))
        self.targets: dict[str, Target] = {}
        for target in self.locked_first(sound):
            self.targets.setdefault(target.name, target)
        self.listed = [Listed(target.body, target) for target in sound if self._owns(target)]

    def locked_first(self, targets: Sequence[Target]) -> list[Target]:
        """In the order in which they are asked whether they own an address."""
        return sorted(targets, key=lambda target: not self._locked.holds(self._kind, target.server, target.name))

    def _sound(self, offers: Sequence[Offered]) -> Iterator[Target]:
        """What has an address, and is listed by its server once."""
        targets = [
            Target(server, address_of(self._kind, item.body), item.body) for server, item in offered(offers, self._kind)
        ]
        twice = repeated((target.server, target.name) for target in targets)
        for target in targets:
            reason = self._flaw(target.name)
            if not reason and (target.server, target.name) in twice:
                reason = TWICE
            if reason:
                self.excluded.append(Excluded(target.server, self._kind, target.name, reason))
            else:
                yield target

    def _flaw(self, address: str) -> str:
        if not address:
            return "it has no address"
        if self._kind is Kind.TEMPLATE and matcher(address) is None:
            return "its template is too long"
        return ""

    def _owns(self, target: Target) -> bool:
        owner = self.targets[target.name].server
        if owner != target.server:
            reason = f"{quoted(owner)} offers the same address"
            self.excluded.append(Excluded(target.server, self._kind, target.name, reason))
        return owner == target.server
