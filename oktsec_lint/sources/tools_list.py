"""Saved listings in every shape people have them: what a server offered, without starting it.

Raw results, whole responses, bare lists, recorded traffic, inspector output, Docker's `tools.json`, MCPB manifests and
the tool lists of model APIs all become the same `Server`. Definitions keep their JSON and their place; what could not
be understood is a gap or a fault of that server, and only a file that holds no listing at all is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath

from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.model import Fault, JsonValue, Place, Server, pointer_to

from .document import Anomaly, Document, Oddity
from .json_lines import Line, is_json_lines, read_json_lines
from .json_reader import first_reading, read_json
from .jsonl import is_manifest
from .mcpb import is_mcpb
from .offers import HANDSHAKE, LISTS, Offers, ambiguities, declared_in, other_readings
from .readings import gather, is_tool, read_all
from .results import Snapshot
from .wire_log import Message, is_message, take_messages

_GENERAL_NAMES = frozenset("tools tools-list tools_list list manifest snapshot dump output result response".split())
"""File names that say nothing about the server; the directory may."""
_HINT = "give a tools/list result, a JSON-RPC response, a list of tools, or recorded messages, one a line"


def read_snapshot(path: str, text: str) -> Snapshot:
    """The servers in a saved listing. Raises SourceError when it is no JSON, or holds no listing."""
    if is_json_lines(text):
        return _of_lines(path, *read_json_lines(path, text))
    return snapshot_of(read_json(path, text))


def snapshot_of(document: Document) -> Snapshot:
    """The servers in a JSON document that was read before. Raises SourceError when it holds no listing."""
    servers = _servers(document.path, document.value())
    if _repeats_keys(document.anomalies):
        servers = _with_other_readings(servers, _servers(document.path, first_reading(document.text)))
    definitions = [item for server in servers for item in server.definitions]
    faults = tuple(ambiguities(document.anomalies, definitions, document.path))
    return Snapshot((_with_faults(servers[0], faults), *servers[1:]), document)


def listed_in(document: Document) -> tuple[Server, ...]:
    """The servers in a JSON document; none where it holds no listing."""
    try:
        return snapshot_of(document).servers
    except SourceError:
        return ()


def holds_listing(value: JsonValue) -> bool:
    """Whether a JSON value looks like a saved listing."""
    if isinstance(value, list):
        return not value or any(isinstance(item, dict | list) for item in value)
    return isinstance(value, dict) and (
        not LISTS.keys().isdisjoint(value)
        or is_mcpb(value)
        or is_message(value)
        or _is_named(value)
        or "serverInfo" in value
        or any(declared_in(value))
        or is_tool(value)
    )


def _servers(path: str, value: JsonValue) -> tuple[Server, ...]:
    place = Place(path, "")
    if isinstance(value, dict) and _is_named(value):
        return (*_named(value["servers"], place.child("/servers")), *_beside_named(path, value))
    offers = Offers()
    if holds_listing(value):
        read_all(value, place, offers)
    if not offers.taken:
        raise SourceError("this JSON holds no listing of an MCP server", path=path, line=1, hint=_HINT)
    name = value.get("name") if isinstance(value, dict) and is_mcpb(value) else None
    return (offers.server(name if isinstance(name, str) and name else server_name(path), place),)


def _is_named(value: Mapping[str, JsonValue]) -> bool:
    """Server name to its listing, under `servers`."""
    named = value.get("servers")
    return isinstance(named, dict) and bool(named) and all(map(_is_listing, named.values()))


def _is_listing(value: JsonValue) -> bool:
    return isinstance(value, dict) and not {*LISTS, *HANDSHAKE}.isdisjoint(value)


def _named(servers: JsonValue, place: Place) -> Iterator[Server]:
    for name, listing in servers.items() if isinstance(servers, dict) else ():
        offers = Offers()
        below = place.child(pointer_to(name))
        read_all(listing, below, offers)
        yield offers.server(name, below._replace(at_key=True))


def _beside_named(path: str, value: dict[str, JsonValue]) -> Iterator[Server]:
    """What stands beside the named servers, as a server called after the file."""
    offers = Offers()
    read_all({key: item for key, item in value.items() if key != "servers"}, Place(path, ""), offers)
    if offers.taken or offers.has_gaps:
        yield offers.server(server_name(path), Place(path, ""))


def _of_lines(path: str, document: Document, lines: tuple[Line, ...]) -> Snapshot:
    servers = tuple(_servers_of_lines(path, lines))
    if any(_repeats_keys(line.anomalies) for line in lines):
        first = (line._replace(value=first_reading(line.text)) if line.anomalies else line for line in lines)
        servers = _with_other_readings(servers, tuple(_servers_of_lines(path, tuple(first))))
    return Snapshot(tuple(_with_line_faults(servers, lines, path)), document)


def _servers_of_lines(path: str, lines: tuple[Line, ...]) -> Iterator[Server]:
    """One server for each line that is a manifest of its own, and one for everything else that was recorded."""
    offers, recorded = Offers(by_line=True), list[Message]()
    manifests = 0
    for number, line in enumerate(lines):
        place = Place(path, pointer_to(number))
        if line.error:
            offers.gap_at(place, line.error)
        elif isinstance(line.value, dict) and is_manifest(line.value):
            manifests += 1
            yield _of_manifest(line.value, place)
        elif not line.blank and not (_may_be_read(line.value) and gather(line.value, place, offers, recorded)):
            offers.gap_at(place, "it is no message, tool or listing")
    take_messages(recorded, offers)
    if not offers.taken and not manifests:
        raise SourceError("no line here answers a listing", path=path, line=1, hint=_HINT)
    if offers.taken or offers.has_gaps:
        yield offers.server(server_name(path), Place(path, ""))


def _may_be_read(value: JsonValue) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and holds_listing(value))


def _of_manifest(value: dict[str, JsonValue], place: Place) -> Server:
    offers = Offers(by_line=True)
    if "tool" in value and not isinstance(value["tool"], dict):
        offers.take_one(value["tool"], place.child("/tool"))
    read_all(value, place, offers)
    name = value.get("server")
    return offers.server(name if isinstance(name, str) else "", place)


def _with_line_faults(servers: tuple[Server, ...], lines: tuple[Line, ...], path: str) -> Iterator[Server]:
    """Every server with what is ambiguous in its own lines: its manifest's, or those of no manifest."""
    owned = {server.place.pointer for server in servers if server.place is not None}
    odd = {pointer_to(number): line.anomalies for number, line in enumerate(lines) if line.anomalies}
    for server in servers:
        own = server.place.pointer if server.place else ""
        mine = [line for line in odd if line not in owned] if not own else [own] if own in odd else []
        faults = (fault for line in mine for fault in ambiguities(odd[line], server.definitions, path, line))
        yield _with_faults(server, tuple(faults))


def _repeats_keys(anomalies: Iterable[Anomaly]) -> bool:
    return any(anomaly.oddity is Oddity.DUPLICATE_KEY for anomaly in anomalies)


def _with_faults(server: Server, faults: tuple[Fault, ...]) -> Server:
    return server._replace(faults=(*server.faults, *faults))


def _with_other_readings(main: tuple[Server, ...], first: tuple[Server, ...]) -> tuple[Server, ...]:
    """Every server of the main reading with what only the other one holds; of the same position, the same server.
    Servers that only the other reading has follow as they are."""
    both = (
        server._replace(definitions=(*server.definitions, *other_readings(server.definitions, other.definitions)))
        for server, other in zip(main, (*first, *main[len(first) :]), strict=False)
    )
    return (*both, *first[len(main) :])


def server_name(path: str) -> str:
    """What to call the server of a snapshot: the file's name up to its first dot, or its directory's."""
    file = PurePath(path)
    stem = file.name.partition(".")[0]
    if path == "-":
        return "stdin"
    return (file.parent.name if stem.lower() in _GENERAL_NAMES else stem) or stem or file.name
