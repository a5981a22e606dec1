"""Every text a model may read, each with its address.

There is one walker, so no field can be forgotten by one rule and read by another: names, titles, descriptions, every
string and every property name of the schemas, annotations, `_meta`, icons, fields no specification knows, prompt
arguments, resource URIs, server instructions and server info. Members come in the order of their keys: the verdict on a
definition is the same whichever order a server, or a lock, writes them in. The walk is iterative: a definition nested
10,000 deep is walked like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from .model import Definition, JsonValue, Kind, Place, Server, Subject, pointer_to
from .values import NamedTuple

_FIELDS: Mapping[Kind, Mapping[str, str]] = {
    Kind.TOOL: {
        "name": "name",
        "title": "title",
        "description": "description",
        "inputSchema": "schema",
        "outputSchema": "output",
        "annotations": "annotation",
        "_meta": "meta",
        "icons": "icon",
    },
    Kind.PROMPT: {
        "name": "name",
        "title": "title",
        "description": "description",
        "arguments": "argument",
        "_meta": "meta",
        "icons": "icon",
    },
    Kind.RESOURCE: {
        "uri": "uri",
        "name": "name",
        "title": "title",
        "description": "description",
        "annotations": "annotation",
        "_meta": "meta",
        "icons": "icon",
    },
    Kind.TEMPLATE: {
        "uriTemplate": "uri",
        "name": "name",
        "title": "title",
        "description": "description",
        "annotations": "annotation",
        "_meta": "meta",
        "icons": "icon",
    },
    Kind.SERVER: {"instructions": "instructions", "info": "info"},
}
_OTHER = "extra"
_KEY = "key"
_VALUE = "value"

DEFINITION_KINDS: tuple[str, ...] = (
    *(f"{kind}.{name}" for kind, fields in _FIELDS.items() for name in dict.fromkeys((*fields.values(), _OTHER, _KEY))),
    f"{Kind.TOOL}.{_VALUE}",
)
"""Every surface kind of a definition, such as `tool.description`; `key` is a property name, `extra` any other field,
`value` what an input schema offers as a value (`default`, `const`, `enum`, `examples`)."""

MESSAGE_KINDS: tuple[str, ...] = (
    "message.argument",
    "message.result",
    "message.prompt",
    "message.resource",
    "message.other",
)
"""Surface kinds of the traffic that the gate judges."""

_SCHEMA_WORDS = frozenset(
    """$schema $id $ref $defs $anchor $comment $vocabulary $dynamicRef $dynamicAnchor definitions type properties
    patternProperties additionalProperties propertyNames unevaluatedProperties required minProperties maxProperties
    dependentRequired dependentSchemas items prefixItems unevaluatedItems additionalItems contains minContains
    maxContains minItems maxItems uniqueItems enum const default examples title description format pattern minLength
    maxLength minimum maximum exclusiveMinimum exclusiveMaximum multipleOf allOf anyOf oneOf not if then else
    contentEncoding contentMediaType contentSchema deprecated readOnly writeOnly nullable discriminator
    name uri mimeType src sizes theme readOnlyHint destructiveHint idempotentHint openWorldHint audience priority
    lastModified version websiteUrl icons""".split()
)
"""Keys whose spelling the specifications fix; every other key is the author's own text, and the model reads it."""
_VALUE_WORDS = frozenset({"default", "const", "enum", "examples", "example"})
_NAME_MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
"""Schema keywords below which the next keys are names, whatever they are spelled like."""


class Surface(NamedTuple):
    """One addressed text."""

    kind: str
    """`tool.description`, `tool.schema` ...; one of `DEFINITION_KINDS` or `MESSAGE_KINDS`."""
    text: str
    subject: Subject
    pointer: str
    """JSON pointer inside the subject's definition."""
    origin: Place | None = None
    """Where the definition stands in a file."""

    @property
    def place(self) -> Place | None:
        """Where the text stands. Few of them are ever asked."""
        return self.origin and self.origin.child(self.pointer)


@cache
def expand(applies_to: str) -> frozenset[str]:
    """Surface kinds meant by one entry of a rule's `applies_to`: a group, an object kind, or a kind itself.

    Raises KeyError for a name that means nothing.
    """
    if applies_to == "definition":
        return frozenset(DEFINITION_KINDS)
    known = DEFINITION_KINDS + MESSAGE_KINDS
    found = frozenset(kind for kind in known if applies_to in (kind, kind.partition(".")[0]))
    if applies_to == "tool.schema":
        return found | {f"{Kind.TOOL}.{_VALUE}"}
    if not found:
        raise KeyError(applies_to)
    return found


