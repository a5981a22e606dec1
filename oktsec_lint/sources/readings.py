"""Every way to read a saved JSON value as what a server offers, all of them taken.

A file does not say which of its parts a client would believe, so one reading must never hide another: a list counts
beside recorded messages, a tool beside the list inside it, a result beside its own siblings. The walk is iterative and
looks everywhere but inside definitions, which are judged whole anyway. What might be a tool and is read by nobody
becomes a gap, never nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import Enum

from oktsec_lint.core.model import JsonValue, Kind, Place, pointer_to
from oktsec_lint.core.values import NamedTuple

from .mcpb import is_mcpb, take_mcpb
from .offers import AROUND, HANDSHAKE, Offers, declared_in, is_list_member
from .wire_log import JsonObject, Message, is_message, take_messages

_DEEPEST = 100
"""Levels below which nobody keeps a listing; pointers would grow with the square of the depth."""
_TOOL_MEMBERS = frozenset({"inputSchema", "input_schema", "parameters", "arguments", "description", "function"})
_SCHEMAS = ("inputSchema", "input_schema", "parameters")
_BRIEF = frozenset({"name", "title", "description", "arguments", "annotations"})
_IDENTITIES = frozenset({"serverInfo", "clientInfo", "author"})
"""Members with a name and a description that are no tool."""
_PAYLOADS = frozenset({"params", "content", "structuredContent", "contents", "messages", "arguments", "error"})
"""Members of a message that carry the data of calls, where a name and a description are no tool yet."""
_JSON_WORDS = ('"tools"', '"inputSchema"', '"jsonrpc"', '"functionDeclarations"')


class _At(Enum):
    """Where a value stands, which says how little makes a tool of it."""

    ROOT = "root"
    BESIDE = "beside"
    PAYLOAD = "payload"


class _Part(NamedTuple):
    value: JsonValue
    place: Place
    at: _At
    depth: int = 0

    def below(self, key: str | int, value: JsonValue, at: _At) -> _Part:
        return _Part(value, self.place.child(pointer_to(key)), at, self.depth + 1)


def read_all(value: JsonValue, place: Place, offers: Offers) -> None:
    """Adds every reading of one value that stands for itself."""
    recorded: list[Message] = []
    gather(value, place, offers, recorded)
    take_messages(recorded, offers)


def gather(value: JsonValue, place: Place, offers: Offers, recorded: list[Message]) -> bool:
    """Adds every reading but the messages, which go to `recorded`; whether anything was understood."""
    return _gather(_Part(value, place, _At.ROOT), offers, recorded)


def _gather(root: _Part, offers: Offers, recorded: list[Message]) -> bool:
    before = offers.taken, len(recorded)
    pending = [root]
    while pending:
        part = pending.pop()
        if part.depth > _DEEPEST:
            offers.gap("nesting", f"parts deeper than {_DEEPEST} levels were not searched for listings")
        else:
            pending += reversed(list(_step(part, offers, recorded)))
    return before != (offers.taken, len(recorded))


def is_tool(value: Mapping[str, JsonValue]) -> bool:
    """Whether an object that stands where a tool may stand looks like one."""
    named = "name" in value or "function" in value
    return (named and not _TOOL_MEMBERS.isdisjoint(value)) or _is_surely_tool(value)


def _is_surely_tool(value: Mapping[str, JsonValue]) -> bool:
    """Whether an object is a tool wherever it stands."""
    if isinstance(value.get("function"), dict):
        return value.get("type") == "function"
    has_schema = any(isinstance(value.get(key), dict) for key in _SCHEMAS)
    return has_schema and ("name" in value or "parameters" not in value)


def is_brief(items: list[JsonValue]) -> bool:
    """Whether a bare list is of the kind that has no schemas, as in Docker's registry: names and descriptions, and
    arguments with a `desc`."""
    tools = [item for item in items if isinstance(item, dict) and _BRIEF.issuperset(item)]
    arguments = [argument for item in tools for argument in _elements(item.get("arguments"))]
    return len(tools) == len(items) and all(isinstance(item, dict) and "desc" in item for item in arguments)


def _elements(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _step(part: _Part, offers: Offers, recorded: list[Message]) -> Iterator[_Part]:
    if isinstance(part.value, dict):
        yield from _object(part, part.value, offers, recorded)
    elif isinstance(part.value, list):
        yield from _list(part, part.value, offers, recorded)
    elif isinstance(part.value, str) and part.at is not _At.PAYLOAD and _may_hold_json(part.value):
        offers.gap_at(part.place, "a text that holds JSON was not read")


def _may_hold_json(text: str) -> bool:
    return text.lstrip()[:1] in ("{", "[") and any(word in text for word in _JSON_WORDS)


def _object(part: _Part, value: JsonObject, offers: Offers, recorded: list[Message]) -> Iterator[_Part]:
    if is_message(value):
        recorded.append((value, part.place))
    if is_mcpb(value) and part.at is _At.ROOT:
        take_mcpb(value, part.place, offers)
    whole = _take_tool(part, value, offers)
    _take_lists(part, value, offers)
    yield from _groups(part, value, offers)
    yield from _children(part, value, offers, only=_is_opened if whole else None)


def _take_tool(part: _Part, value: JsonObject, offers: Offers) -> bool:
    """Takes an object that is a tool itself; whether it is judged whole by that."""
    if is_mcpb(value) and isinstance(value.get("server"), dict):
        found = _is_surely_tool(value)
    else:
        found = is_tool(value) if part.at is _At.ROOT else _is_surely_tool(value)
    if found:
        holds = any(map(is_list_member, value)) or is_message(value) or is_mcpb(value)
        offers.take_one(value, part.place, variant=AROUND if holds and not _is_surely_tool(value) else "")
    elif part.at is _At.BESIDE and is_tool(value) and not is_message(value):
        offers.gap_at(part.place, "this may be a tool, but it is not where a listing has tools")
    return found


def _take_lists(part: _Part, value: JsonObject, offers: Offers) -> None:
    """The members of a list result or a handshake. Away from the root, only lists with objects in them are that."""
    known = {key: item for key, item in value.items() if is_list_member(key) and not offers.took(part.place, key)}
    if part.at is not _At.ROOT:
        test: Callable[[JsonValue], bool] = _has_objects if part.at is _At.BESIDE else _has_sure_tools
        unclear = [key for key, item in known.items() if isinstance(item, list) and item and not test(item)]
        known = {key: item for key, item in known.items() if test(item)}
        for key in unclear if part.at is _At.BESIDE else ():
            offers.gap_at(part.place.child(pointer_to(key)), "this list has no definitions")
    shakes = part.at is _At.ROOT or bool(known) or isinstance(value.get("serverInfo"), dict)
    members: JsonObject = {key: value[key] for key in (*HANDSHAKE, "nextCursor") if key in value} if shakes else {}
    if known or not members.keys().isdisjoint(HANDSHAKE):
        offers.take({**known, **members}, part.place)


def _has_objects(items: JsonValue) -> bool:
    return isinstance(items, list) and any(isinstance(item, dict) for item in items)


def _has_sure_tools(items: JsonValue) -> bool:
    return isinstance(items, list) and any(isinstance(item, dict) and _is_surely_tool(item) for item in items)


def _groups(part: _Part, value: JsonObject, offers: Offers) -> Iterator[_Part]:
    """Tools under members of other formats: Gemini's declarations, the one tool of a manifest line."""
    for key, items in declared_in(value):
        if not offers.took(part.place, key):
            offers.take_list(items, Kind.TOOL, part.place.child(pointer_to(key)))
    tool = value.get("tool")
    if isinstance(tool, dict):
        offers.take_one(tool, part.place.child("/tool"))
        yield from _inside(part.below("tool", tool, _At.BESIDE), tool)


