"""A limit that cannot be read is not the absence of one."""

from __future__ import annotations

from typing import Any

import pytest

from oktsec_lint.core.calls import CallPolicy, CallState
from oktsec_lint.sources.oktsec_yaml import load_config
from tests.core.calls.asking import admit, call, clerk, denied, policy, rule

INVALID = "tool_policy:invalid"

# fmt: off
WRITTEN = [
    # what stands under the agent, tools that are denied, tools that are not
    ("tool_policies: {pay: {max_amount: ten}}",                              ["pay"], ["read"]),
    ("tool_policies: {pay: {max_amount: '10'}}",                             ["pay"], ["read"]),
    ("tool_policies: {pay: {max_amount: -5}}",                               ["pay"], ["read"]),
    ("tool_policies: {pay: {max_amount: .nan}}",                             ["pay"], ["read"]),
    ("tool_policies: {pay: {max_amount: .inf}}",                             ["pay"], ["read"]),
    ("tool_policies: {pay: {rate_limit: 1.5}}",                              ["pay"], ["read"]),
    ("tool_policies: {pay: {rate_limit: yes}}",                              ["pay"], ["read"]),
    ("tool_policies: {pay: {daily_limit: [5]}}",                             ["pay"], ["read"]),
    ("tool_policies: {pay: 5}",                                              ["pay", "PAY"], ["read"]),
    ("tool_policies: {a/b~c: {max_amount: x}}",                              ["a/b~c"], ["read"]),
    ("tool_policies: {a/b~c: x}",                                            ["a/b~c"], ["read"]),
    ("tool_policies: [pay]",                                                 ["pay", "read"], []),
    ("tool_policies: 5",                                                     ["pay", "read"], []),
    ("tool_constraints: {pay: {}}",                                          ["pay", "read"], []),
    ("tool_constraints: [5]",                                                ["pay", "read"], []),
    ("tool_constraints: [5, {tool: pay, cooldown_secs: 1}]",                 ["pay", "read"], []),
    ("tool_constraints: [{cooldown_secs: 5}]",                               ["pay", "read"], []),
    ("tool_constraints: [{tool: [pay], cooldown_secs: 5}]",                  ["pay", "read"], []),
    ("tool_constraints: [{tool: '', cooldown_secs: 5}]",                     ["pay", "read"], []),
    ("tool_constraints: [{tool: pay, cooldown_secs: soon}]",                 ["pay"], ["read"]),
    ("tool_constraints: [{tool: pay, max_response_bytes: 1kB}]",             ["pay"], ["read"]),
    ("tool_constraints: [{tool: pay, parameters: [to]}]",                    ["pay"], ["read"]),
    ("tool_constraints: [{tool: pay, parameters: {to: x}}]",                 ["pay"], ["read"]),
    ("tool_constraints: [{tool: pay, parameters: {to: {max_length: x}}}]",   ["pay"], ["read"]),
    ("tool_constraints: [{tool: pay, parameters: {to: {allowed_patterns: x}}}]",      ["pay"], ["read"]),
    ("tool_constraints: [{tool: pay, parameters: {to: {blocked_patterns: [[x]]}}}]",  ["pay"], ["read"]),
    ("tool_constraints: [{tool: pay, parameters: {to: {blocked_patterns: ['[a']}}}]", ["pay"], ["read"]),
    ("tool_constraints: [{tool: pay, parameters: {to: {allowed_patterns: ['z\\']}}}]", ["pay"], ["read"]),
    ("tool_constraints: [{tool: pay, parameters: {to: {allowed_patterns: ['[z-a]']}}}]", ["pay"], ["read"]),
    ("tool_chain_rules: 5",                                                  ["pay", "read"], []),
    ("tool_chain_rules: [{if: read, then: [pay], cooldown_secs: long}]",     ["pay"], ["read"]),
    ("tool_chain_rules: [{if: [read], then: [pay], cooldown_secs: 5}]",      ["pay"], ["read"]),
    ("tool_chain_rules: [{then: [pay], cooldown_secs: 5}]",                  ["pay"], ["read"]),
    ("tool_chain_rules: [{if: read, then: pay, cooldown_secs: 5}]",          ["pay", "read"], []),
    ("tool_chain_rules: [{if: read, then: [{x: y}], cooldown_secs: 5}]",     ["pay", "read"], []),
    ("suspended: maybe",                                                     ["pay", "read"], []),
    ("allowed_tools: {pay: true}",                                           ["pay", "read"], []),
]
# fmt: on


