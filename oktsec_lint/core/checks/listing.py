"""What the listing itself showed: a server's faults as hits, and definitions that clients read in different ways.

Faults are facts that only a conversation can show, so `collect` records them. What the definitions alone show (a schema
that is null, a name that is taken twice) is found here, for a live server and for a snapshot alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

from oktsec_lint.core.config import Config
from oktsec_lint.core.display import quoted
from oktsec_lint.core.findings import Evidence, Hit, Severity
from oktsec_lint.core.model import Definition, Fault, Inventory, JsonValue, Kind, Server, Subject, pointer_to
from oktsec_lint.core.values import NamedTuple

MALFORMED, DUPLICATE, LOOSE = "LST-005", "LST-006", "LST-012"

_SHOWN = 200
_SHAPES: Mapping[Kind, Mapping[str, type]] = {
    Kind.TOOL: {
        "title": str,
        "description": str,
        "inputSchema": dict,
        "outputSchema": dict,
        "annotations": dict,
        "icons": list,
        "_meta": dict,
    },
    Kind.PROMPT: {"title": str, "description": str, "arguments": list, "icons": list, "_meta": dict},
    Kind.RESOURCE: {"name": str, "title": str, "description": str, "mimeType": str, "annotations": dict, "_meta": dict},
    Kind.TEMPLATE: {"uriTemplate": str, "title": str, "description": str, "mimeType": str, "_meta": dict},
}
_SCHEMA_SHAPES: Mapping[str, type] = {"properties": dict, "required": list, "description": str, "title": str}
_WORDS: Mapping[type, str] = {str: "a text", dict: "an object", list: "a list", bool: "a boolean", type(None): "null"}
_OTHER_SCHEMAS = frozenset({"input_schema", "parameters", "arguments"})
"""Where other formats of tool lists, which snapshots may hold, keep what MCP calls `inputSchema`."""


class _Flaw(NamedTuple):
    """One thing wrong with one definition."""

    rule: str
    pointer: str
    what: str
    """The predicate of a sentence whose subject is the member at `pointer`, or the definition."""


def check(inventory: Inventory, _config: Config) -> Iterator[Hit]:
    """LST-001 to LST-015."""
    for server in inventory.servers:
        for fault in server.faults:
            yield _told(server, fault)
        main = [item for item in server.definitions if not item.variant]
        for item in main:
            for flaw in _flaws(item):
                yield _flawed(server, item, flaw)
        yield from _duplicates(server, main)


def _told(server: Server, fault: Fault) -> Hit:
    name = server.name if fault.kind is Kind.SERVER else fault.name
    evidence = (_evidence(fault.evidence),) if fault.evidence else ()
    return Hit(fault.rule, fault.message, Subject(server.name, fault.kind, name), fault.pointer, evidence=evidence)


def _evidence(text: str) -> Evidence:
    """A fault quotes what it saw; there is no judged text around it."""
    shown = text[:_SHOWN]
    return Evidence(0, len(shown), shown, shown)


def _flawed(server: Server, item: Definition, flaw: _Flaw) -> Hit:
    member = flaw.pointer[1:].replace("/", ".")
    subject = f"{quoted(member)} of this {item.kind}" if member else f"this {item.kind}"
    place = item.place.child(flaw.pointer) if item.place else None
    return Hit(flaw.rule, f"{subject} {flaw.what}", server.subject_of(item), flaw.pointer, place)


def _flaws(item: Definition) -> Iterator[_Flaw]:
    if not isinstance(item.body, dict):
        yield _Flaw(MALFORMED, "", f"is {_word(item.body)}, not an object")
        return
    yield from _identity(item, item.body)
    yield from _misshapen(item.body, _SHAPES[item.kind], "")
    if item.kind is Kind.TOOL and not item.brief:
        yield from _schema(item.body)
    if item.kind is Kind.PROMPT and not item.brief:
        yield from _arguments(item.body.get("arguments"))


def _identity(item: Definition, body: Mapping[str, JsonValue]) -> Iterator[_Flaw]:
    key = "uri" if item.kind is Kind.RESOURCE else "name"
    if key not in body:
        yield _Flaw(MALFORMED, "", f"has no {quoted(key)}")
    elif not isinstance(body[key], str):
        yield _Flaw(MALFORMED, pointer_to(key), f"is {_word(body[key])}, not a text")
    elif not body[key]:
        yield _Flaw(MALFORMED, pointer_to(key), "is empty")


def _misshapen(body: Mapping[str, JsonValue], shapes: Mapping[str, type], base: str) -> Iterator[_Flaw]:
    """Members of the wrong type. Many servers write null for "none", which only a schema cannot be."""
    for key, shape in shapes.items():
        value = body.get(key)
        if key in body and not isinstance(value, shape) and (value is not None or key == "inputSchema"):
            yield _Flaw(MALFORMED, base + pointer_to(key), f"is {_word(value)}, not {_WORDS[shape]}")


def _schema(body: Mapping[str, JsonValue]) -> Iterator[_Flaw]:
    schema = body.get("inputSchema")
    if "inputSchema" not in body and _OTHER_SCHEMAS.isdisjoint(body):
        yield _Flaw(LOOSE, "", "has no `inputSchema`")
    if not isinstance(schema, dict):
        return
    if schema.get("type") != "object":
        declared = f"has {_word(schema['type'])} as its `type`" if "type" in schema else "does not say `type: object`"
        yield _Flaw(LOOSE, "/inputSchema", declared)
    yield from _misshapen(schema, _SCHEMA_SHAPES, "/inputSchema")
    required = schema.get("required")
    for name in required if isinstance(required, list) else ():
        if not isinstance(name, str):
            yield _Flaw(MALFORMED, "/inputSchema/required", f"holds {_word(name)}, not only texts")
            return


def _arguments(arguments: JsonValue) -> Iterator[_Flaw]:
    for index, argument in enumerate(arguments if isinstance(arguments, list) else ()):
        if not isinstance(argument, dict) or not isinstance(argument.get("name"), str):
            yield _Flaw(MALFORMED, pointer_to("arguments", index), "is no object with a name")


def _word(value: JsonValue) -> str:
    return quoted(value) if isinstance(value, str) else _WORDS.get(type(value), "a number")


def _duplicates(server: Server, definitions: list[Definition]) -> Iterator[Hit]:
    """Placed at the second one: whoever wrote it may not know of the first."""
    named = sorted((item for item in definitions if item.name), key=_key)
    for _, group in groupby(named, _key):
        first, *others = group
        if others:
            differ = any(item.body != first.body for item in others)
            tail = "they differ, and which one a client uses is its own choice" if differ else "they are the same"
            message = f"{len(others) + 1} {first.kind}s of this server are called {quoted(first.name)}; {tail}"
            severity = None if differ else Severity.LOW
            yield Hit(DUPLICATE, message, server.subject_of(first), place=others[0].place, severity=severity)


def _key(item: Definition) -> tuple[Kind, str]:
    return item.kind, item.name
