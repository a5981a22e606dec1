"""Servers that misbehave: each ends in the right status, reason and faults, and nothing that it started outlives it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from oktsec_lint.core.model import Definition, Kind, Server, Status
from oktsec_lint.protocol.listing import Limits
from tests.live import hostile, is_gone, look, rules, tool_names

COMPLETE, PARTIAL, NOT_SCANNED = Status.COMPLETE, Status.PARTIAL, Status.NOT_SCANNED


@dataclass(frozen=True)
class Case:
    """What one look at one mode shows."""

    mode: str
    status: Status
    reason: str = ""
    """The beginning of the server's reason."""
    rules: str = ""
    tools: str = "read"
    """Names of the tools, in order; of many tools only `first last count`."""
    timeout: float = 20.0


CASES = [
    Case("hang-at-start", NOT_SCANNED, "no answer within 1 seconds", "LST-001", "", 1.0),
    Case("ignore-sigterm", NOT_SCANNED, "no answer within 1 seconds", "LST-001", "", 1.0),
    Case("crash", NOT_SCANNED, "it exited with code 3; its last words: Error: the key *** was refused", "LST-001", ""),
    Case("close-output", NOT_SCANNED, "it closed its output", "LST-001", ""),
    Case("leave-pipe-open", NOT_SCANNED, "no answer within 3 seconds (it exited with code 0, but", "LST-001", "", 3.0),
    Case("refuse-initialize", NOT_SCANNED, "error -32000: licence expired", "LST-001", ""),
    Case("flood-notifications", NOT_SCANNED, "it sent more than 5,000 messages", "LST-001", ""),
    Case("flood-pings", NOT_SCANNED, "it sent more than 5,000 messages", "LST-001", ""),
    Case("exit-on-discover", COMPLETE),
    Case("ignore-unknown", COMPLETE),
    Case("ignore-everything-unannounced", COMPLETE, tools=""),
    Case("hang-in-listing", PARTIAL, "tools/list: no answer within 3 seconds", "LST-002", "", 3.0),
    Case("hang-in-second-listing", PARTIAL, "second listing, tools/list: no answer within 3 s", "LST-002", timeout=3.0),
    Case("exit-in-listing", PARTIAL, "tools/list: it exited with code 4; its last words: database gone", "LST-002"),
    Case("failing-list", PARTIAL, r"tools/list: error -32603: no \u{1b}[31mdatabase", "LST-002", ""),
    Case("not-a-list", PARTIAL, "tools/list: an answer without a list of tools", "LST-002", ""),
    Case("broken-answer", PARTIAL, "tools/list: the answer cannot be read: not JSON", "LST-002 LST-008", ""),
    Case("endless-cursor", PARTIAL, "tools/list: more than 100 pages", "LST-002", "tool_0 tool_199 200"),
    Case("repeated-cursor", PARTIAL, "tools/list: the next page's cursor repeats", "LST-002", "read read"),
    Case("numeric-cursor", PARTIAL, "tools/list: the next page's cursor is no text", "LST-002"),
    Case("empty-cursor-ends", COMPLETE),
    Case("empty-cursor-goes-on", COMPLETE, tools="first second"),
    Case("long-line", PARTIAL, "tools/list: the answer is longer than this tool reads", "LST-002", ""),
    Case("garbage", COMPLETE, rules="LST-008"),
    Case("invalid-utf8", COMPLETE, rules="LST-007"),
    Case("lone-surrogate", COMPLETE, rules="LST-007"),
    Case("repeated-key", COMPLETE, rules="LST-007"),
    Case("repeated-list", COMPLETE, rules="LST-007", tools="shown"),
    Case("other-case", COMPLETE, rules="LST-007", tools="shown"),
    Case("not-a-number", COMPLETE, rules="LST-007"),
    Case("too-deep", COMPLETE, rules="LST-005", tools="deep read"),
    Case("ids-as-text", COMPLETE, rules="LST-013"),
    Case("batches", COMPLETE, rules="LST-013"),
    Case("unknown-revision", COMPLETE, rules="LST-013"),
    Case("ask-the-client", COMPLETE, rules="LST-010"),
    Case("change-text", COMPLETE, rules="LST-003"),
    Case("grow", COMPLETE, rules="LST-004 LST-009", tools="tool_0 tool_1"),
    Case("grow-announced", COMPLETE, rules="LST-004", tools="tool_0 tool_1"),
    Case("by-capabilities", COMPLETE, rules="LST-004", tools="read sample"),
    Case("refuse-able-clients", PARTIAL, "only a client without capabilities was answered: it exi", "LST-002"),
    Case("flood-stderr", COMPLETE),
    Case("leave-child", COMPLETE),
    Case("leave-daemon", COMPLETE),
    Case("modern", COMPLETE, rules="LST-004", tools="read sample"),
    Case("other-modern-version", COMPLETE),
    Case("no-counter-offer", COMPLETE),
]