def _children(
    part: _Part, value: JsonObject, offers: Offers, only: Callable[[str, JsonValue], bool] | None
) -> Iterator[_Part]:
    """What else is in an object, and what the definitions in its lists have inside."""
    for key, item in value.items():
        if offers.took(part.place, key):
            yield from _inside_items(part.below(key, item, part.at), item)
        elif key == "result" and isinstance(item, dict):
            yield from _around_answer(part.below(key, item, _At.BESIDE), item)
        elif (only is None or only(key, item)) and not _is_identity(key, item):
            yield part.below(key, item, _place_of(part, value, key))


def _around_answer(part: _Part, result: JsonObject) -> Iterator[_Part]:
    """A result without what is taken from it as an answer, and what the definitions in its lists have inside."""
    taken = {key: item for key, item in result.items() if is_list_member(key) and isinstance(item, list)}
    yield part._replace(value={key: result[key] for key in result if key not in taken and key not in HANDSHAKE})
    for key, item in taken.items():
        yield from _inside_items(part.below(key, item, part.at), item)


def _place_of(part: _Part, value: JsonObject, key: str) -> _At:
    """How to look at a member: the data of a call stays data, however deep."""
    if part.at is _At.PAYLOAD or (key in _PAYLOADS and ("jsonrpc" in value or isinstance(value.get("content"), list))):
        return _At.PAYLOAD
    carried = key in {"contents", "messages"}
    return _At.PAYLOAD if carried and isinstance(value[key], list) and part.depth else _At.BESIDE