@pytest.mark.parametrize(("entry", "denied_tools", "others"), WRITTEN)
def test_a_file_with_a_mistake_in_a_limit(entry: str, denied_tools: list[str], others: list[str]) -> None:
    config = load_config("oktsec.yaml", f"agents:\n  clerk:\n    {entry}\n").config
    limits = CallPolicy(config)
    for tool in denied_tools + others:
        denial, _ = admit(limits, call(tool, of=config.agents[0]), CallState(), 0.0)
        assert (denial is not None) is (tool in denied_tools), tool


@pytest.mark.parametrize("text", ["rate_limit: 5", "rate_limit: {per_agent: many}", "rate_limit: {window: -1}"])
def test_a_file_with_a_mistake_in_the_rate(text: str) -> None:
    limits = CallPolicy(load_config("oktsec.yaml", f"agents: {{clerk: {{}}}}\n{text}\n").config)
    assert rule(limits) == INVALID


@pytest.mark.parametrize("text", ["agents: 5", "agents: [clerk]"])
def test_a_file_whose_agents_cannot_be_read_allows_nobody(text: str) -> None:
    limits = CallPolicy(load_config("oktsec.yaml", text).config)
    assert admit(limits, call(of="stranger"), CallState(), 0.0)[0] is not None


SOUND = """
agents:
  clerk:
    tool_policies: {pay: {max_amount: 10.5, rate_limit: 5}, read: null}
    tool_constraints:
      - {tool: read, parameters: {path: {allowed_patterns: [/data/**], max_length: 100}, mode: null}}
      - {tool: write, parameters: null}
    tool_chain_rules: [{if: read, then: [send], cooldown_secs: 5}, {if: a, then: null, cooldown_secs: 5}]
rate_limit: {per_agent: 1000}
"""


def test_a_sound_file_has_nothing_to_complain_of() -> None:
    limits = CallPolicy(load_config("oktsec.yaml", SOUND).config)
    for tool, arguments in (("pay", {"amount": 10}), ("read", {"path": "/data/a"}), ("write", {}), ("send", {})):
        assert admit(limits, call(tool, arguments), CallState(), 0.0)[0] is None
    assert admit(limits, call("pay", {"amount": 11}), CallState(), 0.0)[0] is not None
    assert admit(limits, call("read", {"path": "/etc"}), CallState(), 0.0)[0] is not None


PLAIN: list[dict[str, Any]] = [
    {"tool_policies": {"read": {"max_amount": "5"}}},
    {"tool_policies": {"read": {"max_amount": True}}},
    {"tool_policies": {"read": {"rate_limit": 5.0}}},
    {"tool_policies": {"read": ["max_amount"]}},
    {"tool_policies": "read"},
    {"tool_constraints": [{"tool": "read", "parameters": {"path": {"allowed_patterns": [""]}}}]},
    {"tool_constraints": [None]},
    {"tool_chain_rules": [{"if": "a", "then": ["read", 5], "cooldown_secs": 5}]},
]


@pytest.mark.parametrize("settings", PLAIN, ids=repr)
def test_values_of_another_source_are_not_trusted_either(settings: dict[str, Any]) -> None:
    denial = denied(clerk(**settings))
    assert denial is not None
    assert denial.rule == INVALID
    assert "cannot be read" in denial.reason


def test_what_cannot_be_read_comes_after_the_allowlist() -> None:
    assert rule(clerk("read", tool_policies=5), "write") == "tool_allowlist:write"
    assert policy(clerk(tool_policies=5)).response_limit(call()) == 0
