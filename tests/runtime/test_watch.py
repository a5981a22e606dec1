"""Who waits for a decision is told of it, with word from Redis, without, and while Redis is gone."""

from __future__ import annotations

import time
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from oktsec_lint.core.held import HeldCall, State, Step
from oktsec_lint.runtime.addresses import Server
from oktsec_lint.runtime.quarantine_file import QuarantineFile
from oktsec_lint.runtime.redis.channel import Channel
from oktsec_lint.runtime.watch import Watch
from tests.databases import redis
from tests.runtime.test_quarantine import a_call

PATIENCE = 30.0


def waited_for(path: Path, told: SimpleQueue[HeldCall], channel: Channel | None = None) -> Watch:
    return Watch(QuarantineFile.open(path), told.put, channel)


def decide(store: QuarantineFile, call_id: str, step: Step, channel: Channel | None = None) -> None:
    assert store.decide(call_id, step, time.time(), "ann", "", lambda call: call).changed
    if channel is not None:
        channel.announce(call_id)


def held_now(store: QuarantineFile, name: str, amount: int = 1) -> HeldCall:
    kept = store.add(a_call(name, amount, at=time.time()))
    assert kept is not None
    return kept


def test_a_decision_is_found_without_anybody_telling(tmp_path: Path) -> None:
    told: SimpleQueue[HeldCall] = SimpleQueue()
    store = QuarantineFile.open(tmp_path / "q.db")
    watch = waited_for(tmp_path / "q.db", told)
    for number, (step, state) in enumerate(((Step.APPROVE, State.APPROVED), (Step.REJECT, State.REJECTED))):
        held_now(store, str(number), number)
        watch.add(str(number))
        decide(store, str(number), step)
        call = told.get(timeout=PATIENCE)
        assert (call.id, call.state, call.decided_by) == (str(number), state, "ann")
    watch.close()
    watch.close()
    store.close()


def test_what_was_decided_before_it_was_waited_for_and_what_expired_is_told_too(tmp_path: Path) -> None:
    told: SimpleQueue[HeldCall] = SimpleQueue()
    store = QuarantineFile.open(tmp_path / "q.db")
    held_now(store, "before")
    decide(store, "before", Step.APPROVE)
    store.add(a_call("expired", 2))
    watch = waited_for(tmp_path / "q.db", told)
    for name in ("nowhere", "before", "expired"):
        watch.add(name)
    assert {told.get(timeout=PATIENCE).state for _ in range(2)} == {State.APPROVED, State.EXPIRED}
    watch.close()
    store.close()


@pytest.mark.slow
def test_word_arrives_long_before_anybody_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oktsec_lint.runtime.watch._SELDOM", 3600.0)
    told: SimpleQueue[HeldCall] = SimpleQueue()
    store = QuarantineFile.open(tmp_path / "q.db")
    with redis() as server:
        theirs, ours = Channel(Server(server.url)), Channel(Server(server.url))
        watch = waited_for(tmp_path / "q.db", told, theirs)
        watch.add("nowhere")
        while not theirs.listens:
            assert told.empty()
        for number, name in enumerate(("first", "second", "third")):
            held_now(store, name, number)
            watch.add(name)
            decide(store, name, Step.APPROVE, channel=ours)
            assert told.get(timeout=PATIENCE).id == name
        held_now(store, "dropped", 9)
        watch.add("dropped")
        watch.discard("dropped")
        decide(store, "dropped", Step.APPROVE, channel=ours)
        with pytest.raises(Empty):
            told.get(timeout=0.3)
        watch.close()
        ours.close()
    store.close()


@pytest.mark.slow
def test_while_redis_is_gone_somebody_looks(tmp_path: Path) -> None:
    told: SimpleQueue[HeldCall] = SimpleQueue()
    store = QuarantineFile.open(tmp_path / "q.db")
    with redis() as server:
        theirs, ours = Channel(Server(server.url)), Channel(Server(server.url))
        watch = waited_for(tmp_path / "q.db", told, theirs)
        for number in range(3):
            if number == 1:
                server.stop()
            if number == 2:
                server.start()
            held_now(store, str(number), number)
            watch.add(str(number))
            decide(store, str(number), Step.APPROVE, channel=ours)
            assert told.get(timeout=PATIENCE).id == str(number)
        watch.close()
        ours.close()
    store.close()
