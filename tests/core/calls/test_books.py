"""The books that gates share, and the demand they are asked to settle."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.calls import Books, CallState, Demand, settle
from tests.core.calls.asking import call, clerk, policy

LIMITS: dict[str, Any] = {
    "max_concurrent_calls": 2,
    "tool_policies": {"pay": {"daily_limit": 900, "require_approval_above": 100, "rate_limit": 3}},
    "tool_chain_rules": [{"if": "read", "then": ["send"], "cooldown_secs": 60}],
    "tool_constraints": [{"tool": "read", "cooldown_secs": 5}],
}
PAY = call("pay", {"amount": 500})


def test_a_demand_is_plain_data() -> None:
    for asked in (PAY, call("read"), call("send")):
        demand = policy(clerk(**LIMITS), rate_limit={"per_agent": 9}).demand(asked)
        assert isinstance(demand, Demand)
        assert json.loads(json.dumps(demand)) == json.loads(json.dumps(tuple(demand)))
        assert len({item.key for item in demand.reservations}) == len(demand.reservations)


def test_an_approval_is_asked_for_last_and_uses_nothing_up() -> None:
    limits = policy(clerk(**LIMITS))
    demand = limits.demand(PAY)
    assert isinstance(demand, Demand)
    denial, state = settle(demand, CallState(), 0.0)
    assert denial is not None
    assert (denial.rule, denial.approvable, state) == ("tool_policy:approval_required", True, CallState())
    approved = limits.demand(PAY._replace(approved=True))
    assert isinstance(approved, Demand)
    assert settle(approved, CallState(), 0.0)[0] is None
    assert demand == approved._replace(approval=demand.approval)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("abcde")), max_size=30))
def test_never_more_run_than_may_whatever_ends(moves: list[tuple[bool, str]]) -> None:
    books, running = Books(policy(clerk(max_concurrent_calls=2))), set[str]()
    for begins, ticket in moves:
        if not begins:
            books.end(ticket)
            running.discard(ticket)
        elif ticket not in running:
            denial = books.admit(call(), ticket, 0.0)
            assert (denial is None) == (len(running) < 2)
            if denial is None:
                running.add(ticket)


def test_agents_do_not_take_each_others_slots() -> None:
    other = clerk(max_concurrent_calls=1)._replace(name="other")
    books = Books(policy(clerk(max_concurrent_calls=1), other))
    assert books.admit(call(), "1", 0.0) is None
    assert books.admit(call(of=other), "2", 0.0) is None
    denial = books.admit(call(), "3", 0.0)
    assert denial is not None
    assert denial.rule == "concurrency_limited"
