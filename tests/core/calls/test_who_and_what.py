"""Agents, allowlists and rates: what is decided before anybody looks at an argument."""

from __future__ import annotations

from typing import Any

import pytest

from oktsec_lint.core.access import may_call
from oktsec_lint.core.calls import CallPolicy, CallState
from oktsec_lint.core.config import DENY_ALL, Agent, Config
from tests.core.calls.asking import admit, call, clerk, denied, policy, rule, story

# fmt: off
ALLOWLIST = [
    # allowed, server, tool, admitted
    ((),                  "files", "read", True),
    (("read",),           "files", "read", True),
    (("files_read",),     "files", "read", True),
    (("files/read",),     "files", "read", True),
    (("read",),           "mail",  "read", True),
    (("files/read",),     "mail",  "read", False),
    (("files_read",),     "mail",  "read", False),
    ((DENY_ALL,),         "files", "read", False),
    ((),                  "files", DENY_ALL, False),
    (("*",),              "files", "read", False),
    (("Read",),           "files", "read", False),
    (("read",),           "files", "READ", False),
    (("read",),           "files", "read ", False),
    (("read",),           "files", "ｒｅａｄ", False),
    (("read",),           "files", "r\u0435ad", False),
    (("read",),           "files", "re\u200bad", False),
    (("read",),           "files", "\u202eread", False),
    (("read",),           "files", "", False),
]
# fmt: on


@pytest.mark.parametrize(("allowed", "server", "tool", "admitted"), ALLOWLIST)
def test_the_allowlist(allowed: tuple[str, ...], server: str, tool: str, *, admitted: bool) -> None:
    who = clerk(*allowed)
    assert (denied(who, tool, server=server) is None) is admitted
    assert may_call(who, server, tool) is admitted


def test_a_denial_names_the_tool_as_it_was_called() -> None:
    denial = denied(clerk("read"), "exec_command")
    assert denial is not None
    assert denial.rule == "tool_allowlist:exec_command"
    assert denial.pointer == "/name"
    assert "exec_command" in denial.reason


def test_a_tool_name_cannot_write_to_a_terminal_or_fill_a_log() -> None:
    denial = denied(clerk("read"), "\x1b[2J" + "x" * 100_000)
    assert denial is not None
    assert "\x1b" not in denial.rule + denial.reason
    assert len(denial.rule) < 300


def test_the_allowlist_comes_before_arguments() -> None:
    who = clerk("write", tool_constraints=[{"tool": "read", "parameters": {"path": {"max_length": 1}}}])
    assert rule(who, "read", {"path": "long"}) == "tool_allowlist:read"


def test_a_suspended_agent_may_call_nothing() -> None:
    assert rule(clerk("read", suspended=True)) == "agent_suspended"


@pytest.mark.parametrize("default_policy", ["deny", "", "Allow", "denied"])
def test_a_policy_that_does_not_allow_denies_undeclared_agents(default_policy: str) -> None:
    limits = policy(clerk(), default_policy=default_policy)
    denial, _ = admit(limits, call(of="stranger"), CallState(), 0.0)
    assert denial is not None
    assert denial.rule == "agent_unknown"
    assert admit(limits, call(), CallState(), 0.0)[0] is None


def test_undeclared_agents_may_call_every_tool_but_the_reserved_one() -> None:
    limits = policy()
    assert admit(limits, call(of="stranger"), CallState(), 0.0)[0] is None
    denial, _ = admit(limits, call(DENY_ALL, of="stranger"), CallState(), 0.0)
    assert denial is not None
    assert denial.rule == f"tool_allowlist:{DENY_ALL}"


def test_a_declared_name_has_its_limits_whoever_vouches_for_it() -> None:
    denial, _ = admit(policy(clerk("read")), call("write", of="clerk"), CallState(), 0.0)
    assert denial is not None


def test_an_agent_of_another_configuration_is_nobodys_agent() -> None:
    denial, _ = admit(policy(), call(of=clerk()), CallState(), 0.0)
    assert denial is not None
    assert denial.rule == "agent_unknown"


def test_the_configuration_limits_an_agent_not_what_the_caller_says_of_it() -> None:
    denial, _ = admit(policy(clerk("read")), call("write", of=clerk()), CallState(), 0.0)
    assert denial is not None


