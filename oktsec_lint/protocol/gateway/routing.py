"""Headers that repeat a message for those who route without reading it ("Request Metadata", 2026-07-28).

The body decides; a header that says something else, or says it twice, makes the request invalid.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from oktsec_lint.core.model import JsonValue
from oktsec_lint.protocol.gate.message import members
from oktsec_lint.protocol.revisions import MODERN

from .annotations import PARAM, Mirrored, mirrored_in, parameter_headers
from .field_values import decoded, encoded
from .headers import Headers

VERSION, METHOD, NAME, SESSION = "MCP-Protocol-Version", "Mcp-Method", "Mcp-Name", "Mcp-Session-Id"
_ONCE = {name.lower(): name for name in (VERSION, METHOD, NAME, SESSION)}
_NAMED_BY: Mapping[str, str] = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
"""The member of a request's params that `Mcp-Name` has to repeat."""
_NAMED_TASK: Mapping[str, str] = dict.fromkeys(("tasks/get", "tasks/update", "tasks/cancel"), "taskId")
"""What the tasks extension adds to them. Official clients leave this header out, so it is not demanded."""


def routing_headers(message: Mapping[str, JsonValue], revision: str, input_schema: JsonValue = None) -> dict[str, str]:
    """The headers that a message of a revision is sent with. `input_schema` is that of the tool it calls."""
    said = {VERSION: revision} if revision else {}
    method = message.get("method")
    if revision not in MODERN or not isinstance(method, str):
        return said
    said[METHOD] = method
    name = _name_in(message)
    if name is not None:
        said[NAME] = encoded(name)
    if method == "tools/call":
        said |= parameter_headers(members(message.get("params")).get("arguments"), input_schema)
    return said


def said_in(fields: Headers, header: str) -> str | None:
    """What a header says; None when it is not there."""
    return fields.one(header.lower()) if header.lower() in fields else None


def repeated_in(fields: Headers) -> str:
    """The objection to a header that readers of the first and of the last would read differently; empty for none."""
    header = fields.repeated(_ONCE)
    return f"{_ONCE[header]} header appears more than once" if header else ""


def unrepeated(fields: Headers, message: Mapping[str, JsonValue], *, required: bool) -> str:
    """Where `Mcp-Method` and `Mcp-Name` do not say what the body says; empty when they do.

    `required` is for a message that has to come with them; where they come with another one, they have to be true.
    """
    method, said = message.get("method"), said_in(fields, METHOD)
    if said is None and required:
        return f"{METHOD} header is missing"
    if said is not None and (said != method or not said.isascii()):
        return f"{METHOD} header does not match the body's method"
    name, named = _name_in(message), said_in(fields, NAME)
    if named is None:
        return f"{NAME} header is missing" if required and name is not None and method in _NAMED_BY else ""
    if name is None:
        return f"{NAME} header is present, but the body names nothing that it could repeat"
    return "" if decoded(named) == name else f"{NAME} header does not match the body"


def parameters_in(fields: Headers) -> Iterator[tuple[str, str]]:
    """The `Mcp-Param-*` headers by lower-case name, repeated ones kept."""
    for name in fields:
        if name.startswith(PARAM.lower()):
            yield from ((name, value) for value in fields.all(name))


def misquoted(
    parameters: tuple[tuple[str, str], ...], arguments: JsonValue, input_schema: JsonValue, *, required: bool
) -> str:
    """Where `Mcp-Param-*` headers do not say what a call's arguments say; empty when they do."""
    for item in mirrored_in(input_schema):
        said = [value for name, value in parameters if name == item.header.lower()]
        problem = _misquoted(item, said, item.value_in(arguments), required=required)
        if problem:
            return f"{item.header} header {problem}"
    return ""


def _misquoted(parameter: Mirrored, said: list[str], expected: str | None, *, required: bool) -> str:
    if len(said) > 1:
        return "appears more than once"
    if not said:
        return "is missing, but the body has its argument" if expected is not None and required else ""
    if expected is None:
        return "is present, but the body lacks its argument"
    text = decoded(said[0])
    if text is None:
        return "holds what no header value may hold"
    return "" if parameter.agrees(text, expected) else "does not match the body's argument"


def _name_in(message: Mapping[str, JsonValue]) -> str | None:
    """What `Mcp-Name` says of a message; None where there is nothing to say."""
    method = str(message.get("method"))
    member = _NAMED_BY.get(method) or _NAMED_TASK.get(method)
    name = members(message.get("params")).get(member) if member else None
    return name if isinstance(name, str) else None
