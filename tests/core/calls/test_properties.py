"""What holds for every configuration and every call."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.calls import CallPolicy, CallState
from oktsec_lint.core.calls.windows import LONGEST, PARTS, Window
from oktsec_lint.core.config import Agent
from tests.core.calls.asking import admit, call, clerk, policy

TOOLS = st.sampled_from(["pay", "read", "PAY", "files/read", "send", "x"])
NAMES = st.sampled_from(["path", "amount", "Path", "total", "p\u0430th", "note", "value"])
TEXTS = st.sampled_from(["/data/a", "/etc/passwd", "5", "-5", "%2e%2e", "../x", "a.env", "ａ"]) | st.text(max_size=5)
SCALARS = st.none() | st.booleans() | st.integers(-10, 200) | st.floats() | TEXTS
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda below: st.lists(below, max_size=3) | st.dictionaries(NAMES | TEXTS, below, max_size=3), max_leaves=6
)
ARGUMENTS = st.dictionaries(NAMES, VALUES, max_size=4)
LIMIT = st.sampled_from([0, 1, 3, 10, 100])
PATTERNS = st.lists(st.sampled_from(["/data/**", "*.env", "/etc/*", "*", "[a-c]?"]), max_size=2)
PARAMETER = st.fixed_dictionaries(
    {}, optional={"allowed_patterns": PATTERNS, "blocked_patterns": PATTERNS, "max_length": LIMIT}
)
POLICY = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("max_amount", "daily_limit", "require_approval_above", "rate_limit"), LIMIT),
)
CONSTRAINT = st.fixed_dictionaries(
    {"tool": TOOLS},
    optional={"parameters": st.dictionaries(NAMES, PARAMETER, max_size=3), "cooldown_secs": LIMIT},
)
CHAIN = st.fixed_dictionaries({"if": TOOLS, "then": st.lists(TOOLS, max_size=2), "cooldown_secs": LIMIT})
AGENTS: st.SearchStrategy[Agent] = st.builds(
    lambda allowed, **settings: clerk(*allowed, **settings),
    st.lists(TOOLS, max_size=2),
    tool_policies=st.dictionaries(TOOLS, POLICY, max_size=3),
    tool_constraints=st.lists(CONSTRAINT, max_size=3),
    tool_chain_rules=st.lists(CHAIN, max_size=2),
)
POLICIES: st.SearchStrategy[CallPolicy] = st.builds(
    lambda agent, rate: policy(agent, rate_limit={"per_agent": rate}), AGENTS, LIMIT
)
STEPS = st.lists(st.tuples(st.floats(0, 200), TOOLS, ARGUMENTS), max_size=6)


def after(limits: CallPolicy, steps: list[tuple[float, str, Any]]) -> CallState:
    state = CallState()
    for now, tool, arguments in sorted(steps, key=lambda step: step[0]):
        _, state = admit(limits, call(tool, arguments), state, now)
    return state


@given(POLICIES, STEPS, TOOLS, ARGUMENTS, st.floats(0, 300))
def test_the_same_question_gets_the_same_answer(
    limits: CallPolicy, steps: list[Any], tool: str, arguments: Any, now: float
) -> None:
    state, asked = after(limits, steps), call(tool, arguments)
    before = deepcopy(state), repr(arguments)
    first = admit(limits, asked, state, now)
    assert admit(limits, asked, state, now) == first
    assert (state, repr(arguments)) == before
    if first[0] is not None:
        assert first[1] is state


@given(POLICIES, STEPS, TOOLS, ARGUMENTS, NAMES, VALUES)
def test_another_argument_never_lets_a_call_through(
    limits: CallPolicy, steps: list[Any], tool: str, arguments: dict[str, Any], name: str, value: Any
) -> None:
    state = after(limits, steps)
    less = {key: item for key, item in arguments.items() if key != name}
    if admit(limits, call(tool, less), state, 200.0)[0] is not None:
        assert admit(limits, call(tool, {**less, name: value}), state, 200.0)[0] is not None


@given(POLICIES, TOOLS, ARGUMENTS, st.randoms(use_true_random=False))
def test_the_order_of_keys_is_irrelevant(limits: CallPolicy, tool: str, arguments: Any, chance: Any) -> None:
    def shuffled(value: Any) -> Any:
        if isinstance(value, list):
            return [*map(shuffled, value)]
        if not isinstance(value, dict):
            return value
        items = [(key, shuffled(item)) for key, item in value.items()]
        chance.shuffle(items)
        return dict(items)

    assert admit(limits, call(tool, arguments), CallState(), 0.0) == admit(
        limits, call(tool, shuffled(arguments)), CallState(), 0.0
    )


@given(POLICIES, STEPS, STEPS, TOOLS, ARGUMENTS)
def test_what_was_used_up_never_lets_a_call_through(
    limits: CallPolicy, steps: list[Any], more: list[Any], tool: str, arguments: Any
) -> None:
    fresh = admit(limits, call(tool, arguments), CallState(), 200.0)[0]
    if fresh is not None:
        assert admit(limits, call(tool, arguments), after(limits, [*steps, *more]), 200.0)[0] is not None


@given(st.lists(st.text(max_size=4), max_size=30), st.lists(st.text(max_size=4), max_size=30))
def test_names_that_callers_choose_take_no_memory(names: list[str], tools: list[str]) -> None:
    who = clerk(tool_policies={"pay": {"rate_limit": 5}}, tool_chain_rules=[CHAIN_OF_PAY])
    limits, state = policy(who, rate_limit={"per_agent": 10**6}), CallState()
    for name in names:
        _, state = admit(limits, call("x", of=name or "?"), state, 0.0)
    for tool in tools:
        _, state = admit(limits, call(tool), state, 0.0)
    assert len(state.windows) <= 3
    assert len(state.last) <= 1


CHAIN_OF_PAY = {"if": "pay", "then": ["send"], "cooldown_secs": 5}
LENGTH = 640.0


@given(st.lists(st.tuples(st.floats(0, 30) | st.just(0.0), st.integers(1, 9)), max_size=400))
def test_a_window_is_bounded_and_never_forgets_early(steps: list[tuple[float, int]]) -> None:
    """Beyond the last few uses it may remember a `PARTS`th of its length too long."""
    window, now, used = Window(), 0.0, []
    for wait, amount in steps:
        now += wait
        window = window.since(now, LENGTH).plus(amount, now, LENGTH)
        used.append((now, amount))
        assert len(window.entries) <= LONGEST
        assert window.total == sum(entry.amount for entry in window.entries)
        assert sum(amount for at, amount in used if now - at < LENGTH) <= window.total
        assert window.total <= sum(amount for at, amount in used if now - at < LENGTH * (1 + 1 / PARTS))


def test_a_busy_day_takes_little_memory() -> None:
    limits, state = policy(clerk(), rate_limit={"per_agent": 10**6, "window": 86400}), CallState()
    for second in range(0, 100_000, 5):
        _, state = admit(limits, call(), state, float(second))
    (window,) = state.windows.values()
    assert len(window.entries) <= LONGEST
    assert 86_400 // 5 <= window.total <= 86_400 // 5 * (1 + 1 / PARTS) + 1
