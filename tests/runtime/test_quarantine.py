"""Held calls in a file that several processes share."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oktsec_lint.core.calls import Call
from oktsec_lint.core.errors import JournalError
from oktsec_lint.core.held import HeldCall, State, Step, Terms, held
from oktsec_lint.runtime.quarantine import MOST_OPEN, Decided, Quarantine
from oktsec_lint.runtime.quarantine_file import QuarantineFile, beside
from oktsec_lint.runtime.retention import retire
from oktsec_lint.runtime.store import writable

NOW = 1_000.0


def a_call(name: str = "a", amount: int = 500, *, at: float = NOW, agent: str = "coder") -> HeldCall:
    call = Call(None, agent, "files", "pay", {"amount": amount, "note": "für Ännchen"})
    return held(
        call, "tool_policy:approval_required", "too much", "/params/arguments/amount", named=name, now=at, expiry=60.0
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return beside(tmp_path / "state" / "journal.db")


@pytest.fixture
def store(path: Path) -> Iterator[Quarantine]:
    opened = QuarantineFile.open(path)
    yield opened
    opened.close()


def approve(store: Quarantine, call_id: str = "a", at: float = NOW) -> Decided:
    return store.decide(call_id, Step.APPROVE, at, "ann", "fine", id)


def test_what_is_kept_comes_back(store: Quarantine, path: Path) -> None:
    assert store.add(a_call()) == a_call()
    other = QuarantineFile.open(path)
    assert other.get("a", NOW) == a_call()
    assert other.get("b", NOW) is None
    assert other.calls(NOW) == [a_call()]
    other.close()
    other.close()


def test_the_file_is_its_owners_and_lies_beside_the_journal(store: Quarantine, path: Path, tmp_path: Path) -> None:
    store.add(a_call())
    assert path == tmp_path / "state" / "journal-quarantine.db"
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_same_call_waits_once(store: Quarantine) -> None:
    store.add(a_call("a"))
    assert store.add(a_call("b")) == a_call("a")
    assert store.add(a_call("c", 501)) == a_call("c", 501)
    approve(store)
    again = store.add(a_call("d"))
    assert again is not None
    assert (again.id, again.state) == ("a", State.APPROVED)


def test_an_approval_is_used_once(store: Quarantine) -> None:
    binding = a_call().binding
    store.add(a_call())
    assert store.take(binding, NOW) is None
    assert approve(store).changed
    for other in (binding._replace(agent="x"), binding._replace(server="x"), binding._replace(digest="x")):
        assert store.take(other, NOW) is None
    used = store.take(binding, NOW + 1)
    assert used is not None
    assert (used.state, used.decided_by) == (State.USED, "ann")
    assert store.take(binding, NOW + 1) is None
    assert store.add(a_call("b")) == a_call("b")  # the next call waits anew


def test_what_has_expired_is_neither_decided_nor_used(store: Quarantine) -> None:
    store.add(a_call())
    approve(store)
    assert store.take(a_call().binding, NOW + 60) is None
    call, changed = store.decide("a", Step.REJECT, NOW + 60, "bob", "", id)
    assert call is not None
    assert (call.state, changed) == (State.EXPIRED, False)
    assert store.add(a_call("b", at=NOW + 60)) == a_call("b", at=NOW + 60)
    assert [item.id for item in store.calls(NOW + 60, State.EXPIRED)] == ["a"]


def test_only_the_first_decision_counts_but_an_approval_can_be_taken_back(store: Quarantine) -> None:
    store.add(a_call())
    assert approve(store).changed
    assert not approve(store).changed
    assert store.decide("a", Step.REJECT, NOW, "bob", "wrong account", id).changed
    assert not approve(store).changed
    assert store.take(a_call().binding, NOW) is None
    assert approve(store, "nothing") == (None, False)


def test_what_cannot_be_recorded_is_not_decided(store: Quarantine) -> None:
    def full(call: HeldCall) -> None:
        raise JournalError(f"the disk is full of {call.state}")

    store.add(a_call())
    with pytest.raises(JournalError, match="full of approved"):
        store.decide("a", Step.APPROVE, NOW, "ann", "", full)
    assert store.get("a", NOW) == a_call()


def test_an_agent_cannot_fill_the_disk(store: Quarantine) -> None:
    for number in range(MOST_OPEN):
        assert store.add(a_call(str(number), number)) is not None
    assert store.add(a_call("more", MOST_OPEN)) is None
    assert store.add(a_call("again", 7)) == a_call("7", 7)
    assert store.add(a_call("other", agent="other")) is not None


RACE = """
import sys, time
from pathlib import Path
from oktsec_lint.core.held import Step
from oktsec_lint.runtime.quarantine_file import QuarantineFile
path, start, what = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
store = QuarantineFile.open(path, patience=60.0)
calls = store.calls(1000.0)
print("ready", flush=True)
sys.stdin.readline()
for call in calls:
    if what == "take":
        won = store.take(call.binding, 1000.0) is not None
    else:
        won = store.decide(call.id, Step(what), 1000.0, what, "", id).changed
    print(int(won), end="")
