"""Recorded MCP traffic, as what the server offered: the answers to list requests, found by id or by their shape.

Requests and responses of both directions may be mixed. Whatever looks like the result of a listing is one, since ids
are the server's to repeat; an id only tells what a result without a list was meant to be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from oktsec_lint.core.display import visible
from oktsec_lint.core.model import JsonValue, Place

from .offers import HANDSHAKE, Offers, is_list_member

JsonObject: TypeAlias = dict[str, JsonValue]
Message: TypeAlias = tuple[JsonObject, Place]

_MEMBERS: Mapping[str, str] = {
    "tools/list": "tools",
    "prompts/list": "prompts",
    "resources/list": "resources",
    "resources/templates/list": "resourceTemplates",
}
"""Methods that list, and the member of their result that is the list."""


def is_message(value: Mapping[str, JsonValue]) -> bool:
    """Whether an object is a JSON-RPC message, or at least the result of one."""
    return "jsonrpc" in value or isinstance(value.get("result"), dict | list)


def take_messages(recorded: Iterable[Message], offers: Offers) -> None:
    """Adds every answer to a listing or handshake; a listing that was asked for and not answered is a gap."""
    recorded = list(recorded)
    asked = _asked(recorded)
    waiting = {method: member for methods in asked.values() for method, member in _listed(methods)}
    for message, place in recorded:
        methods = asked.get(repr(message.get("id")), frozenset())
        answer = _answer(message.get("result"), methods)
        if answer is not None:
            offers.take(answer, place.child("/result"), is_answer=True)
            waiting = {method: member for method, member in waiting.items() if member not in answer}
        elif "error" in message and (failed := [method for method, _ in _listed(methods)]):
            offers.refused(failed[0], f"the server answered with an error{_said(message['error'])}")
            waiting.pop(failed[0], None)
    for method in waiting:
        offers.gap(method, "it was asked for, and no answer was recorded")


def _listed(methods: Iterable[str]) -> Iterator[tuple[str, str]]:
    return ((method, _MEMBERS[method]) for method in sorted(methods) if method in _MEMBERS)


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
    """What of a result is of interest, by what it looks like; by the methods that were asked when that says nothing."""
    if not isinstance(result, dict):
        return None
    listed = [member for _, member in _listed(methods)]
    lists = {key: item for key, item in result.items() if is_list_member(key) and _is_list(key, item, methods)}
    missing: JsonObject = {listed[0]: None} if len(methods) == 1 and listed and not lists else {}
    if not lists and not missing and not isinstance(result.get("instructions"), str) and "serverInfo" not in result:
        return None
    return {**missing, **lists, **{key: result[key] for key in (*HANDSHAKE, "nextCursor") if key in result}}


def _is_list(key: str, item: JsonValue, methods: frozenset[str]) -> bool:
    """Whether a member is meant as a list although it may be none."""
    return isinstance(item, list | dict) or key in {member for _, member in _listed(methods)}


def _said(error: JsonValue) -> str:
    message = error.get("message") if isinstance(error, dict) else None
    return f": {visible(message, 120)}" if isinstance(message, str) else ""
