"""Faults of a listing, and definitions that clients read in different ways, as hits."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.checks.listing import check
from oktsec_lint.core.config import Config
from oktsec_lint.core.findings import Hit, Severity
from oktsec_lint.core.model import Definition, Fault, Inventory, Kind, Place, Server, Status, Subject

HERE = Place("oktsec.yaml", "/mcp_servers/files", at_key=True)


def hits(*definitions: Definition, faults: tuple[Fault, ...] = ()) -> list[Hit]:
    server = Server("files", Status.COMPLETE, definitions=definitions, faults=faults, place=HERE)
    return list(check(Inventory((server,)), Config()))


def of(kind: Kind, body: Any, **more: Any) -> Definition:
    key = "uri" if kind is Kind.RESOURCE else "name"
    name = body.get(key) if isinstance(body, dict) else None
    return Definition(kind, name if isinstance(name, str) else "", body, **more)


def tool(**members: Any) -> Definition:
    return of(Kind.TOOL, {"name": "read", "inputSchema": {"type": "object"}, **members})


def test_fault_of_the_server_is_about_the_server() -> None:
    (hit,) = hits(faults=(Fault("LST-001", "this server was not scanned: it exited with code 3"),))
    assert hit.subject == Subject("files", Kind.SERVER, "files")
    assert (hit.rule, hit.message) == ("LST-001", "this server was not scanned: it exited with code 3")
    assert hit.place is None


def test_fault_of_a_tool_is_about_the_tool_and_quotes_what_was_seen() -> None:
    (hit,) = hits(faults=(Fault("LST-003", "it changed", Kind.TOOL, "read", "/description", "x" * 500),))
    assert (hit.subject, hit.pointer) == (Subject("files", Kind.TOOL, "read"), "/description")
    assert [(item.start, item.end, len(item.text)) for item in hit.evidence] == [(0, 200, 200)]


WELL_FORMED = [
    tool(),
    tool(description="Reads.", title="Read", annotations={}, _meta={}, icons=[], outputSchema={"type": "object"}),
    tool(description=None, title=None, annotations=None),
    tool(inputSchema={"type": "object", "properties": {"a": {}}, "required": ["a"], "additionalProperties": False}),
    of(Kind.PROMPT, {"name": "greet", "arguments": [{"name": "who", "required": True}]}),
    of(Kind.RESOURCE, {"uri": "file:///a", "name": "a", "size": 3}),
    of(Kind.TEMPLATE, {"name": "t", "uriTemplate": "x:{y}"}),
]


@pytest.mark.parametrize("item", WELL_FORMED)
def test_well_formed_definition_is_silent(item: Definition) -> None:
    assert hits(item) == []


ODD: list[tuple[Definition, str, str, str]] = [
    (of(Kind.TOOL, None), "LST-005", "", "this tool is null, not an object"),
    (of(Kind.TOOL, "text"), "LST-005", "", "this tool is `text`, not an object"),
    (of(Kind.PROMPT, []), "LST-005", "", "this prompt is a list, not an object"),
    (of(Kind.TOOL, {"inputSchema": {"type": "object"}}), "LST-005", "", "this tool has no `name`"),
    (tool(name=7), "LST-005", "/name", "`name` of this tool is a number, not a text"),
    (tool(name=True), "LST-005", "/name", "`name` of this tool is a boolean, not a text"),
    (tool(name=""), "LST-005", "/name", "`name` of this tool is empty"),
    (of(Kind.RESOURCE, {"name": "a"}), "LST-005", "", "this resource has no `uri`"),
    (tool(description=7), "LST-005", "/description", "`description` of this tool is a number, not a text"),
    (tool(annotations="x"), "LST-005", "/annotations", "`annotations` of this tool is `x`, not an object"),
    (tool(outputSchema=[]), "LST-005", "/outputSchema", "`outputSchema` of this tool is a list, not an object"),
    (tool(inputSchema=None), "LST-005", "/inputSchema", "`inputSchema` of this tool is null, not an object"),
    (tool(inputSchema={}), "LST-012", "/inputSchema", "`inputSchema` of this tool does not say `type: object`"),
    (
        tool(inputSchema={"type": ["object", "null"]}),
        "LST-012",
        "/inputSchema",
        "`inputSchema` of this tool has a list as its `type`",
    ),
    (of(Kind.TOOL, {"name": "read"}), "LST-012", "", "this tool has no `inputSchema`"),
    (
        tool(inputSchema={"type": "object", "required": "path"}),
        "LST-005",
        "/inputSchema/required",
        "`inputSchema.required` of this tool is `path`, not a list",
    ),
    (
        tool(inputSchema={"type": "object", "required": ["a", 1, 2]}),
        "LST-005",
        "/inputSchema/required",
        "`inputSchema.required` of this tool holds a number, not only texts",
    ),
    (
        of(Kind.PROMPT, {"name": "greet", "arguments": [{"name": "who"}, "when"]}),
        "LST-005",
        "/arguments/1",
        "`arguments.1` of this prompt is no object with a name",
    ),
]


@pytest.mark.parametrize(("item", "rule", "pointer", "message"), ODD)
def test_odd_definition_is_reported_where_it_is_odd(item: Definition, rule: str, pointer: str, message: str) -> None:
    (hit,) = hits(item)
    assert (hit.rule, hit.pointer, hit.message) == (rule, pointer, message)
    assert hit.subject == Subject("files", item.kind, item.name)


def test_odd_definition_of_a_snapshot_is_placed_in_it() -> None:
    item = of(Kind.TOOL, {"name": "read", "inputSchema": None}, place=Place("tools.json", "/tools/0"))
    (hit,) = hits(item)
    assert hit.place == Place("tools.json", "/tools/0/inputSchema")


def test_name_offered_twice_is_reported_once_at_the_second() -> None:
    places = [Place("tools.json", f"/tools/{index}") for index in range(4)]
    texts = ["Reads.", "Lists.", "Reads!", "Reads?"]
    items = [
        of(Kind.TOOL, {"name": name, "description": text, "inputSchema": {"type": "object"}}, place=place)
        for name, text, place in zip(["read", "list", "read", "read"], texts, places, strict=True)
    ]
    (hit,) = hits(*items)
    assert (hit.rule, hit.place, hit.severity) == ("LST-006", places[2], None)
    assert (
        hit.message
        == "3 tools of this server are called `read`; they differ, and which one a client uses is its own choice"
    )


def test_same_definition_twice_is_minor() -> None:
    (hit,) = hits(tool(), tool())
    assert hit.severity is Severity.LOW


def test_same_name_of_another_kind_or_variant_is_no_duplicate() -> None:
    other = of(Kind.TOOL, {"name": "read", "inputSchema": None}, variant="second listing")
    assert hits(tool(), of(Kind.PROMPT, {"name": "read"}), other) == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "uri", "description", "inputSchema", "required", "arguments", "type"]) | st.text(),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(st.lists(st.tuples(st.sampled_from([Kind.TOOL, Kind.PROMPT, Kind.RESOURCE, Kind.TEMPLATE]), json_values)))
def test_any_definitions_are_judged(bodies: list[tuple[Kind, Any]]) -> None:
    hits(*(of(kind, body) for kind, body in bodies))
