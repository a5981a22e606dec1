"""Held calls in a real PostgreSQL: all that holds for a file, for gateways on several machines."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from oktsec_lint.core.errors import JournalError
from oktsec_lint.core.held import State
from oktsec_lint.runtime.addresses import Database
from oktsec_lint.runtime.postgres.quarantine import DatabaseQuarantine
from oktsec_lint.runtime.quarantine import Quarantine
from tests.databases import Postgres, postgres
from tests.runtime.test_quarantine import (
    NOW,
    TestRetention,
    a_call,
    approve,
    test_an_agent_cannot_fill_the_disk,
    test_an_approval_is_used_once,
    test_only_the_first_decision_counts_but_an_approval_can_be_taken_back,
    test_the_same_call_waits_once,
    test_what_has_expired_is_neither_decided_nor_used,
)

__all__ = [
    "TestRetention",
    "test_an_agent_cannot_fill_the_disk",
    "test_an_approval_is_used_once",
    "test_only_the_first_decision_counts_but_an_approval_can_be_taken_back",
    "test_the_same_call_waits_once",
    "test_what_has_expired_is_neither_decided_nor_used",
]

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
NAMES = count()
RACE = """
import sys
import time
from oktsec_lint.core.held import Step
from oktsec_lint.runtime.addresses import Database
from oktsec_lint.runtime.postgres.quarantine import DatabaseQuarantine
store, what = DatabaseQuarantine.open(Database(sys.argv[1])), sys.argv[2]
calls = store.calls(1000.0)
print("ready", flush=True)
sys.stdin.readline()
for call in calls:
    if what == "take":
        won = store.take(call.binding, 1000.0) is not None
    else:
        won = store.decide(call.id, Step(what), 1000.0, what, "", lambda call: call).changed
    print(int(won), end="")
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres() as running:
        yield running


@pytest.fixture
def database(server: Postgres) -> Database:
    return Database(server.make(f"held{next(NAMES)}"), "oktsec.yaml", 7)


@pytest.fixture
def store(database: Database) -> Iterator[Quarantine]:
    opened = DatabaseQuarantine.open(database)
    yield opened
    opened.close()


def test_what_is_kept_comes_back_elsewhere(store: Quarantine, database: Database) -> None:
    assert store.add(a_call()) == a_call()
    other = DatabaseQuarantine.open(database)
    assert (other.get("a", NOW), other.get("b", NOW), other.calls(NOW)) == (a_call(), None, [a_call()])
    assert other.add(a_call("b")) == a_call()
    other.close()
    other.close()


@pytest.mark.parametrize("rivals", [("take", "take", "take"), ("approve", "approve")])
def test_of_gateways_at_once_one_wins(store: Quarantine, database: Database, rivals: tuple[str, ...]) -> None:
    number = 40
    for name in range(number):
        store.add(a_call(str(name), name))
        if rivals[0] == "take":
            approve(store, str(name))
    line = [sys.executable, "-c", RACE, database.dsn]
    racers = [
        subprocess.Popen([*line, rival], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for rival in rivals
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
    assert wins == [1] * number


def test_a_connection_that_was_cut_is_made_anew(server: Postgres, store: Quarantine, database: Database) -> None:
    store.add(a_call())
    name = database.dsn.partition("@/")[2].partition("?")[0]
    server.do(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    assert approve(store).changed


def test_while_the_database_is_down_nothing_is_approved() -> None:
    with postgres() as server:
        store = DatabaseQuarantine.open(Database(server.dsn(), "oktsec.yaml", 7))
        store.add(a_call())
        server.stop()
        for _ in range(2):
            with pytest.raises(JournalError, match=r"oktsec\.yaml:7: nothing listens where the database should be"):
                store.take(a_call().binding, NOW)
        server.start()
        assert approved_at_last(store)
        store.close()


def approved_at_last(store: Quarantine) -> bool:
    """A database that was down is not tried again at once."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            return approve(store).changed
        except JournalError:
            continue
    raise AssertionError("never reached again")


def test_a_state_nobody_wrote_is_an_error_and_no_approval(
    server: Postgres, store: Quarantine, database: Database
) -> None:
    store.add(a_call())
    name = database.dsn.partition("@/")[2].partition("?")[0]
    server.do("UPDATE oktsec_lint.calls SET state = 'approved!'", name)
    with pytest.raises(JournalError, match="damaged"):
        store.get("a", NOW)
    assert store.take(a_call().binding, NOW) is None


def test_a_name_that_postgresql_cannot_keep_is_not_held(store: Quarantine) -> None:
    for tool in ("a\0", "\ud800"):
        with pytest.raises(JournalError, match="a character that PostgreSQL cannot keep"):
            store.add(a_call()._replace(tool=tool))
    assert store.calls(NOW, State.PENDING) == []
