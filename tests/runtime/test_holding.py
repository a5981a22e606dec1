"""From a call that is held to the server that gets it, or does not: gate and store together, as a driver joins them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oktsec_lint.core.held import State, Step
from oktsec_lint.core.lock.canonical import digest
from oktsec_lint.protocol.gate import Forward, Hold, Side
from oktsec_lint.runtime.holding import begin, outcome
from oktsec_lint.runtime.quarantine import MOST_OPEN, Quarantine
from oktsec_lint.runtime.quarantine_file import QuarantineFile
from tests.protocol.gate.playing import Peers, call
from tests.protocol.gate.test_holding import PAY, PAYING, READ

NOW = 1_000.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Quarantine]:
    opened = QuarantineFile.open(tmp_path / "q.db")
    yield opened
    opened.close()


def asked(peers: Peers, number: int, **arguments: Any) -> Hold:
    peers.client(call(number, "pay", **(arguments or {"amount": 500})))
    (hold,) = peers.commands[-1:]
    assert isinstance(hold, Hold)
    return hold


def paying() -> Peers:
    return Peers(PAYING, holds=True).opened(READ, PAY)


def decide(store: Quarantine, call_id: str, step: Step = Step.APPROVE) -> None:
    assert store.decide(call_id, step, NOW, "ann", "", id).changed


def test_who_waits_gets_the_call_through_once(store: Quarantine) -> None:
    peers = paying()
    hold = asked(peers, 1)
    kept = begin(store, hold, 60.0, NOW)
    assert kept is not None
    assert (kept.state, kept.rule, kept.pointer) == (State.PENDING, hold.event.rules[0], hold.event.field)
    assert kept.digest == hold.event.arguments == digest({"amount": 500})
    assert outcome(store, kept.id, NOW) is None
    decide(store, kept.id)
    assert outcome(store, kept.id, NOW) is True
    assert outcome(store, kept.id, NOW) is False
    (sent,) = peers.gate.release(hold.message_id, 0.0, approved=True, by=kept.id)
    assert isinstance(sent, Forward)
    assert (sent.to, sent.event and sent.event.reason) == (Side.SERVER, f"approved: {kept.id}")


def test_when_its_caller_has_gone_the_next_identical_call_is_made(store: Quarantine) -> None:
    kept = begin(store, asked(paying(), 1), 60.0, NOW)
    assert kept is not None
    decide(store, kept.id)
    other = begin(store, asked(paying(), 7, amount=501), 60.0, NOW)
    again = begin(store, asked(paying(), 9), 60.0, NOW)
    third = begin(store, asked(paying(), 9), 60.0, NOW)
    assert other is not None
    assert again is not None
    assert third is not None
    assert (other.state, again.state, third.state) == (State.PENDING, State.USED, State.PENDING)
    assert again.id == kept.id != third.id


def test_of_two_that_wait_for_the_same_call_one_makes_it(store: Quarantine) -> None:
    first, second = (begin(store, asked(paying(), number), 60.0, NOW) for number in (1, 2))
    assert first is not None
    assert first == second
    decide(store, first.id)
    assert [outcome(store, first.id, NOW) for _ in range(2)] == [True, False]


@pytest.mark.parametrize("end", ["rejected", "expired", "taken back", "removed"])
def test_what_is_not_approved_is_not_made(store: Quarantine, end: str) -> None:
    kept = begin(store, asked(paying(), 1), 60.0, NOW)
    assert kept is not None
    if end == "taken back":
        decide(store, kept.id)
    if end in {"rejected", "taken back"}:
        decide(store, kept.id, Step.REJECT)
    if end == "removed":
        store.purge(NOW + 1_000, None)
    assert outcome(store, kept.id, NOW + (60 if end == "expired" else 0)) is False


def test_an_agent_with_too_many_is_refused(store: Quarantine) -> None:
    peers = paying()
    for number in range(MOST_OPEN):
        kept = begin(store, asked(peers, number, amount=101 + number / 10), 60.0, NOW)
        assert kept is not None
        peers.gate.release(str(number), 0.0, approved=False)
    assert begin(store, asked(peers, 1, amount=850), 60.0, NOW) is None