@pytest.mark.parametrize("case", CASES, ids=[case.mode for case in CASES])
def test_hostile_server(case: Case, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    spec = hostile(case.mode, {"PIDS": str(pids), "API_KEY": "${API_KEY}"})
    server = look(spec, case.timeout, API_KEY="hunter2hunter2")
    assert (server.status, server.reason[: len(case.reason)]) == (case.status, case.reason)
    assert bool(server.reason) == bool(case.reason)
    assert rules(server) == set(case.rules.split())
    assert _summary(tool_names(server), case.tools) == case.tools
    started = {int(line) for line in pids.read_text().split()}
    assert started
    assert {pid for pid in started if not is_gone(pid)} == set()


def _summary(names: list[str], expected: str) -> str:
    many = len(names) > 2 and expected.endswith(f" {len(names)}")
    return f"{names[0]} {names[-1]} {len(names)}" if many else " ".join(names)


def test_list_beyond_the_cap_is_partial_and_what_was_read_is_there() -> None:
    server = look(hostile("fifty-thousand"), limits=Limits(definitions=500))
    assert (server.status, server.reason) == (PARTIAL, "tools/list: more than 500 definitions")
    assert tool_names(server) == [f"tool_{number}" for number in range(500)]


def test_poison_on_page_three_is_there_beside_definitions_that_clients_stumble_over() -> None:
    server = look(hostile("three-pages"))
    assert (server.status, server.faults) == (COMPLETE, ())
    assert tool_names(server) == ["read", "empty", "deep", "twice", "twice", "poison"]
    assert "Ignore all previous" in str(_tool(server, "poison").body)
    assert str(_tool(server, "deep").body).count("properties") == 200


def test_odd_definitions_are_there_as_they_were_sent() -> None:
    bodies = [item.body for item in look(hostile("null-schema")).definitions]
    assert bodies[1:5] == [{"name": 7}, {}, "text", None]
    assert len(bodies) == 7


@pytest.mark.parametrize(
    ("mode", "variants"),
    [
        ("repeated-key", {"": "Reads.", "another reading of repeated keys": "hidden from last-wins"}),
        ("change-text", {"": "Version 1.", "second listing": "Version 2."}),
        ("by-capabilities", {"": "Reads.", "client without capabilities": "Reads, for the bare."}),
    ],
)
def test_every_version_of_a_text_is_kept(mode: str, variants: dict[str, str]) -> None:
    server = look(hostile(mode))
    bodies = {item.variant: item.body for item in server.definitions if item.name == "read"}
    assert {variant: body["description"] for variant, body in bodies.items() if isinstance(body, dict)} == variants


def test_instructions_for_either_client_are_kept() -> None:
    assert look(hostile("by-capabilities")).instructions == "For able clients.\n\nFor bare clients."


def test_server_that_cannot_run_twice_is_complete_all_the_same(tmp_path: Path) -> None:
    server = look(hostile("only-once", {"LOCK": str(tmp_path / "lock")}))
    assert (server.status, tool_names(server)) == (COMPLETE, ["read"])
    assert rules(server) <= {"LST-011"}


def test_first_noise_is_quoted() -> None:
    (fault,) = look(hostile("garbage")).faults
    assert fault.evidence == "Starting up..."


def _tool(server: Server, name: str) -> Definition:
    return next(item for item in server.of_kind(Kind.TOOL) if item.name == name)