def of_server(server: Server) -> Iterator[Surface]:
    """Every surface of a server: its own texts first, then its definitions in listing order."""
    yield from of_server_itself(server)
    for item in server.definitions:
        yield from of_definition(server, item)


def of_server_itself(server: Server) -> Iterator[Surface]:
    """Every surface of what a server says of itself."""
    own: dict[str, JsonValue] = {"instructions": server.instructions} if server.instructions else {}
    if server.info:
        own["info"] = dict(server.info)
    yield from _of_body(server.subject(), own, None)


def of_definition(server: Server, item: Definition) -> Iterator[Surface]:
    """Every surface of one definition; a body that is not an object is one `extra` surface per string in it."""
    subject = server.subject_of(item)
    if isinstance(item.body, dict):
        yield from _of_body(subject, item.body, item.place)
    else:
        yield from _walk(subject, _OTHER, item.body, "", item.place)


def _of_body(subject: Subject, body: Mapping[str, JsonValue], place: Place | None) -> Iterator[Surface]:
    fields = _FIELDS[subject.kind]
    for key, value in sorted(body.items()):
        name = fields.get(key, _OTHER)
        pointer = pointer_to(key)
        if name == _OTHER:
            yield Surface(f"{subject.kind}.{_KEY}", key, subject, pointer, place)
        yield from _walk(subject, name, value, pointer, place)


def _walk(subject: Subject, name: str, root: JsonValue, base: str, place: Place | None) -> Iterator[Surface]:
    root_kind, key_kind = f"{subject.kind}.{name}", f"{subject.kind}.{_KEY}"
    value_kind = f"{subject.kind}.{_VALUE}" if root_kind == "tool.schema" else root_kind
    stack: list[tuple[JsonValue, str, str, bool]] = [(root, base, root_kind, False)]
    while stack:
        value, pointer, kind, names = stack.pop()
        if isinstance(value, str):
            if value:
                yield Surface(kind, value, subject, pointer, place)
        elif isinstance(value, list):
            stack.extend((item, f"{pointer}/{index}", kind, False) for index, item in reversed(list(enumerate(value))))
        elif isinstance(value, dict):
            for key, item in sorted(value.items(), reverse=True):
                below = pointer + (f"/{key}" if key.isidentifier() else pointer_to(key))
                inner = value_kind if key in _VALUE_WORDS and not names else kind
                stack.append((item, below, inner, key in _NAME_MAPS and not names))
                if key not in _SCHEMA_WORDS:
                    stack.append((key, below, key_kind, False))


def of_message(kind: str, subject: Subject, root: JsonValue, base: str = "") -> Iterator[Surface]:
    """Every text of a message's part: each string, each key, which its sender may choose as freely, and each list of
    numbers that are the characters of one."""
    stack: list[tuple[JsonValue, str]] = [(root, base)]
    while stack:
        value, pointer = stack.pop()
        if isinstance(value, str):
            if value:
                yield Surface(kind, value, subject, pointer)
        elif isinstance(value, list):
            stack += [(item, f"{pointer}/{index}") for index, item in enumerate(value)][::-1]
            if len(value) >= _SPELT and all(type(item) is int and item in _PRINTABLE for item in value):
                yield Surface(kind, "".join(map(chr, value)), subject, pointer)  # type: ignore[arg-type]
        elif isinstance(value, dict):
            for key in sorted(value, reverse=True):
                below = pointer + (f"/{key}" if key.isidentifier() else pointer_to(key))
                stack.append((value[key], below))
                if key not in MESSAGE_WORDS:
                    stack.append((key, below))


_SPELT, _PRINTABLE = 8, frozenset((9, 10, 13, *range(32, 127)))
"""How many numbers, and which, make a list of them a text."""
MESSAGE_WORDS = frozenset(
    """_meta annotations arguments audience blob content contents cursor data description hints id isError level
    lastModified logger maxTokens message messages mimeType modelPreferences name options params path priority progress
    progressToken prompt query reason requestId resource result resultType role stopReason structuredContent
    systemPrompt text title total type uri url value values""".split()
)
"""Keys of messages that say nothing: the specification's own, and the commonest names of parameters."""


_CALLED: Mapping[str, str] = {
    "schema": "input schema",
    "value": "schema value",
    "output": "output schema",
    "key": "property name",
    "meta": "_meta",
    "info": "self-description",
    "extra": "unspecified field",
    "other": "text",
}


def in_words(kind: str) -> str:
    """A surface kind in words: `tool.schema` is a tool input schema."""
    owner, _, part = kind.partition(".")
    return f"{owner} {_CALLED.get(part, part)}"
