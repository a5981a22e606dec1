"""`x-mcp-header`: which parameters of a tool a client repeats in headers, and by which names (2026-07-28).

"Custom Headers from Tool Parameters" of the Streamable HTTP transport. A tool with an invalid annotation is to be
dropped, for two readers could take its headers for different values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from oktsec_lint.core.display import quoted
from oktsec_lint.core.model import JsonValue
from oktsec_lint.core.values import NamedTuple

from .field_values import encoded

PARAM = "Mcp-Param-"
"""What the header of a parameter begins with."""

_ANNOTATION = "x-mcp-header"
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""RFC 9110 section 5.6.2."""
_MOST = 100
"""Annotations of one tool: HTTP servers refuse requests of more header fields than about that."""
_TYPES = frozenset({"string", "integer", "boolean"})
_NAME_MAPS = frozenset("properties patternProperties $defs definitions dependentSchemas dependencies".split())
_NO_SCHEMAS = frozenset("default const enum examples example required dependentRequired".split())
_RESERVED = frozenset(
    """connection keep-alive proxy-connection te trailer transfer-encoding upgrade host content-length authorization
    proxy-authorization proxy-authenticate www-authenticate cookie set-cookie mcp-session-id""".split()
)
"""Names that mean a hop or a credential to whoever strips the prefix: none of them is a parameter's."""
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)(\.0+)?")


class Mirrored(NamedTuple):
    """A parameter that is repeated in a header."""

    path: tuple[str, ...]
    """Names of properties from the arguments down to it."""
    header: str
    integer: bool = False

    def value_in(self, arguments: JsonValue) -> str | None:
        """What its header says, not yet encoded; None where there has to be no header."""
        for name in self.path:
            if not isinstance(arguments, dict):
                return None
            arguments = arguments.get(name)
        return _text(arguments)

    def agrees(self, said: str, expected: str) -> bool:
        """Whether a header says what the body says. `42.0` is `42` where integers are meant."""
        if not self.integer or said == expected:
            return said == expected
        found = _INTEGER.fullmatch(said)
        return found is not None and (said.partition(".")[0] if found[1] != "0" else "0") == expected


_Path: TypeAlias = tuple["_Path | None", str]
"""A property and the way to its parent. Whole paths would be as many as a hostile schema has places."""
_ROOT: _Path = (None, "")


def mirrored_in(input_schema: JsonValue) -> tuple[Mirrored, ...]:
    """The annotated parameters of a tool; none for one that `invalid_annotation` objects to."""
    found = _read(input_schema)
    return () if isinstance(found, str) else found


def invalid_annotation(input_schema: JsonValue) -> str:
    """Why a tool's annotations are invalid; empty when they are not."""
    found = _read(input_schema)
    return found if isinstance(found, str) else ""


def _read(input_schema: JsonValue) -> tuple[Mirrored, ...] | str:
    found: dict[str, Mirrored] = {}
    for at, schema in _annotated(input_schema):
        path = _names(at)
        if not path:
            return f"{_ANNOTATION} stands where no chain of `properties` leads"
        name, kind = schema[_ANNOTATION], schema.get("type")
        problem = _problem(name, kind) or ("is used twice" if str(name).lower() in found else "")
        if problem:
            return f"{_ANNOTATION} of {quoted('.'.join(path))} {problem}"
        if len(found) == _MOST:
            return f"{_ANNOTATION} stands at more than {_MOST} parameters"
        found[str(name).lower()] = Mirrored(path, f"{PARAM}{name}", kind == "integer")
    return tuple(found.values())


def _problem(name: JsonValue, kind: JsonValue) -> str:
    if not isinstance(name, str) or not _TOKEN.fullmatch(name):
        return "is no name that a header can have (RFC 9110 token)"
    if name.lower() in _RESERVED:
        return f"is {quoted(name)}, a name with a meaning of its own in HTTP"
    if not isinstance(kind, str) or kind not in _TYPES:
        return "is only for the types string, integer and boolean"
    return ""


def _annotated(root: JsonValue) -> Iterator[tuple[_Path | None, dict[str, JsonValue]]]:
    """Every schema with an annotation, and the way to it where that is one of properties; iterative."""
    stack: list[tuple[_Path | None, JsonValue]] = [(_ROOT, root)]
    while stack:
        at, node = stack.pop()
        if isinstance(node, list):
            stack.extend((None, item) for item in reversed(node))
        elif isinstance(node, dict):
            if _ANNOTATION in node:
                yield at, node
            stack.extend(reversed(list(_parts(at, node))))


def _parts(at: _Path | None, node: dict[str, JsonValue]) -> Iterator[tuple[_Path | None, JsonValue]]:
    for key, value in node.items():
        if key in _NAME_MAPS and isinstance(value, dict):
            chained = at is not None and key == "properties"
            yield from (((at, name) if chained else None, item) for name, item in value.items())
        elif key not in _NO_SCHEMAS and isinstance(value, dict | list):
            yield None, value


def _names(at: _Path | None) -> tuple[str, ...]:
    names: list[str] = []
    while at is not None and at is not _ROOT:
        at, name = at
        names.append(name)
    return tuple(reversed(names))


def _text(value: JsonValue) -> str | None:
    """A scalar as a header spells it; None for everything else, `null` too."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, str | int | float) else None


def parameter_headers(arguments: JsonValue, input_schema: JsonValue) -> dict[str, str]:
    """The headers that repeat a call's arguments."""
    said = ((item.header, item.value_in(arguments)) for item in mirrored_in(input_schema))
    return {header: encoded(value) for header, value in said if value is not None}
