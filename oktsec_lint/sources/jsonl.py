"""The manifest stream: JSON Lines, each line one server's manifest, judged on its own.

`{"id", "server", "tool": {...}}` or `{"id", "server", "tools": [...], "prompts": [...], "resources": [...],
"instructions": "..."}`. Pure and line by line: memory stays flat over any number of lines, and a bad line is a value.
"""

from __future__ import annotations

from collections.abc import Mapping

from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.model import JsonValue, Place, Server
from oktsec_lint.core.values import NamedTuple

from .document import Oddity, decode
from .json_reader import first_reading, parse
from .offers import HANDSHAKE, LISTS, Offers, ambiguities, other_readings

MAX_LINE = 64 << 20
"""Bytes of one line."""

_MEMBERS = frozenset({"tool", *LISTS, "instructions"})


class Manifest(NamedTuple):
    """One line's server. `id` is echoed in the answer, whatever JSON it is."""

    id: JsonValue
    server: Server


class BadLine(NamedTuple):
    """A line that is no manifest."""

    reason: str
    column: int = 0
    """1-based, where the JSON breaks; 0 when the mistake has no column."""
    id: JsonValue = None
    """The line's `id` when that much could be read."""


def read_manifest(line: bytes | str, path: str = "-") -> Manifest | BadLine | None:
    """The manifest on one line; None for a blank line. Places are pointers into the line's object."""
    if len(line) > MAX_LINE:
        return BadLine(f"longer than {MAX_LINE:,} bytes")
    try:
        text = decode(path, line) if isinstance(line, bytes) else line
        if not text.strip():
            return None
        value, anomalies = parse(path, text)
    except SourceError as broken:
        return BadLine(broken.message, broken.column)
    if not isinstance(value, dict) or not is_manifest(value):
        found = value.get("id") if isinstance(value, dict) else None
        return BadLine('not a manifest: it needs "tool", "tools", "prompts", "resources" or "instructions"', id=found)
    server = manifest_server(value, Place(path, ""))
    if anomalies:
        server = _with_doubts(server, text, path, duplicate=any(a.oddity is Oddity.DUPLICATE_KEY for a in anomalies))
        faults = ambiguities(anomalies, server.definitions, path)
        server = server._replace(faults=(*server.faults, *faults))
    return Manifest(value.get("id"), server)


def is_manifest(value: Mapping[str, JsonValue]) -> bool:
    return "jsonrpc" not in value and not _MEMBERS.isdisjoint(value)


def manifest_server(value: Mapping[str, JsonValue], place: Place) -> Server:
    """The server that a manifest object at `place` describes."""
    offers = Offers()
    if "tool" in value:
        offers.take_one(value["tool"], place.child("/tool"))
    offers.take({key: value[key] for key in (*LISTS, *HANDSHAKE) if key in value}, place)
    name = value.get("server")
    return offers.server(name if isinstance(name, str) else "", place)


def _with_doubts(server: Server, text: str, path: str, *, duplicate: bool) -> Server:
    first = first_reading(text) if duplicate else None
    if not isinstance(first, dict):
        return server
    others = other_readings(server.definitions, manifest_server(first, Place(path, "")).definitions)
    return server._replace(definitions=(*server.definitions, *others))