"""


@pytest.mark.parametrize("rivals", [("take", "take", "take"), ("approve", "approve"), ("approve", "reject")])
def test_of_processes_at_once_one_wins(store: Quarantine, path: Path, rivals: tuple[str, ...]) -> None:
    number = 40
    for name in range(number):
        store.add(a_call(str(name), name))
        if rivals[0] == "take":
            approve(store, str(name))
    line = [sys.executable, "-c", RACE, str(path), ""]
    racers = [
        subprocess.Popen([*line, rival], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for rival in rivals
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("\n")
        racer.stdin.flush()
    results = [racer.communicate(timeout=60)[0] for racer in racers]
    wins = [sum(map(int, column)) for column in zip(*results, strict=True)]
    assert len(wins) == number
    if rivals == ("approve", "reject"):  # an approval may be taken back; then both were made so
        states = {call.id: call.state for call in store.calls(NOW)}
        for name, won in enumerate(zip(*results, strict=True)):
            assert states[str(name)] is State.REJECTED
            assert won[1] == "1"
    else:
        assert wins == [1] * number


def test_two_processes_that_hold_one_call_keep_one(path: Path) -> None:
    stores = [QuarantineFile.open(path) for _ in range(2)]
    kept = [store.add(a_call(name)) for store, name in zip(stores, "ab", strict=True)]
    assert kept == [a_call("a"), a_call("a")]
    for store in stores:
        store.close()


class TestRetention:
    def test_what_ended_long_ago_goes_into_the_archive(self, store: Quarantine, tmp_path: Path) -> None:
        for name, amount in (("used", 1), ("rejected", 2), ("expired", 3), ("later", 4)):
            store.add(a_call(name, amount, at=NOW + (1_000_000 if name == "later" else 0)))
        approve(store, "used")
        store.take(a_call(amount=1).binding, NOW)
        store.decide("rejected", Step.REJECT, NOW, "bob", "no", id)
        terms = Terms(retention=1000.0, archive=str(tmp_path / "archive"))
        assert retire(store, terms, NOW + 1000) == 0
        assert retire(store, terms, NOW + 1061) == 3
        assert [call.id for call in store.calls(NOW + 1_000_000)] == ["later"]
        (file,) = (tmp_path / "archive").iterdir()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        lines = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
        found = {line["id"]: (line["state"], line["arguments"]["amount"]) for line in lines}
        assert found == {"used": ("used", 1), "rejected": ("rejected", 2), "expired": ("expired", 3)}
        assert lines[0]["arguments"]["note"] == "für Ännchen"

    def test_nothing_is_removed_that_cannot_be_archived(self, store: Quarantine, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        store.add(a_call())
        with pytest.raises(JournalError, match="file"):
            retire(store, Terms(retention=1.0, archive=str(tmp_path / "file")), NOW + 100)
        assert len(store.calls(NOW)) == 1

    def test_it_is_kept_for_ever_unless_somebody_says_how_long(self, store: Quarantine) -> None:
        store.add(a_call())
        assert retire(store, Terms(), NOW * 1_000_000) == 0
        assert retire(store, Terms(retention=1.0), NOW * 1_000_000) == 1
        assert store.calls(NOW) == []


class TestBrokenFiles:
    def test_a_journal_is_no_quarantine(self, tmp_path: Path) -> None:
        writable(tmp_path / "j.db", patience=1.0, quota=0).close()
        with pytest.raises(JournalError, match="this is no quarantine"):
            QuarantineFile.open(tmp_path / "j.db")

    def test_noise_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "q.db").write_bytes(os.urandom(5000))
        with pytest.raises(JournalError, match="this is no quarantine"):
            QuarantineFile.open(tmp_path / "q.db")

    def test_a_state_nobody_wrote_is_an_error_and_no_approval(self, store: Any, path: Path) -> None:
        store.add(a_call())
        with sqlite3.connect(path) as raw:
            raw.execute("UPDATE calls SET state = 'approved!'")
        raw.close()
        with pytest.raises(JournalError, match="damaged"):
            store.get("a", NOW)
        assert store.take(a_call().binding, NOW) is None

    def test_a_lock_that_is_kept_is_said(self, path: Path) -> None:
        QuarantineFile.open(path).close()
        raw = sqlite3.connect(path, isolation_level=None)
        raw.execute("BEGIN IMMEDIATE")
        other = QuarantineFile.open(path, patience=0.01)
        with pytest.raises(JournalError, match="the quarantine is locked by another process"):
            other.add(a_call())
        raw.execute("ROLLBACK")
        raw.close()
        assert other.add(a_call()) == a_call()
        other.close()
