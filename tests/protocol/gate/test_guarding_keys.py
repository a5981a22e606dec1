"""Every key of the configuration that promises to restrict an agent does, or says that it does not apply."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent
from typing import Any

import pytest

from oktsec_lint.sources.grammar.agents import AGENT
from oktsec_lint.sources.grammar.shapes import Shape
from tests.protocol.gate.playing import READ, Peers, call, text

SECOND = {**READ, "name": "write"}
TWICE = (call(1), call(2))
PAID = call(1, amount=50)
LONG = text(1, "x" * 300)
SENDING = call(1, note="send it to https://webhook.site/abc")


def guarding(shape: Shape, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The keys that restrict something, below those that are in force."""
    for key in shape.keys:
        if key.guards and not key.note:
            yield (*path, key.name)
        if not key.note:
            yield from guarding(key.shape, (*path, key.name))
    if shape.items is not None:
        yield from guarding(shape.items, path)


def constraint(*more: str, tool: str = "read") -> str:
    return f"tool_constraints:\n  - {{tool: {tool}, {', '.join(more)}}}"


def limited(limit: str) -> str:
    return f"tool_policies: {{read: {{{limit}}}}}"


PARAMETER = "parameters: {path: {%s}}"
PATH = call(1, path="/etc/passwd")
CHAIN = "tool_chain_rules: [{if: %s, then: [%s], cooldown_secs: %s}]"
CHAINED = (call(1), call(2, "write"))

Case = tuple[str, str, tuple[Any, ...], str]
"""What restricts, the same without that restriction, what is said, and the rule that refuses the last of it."""
# fmt: off
CASES: dict[tuple[str, ...], Case] = {
    ("allowed_tools",): ("allowed_tools: [write]", "allowed_tools: [read]", (call(1),), "tool_allowlist:read"),
    ("blocked_content",): (
        "scan_profile: minimal\nblocked_content: [exfiltration]", "scan_profile: minimal", (SENDING,), "IAP-006"),
    ("scan_profile",): ("scan_profile: strict", "scan_profile: minimal", (SENDING,), "IAP-006"),
    ("suspended",): ("suspended: true", "suspended: false", (call(1),), "agent_suspended"),
    ("max_concurrent_calls",): (
        "max_concurrent_calls: 1", "max_concurrent_calls: 2", TWICE, "concurrency_limited"),
    ("tool_policies",): (limited("rate_limit: 1"), "tool_policies: {}", TWICE, "tool_policy:rate_limit"),
    ("tool_policies", "max_amount"): (
        limited("max_amount: 49"), limited("max_amount: 50"), (PAID,), "tool_policy:max_amount"),
    ("tool_policies", "daily_limit"): (
        limited("daily_limit: 49"), limited("daily_limit: 50"), (PAID,), "tool_policy:daily_limit"),
    ("tool_policies", "require_approval_above"): (
        limited("require_approval_above: 49"), limited("require_approval_above: 50"), (PAID,),
        "tool_policy:approval_required"),
    ("tool_policies", "rate_limit"): (
        limited("rate_limit: 1"), limited("rate_limit: 2"), TWICE, "tool_policy:rate_limit"),
    ("tool_constraints",): (constraint("cooldown_secs: 9"), "tool_constraints: []", TWICE, "tool_constraint:cooldown"),
    ("tool_constraints", "tool"): (
        constraint("cooldown_secs: 9"), constraint("cooldown_secs: 9", tool="write"), TWICE,
        "tool_constraint:cooldown"),
    ("tool_constraints", "parameters"): (
        constraint(PARAMETER % "max_length: 3"), constraint("parameters: {}"), (PATH,), "tool_constraint:path"),
    ("tool_constraints", "parameters", "allowed_patterns"): (
        constraint(PARAMETER % "allowed_patterns: [/data/*]"), constraint(PARAMETER % "allowed_patterns: [/etc/*]"),
        (PATH,), "tool_constraint:path"),
    ("tool_constraints", "parameters", "blocked_patterns"): (
        constraint(PARAMETER % "blocked_patterns: [/etc/*]"), constraint(PARAMETER % "blocked_patterns: [/data/*]"),
        (PATH,), "tool_constraint:path"),
    ("tool_constraints", "parameters", "max_length"): (
        constraint(PARAMETER % "max_length: 3"), constraint(PARAMETER % "max_length: 99"),
        (PATH,), "tool_constraint:path"),
    ("tool_constraints", "max_response_bytes"): (
        constraint("max_response_bytes: 300"), constraint("max_response_bytes: 3000"), (call(1), LONG),
        "tool_constraint:max_response_bytes"),
    ("tool_constraints", "cooldown_secs"): (
        constraint("cooldown_secs: 9"), constraint("cooldown_secs: 0"), TWICE, "tool_constraint:cooldown"),
    ("tool_chain_rules",): (CHAIN % ("read", "write", 9), "tool_chain_rules: []", CHAINED, "tool_chain:read"),
    ("tool_chain_rules", "if"): (
        CHAIN % ("read", "write", 9), CHAIN % ("write", "write", 9), CHAINED, "tool_chain:read"),
    ("tool_chain_rules", "then"): (
        CHAIN % ("read", "write", 9), CHAIN % ("read", "read", 9), CHAINED, "tool_chain:read"),
    ("tool_chain_rules", "cooldown_secs"): (
        CHAIN % ("read", "write", 9), CHAIN % ("read", "write", 0), CHAINED, "tool_chain:read"),
}
# fmt: on


def rule(settings: str, messages: tuple[Any, ...]) -> str:
    """Why the last of some messages is refused; empty when it passes."""
    peers = Peers(f"agents:\n  coder:\n{indent(settings, '    ')}\n").opened(READ, SECOND)
    for message in messages:
        (last,) = peers.client(message) if "method" in message else peers.server(message)
    return str(last.get("says", "")).partition(": ")[2]


def test_no_key_is_forgotten() -> None:
    assert set(CASES) == set(guarding(AGENT))


def test_what_does_not_apply_says_why() -> None:
    assert {key.name for key in AGENT.keys if key.guards and key.note} == {"egress"}


@pytest.mark.parametrize("key", CASES, ids=".".join)
def test_a_key_restricts_what_it_says(key: tuple[str, ...]) -> None:
    restricting, otherwise, messages, refused = CASES[key]
    assert rule(restricting, messages) == refused
    assert rule(otherwise, messages) == ""
