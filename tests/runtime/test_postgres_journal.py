"""The journal in a real PostgreSQL: what was acknowledged is there, whatever dies; what was tampered with is named."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from oktsec_lint.core.chain import Fault
from oktsec_lint.core.errors import JournalError
from oktsec_lint.core.record import Decision, Entry
from oktsec_lint.runtime.addresses import Database
from oktsec_lint.runtime.postgres.journal import PostgresJournal
from oktsec_lint.runtime.postgres.quarantine import DatabaseQuarantine
from oktsec_lint.runtime.signing import verifier
from oktsec_lint.runtime.trail import Examined, Filter, opened
from tests.databases import Postgres, postgres
from tests.runtime.test_journal import a_record, key_files
from tests.runtime.test_quarantine import NOW, a_call, approve

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
NAMES = count()
APPENDING = textwrap.dedent("""
    import sys
    from concurrent.futures import ThreadPoolExecutor
    from oktsec_lint.runtime.addresses import Database
    from oktsec_lint.runtime.postgres.journal import PostgresJournal
    from tests.runtime.test_journal import a_record
    journal = PostgresJournal.open(Database(sys.argv[1]), patience=60)
    with ThreadPoolExecutor(8) as pool:
        for name in pool.map(lambda number: journal.append(a_record(tool=str(number))), range(int(sys.argv[2]))):
            print(name, flush=True)
    journal.close()
""")


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres() as running:
        yield running


@pytest.fixture
def database(server: Postgres) -> Database:
    return Database(server.make(f"journal{next(NAMES)}"), "oktsec.yaml", 7)


def stored(database: Database, wanted: Filter | None = None, last: int = 0) -> list[Entry]:
    with opened(database) as trail:
        return list(trail.entries(wanted, last))


def examined(database: Database, **options: object) -> Examined:
    with opened(database) as trail:
        return trail.examined(**options)


def name_of(database: Database) -> str:
    return database.dsn.partition("@/")[2].partition("?")[0]


def filled(database: Database, number: int = 5, **options: object) -> PostgresJournal:
    with PostgresJournal.open(database, **options) as journal:
        for index in range(number):
            journal.append(a_record(tool=str(index)))
    return journal


def appending(database: Database, number: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", APPENDING, database.dsn, str(number)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_what_is_appended_is_there_under_its_id(database: Database) -> None:
    record = a_record(rules=("IAP-001", 'a"b\\'), reason="Grüße\n{}", decision=Decision.BLOCKED, latency_us=7)
    with PostgresJournal.open(database) as journal:
        name = journal.append(record)
        (entry,) = stored(database)
        assert (entry.id, entry.record, entry.hash) == (name, record, journal.head().hash)
        assert name == f"{journal.writer}-1"


def test_what_postgresql_cannot_hold_is_spelled_out(database: Database) -> None:
    with PostgresJournal.open(database) as journal:
        journal.append(a_record(tool="a\0b", rules=("tool_allowlist:\0",), reason="\ud800"))
    (entry,) = stored(database)
    assert entry.record is not None
    assert (entry.record.tool, entry.record.rules) == ("a\\u{0}b", ("tool_allowlist:\\u{0}",))
    assert examined(database).breaks == ()


def test_calls_at_once_share_commits_and_one_chain(server: Postgres, database: Database) -> None:
    before = int(server.do(f"SELECT xact_commit FROM pg_stat_database WHERE datname = '{name_of(database)}'"))
    with PostgresJournal.open(database) as journal, ThreadPoolExecutor(50) as pool:
        names = [*pool.map(lambda number: journal.append(a_record(tool=str(number))), range(1000))]
    commits = int(server.do(f"SELECT xact_commit FROM pg_stat_database WHERE datname = '{name_of(database)}'")) - before
    assert sorted(names) == sorted(entry.id for entry in stored(database))
    assert examined(database)[:3] == (1000, 1, ())
    assert commits < 500


def test_coroutines_share_commits_too(database: Database) -> None:
    async def all_at_once(journal: PostgresJournal) -> list[str]:
        return await asyncio.gather(*(journal.appended(a_record(tool=str(number))) for number in range(500)))

    with PostgresJournal.open(database) as journal:
        names = asyncio.run(all_at_once(journal))
    entries = stored(database)
    assert [entry.id for entry in entries] == names
    assert [entry.record and entry.record.tool for entry in entries] == [str(number) for number in range(500)]


def test_several_processes_write_one_journal(database: Database) -> None:
    running = [appending(database, 200) for _ in range(3)]
    names = [line for process in running for line in process.communicate(timeout=120)[0].split()]
    assert [process.returncode for process in running] == [0, 0, 0]
    assert sorted(names) == sorted(entry.id for entry in stored(database))
    assert examined(database)[:3] == (600, 3, ())


def test_a_killed_process_loses_nothing_that_was_acknowledged(database: Database) -> None:
    running = appending(database, 100_000)
    assert running.stdout is not None
    names = [running.stdout.readline().strip() for _ in range(300)]
    running.send_signal(signal.SIGKILL)
    names += running.stdout.read().split()[:-1]  # the last line may be cut
    running.communicate(timeout=60)
    assert {*names} <= {entry.id for entry in stored(database)}
    assert examined(database).breaks == ()


def test_the_chain_goes_on_after_the_connection_was_cut(server: Postgres, database: Database) -> None:
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name_of(database)}'"
    with PostgresJournal.open(database) as journal:
        names = []
        for _ in range(3):
            names += [journal.append(a_record()), journal.append(a_record())]
            server.do(cut)
    assert names == [f"{journal.writer}-{number}" for number in range(1, 7)]
    assert examined(database)[:3] == (6, 1, ())


def test_while_the_database_is_down_nothing_is_acknowledged_and_then_the_chain_goes_on(database: Database) -> None:
    with postgres() as server:
        place = Database(server.dsn(), "oktsec.yaml", 7)
        with PostgresJournal.open(place) as journal:
            first = journal.append(a_record())
            server.stop()
            for _ in range(3):
                with pytest.raises(JournalError, match=r"oktsec.yaml:7: nothing listens where the database should be"):
                    journal.append(a_record())
            server.start()
            second = appended_at_last(journal)
        assert [entry.id for entry in stored(place)] == [first, second] == [f"{journal.writer}-{i}" for i in (1, 2)]
        assert examined(place).breaks == ()


def appended_at_last(journal: PostgresJournal) -> str:
    """While it was down, a record is only waited for a moment."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            return journal.append(a_record())
        except JournalError:
            continue
    raise AssertionError("never recorded again")


