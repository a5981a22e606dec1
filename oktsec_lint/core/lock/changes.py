"""What is not as it was locked, as values: one `Change` for everything a reviewer accepts or refuses as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum

from oktsec_lint.core.model import Inventory, Kind, Server, Status
from oktsec_lint.core.values import NamedTuple

from .canonical import canonical
from .model import Lock, LockedDefinition, LockedServer, ObjectName
from .prefixes import with_prefixes
from .taking import in_order, taken


class What(StrEnum):
    """What kind of thing changed."""

    SERVER_ADDED = "new server"
    SERVER_REMOVED = "removed server"
    LAUNCH = "launch line"
    SELF = "self-description"
    INSTRUCTIONS = "instructions"
    ADDED = "new definition"
    REMOVED = "removed definition"
    CHANGED = "changed definition"
    POLICY = "policy"


class Change(NamedTuple):
    """One difference between a lock and what is there now."""

    what: What
    server: str
    before: LockedServer | None = None
    """As locked; None for a new server."""
    after: LockedServer | None = None
    """As it is now; None for a removed server."""
    kind: Kind = Kind.SERVER
    """What the change is about; `SERVER` for the server itself."""
    name: str = ""
    old: tuple[LockedDefinition, ...] = ()
    """The definitions of that kind and name as locked; usually one."""
    new: tuple[LockedDefinition, ...] = ()

    @property
    def about(self) -> ObjectName:
        return (self.server, self.kind, self.name)


def changes(lock: Lock, inventory: Inventory) -> Iterator[Change]:
    """Every difference in what is offered. A server that was not looked at only differs by its launch line, or by not
    being in the lock at all; of one that was looked at in part, nothing counts as removed."""
    present = {server.name for server in inventory.servers}
    for server in inventory.servers:
        locked = lock.server(server.name)
        if locked is not None:
            yield from _of_server(locked, server)
        else:
            yield Change(What.SERVER_ADDED, server.name, None, taken(server))
    for locked in lock.servers:
        if locked.name not in present:
            yield Change(What.SERVER_REMOVED, locked.name, locked)


def _of_server(locked: LockedServer, server: Server) -> Iterator[Change]:
    now = taken(server)
    if server.launch is not None and server.launch != locked.launch:
        yield Change(What.LAUNCH, locked.name, locked, now)
    if server.status is Status.NOT_SCANNED:
        return
    if now.protocol != locked.protocol or canonical(dict(now.info)) != canonical(dict(locked.info)):
        yield Change(What.SELF, locked.name, locked, now)
    if now.instructions != locked.instructions:
        yield Change(What.INSTRUCTIONS, locked.name, locked, now)
    yield from _of_definitions(locked, now, whole=server.status is Status.COMPLETE)


def _of_definitions(locked: LockedServer, now: LockedServer, *, whole: bool) -> Iterator[Change]:
    """A body counts as locked whichever variant it was locked as: what varies may come in either form."""
    before, after = locked.grouped(), now.grouped()
    for (kind, name), new in after.items():
        old = before.get((kind, name), ())
        known = {item.digest for item in old}
        if not old:
            yield Change(What.ADDED, locked.name, locked, now, kind, name, (), new)
        elif any(item.digest not in known for item in new):
            yield Change(What.CHANGED, locked.name, locked, now, kind, name, old, new)
    for (kind, name), old in before.items():
        if (kind, name) not in after and whole:
            yield Change(What.REMOVED, locked.name, locked, now, kind, name, old)


def updated(lock: Lock, inventory: Inventory, accepts: Callable[[Change], bool]) -> Lock:
    """The lock with the accepted changes, and only those, made. Findings are left as they were locked."""
    servers = {server.name: server for server in lock.servers}
    for change in changes(lock, inventory):
        if accepts(change):
            servers = _with(servers, change)
    after = [servers[name] for name in sorted(servers)]
    return lock._replace(servers=with_prefixes(lock.servers, after))


def _with(servers: dict[str, LockedServer], change: Change) -> dict[str, LockedServer]:
    if change.after is None:
        return {name: server for name, server in servers.items() if name != change.server}
    if change.before is None:
        return {**servers, change.server: change.after}
    return {**servers, change.server: _changed(servers[change.server], change, change.after)}


def _changed(server: LockedServer, change: Change, after: LockedServer) -> LockedServer:
    match change.what:
        case What.LAUNCH:
            return server._replace(launch=after.launch)
        case What.SELF:
            return server._replace(protocol=after.protocol, info=after.info)
        case What.INSTRUCTIONS:
            return server._replace(instructions=after.instructions)
        case _:
            kept = (item for item in server.definitions if item.key != (change.kind, change.name))
            return server._replace(definitions=in_order((*kept, *change.new)), varies=after.varies)
