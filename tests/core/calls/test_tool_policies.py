"""Amounts and rates: `tool_policies`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.calls import CallState
from oktsec_lint.core.calls.amounts import UNIT, units
from oktsec_lint.core.config import Agent
from tests.core.calls.asking import admit, call, clerk, denied, policy, rule, story

DAY = 86400.0


def payer(**limits: Any) -> Agent:
    return clerk(tool_policies={"pay": limits})


# fmt: off
AMOUNTS = [
    # arguments, denied under max_amount 100
    ({},                                            False),
    ({"amount": 100},                               False),
    ({"amount": 100.0},                             False),
    ({"amount": "100"},                             False),
    ({"amount": "99.90"},                           False),
    ({"amount": 101},                               True),
    ({"amount": 100.000001},                        True),
    ({"amount": "100.01"},                          True),
    ({"value": 101},                                True),
    ({"price": 101},                                True),
    ({"cost": 101},                                 True),
    ({"total": 101},                                True),
    ({"amount": 1, "total": 101},                   True),    # the strictest counts, not the first
    ({"price": 60, "total": 60},                    False),   # the same money under two names
    ({"order": {"lines": [{"price": 101}]}},        True),    # at any depth
    ({"payments": [{"amount": 60}, {"amount": 60}]}, True),   # what one call carries
    ({"Amount": 101},                               True),    # read by whoever ignores letter case
    ({"AMOUNT ": 101},                              True),
    ({"ａｍｏｕｎｔ": 101},                            True),
    ({"\u0430mount": 101},                          True),
    ({"amo\u200bunt": 101},                         True),
    ({"amount": 1, "Amount": 101},                  True),
    ({"units": 1000},                               False),
]
# fmt: on


@pytest.mark.parametrize(("arguments", "over"), AMOUNTS)
def test_the_amount_of_a_call(arguments: Any, *, over: bool) -> None:
    assert rule(payer(max_amount=100), "pay", arguments) == ("tool_policy:max_amount" if over else "")
    assert rule(payer(daily_limit=100), "pay", arguments) == ("tool_policy:daily_limit" if over else "")
    assert rule(payer(require_approval_above=100), "pay", arguments) == (
        "tool_policy:approval_required" if over else ""
    )


UNCLEAR = [
    *(-1, -0.0, -1e-9, float("nan"), float("inf"), -float("inf"), 1 << 54, 1e300, True, False, None),
    *("", " ", "five", "-5", "+5", "5 ", " 5", "1e9", "1E2", "0x10", "1.000,00", "1,5", "1_000", "007", ".5", "5."),
    *("NaN", "Infinity", "1.2.3", "５", "٥", "²", "5\u200b", "$5", "9" * 30, "0." + "0" * 60, [], [5], {}, {"eur": 5}),
]


@pytest.mark.parametrize("value", UNCLEAR, ids=repr)
@pytest.mark.parametrize("limit", ["max_amount", "daily_limit", "require_approval_above"])
def test_what_is_no_plain_number_is_denied_under_a_limit(value: Any, limit: str) -> None:
    denial = denied(payer(**{limit: 1_000_000}), "pay", {"amount": value})
    assert denial is not None
    assert denial.pointer == "/arguments/amount"


@pytest.mark.parametrize("value", UNCLEAR, ids=repr)
def test_without_a_limit_on_amounts_nobody_asks(value: Any) -> None:
    assert rule(payer(rate_limit=5), "pay", {"amount": value}) == ""


def test_a_negative_payment_does_not_make_room_for_another() -> None:
    """Upstream adds -500 to the day's sum."""
    assert rule(payer(max_amount=100), "pay", {"items": [{"amount": 500}, {"amount": -450}]}) == (
        "tool_policy:max_amount"
    )


def test_a_denial_shows_no_amount() -> None:
    denial = denied(payer(max_amount=100), "pay", {"to": {"amount": 13371337}})
    assert denial is not None
    assert "13371337" not in denial.reason
    assert denial.pointer == "/arguments/to/amount"


def test_the_daily_limit_rolls() -> None:
    pay = {"amount": 60}
    assert story(
        policy(payer(daily_limit=100)),
        *((0.0, "pay", pay), (1.0, "pay", pay), (1.0, "pay", {"amount": 40}), (2.0, "pay", {"amount": 0.01})),
        *((DAY - 0.1, "pay", pay), (DAY, "pay", pay), (DAY, "pay", {"amount": 0.01})),
    ) == ["", "tool_policy:daily_limit", "", "tool_policy:daily_limit", "tool_policy:daily_limit", "", *DENIED]


