"""Which tools and prompts a gateway shows under their bare names.

A bare name belongs to the one server that locked it first. Who comes later has its server's name before it, and keeps
it: whatever servers come and go, nothing that was locked is called otherwise.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from oktsec_lint.core.model import Kind

from .model import LockedDefinition, LockedServer, ObjectKey

_PREFIXED_KINDS = frozenset({Kind.TOOL, Kind.PROMPT})
"""What is asked for by a name that its server chose; the others have addresses."""


def bearers(servers: Iterable[LockedServer]) -> Mapping[ObjectKey, Sequence[str]]:
    """The servers that locked a name and are not told to prefix it. It is borne by the only one; by none of several."""
    found: dict[ObjectKey, list[str]] = {}
    for server in servers:
        prefixed = frozenset(server.prefixed)
        for key in named(server.definitions):
            if key not in prefixed:
                found.setdefault(key, []).append(server.name)
    return found


def with_prefixes(before: Collection[LockedServer], after: Collection[LockedServer]) -> tuple[LockedServer, ...]:
    """The servers of the next lock with what they have to prefix, given those of the previous one.

    A name that was locked stays as it was. A new one is prefixed when another server bore it, or bears it now, too.
    """
    borne = bearers(before)
    known = {(server.name, item.key) for server in before for item in server.definitions}
    stuck = {(server.name, key) for server in before for key in server.prefixed}
    new = bearers(_only_new(server, known) for server in after)

    def is_prefixed(server: str, key: ObjectKey) -> bool:
        others = len(borne.get(key, ()))
        if (server, key) in known:
            return (server, key) in stuck or others > 1
        return others > 0 or len(new[key]) > 1

    return tuple(
        server._replace(prefixed=tuple(key for key in named(server.definitions) if is_prefixed(server.name, key)))
        for server in after
    )


def _only_new(server: LockedServer, known: Collection[tuple[str, ObjectKey]]) -> LockedServer:
    fresh = (item for item in server.definitions if (server.name, item.key) not in known)
    return server._replace(definitions=tuple(fresh), prefixed=())


def named(definitions: Iterable[LockedDefinition]) -> list[ObjectKey]:
    """Everything of one server that has a name and may be prefixed, in the order of the file."""
    return sorted({item.key for item in definitions if item.kind in _PREFIXED_KINDS and item.name})
