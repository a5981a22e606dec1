"""What may become of a held call, whatever happens to it in whatever order."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.calls import Call
from oktsec_lint.core.config import Config
from oktsec_lint.core.held import HOUR, OPEN, HeldCall, State, Step, Terms, current, held, stepped, terms_of
from oktsec_lint.core.lock.canonical import digest

STEPS = st.lists(st.tuples(st.sampled_from(Step), st.floats(0, 30)), max_size=8)


def a_call(arguments: Any = None, **changed: Any) -> HeldCall:
    call = Call(None, "coder", "files", "pay", {"amount": 500} if arguments is None else arguments)
    made = held(call, "IAP-007", "says who is in charge", "/params/arguments", named="a", now=100.0, expiry=50.0)
    return made._replace(**changed)


@given(STEPS)
def test_a_held_call_ends_once_and_is_used_only_after_an_approval(steps: list[tuple[Step, float]]) -> None:
    call, now, taken = a_call(), 100.0, []
    for step, wait in steps:
        now += wait
        after = stepped(call, step, now)
        if after is not None:
            assert after.state is not call.state
            assert call.state in OPEN
            assert step is Step.EXPIRE or now < call.expires
            taken.append(step)
            call = after
        assert call._replace(state=State.PENDING, decided_at=0.0) == a_call()
    assert taken.count(Step.USE) <= taken.count(Step.APPROVE) <= 1
    assert (call.state is State.USED) == (taken == [Step.APPROVE, Step.USE])


@given(st.sampled_from(State), st.floats(0, 300))
def test_time_ends_only_what_is_open(state: State, now: float) -> None:
    call = a_call(state=state)
    over = state in OPEN and now >= call.expires
    assert current(call, now).state is (State.EXPIRED if over else state)
    assert current(current(call, now), now) == current(call, now)


@pytest.mark.parametrize("step", [Step.APPROVE, Step.REJECT, Step.USE])
def test_nothing_is_decided_at_the_moment_it_expires(step: Step) -> None:
    assert stepped(a_call(), step, 150.0) is None
    assert stepped(a_call(state=State.APPROVED), step, 150.0) is None


def test_a_decision_names_who_and_why_and_its_use_does_not_change_that() -> None:
    approved = stepped(a_call(), Step.APPROVE, 110.0, "ann", "invoice 7")
    assert approved is not None
    assert (approved.decided_by, approved.decision, approved.decided_at) == ("ann", "invoice 7", 110.0)
    used = stepped(approved, Step.USE, 120.0, "somebody else")
    assert used is not None
    assert (used.decided_by, used.decision, used.decided_at) == ("ann", "invoice 7", 120.0)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=3),
        lambda some: st.lists(some) | st.dictionaries(st.text(max_size=2), some),
    )
)
def test_the_digest_is_the_journals_and_the_arguments_are_whole(arguments: Any) -> None:
    call = a_call([arguments])
    assert call.binding == ("coder", "files", "pay", digest([arguments]))
    assert json.loads(call.arguments) == [arguments]


# fmt: off
WRITTEN = [
    (None,                                                Terms()),
    ({},                                                  Terms()),
    ({"enabled": False},                                  Terms(enabled=False)),
    ({"expiry_hours": 0},                                 Terms()),
    ({"expiry_hours": 2},                                 Terms(expiry=2 * HOUR)),
    ({"expiry_hours": -1, "retention_days": "many"},      Terms()),
    ({"retention_days": 7, "archive_dir": "/var/x"},      Terms(retention=7 * 24 * HOUR, archive="/var/x")),
    ([],                                                  Terms()),
    ({"enabled": None, "expiry_hours": True},             Terms()),
]
# fmt: on


@pytest.mark.parametrize(("section", "terms"), WRITTEN)
def test_the_section_as_upstream_reads_it(section: Any, terms: Terms) -> None:
    assert terms_of(Config(settings={"quarantine": section})) == terms
