"""What a tool's name in the configuration means, and when it means nothing, why.

A name is called dead only when every server that could own it was listed completely. While one is missing, a name that
its prefix gives to that server is passed over, whatever it resembles elsewhere; any other gets silence or advice.
Shared by the checks of allowlists and of policies, so that the same mistake gets the same explanation wherever it
stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from .access import ToolId, ToolIndex
from .config import DENY_ALL, Config
from .display import listed, quoted
from .model import Inventory, Status
from .nearest import LONGEST, Spelling
from .values import NamedTuple

_EXPANDED = 100
"""Dead names up to which wildcards are still expanded."""
_SUGGESTED = 3


class Mistake(StrEnum):
    """Why a name means no tool."""

    EMPTY = "empty"
    RESERVED = "reserved"
    WILDCARD = "wildcard"
    UNKNOWN = "unknown"


class Unmatched(NamedTuple):
    """A name that means no tool."""

    name: str
    mistake: Mistake
    why: str
    """A clause that follows the name, such as `matches no tool`."""
    instead: tuple[str, ...] = ()
    """What to write in its place, the likeliest first: names that mean exactly one tool each."""
    sure: bool = True
    """False while a server that may own the name was not listed completely."""

    @property
    def question(self) -> str:
        """`Did you mean ...?`; empty when nothing is alike."""
        if not self.instead:
            return ""
        case = " Names are case-sensitive." if self.instead[0].lower() == self.name.lower() else ""
        return f"Did you mean {' or '.join(map(quoted, self.instead))}?{case}"


class Names:
    """Every tool name of a configuration, asked against everything that was listed."""

    def __init__(self, inventory: Inventory, config: Config) -> None:
        self.index = ToolIndex(inventory)
        self._unlisted = _unlisted(inventory, config)
        self._open = _prefixes(self._unlisted)
        self._servers = _expected(inventory, config)
        self._prefixes = tuple((server, _prefixes((server,))) for server in self._servers)
        self._spellings: dict[str | None, Spelling] = {}
        self._answers: dict[str, Unmatched | None] = {}

    def unmatched(self, name: str) -> Unmatched | None:
        """Why `name` means nothing; None when it means a tool, or when that cannot be said."""
        if self.index.meant_by(name):
            return None
        if name not in self._answers:
            self._answers[name] = self._explain(name)
        return self._answers[name]

    def _explain(self, name: str) -> Unmatched | None:
        if not name.strip():
            return Unmatched(name, Mistake.EMPTY, "is empty and matches nothing")
        if name == DENY_ALL:
            return Unmatched(name, Mistake.RESERVED, "is no tool's name")
        if name.startswith(self._open):
            return None
        if _is_wildcard(name):
            why = "matches nothing: names are compared exactly, there are no wildcards and no exclusions"
            return Unmatched(name, Mistake.WILDCARD, why, self._covered_by(name))
        return self._unknown(name) if self._servers else None

    def _unknown(self, name: str) -> Unmatched | None:
        instead = self._alike(name)
        if self._unlisted and not _names_server(name):
            why = f"matches no listed tool; {listed(self._unlisted)} could not be listed completely"
            return Unmatched(name, Mistake.UNKNOWN, why, instead, sure=False) if instead else None
        return Unmatched(name, Mistake.UNKNOWN, self._absence(name), instead)

    def _absence(self, name: str) -> str:
        owner = max(
            (server for server in self._servers if server and name.startswith(f"{server}/")), key=len, default=""
        )
        if owner:
            return f"matches no tool: {quoted(owner)} offers none of this name"
        if _names_server(name):
            return f"matches no tool: there is no server {quoted(name.partition('/')[0])}"
        return "matches no tool"

    def _alike(self, name: str) -> tuple[str, ...]:
        """Suggestions: among the tools of the server that a prefix names, else among all."""
        for server, rest in self._readings(name):
            found = self._spelling(server).nearest(rest, _SUGGESTED)
            if found:
                tools = (item for word in found for item in self.index.meant_by(word))
                return _first(self.index.entry_for(item) for item in tools if server in (None, item.server))
        return ()

    def _readings(self, name: str) -> Iterable[tuple[str | None, str]]:
        """`name` as a tool of each server it may be prefixed with, then as a tool of any."""
        for server, prefixes in self._prefixes:
            if name.startswith(prefixes):
                yield server, name[len(server) + 1 :]
        yield None, name.partition("/")[2] or name

    def _spelling(self, server: str | None) -> Spelling:
        """The tool names of one server, or (None) of all."""
        if server not in self._spellings:
            self._spellings[server] = Spelling(
                item.tool for item in self.index.tools if server is None or item.server == server
            )
        return self._spellings[server]

    def _covered_by(self, wildcard: str) -> tuple[str, ...]:
        """The tools a wildcard was probably meant for; none for an exclusion, which lists nothing."""
        from fnmatch import fnmatchcase

        if wildcard.startswith("!") or len(self._answers) >= _EXPANDED:
            return ()
        names = (name for name in self.index.names if len(name) <= LONGEST and fnmatchcase(name, wildcard))
        tools: dict[ToolId, None] = dict.fromkeys(item for name in names for item in self.index.meant_by(name))
        return tuple(self.index.entry_for(item) for item in tools)


def _expected(inventory: Inventory, config: Config) -> tuple[str, ...]:
    """Every server there is, listed or not. Without any configured, what was given is all there is."""
    configured = (spec.name for spec in config.servers)
    return tuple(dict.fromkeys((*configured, *(server.name for server in inventory.servers))))


def _unlisted(inventory: Inventory, config: Config) -> tuple[str, ...]:
    """Servers whose tools are not all known."""
    listed = {server.name for server in inventory.servers if server.status is Status.COMPLETE}
    return tuple(name for name in _expected(inventory, config) if name not in listed)


def _prefixes(servers: Iterable[str]) -> tuple[str, ...]:
    """How a name begins that says it is a tool of one of these servers."""
    return tuple(f"{server}{mark}" for server in servers if server for mark in "_/")


def _names_server(name: str) -> bool:
    """Whether `name` is written `server/tool`: then no server but that one can own it."""
    return name.find("/") > 0


def _first(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))[:_SUGGESTED]


def _is_wildcard(name: str) -> bool:
    return name.startswith("!") or "*" in name or "?" in name