def test_what_was_committed_without_an_answer_is_part_of_the_chain(
    server: Postgres, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server commits, and the connection ends before it says so."""
    answered = PostgresJournal._inserted

    def unanswered(journal: PostgresJournal, connection: psycopg.Connection, entries: list[Entry]) -> bool:
        answered(journal, connection, entries)
        monkeypatch.undo()
        server.do(f"SELECT pg_terminate_backend({connection.info.backend_pid})")
        return connection.execute("SELECT 1").rowcount == 1

    with PostgresJournal.open(database) as journal:
        monkeypatch.setattr(PostgresJournal, "_inserted", unanswered)
        names = [journal.append(a_record(tool=str(number))) for number in range(3)]
    assert names == [f"{journal.writer}-{number}" for number in (1, 2, 3)] == [entry.id for entry in stored(database)]
    assert examined(database)[:3] == (3, 1, ())


def test_a_database_that_forgot_what_it_had_acknowledged_gets_a_new_writer(
    server: Postgres, database: Database
) -> None:
    """As a standby that took over without the last records."""
    with PostgresJournal.open(database) as journal:
        journal.append(a_record())
        before = journal.writer
        server.do("DELETE FROM oktsec_lint.entries; UPDATE oktsec_lint.writers SET sequence = 0", name_of(database))
        server.do("UPDATE oktsec_lint.writers SET hash = 'sha256:other'", name_of(database))
        name = journal.append(a_record())
        assert journal.writer != before
        assert name == f"{journal.writer}-1"


def test_a_database_that_does_not_answer_is_not_waited_for(server: Postgres, database: Database) -> None:
    with PostgresJournal.open(database, patience=0.2) as journal:
        journal.append(a_record())
        with locked(server, database):
            for _ in range(3):
                with pytest.raises(JournalError, match="does not answer"):
                    journal.append(a_record())
        appended_at_last(journal)
    assert examined(database).breaks == ()


def locked(server: Postgres, database: Database) -> psycopg.Connection:
    """Somebody else has the tables, until the block ends."""
    holding = psycopg.connect(database.dsn)
    holding.execute("LOCK TABLE oktsec_lint.entries IN ACCESS EXCLUSIVE MODE")
    return holding


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE entries SET tool = 'x' WHERE sequence = 3", Fault.EDITED),
        ("DELETE FROM entries WHERE sequence = 3", Fault.REMOVED),
        ("DELETE FROM entries WHERE sequence > 3", Fault.TRUNCATED),
        ("UPDATE entries SET hash = 'x' WHERE sequence = 3", Fault.EDITED),
        ("UPDATE entries SET sequence = sequence + 10 WHERE sequence = 5", Fault.REORDERED),
    ],
)
def test_tampering_is_named(statement: str, fault: Fault, server: Postgres, database: Database) -> None:
    filled(database)
    server.do(f"SET search_path = oktsec_lint; {statement}", name_of(database))
    assert fault in [item.fault for item in examined(database).breaks]


def test_checkpoints_are_signed_and_verified(server: Postgres, database: Database, tmp_path: Path) -> None:
    private, public = key_files(tmp_path, Ed25519PrivateKey.generate())
    filled(database, 5, key=private, every=2)
    assert examined(database, key=verifier(public)) == Examined(5, 1, (), 4)
    server.do("UPDATE oktsec_lint.checkpoints SET time = 'x' WHERE sequence = 4", name_of(database))
    (only,) = examined(database, key=verifier(public)).breaks
    assert (only.sequence, only.fault) == (4, Fault.FORGED)


def test_filters_mean_what_they_mean_for_a_file(database: Database) -> None:
    with PostgresJournal.open(database) as journal:
        for agent, rules, time in (("a", ("X-1",), "2026-01-01T"), ("b", ("X-11",), "2026-02-01T"), ("%", (), "2027")):
            journal.append(a_record(agent=agent, rules=rules, time=time))
    numbers = {
        Filter(agent="a"): [1],
        Filter(agent="%"): [3],
        Filter(rule="X-1"): [1],
        Filter(since="2026-02"): [2, 3],
        Filter(until="2026-02"): [1],
        Filter(agent="' OR 1 --"): [],
    }
    assert {wanted: [entry.sequence for entry in stored(database, wanted)] for wanted in numbers} == numbers
    assert [entry.sequence for entry in stored(database, last=2)] == [2, 3]


def test_a_gateway_needs_no_right_to_change_or_delete_what_was_recorded(server: Postgres, database: Database) -> None:
    filled(database, 1)
    DatabaseQuarantine.open(database).close()
    name = name_of(database)
    server.do(f"CREATE ROLE gate_{name} LOGIN", name)
    granted = Path(ROOT / "docs" / "scale.md").read_text(encoding="utf-8").partition("```sql\n")[2].partition("```")[0]
    server.do(granted.replace("gateway", f"gate_{name}"), name)
    limited = database._replace(dsn=server.dsn(name, f"gate_{name}"))
    filled(limited, 3)
    assert examined(limited)[:3] == (4, 2, ())
    quarantine = DatabaseQuarantine.open(limited)
    quarantine.add(a_call())
    assert approve(quarantine).changed
    assert quarantine.take(a_call().binding, NOW) is not None
    assert quarantine.purge(NOW * 2, None) == 1
    quarantine.close()
    with psycopg.connect(limited.dsn) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("DELETE FROM oktsec_lint.entries")


SECRET = "correcthorse"


@pytest.mark.parametrize(
    ("dsn", "said"),
    [
        (f"postgresql://u:{SECRET}@/x?host=/nowhere", "nothing listens"),
        (f"postgresql://u:{SECRET}@127.0.0.1:1/x", "nothing listens"),
        (f"postgresql://u:a@{SECRET}@h.invalid/x", "name of the database's host"),
        (f"postgresql://u:a%zz{SECRET}@h/x", "no PostgreSQL connection string"),
        (f"host=x pass word={SECRET}", "no PostgreSQL connection string"),
        (f"nonsense {SECRET}", "no PostgreSQL connection string"),
    ],
)
def test_what_is_wrong_with_a_dsn_is_said_without_it(dsn: str, said: str) -> None:
    for attempt in (PostgresJournal.open, stored):
        with pytest.raises(JournalError) as raised:
            attempt(Database(dsn, "oktsec.yaml", 7))
        assert said in str(raised.value)
        assert str(raised.value).startswith("oktsec.yaml:7: ")
        assert SECRET not in repr(raised.value.__dict__) + str(raised.value)


def test_databases_that_are_no_place_for_a_journal(server: Postgres, database: Database) -> None:
    with pytest.raises(JournalError, match="holds no journal"):
        stored(database)
    with pytest.raises(JournalError, match="no database"):
        PostgresJournal.open(database._replace(dsn=server.dsn("nowhere")))
    latin = server.make(f"latin{os.getpid()}", "ENCODING 'LATIN1' TEMPLATE template0")
    with pytest.raises(JournalError, match="LATIN1, not as UTF8"):
        PostgresJournal.open(Database(latin))
    filled(database, 1)
    server.do("UPDATE oktsec_lint.journal SET version = 99", name_of(database))
    for attempt in (PostgresJournal.open, stored):
        with pytest.raises(JournalError, match="a newer oktsec-lint"):
            attempt(database)