def test_a_rate_is_a_sliding_window() -> None:
    limits = policy(clerk(), rate_limit={"per_agent": 2, "window": 60})
    assert story(limits, (0, "a"), (59, "b"), (59.5, "c"), (60, "d"), (118, "e"), (119, "f")) == [
        *("", "", "rate_limited"),
        *("", "rate_limited", ""),
    ]


@pytest.mark.parametrize(
    ("settings", "most"),
    [
        ({}, None),
        ({"rate_limit": {"per_agent": 0}}, None),
        ({"rate_limit": {"window": 30}}, 100),
        ({"rate_limit": {}}, 100),
    ],
)
def test_the_default_rate(settings: dict[str, Any], most: int | None) -> None:
    answers = story(policy(clerk(), **settings), *((0.0, "a") for _ in range(300)))
    assert answers.count("") == (300 if most is None else most)


def test_undeclared_agents_share_one_rate() -> None:
    """A new name is free; a limit that counts names is none."""
    limits, state = policy(rate_limit={"per_agent": 1}), CallState()
    answers = []
    for name in ("one", "two", "three"):
        denial, state = admit(limits, call(of=name), state, 0.0)
        answers.append(denial is None)
    assert answers == [True, False, False]


def test_a_denied_call_uses_nothing_up() -> None:
    limits = policy(clerk("read"), rate_limit={"per_agent": 1})
    assert story(limits, (0, "write"), (0, "write"), (0, "read"), (0, "read")) == [
        "tool_allowlist:write",
        "tool_allowlist:write",
        "",
        "rate_limited",
    ]


@pytest.mark.parametrize("broken", ["many", {"per_agent": "100"}, {"per_agent": -1}, {"window": True}, [1]])
def test_a_rate_that_cannot_be_read_denies(broken: Any) -> None:
    assert rule(policy(clerk(), rate_limit=broken)) == "tool_policy:invalid"


@pytest.mark.parametrize("pointer", ["/rate_limit", "/rate_limit/per_agent", "/agents"])
def test_what_its_source_could_not_read_denies_too(pointer: str) -> None:
    limits = policy(clerk(), unread=[pointer])
    assert rule(limits) == "tool_policy:invalid"
    assert admit(limits, call(of="stranger"), CallState(), 0.0)[0] is not None


def test_no_configuration_limits_nothing() -> None:
    denial, state = admit(CallPolicy(Config()), call(of="anybody"), CallState(), 0.0)
    assert denial is None
    assert state == CallState()


def test_two_agents_have_their_own_memory() -> None:
    other = Agent("other", clerk().place)
    limits, state = policy(clerk(), other, rate_limit={"per_agent": 1}), CallState()
    for who in (clerk(), other):
        denial, state = admit(limits, call(of=who), state, 0.0)
        assert denial is None


# fmt: off
AT_ONCE = [
    # written, running, admitted
    ({},                             99, True),
    ({"max_concurrent_calls": None}, 99, True),
    ({"max_concurrent_calls": -1},   99, True),
    ({"max_concurrent_calls": 0},     4, True),
    ({"max_concurrent_calls": 0},     5, False),
    ({"max_concurrent_calls": 2},     1, True),
    ({"max_concurrent_calls": 2},     2, False),
    ({"max_concurrent_calls": 2},     3, False),
]
# fmt: on


@pytest.mark.parametrize(("settings", "running", "admitted"), AT_ONCE)
def test_calls_at_once(settings: dict[str, Any], running: int, *, admitted: bool) -> None:
    limits = policy(clerk(**settings))
    busy = CallState(running={("clerk", "running"): running})
    denial, state = admit(limits, call(), busy, 0.0)
    assert (denial is None) == admitted
    if denial is not None:
        most = settings["max_concurrent_calls"] or 5
        assert denial.rule == "concurrency_limited"
        assert denial.reason.startswith(f"{most} calls that are not answered yet")
        assert state == busy


@pytest.mark.parametrize("broken", ["5", 1.5, True, [5]])
def test_a_number_of_calls_that_cannot_be_read_denies(broken: Any) -> None:
    assert rule(clerk(max_concurrent_calls=broken)) == "tool_policy:invalid"
    assert rule(clerk(unread=["/max_concurrent_calls"])) == "tool_policy:invalid"
