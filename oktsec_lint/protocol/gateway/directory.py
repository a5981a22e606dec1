"""What several servers offer one agent, listed as if one server did, and whose each thing is.

Two servers may choose the same name for a tool or a prompt. `server_tool` always resolves; a bare name does where the
lock gives it to that server alone, and is what is listed then. A resource keeps its address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from oktsec_lint.core.lock.model import Lock
from oktsec_lint.core.model import JsonValue, Kind

from .addresses import Addresses
from .locked import names_in
from .offers import Excluded, Offered, Target
from .public_names import PublicNames
from .uri_templates import matcher

__all__ = ["Directory", "Excluded", "Offered", "Target"]


class Directory:
    """Everything that one agent may ask for, under the names it has for this agent."""

    def __init__(self, offers: Sequence[Offered], lock: Lock | None) -> None:
        """`offers` are in configuration order. Without a lock, every tool and prompt is listed as `server_tool`."""
        locked = names_in(lock)
        self._templates = Addresses(Kind.TEMPLATE, offers, locked)
        self._parts: Mapping[Kind, PublicNames | Addresses] = {
            Kind.TOOL: PublicNames(Kind.TOOL, offers, locked),
            Kind.PROMPT: PublicNames(Kind.PROMPT, offers, locked),
            Kind.RESOURCE: Addresses(Kind.RESOURCE, offers, locked),
            Kind.TEMPLATE: self._templates,
        }
        self.excluded: tuple[Excluded, ...] = tuple(item for part in self._parts.values() for item in part.excluded)
        """What is not listed, or not under its bare name although the lock gives it that; by kind."""

    def listed(self, kind: Kind) -> list[JsonValue]:
        """The bodies of one kind, in configuration order; those of tools and prompts with their public `name`."""
        return [item.body for item in self._parts[kind].listed]

    def target(self, kind: Kind, public: str) -> Target | None:
        """What a tool or prompt of this public name is, a resource of this `uri`, or a template of this `uriTemplate`;
        None for what is not offered to this agent. Compared exactly."""
        return self._parts[kind].targets.get(public)

    def server_of_uri(self, uri: str) -> str:
        """The server of a listed resource, else of a template that the address may come from; empty for none.

        Where templates of several servers fit, the one that is locked with its own is asked, or else the first in the
        configuration.
        """
        resource = self.target(Kind.RESOURCE, uri)
        if resource is not None:
            return resource.server
        return next((target.server for target in self._by_rank if _may_come_from(target.name, uri)), "")

    @cached_property
    def _by_rank(self) -> list[Target]:
        return self._templates.locked_first([item.target for item in self._templates.listed])


def _may_come_from(template: str, uri: str) -> bool:
    matches = matcher(template)
    return matches is not None and matches(uri)