DENIED = ["tool_policy:daily_limit"]


def test_an_amount_is_reserved_before_the_call_is_made() -> None:
    """Upstream records after the call, so that calls side by side overshoot."""
    limits, state = policy(payer(daily_limit=100)), CallState()
    first, state = admit(limits, call("pay", {"amount": 60}), state, 0.0)
    second, state = admit(limits, call("pay", {"amount": 60}), state, 0.0)
    assert first is None
    assert second is not None


def test_sums_are_exact() -> None:
    """0.1 + 0.2 is 0.3 here."""
    steps = [(0.0, "pay", {"amount": 0.1})] * 10
    assert story(policy(payer(daily_limit=1)), *steps, (0.0, "pay", {"amount": 1e-9})) == [""] * 10 + DENIED


def test_the_rate_is_per_hour() -> None:
    limits = policy(payer(rate_limit=2))
    assert story(limits, (0, "pay"), (1800, "pay"), (3599, "pay"), (3600, "pay"), (3601, "other")) == [
        *("", "", "tool_policy:rate_limit"),
        *("", ""),
    ]


def test_approval_is_asked_last() -> None:
    limits = payer(max_amount=100, require_approval_above=50)
    assert [rule(limits, "pay", {"amount": amount}) for amount in (50, 51, 101)] == [
        *("", "tool_policy:approval_required", "tool_policy:max_amount")
    ]


@pytest.mark.parametrize("name", ["pay", "bank_pay", "bank/pay"])
def test_a_policy_may_use_each_of_a_tools_names(name: str) -> None:
    who = clerk(tool_policies={name: {"max_amount": 1}})
    assert rule(who, "pay", {"amount": 2}, server="bank") == "tool_policy:max_amount"
    assert rule(who, "pay", {"amount": 2}, server="shop") == ("tool_policy:max_amount" if name == "pay" else "")


@pytest.mark.parametrize("tool", ["PAY", "Pay", "ｐａｙ", "p\u0430y", "pa\u200by"])
def test_another_spelling_of_a_tool_shares_its_limits(tool: str) -> None:
    limits = policy(payer(daily_limit=100))
    assert story(limits, (0, "pay", {"amount": 60}), (0, tool, {"amount": 60})) == ["", *DENIED]


def test_a_spelling_with_limits_of_its_own_has_those() -> None:
    who = clerk(tool_policies={"pay": {"max_amount": 1}, "Pay": {"max_amount": 9}})
    assert [rule(who, tool, {"amount": 5}) for tool in ("pay", "Pay")] == ["tool_policy:max_amount", ""]


def test_every_policy_for_a_tool_counts() -> None:
    who = clerk(tool_policies={"pay": {"max_amount": 9}, "bank/pay": {"max_amount": 1}})
    assert rule(who, "pay", {"amount": 5}, server="bank") == "tool_policy:max_amount"


@pytest.mark.parametrize("limit", ["max_amount", "daily_limit", "require_approval_above", "rate_limit"])
def test_nought_is_no_limit(limit: str) -> None:
    assert rule(payer(**{limit: 0}), "pay", {"amount": "anything"}) == ""


def test_a_limit_below_a_unit_is_a_limit() -> None:
    assert rule(payer(max_amount=1e-12), "pay", {"amount": 1}) == "tool_policy:max_amount"


def test_deep_arguments_are_no_trouble() -> None:
    arguments: Any = {"amount": 101}
    for _ in range(5_000):
        arguments = [arguments]
    assert rule(payer(max_amount=100), "pay", {"x": arguments}) == "tool_policy:max_amount"


@given(st.integers(0, 10**15), st.integers(0, 10**9 - 1))
def test_a_written_amount_is_read_to_the_last_unit(whole: int, part: int) -> None:
    assert units(f"{whole}.{part:09}") == whole * UNIT + part


@given(st.floats(0, 1 << 53, exclude_max=True))
def test_a_number_is_read_as_it_is_written_and_never_too_low(value: float) -> None:
    amount, written = units(value), Decimal(repr(value)) * UNIT
    if repr(value).startswith("-"):
        assert amount is None
    else:
        assert amount is not None
        assert written <= amount <= written + 1
