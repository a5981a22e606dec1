"""Calls against the input schema that was locked with their tool."""

from __future__ import annotations

from typing import Any

import pytest

from oktsec_lint.core.calls import LockedSchemas
from oktsec_lint.core.lock import Lock, Standing
from oktsec_lint.core.model import Definition, Kind
from oktsec_lint.core.record import Decision
from oktsec_lint.protocol.gate import Answer
from tests.core.lock.offers import RULEBOOK, lock_of, server
from tests.protocol.gate.playing import OPENED, Peers, call, request, result

SCHEMA = {
    "type": "object",
    "properties": {"path": {"type": "string", "pattern": "^/data/"}, "lines": {"$ref": "#/$defs/count"}},
    "required": ["path"],
    "additionalProperties": False,
    "$defs": {"count": {"type": "integer", "maximum": 100}},
}
READ = {"name": "read", "description": "Reads one file.", "inputSchema": SCHEMA}


def tool(schema: Any = SCHEMA, **more: Any) -> Definition:
    return Definition(Kind.TOOL, "read", {**READ, "inputSchema": schema}, **more)


def locked(*tools: Definition) -> Lock:
    return lock_of(server(*(tools or (tool(),)), info=OPENED["serverInfo"]))


def peers(*offered: Any, **more: Any) -> Peers:
    standing = Standing(locked(), RULEBOOK, "", "2026-11-22")
    return Peers(standing=standing, **more).opened(*(offered or (READ,)))


def test_a_call_that_the_locked_schema_allows_passes() -> None:
    (passed,) = peers().client(call(1, path="/data/a.txt", lines=10))
    assert passed["to"] == "server"


@pytest.mark.parametrize(
    ("arguments", "field", "reason"),
    [
        ({}, "", "the required `path` is missing"),
        ({"path": 1}, "/path", "it is not of type string"),
        ({"path": "/etc/hosts"}, "/path", "it does not match the `pattern`"),
        ({"path": "/data/a", "lines": 1e3}, "/lines", "it is more than 100"),
        ({"path": "/data/a", "notes": "the whole conversation"}, "/notes", "nothing of this name is declared"),
    ],
)
def test_a_call_that_it_does_not_allow_is_refused(arguments: dict[str, Any], field: str, reason: str) -> None:
    one = peers()
    assert one.client(call(1, **arguments)) == [
        {"to": "client", "id": 1, "code": -32600, "says": "blocked by oktsec: schema"}
    ]
    answer = one.commands[-1]
    assert isinstance(answer, Answer)
    assert answer.data["field"] == f"/params/arguments{field}"
    assert answer.data["reason"] == f"{reason}, by the `inputSchema` in the lock"
    assert one.client(call(2, path="/data/a"))[0]["to"] == "server"


@pytest.mark.parametrize("params", [{"name": "read"}, {"name": "read", "arguments": None}])
def test_a_call_without_arguments_is_one_with_none(params: dict[str, Any]) -> None:
    (answer,) = peers().client(request(1, "tools/call", **params))
    assert answer["says"] == "blocked by oktsec: schema"


@pytest.mark.parametrize("arguments", [[], "path", 0, False])
def test_arguments_are_an_object(arguments: Any) -> None:
    one = peers()
    (answer,) = one.client(request(1, "tools/call", name="read", arguments=arguments))
    assert answer["says"] == "blocked by oktsec: schema"
    assert LockedSchemas(locked(tool({})).server("files")).objection("read", arguments) is not None


def test_the_first_call_is_checked_too_after_the_gate_has_listed_the_tools() -> None:
    one = Peers(standing=Standing(locked(), RULEBOOK, "", "2026-11-22"))
    (asked,) = one.client(call(7, path="/etc/hosts"))
    assert asked["message"]["method"] == "tools/list"
    (answer,) = one.server(result(asked["message"]["id"], {"tools": [READ]}))
    assert answer["says"] == "blocked by oktsec: schema"


def test_an_observing_gate_records_it() -> None:
    one = peers(enforce=False)
    (passed,) = one.client(call(1, path="/etc/hosts"))
    assert passed["to"] == "server"
    assert one.commands[-1].event.decision is Decision.WOULD_BLOCK
    assert one.commands[-1].event.rules == ("schema",)


def test_a_drifted_tool_is_told_as_drift_whatever_its_arguments() -> None:
    one = peers({**READ, "inputSchema": {**SCHEMA, "additionalProperties": True}})
    (answer,) = one.client(call(1, path=5))
    assert answer["says"].startswith("blocked by oktsec: LCK-")


def test_the_locked_schema_holds_even_where_drift_is_let_through() -> None:
    """A newer schema that a rule override lets pass was never reviewed."""
    rules = "rules:\n" + "".join(f"  - {{id: LCK-0{number:02}, action: ignore}}\n" for number in range(1, 15))
    one = peers({**READ, "inputSchema": {"type": "object"}}, config=rules)
    assert one.client(call(1, path="/etc/hosts"))[0]["says"] == "blocked by oktsec: schema"
    assert one.client(call(2, path="/data/a"))[0]["to"] == "server"


def test_without_a_lock_a_server_minds_its_own_schema() -> None:
    (passed,) = Peers().opened(READ).client(call(1, path=5))
    assert passed["to"] == "server"


def test_arguments_may_be_those_of_any_variant_that_was_locked() -> None:
    other = {"type": "object", "required": ["url"]}
    schemas = LockedSchemas(locked(tool(), tool(other, variant="second listing")).server("files"))
    assert schemas.objection("read", {"path": "/data/a"}) is None
    assert schemas.objection("read", {"url": "x"}) is None
    denial = schemas.objection("read", {})
    assert denial is not None
    assert denial.reason.startswith("the required `path` is missing")


def test_what_the_lock_does_not_have_is_not_its_business() -> None:
    assert LockedSchemas(None).objection("read", {"a": 1}) is None
    assert LockedSchemas(locked().server("files")).objection("write", {"a": 1}) is None
    bare = Definition(Kind.TOOL, "read", {"name": "read"})
    assert LockedSchemas(locked(bare).server("files")).objection("read", {"a": 1}) is None
