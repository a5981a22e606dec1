"""The manifest stream: a line in, a server or a reason out."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from oktsec_lint.core.model import Kind, Place, Status
from oktsec_lint.sources.jsonl import BadLine, Manifest, read_manifest


def manifest(line: str | bytes) -> Manifest:
    read = read_manifest(line)
    assert isinstance(read, Manifest)
    return read


def test_one_tool() -> None:
    body = {"name": "add_note", "description": "Adds a note.", "x-own": [1]}
    read = manifest(json.dumps({"id": "n:1", "server": "notes", "tool": body}))
    assert (read.id, read.server.name, read.server.status) == ("n:1", "notes", Status.COMPLETE)
    (tool,) = read.server.definitions
    assert (tool.kind, tool.name, tool.body, tool.place) == (Kind.TOOL, "add_note", body, Place("-", "/tool"))


def test_a_whole_manifest() -> None:
    line = (
        b'{"id": 7, "server": "notes", "tools": [{"name": "a"}, {"name": "b"}], "prompts": [{"name": "p"}],'
        b' "resources": [{"uri": "note://1"}], "resourceTemplates": [{"name": "t"}], "instructions": "Be brief."}\r\n'
    )
    server = manifest(line).server
    found = [(item.kind.value, item.name, item.place.pointer) for item in server.definitions if item.place]
    assert found == [
        ("tool", "a", "/tools/0"), ("tool", "b", "/tools/1"), ("prompt", "p", "/prompts/0"),
        ("resource", "note://1", "/resources/0"), ("template", "t", "/resourceTemplates/0"),
    ]  # fmt: skip
    assert server.instructions == "Be brief."


@pytest.mark.parametrize("line", ["", "  \n", b"\r\n", b"\xef\xbb\xbf"])
def test_blank_lines_are_nothing(line: str | bytes) -> None:
    assert read_manifest(line) is None


BAD = [
    ("{", "not valid JSON", None),
    (b'{"tool": "\xff"}', "UTF-8", None),
    ('{"id": 3, "server": "x"}', "not a manifest", 3),
    ('{"id": 3, "jsonrpc": "2.0", "tools": []}', "not a manifest", 3),
    ("[1]", "not a manifest", None),
    ("7", "not a manifest", None),
    ('{"tool": NaN}', "not valid JSON", None),
    ('{"tool":' + "[" * 20_000, "not valid JSON", None),
]


@pytest.mark.parametrize(("line", "reason", "identity"), BAD, ids=range(len(BAD)))
def test_a_bad_line_is_a_value(line: str | bytes, reason: str, identity: object) -> None:
    read = read_manifest(line)
    assert isinstance(read, BadLine)
    assert reason in read.reason
    assert read.id == identity
    assert "\n" not in read.reason


def test_any_id_is_echoed() -> None:
    for identity in (None, 0, 1.5, "x", [1], {"a": 1}, True):
        assert manifest(json.dumps({"id": identity, "tool": {}})).id == identity
    assert manifest('{"tool": {}}').id is None


def test_what_is_malformed_is_kept() -> None:
    server = manifest('{"server": 7, "tool": "text", "tools": {"a": 1}, "prompts": [null]}').server
    assert server.name == ""
    assert [item.body for item in server.definitions] == ["text", None]
    assert [fault.rule for fault in server.faults] == ["LST-002", "LST-005"]


def test_what_is_ambiguous_is_judged_in_both_readings() -> None:
    server = manifest('{"tool": {"name": "a", "description": "bad", "description": "good", "t": "\\udc00"}}').server
    main, other = server.definitions
    assert isinstance(main.body, dict)
    assert isinstance(other.body, dict)
    assert (main.body["description"], main.variant) == ("good", "")
    assert other.body["description"] == "bad"
    assert other.variant
    assert [(fault.rule, fault.name, fault.pointer) for fault in server.faults] == [
        ("LST-007", "a", "/description"), ("LST-007", "a", "/t"),
    ]  # fmt: skip


def test_any_depth_is_read() -> None:
    line = '{"tool": {"name": "a", "inputSchema": ' + '{"properties":' * 5_000 + "1" + "}" * 5_000 + "}}"
    assert manifest(line).server.definitions[0].name == "a"


@given(st.one_of(st.binary(max_size=40), st.text(max_size=40), st.text('{}[]":,idtoolserver1 \\u', max_size=40)))
@example(b'{"tool":{}}')
def test_no_line_stops_the_stream(line: str | bytes) -> None:
    assert isinstance(read_manifest(line), Manifest | BadLine | None)
