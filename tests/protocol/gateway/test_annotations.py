"""Parameters in headers: which annotations hold, what their headers say, and that the official SDK agrees."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.shared import inbound

from oktsec_lint.core.model import JsonValue
from oktsec_lint.protocol.gateway.post import (
    Rejected,
    invalid_annotation,
    param_mismatch,
    routing_headers,
)
from tests.protocol.gateway.posting import MODERN, modern, request, routed, taken

REGION: dict[str, JsonValue] = {"type": "string", "x-mcp-header": "Region"}
SCHEMA: dict[str, JsonValue] = {
    "type": "object",
    "properties": {
        "region": REGION,
        "plain": {"type": "string"},
        "deep": {"type": "object", "properties": {"n": {"type": "integer", "x-mcp-header": "Depth"}}},
        "dry": {"type": "boolean", "x-mcp-header": "dry-run"},
    },
}


def properties(**schemas: JsonValue) -> dict[str, JsonValue]:
    return {"type": "object", "properties": schemas}


def named(name: JsonValue, kind: JsonValue = "string") -> dict[str, JsonValue]:
    return {"type": kind, "x-mcp-header": name}


def mismatch(arguments: JsonValue, *headers: tuple[str, str], schema: JsonValue = SCHEMA) -> Rejected | None:
    message = modern("tools/call", name="t", arguments=arguments)
    return param_mismatch(taken(message, *routed("tools/call", ("Mcp-Name", "t"), *headers)), schema)


# Which annotations hold


@pytest.mark.parametrize(
    "schema",
    [
        None,
        True,
        {},
        SCHEMA,
        properties(a=named("A"), b=named("B", "integer"), c=named("C", "boolean")),
        properties(**{"x-mcp-header": {"type": "string"}}),
        {"default": REGION, "enum": [REGION], "examples": [{"properties": {"a": named("")}}]},
        {"required": ["x-mcp-header"], "dependentRequired": {"x-mcp-header": ["a"]}},
        properties(a=named("!#$%&'*+-.^_`|~09")),
        properties(a=named("Method"), b=named("Name")),
    ],
)
def test_an_annotation_that_holds(schema: JsonValue) -> None:
    assert invalid_annotation(schema) == ""


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        (properties(a=named("")), "token"),
        (properties(a=named("My Region")), "token"),
        (properties(a=named("Region:Primary")), "token"),
        (properties(a=named("Région")), "token"),
        (properties(a=named("a\r\nHost: b")), "token"),
        (properties(a=named("a\n")), "token"),
        (properties(a=named(7)), "token"),
        (properties(a=named(None)), "token"),
        (properties(a=named({"x-mcp-header": "A"})), "token"),
        (properties(a=named("Authorization")), "Authorization"),
        (properties(a=named("connection")), "connection"),
        (properties(a=named("Cookie")), "Cookie"),
        (properties(a=named("A", "number")), "types"),
        (properties(a=named("A", "object")), "types"),
        (properties(a=named("A", ["string", "null"])), "types"),
        (properties(a={"x-mcp-header": "A"}), "types"),
        (properties(a=named("MyField"), b=named("myfield")), "twice"),
        (properties(a=named("A"), b=properties(c=named("A"))), "twice"),
        (named("A"), "no chain"),
        (properties(a={"type": "array", "items": named("A")}), "no chain"),
        (properties(a={"prefixItems": [named("A")]}), "no chain"),
        (properties(a={"anyOf": [named("A"), {"type": "null"}]}), "no chain"),
        ({"allOf": [properties(a=named("A"))]}, "no chain"),
        ({"if": properties(a=named("A"))}, "no chain"),
        ({"patternProperties": {".": named("A")}}, "no chain"),
        ({"$defs": {"a": named("A")}, "properties": {"a": {"$ref": "#/$defs/a"}}}, "no chain"),
        ({"dependentSchemas": {"a": properties(b=named("A"))}}, "no chain"),
        (properties(**{f"p{n}": named(f"N{n}") for n in range(101)}), "more than 100"),
    ],
)
def test_an_annotation_that_does_not(schema: JsonValue, why: str) -> None:
    assert why in invalid_annotation(schema)
    call = modern("tools/call", name="t", arguments={"a": "x", "b": "y"})
    assert routing_headers(call, MODERN, schema) == dict(routed("tools/call", ("Mcp-Name", "t")))
    assert mismatch({"a": "x"}, schema=schema) is None


def test_a_parameter_is_named_as_nobody_can_misread() -> None:
    said = invalid_annotation(properties(**{"a\u202eb\x1b[2J": named("")}))
    assert said.isprintable()
    assert "\u202e" not in said


def test_a_hostile_schema_costs_no_more_than_its_size() -> None:
    deep: JsonValue = {f"p{n}": {"type": "string"} for n in range(50_000)}
    for _ in range(400):
        deep = {"p": {"properties": deep}}
    began = time.process_time()
    assert invalid_annotation({"properties": deep}) == ""
    assert time.process_time() - began < 5


# What their headers say


@pytest.mark.parametrize(
    ("arguments", "headers", "why"),
    [
        ({}, {}, ""),
        (None, {}, ""),
        ({"region": "eu"}, {"Mcp-Param-Region": "eu"}, ""),
        ({"region": "eu"}, {"mcp-param-REGION": " eu\t"}, ""),
        ({"region": ""}, {"Mcp-Param-Region": ""}, ""),
        ({"region": "é"}, {"Mcp-Param-Region": "=?base64?w6k=?="}, ""),
        ({"region": "SGVsbG8="}, {"Mcp-Param-Region": "SGVsbG8="}, ""),
        ({"region": "=?base64?SGVsbG8="}, {"Mcp-Param-Region": "=?base64?SGVsbG8="}, ""),
        ({"region": "eu", "plain": "x"}, {"Mcp-Param-Region": "eu", "Mcp-Param-Unknown": "é"}, ""),
        ({"region": None}, {}, ""),
        ({"region": ["eu"]}, {}, ""),
        ({"deep": "eu"}, {}, ""),
        ({"deep": {"n": -7}}, {"Mcp-Param-Depth": "-7"}, ""),
        ({"deep": {"n": 42}}, {"Mcp-Param-Depth": "42.0"}, ""),
        ({"deep": {"n": 42.0}}, {"Mcp-Param-Depth": "42"}, ""),
        ({"deep": {"n": 0}}, {"Mcp-Param-Depth": "-0.0"}, ""),
        ({"deep": {"n": 2**60 + 1}}, {"Mcp-Param-Depth": str(2**60 + 1)}, ""),
        ({"dry": True}, {"Mcp-Param-dry-run": "true"}, ""),
        ({"dry": False}, {"Mcp-Param-Dry-Run": "false"}, ""),
        ({"region": "eu"}, {}, "missing"),
        ({"deep": {"n": 0}}, {}, "missing"),
        ({"dry": False}, {}, "missing"),
        ({}, {"Mcp-Param-Region": "eu"}, "lacks"),
        ({"region": None}, {"Mcp-Param-Region": "null"}, "lacks"),
        ({"region": ["eu"]}, {"Mcp-Param-Region": "eu"}, "lacks"),
        ({"region": "eu"}, {"Mcp-Param-Region": "EU"}, "not match"),
        ({"region": "42"}, {"Mcp-Param-Region": "42.0"}, "not match"),
        ({"deep": {"n": 2**60 + 1}}, {"Mcp-Param-Depth": str(2**60)}, "not match"),
        ({"deep": {"n": 42}}, {"Mcp-Param-Depth": "042"}, "not match"),
        ({"deep": {"n": 42}}, {"Mcp-Param-Depth": "42.5"}, "not match"),
        ({"deep": {"n": 42}}, {"Mcp-Param-Depth": "9" * 5000}, "not match"),
        ({"deep": {"n": "42"}}, {"Mcp-Param-Depth": "4.2e1"}, "not match"),
        ({"dry": True}, {"Mcp-Param-dry-run": "True"}, "not match"),
        ({"region": "é"}, {"Mcp-Param-Region": "é"}, "no header value"),
        ({"region": "Hello"}, {"Mcp-Param-Region": "=?base64?SGVsbG8?="}, "no header value"),
        ({"region": "Hello"}, {"Mcp-Param-Region": "=?base64?SGVs!!!bG8=?="}, "no header value"),
        ({"region": "Hello"}, {"Mcp-Param-Region": "=?base64?SGVsbG9=?="}, "no header value"),
        ({"region": "?"}, {"Mcp-Param-Region": "=?base64?/w==?="}, "no header value"),
        ({"region": "a"}, {"Mcp-Param-Region": "a", "mcp-param-region": "a"}, "more than once"),
    ],
)
def test_a_header_says_what_its_argument_says(arguments: JsonValue, headers: Mapping[str, str], why: str) -> None:
    answer = mismatch(arguments, *headers.items())
    if why:
        assert answer is not None
        assert answer[:2] == (400, -32020)
        assert (why in answer.message, answer.message_id) == (True, 7)
    else:
        assert answer is None


def test_the_older_era_has_no_such_headers_to_demand_but_they_may_not_lie() -> None:
    call = request("tools/call", name="t", arguments={"region": "eu"})
    assert param_mismatch(taken(call), SCHEMA) is None
    assert param_mismatch(taken(call, ("Mcp-Param-Region", "eu")), SCHEMA) is None
    assert param_mismatch(taken(call, ("Mcp-Param-Region", "us")), SCHEMA) is not None
    assert routing_headers(call, "2025-11-25", SCHEMA) == {"MCP-Protocol-Version": "2025-11-25"}


# What the official SDK makes of it

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["=?base64?eA==?=", " a "])
ARGUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "region": SCALARS,
        "plain": SCALARS,
        "dry": SCALARS,
        "deep": SCALARS | st.fixed_dictionaries({}, optional={"n": SCALARS}),
    },
)


def parameters(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers.items() if name.startswith("Mcp-Param-")]


@given(ARGUMENTS, ARGUMENTS)
def test_its_server_takes_what_we_send_and_refuses_what_we_refuse(
    arguments: dict[str, Any], others: dict[str, Any]
) -> None:
    message = modern("tools/call", name="t", arguments=arguments)
    sent = routing_headers(message, MODERN, SCHEMA)
    lower = {name.lower(): value for name, value in sent.items()}
    assert isinstance(inbound.classify_inbound_request(message, headers=lower), inbound.InboundModernRoute)
    assert inbound.validate_mcp_param_headers(SCHEMA, arguments, sent) is None
    theirs = inbound.validate_mcp_param_headers(SCHEMA, others, sent)
    assert (mismatch(others, *parameters(sent)) is None) == (theirs is None)


@given(ARGUMENTS)
def test_we_take_what_its_client_sends(arguments: dict[str, Any]) -> None:
    sent = inbound.mcp_param_headers(inbound.x_mcp_header_map(SCHEMA), arguments)
    assert mismatch(arguments, *sent.items()) is None


ANNOTATED = st.recursive(
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["string", "integer", "number", "object"]),
            "x-mcp-header": st.sampled_from(["A", "a", "B", "C", "b c", "", 1]),
        },
    ),
    lambda inner: (
        st.dictionaries(
            st.sampled_from(["properties", "$defs", "patternProperties"]),
            st.dictionaries(st.sampled_from("pqr"), inner, max_size=2),
            max_size=2,
        )
        | st.dictionaries(st.sampled_from(["items", "not", "default", "if"]), inner, max_size=2)
    ),
    max_leaves=5,
)


@given(ANNOTATED)
def test_we_drop_the_tools_that_its_client_drops(schema: dict[str, Any]) -> None:
    assert bool(invalid_annotation(schema)) == (inbound.find_invalid_x_mcp_header(schema) is not None)