def _is_identity(key: str, item: JsonValue) -> bool:
    return key in _IDENTITIES and isinstance(item, dict) and not _is_surely_tool(item)


def _is_opened(key: str, item: JsonValue) -> bool:
    """Whether a reader that knows listings opens this member of a definition, which is judged whole anyway."""
    return (is_list_member(key) and _has_objects(item)) or (key == "result" and isinstance(item, dict | list))


def _list(part: _Part, items: list[JsonValue], offers: Offers, recorded: list[Message]) -> Iterator[_Part]:
    mixed = any(map(_is_envelope, items))
    looks_bare = part.at is _At.BESIDE and any(isinstance(item, dict) and is_tool(item) for item in items)
    if not mixed and (part.at is _At.ROOT or looks_bare):
        offers.take_list(items, Kind.TOOL, part.place, brief=is_brief(items))
        yield from _inside_items(part, items)
    elif mixed and part.at is not _At.PAYLOAD:
        for index, item in enumerate(items):
            yield from _element(part.below(index, item, _At.BESIDE), part.at, offers, recorded)
    else:
        yield from (part.below(index, item, part.at) for index, item in enumerate(items))


def _element(part: _Part, of: _At, offers: Offers, recorded: list[Message]) -> Iterator[_Part]:
    """One element of a list that mixes recorded messages or listings with others, each read on its own."""
    item = part.value
    if isinstance(item, dict):
        part = part._replace(at=_At.ROOT)
        if is_message(item) and isinstance(item.get("name"), str) and not is_tool(item):
            offers.take_one(item, part.place, variant=AROUND)
    if of is not _At.ROOT:
        yield part
    elif not _gather(part, offers, recorded):
        offers.gap_at(part.place, "it is no message, tool or listing")


def _is_envelope(item: JsonValue) -> bool:
    """Whether an element of a list holds something else than one tool."""
    if not isinstance(item, dict):
        return False
    holds = is_message(item) or any(isinstance(inner, dict) and is_message(inner) for inner in item.values())
    return holds or (not is_tool(item) and any(is_list_member(key) and _has_objects(item[key]) for key in item))


def _inside_items(part: _Part, items: JsonValue) -> Iterator[_Part]:
    for index, item in enumerate(items if isinstance(items, list) else ()):
        inner = part.below(index, item, _At.BESIDE)
        if isinstance(item, dict):
            yield from _inside(inner, item)
        elif isinstance(item, list):
            yield inner


def _inside(part: _Part, body: JsonObject) -> Iterator[_Part]:
    for key, item in body.items():
        if _is_opened(key, item):
            yield _Part({key: item}, part.place, _At.BESIDE, part.depth)
