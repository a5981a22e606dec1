"""Recorded MCP traffic, as what the server offered: the answers to list requests, found by id or by their shape.

Requests and responses of both directions may be mixed, and each message may be wrapped once, as loggers do. Anything
that is no answer to a listing or a handshake is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from oktsec_lint.core.display import visible
from oktsec_lint.core.model import JsonValue, Place, pointer_to

from .offers import HANDSHAKE, LISTS, Offers

JsonObject: TypeAlias = dict[str, JsonValue]
Message: TypeAlias = tuple[JsonObject, Place]

_MEMBERS: Mapping[str, tuple[str, ...]] = {
    "tools/list": ("tools", "nextCursor"),
    "prompts/list": ("prompts", "nextCursor"),
    "resources/list": ("resources", "nextCursor"),
    "resources/templates/list": ("resourceTemplates", "nextCursor"),
    "initialize": HANDSHAKE,
    "server/discover": HANDSHAKE,
}
"""Methods whose answers are of interest, and what in them is."""
_WRAPPERS = ("message", "msg", "payload", "data", "raw", "json")


def messages(value: JsonValue, place: Place) -> Iterator[Message]:
    """Every JSON-RPC message in a value: itself, one level inside a logger's record, or the members of a batch."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, dict) and "jsonrpc" in item:
                yield item, place.child(pointer_to(index))
    elif isinstance(value, dict) and "jsonrpc" in value:
        yield value, place
    elif isinstance(value, dict):
        for key in _WRAPPERS:
            inner = value.get(key)
            if isinstance(inner, dict) and "jsonrpc" in inner:
                yield inner, place.child(pointer_to(key))


def take_messages(recorded: Iterable[Message], offers: Offers) -> int:
    """Adds every answer to a listing or handshake; returns how many there were."""
    recorded = list(recorded)
    asked = _asked(recorded)
    taken = 0
    for message, place in recorded:
        methods = asked.get(repr(message.get("id")), frozenset())
        answer = _answer(message.get("result"), methods)
        if answer is not None:
            offers.take(answer, place.child("/result"))
            taken += 1
        elif "error" in message and methods & _MEMBERS.keys() and len(methods) == 1:
            offers.gap(next(iter(methods)), f"the server answered with an error{_said(message['error'])}")
            taken += 1
    return taken


def _asked(recorded: Iterable[Message]) -> Mapping[str, frozenset[str]]:
    """Id to the methods asked under it. Both sides count their own ids, so one id may stand for several."""
    asked: dict[str, frozenset[str]] = {}
    for message, _ in recorded:
        method = message.get("method")
        if isinstance(method, str) and "id" in message:
            key = repr(message["id"])
            asked[key] = asked.get(key, frozenset()) | {method}
    return asked


def _answer(result: JsonValue, methods: frozenset[str]) -> JsonObject | None:
    """What of a result is of interest, by the one method that was asked, else by what it looks like."""
    if not isinstance(result, dict):
        return None
    if len(methods) == 1:
        (method,) = methods
        wanted: Iterable[str] = _MEMBERS.get(method, ())
        missing: JsonObject = {member: None for member in wanted if member in LISTS}
        return {**missing, **{key: result[key] for key in wanted if key in result}} if wanted else None
    known = (*LISTS, *HANDSHAKE, "nextCursor")
    looks_like_one = any(isinstance(result.get(member), list) for member in LISTS) or "serverInfo" in result
    return {key: result[key] for key in known if key in result} if looks_like_one else None


def _said(error: JsonValue) -> str:
    message = error.get("message") if isinstance(error, dict) else None
    return f": {visible(message, 120)}" if isinstance(message, str) else ""
