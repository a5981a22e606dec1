"""No text of a definition is forgotten, none is told twice, and each can be found again by its pointer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core import surfaces
from oktsec_lint.core.model import Definition, Kind, Place, Server, Status, Subject, pointer_to
from oktsec_lint.core.surfaces import DEFINITION_KINDS, MESSAGE_KINDS, Surface, expand

SERVER = Server("files", Status.COMPLETE)
LISTED = [Kind.TOOL, Kind.PROMPT, Kind.RESOURCE, Kind.TEMPLATE]

KEYS = st.sampled_from(
    [
        "name",
        "description",
        "inputSchema",
        "properties",
        "enum",
        "type",
        "_meta",
        "title",
        "x",
        "a/b",
        "m~n",
        "",
        "Ключ",
    ]
) | st.text(max_size=4)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=25
)
OBJECTS = st.dictionaries(KEYS, JSON, max_size=6)
KINDS = st.sampled_from(LISTED)


def of(kind: Kind, body: Any, place: Place | None = None) -> list[Surface]:
    return list(surfaces.of_definition(SERVER, Definition(kind, "it", body, place)))


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)


def keys(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from keys(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from keys(item)


def resolve(value: Any, pointer: str) -> tuple[Any, str]:
    """The value a JSON pointer leads to, and the last key on the way."""
    token = ""
    for part in pointer.split("/")[1:]:
        token = part.replace("~1", "/").replace("~0", "~")
        value = value[int(token)] if isinstance(value, list) else value[token]
    return value, token


@given(KINDS, OBJECTS | JSON)
def test_every_string_is_exactly_one_surface(kind: Kind, body: Any) -> None:
    values = Counter(surface.text for surface in of(kind, body) if not surface.kind.endswith(".key"))
    assert values == Counter(text for text in strings(body) if text)


@given(KINDS, OBJECTS)
def test_every_property_name_of_the_authors_own_is_exactly_one_surface(kind: Kind, body: dict[str, Any]) -> None:
    told = Counter(surface.text for surface in of(kind, body) if surface.kind.endswith(".key"))
    inside = {key for value in body.values() for key in keys(value)}
    assert not (told - Counter(keys(body)))
    for key in ("x", "a/b", "m~n", "Ключ", "inputSchema"):
        own_field = key == "inputSchema" and kind is Kind.TOOL and key in body
        assert told[key] == Counter(keys(body))[key] - own_field
    assert not ({"enum", "type", "properties"} & inside & set(told) - set(body))


@given(KINDS, OBJECTS)
def test_every_pointer_leads_to_its_text(kind: Kind, body: dict[str, Any]) -> None:
    for surface in of(kind, body):
        value, key = resolve(body, surface.pointer)
        assert surface.text == (key if surface.kind.endswith(".key") else value)


@given(KINDS, OBJECTS)
def test_every_surface_has_a_kind_that_rules_can_name(kind: Kind, body: dict[str, Any]) -> None:
    subject = Subject("files", kind, "it")
    for surface in of(kind, body):
        assert surface.kind in DEFINITION_KINDS
        assert surface.subject == subject


@given(KINDS, OBJECTS)
def test_places_are_pointers_below_the_definitions_own(kind: Kind, body: dict[str, Any]) -> None:
    for surface in of(kind, body, Place("tools.json", "/tools/3")):
        assert surface.place == Place("tools.json", "/tools/3" + surface.pointer)
    assert all(surface.place is None for surface in of(kind, body))


# fmt: off
FIELDS = [
    (Kind.TOOL, {"name": "t"}, "tool.name", "/name"),
    (Kind.TOOL, {"title": "t"}, "tool.title", "/title"),
    (Kind.TOOL, {"description": "t"}, "tool.description", "/description"),
    (Kind.TOOL, {"description": {"deep": "t"}}, "tool.description", "/description/deep"),
    (Kind.TOOL, {"inputSchema": {"properties": {"p": {"default": "t"}}}}, "tool.value",
     "/inputSchema/properties/p/default"),
    (Kind.TOOL, {"inputSchema": {"enum": ["x", "t"]}}, "tool.value", "/inputSchema/enum/1"),
    (Kind.TOOL, {"inputSchema": {"properties": {"default": {"title": "t"}}}}, "tool.schema",
     "/inputSchema/properties/default/title"),
    (Kind.TOOL, {"inputSchema": {"properties": {"properties": {"const": {"deep": ["t"]}}}}}, "tool.value",
     "/inputSchema/properties/properties/const/deep/0"),
    (Kind.TOOL, {"outputSchema": {"default": "t"}}, "tool.output", "/outputSchema/default"),
    (Kind.TOOL, {"inputSchema": {"properties": {"t": {}}}}, "tool.key", "/inputSchema/properties/t"),
    (Kind.TOOL, {"outputSchema": {"title": "t"}}, "tool.output", "/outputSchema/title"),
    (Kind.TOOL, {"annotations": {"title": "t"}}, "tool.annotation", "/annotations/title"),
    (Kind.TOOL, {"_meta": {"a/b": "t"}}, "tool.meta", "/_meta/a~1b"),
    (Kind.TOOL, {"icons": [{"src": "t"}]}, "tool.icon", "/icons/0/src"),
    (Kind.TOOL, {"x-note": "t"}, "tool.extra", "/x-note"),
    (Kind.TOOL, {"t": 1}, "tool.key", "/t"),
    (Kind.TOOL, ["t"], "tool.extra", "/0"),
    (Kind.TOOL, "t", "tool.extra", ""),
    (Kind.PROMPT, {"arguments": [{"description": "t"}]}, "prompt.argument", "/arguments/0/description"),
    (Kind.RESOURCE, {"uri": "t"}, "resource.uri", "/uri"),
    (Kind.RESOURCE, {"mimeType": "t"}, "resource.extra", "/mimeType"),
    (Kind.TEMPLATE, {"uriTemplate": "t"}, "template.uri", "/uriTemplate"),
]
# fmt: on


@pytest.mark.parametrize(("kind", "body", "surface", "pointer"), FIELDS)
def test_which_field_is_which_surface(kind: Kind, body: Any, surface: str, pointer: str) -> None:
    found = [item for item in of(kind, body) if item.text == "t"]
    assert [(item.kind, item.pointer) for item in found] == [(surface, pointer)]


def test_a_servers_own_texts_come_first_and_definitions_in_their_order() -> None:
    tools = tuple(Definition(Kind.TOOL, name, {"name": name}) for name in ("b", "a"))
    server = Server("s", Status.COMPLETE, instructions="i", info={"name": "n", "x": {"y": "z"}}, definitions=tools)
    assert [(item.kind, item.text, item.pointer) for item in surfaces.of_server(server)] == [
        ("server.info", "n", "/info/name"),
        ("server.key", "x", "/info/x"),
        ("server.key", "y", "/info/x/y"),
        ("server.info", "z", "/info/x/y"),
        ("server.instructions", "i", "/instructions"),
        ("tool.name", "b", "/name"),
        ("tool.name", "a", "/name"),
    ]


def test_a_server_that_says_nothing_has_no_surfaces() -> None:
    assert list(surfaces.of_server(SERVER)) == []


@pytest.mark.parametrize("wrap", [lambda inner: [inner], lambda inner: {"items": inner}])
def test_the_deepest_text_is_read(wrap: Any) -> None:
    schema: Any = "bottom"
    for _ in range(10_000):
        schema = wrap(schema)
    (found,) = of(Kind.TOOL, {"inputSchema": schema})
    assert found.text == "bottom"
    assert found.pointer.count("/") == 10_001


@pytest.mark.parametrize(
    ("group", "kinds"),
    [
        ("definition", set(DEFINITION_KINDS)),
        ("message", set(MESSAGE_KINDS)),
        ("prompt", {kind for kind in DEFINITION_KINDS if kind.startswith("prompt.")}),
        ("tool.description", {"tool.description"}),
        ("message.result", {"message.result"}),
    ],
)
def test_groups(group: str, kinds: set[str]) -> None:
    assert expand(group) == kinds


@pytest.mark.parametrize("name", ["", "tools", "tool.", "tool.descriptions", ".key", "description"])
def test_a_group_that_means_nothing_is_refused(name: str) -> None:
    with pytest.raises(KeyError):
        expand(name)


@given(st.lists(st.text() | st.integers(0, 99), max_size=4))
def test_pointers_round_trip(tokens: list[str | int]) -> None:
    value: Any = "here"
    for token in reversed(tokens):
        value = {str(token): value}
    assert resolve(value, pointer_to(*tokens))[0] == "here"
