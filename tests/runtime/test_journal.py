"""The journal through its doors: what was acknowledged is there, what was tampered with is named, what fails says."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as pem
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from oktsec_lint.core.chain import Break, Fault, Head
from oktsec_lint.core.errors import JournalError
from oktsec_lint.core.record import Decision, Entry, Record, Sender
from oktsec_lint.runtime.journal import Journal, utc
from oktsec_lint.runtime.signing import signer, verifier
from oktsec_lint.runtime.store import default_path
from oktsec_lint.runtime.trail import Filter, opened

ROOT = Path(__file__).parents[2]
MOMENT = 1_763_833_745.123456
APPENDING = textwrap.dedent("""
    import sys
    from pathlib import Path
    from tests.runtime.test_journal import a_record, Journal
    with Journal.open(Path(sys.argv[1]), patience=60) as journal:
        for number in range(int(sys.argv[2])):
            print(journal.append(a_record(tool=str(number))), flush=True)
""")


def a_record(**fields: object) -> Record:
    plain = Record(utc(MOMENT), "a", "s", Sender.CLIENT, "tools/call", "t", "1", Decision.FORWARDED)
    return plain._replace(**fields)


def filled(path: Path, number: int = 5, **options: object) -> Path:
    with Journal.open(path, **options) as journal:
        for index in range(number):
            journal.append(a_record(tool=str(index)))
    return path


def stored(path: Path, wanted: Filter | None = None) -> list[Entry]:
    with opened(path) as trail:
        return list(trail.entries(wanted))


def breaks(path: Path, public: Path | None = None, kept: tuple[Head, ...] = ()) -> list[Break]:
    with opened(path) as trail:
        return list(trail.examined(verifier(public) if public else None, kept).breaks)


def tamper(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return filled(tmp_path / "journal.db")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A private and a public key, as files."""
    return key_files(tmp_path_factory.mktemp("keys"), Ed25519PrivateKey.generate())


def key_files(folder: Path, key: Ed25519PrivateKey) -> tuple[Path, Path]:
    private = key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, pem.NoEncryption())
    public = key.public_key().public_bytes(pem.Encoding.PEM, pem.PublicFormat.SubjectPublicKeyInfo)
    (folder / "key.pem").write_bytes(private)
    (folder / "key.pub").write_bytes(public)
    return folder / "key.pem", folder / "key.pub"


def appending(path: Path, number: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", APPENDING, str(path), str(number)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_times_are_utc_with_microseconds() -> None:
    assert utc(MOMENT) == "2025-11-22T17:49:05.123456Z"
    assert utc(0) == "1970-01-01T00:00:00.000000Z"


def test_what_is_appended_is_there_under_its_id(tmp_path: Path) -> None:
    record = a_record(rules=("IAP-001", 'a"b'), reason="Grüße\n\x00", decision=Decision.BLOCKED, latency_us=7)
    with Journal.open(tmp_path / "j.db") as journal:
        name = journal.append(record)
        (entry,) = stored(tmp_path / "j.db")
    assert (entry.id, entry.record) == (name, record)
    assert name == f"{journal.writer}-1"


@pytest.mark.skipif(os.name != "posix", reason="permissions of Windows are others")
def test_the_journal_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "state" / "oktsec-lint" / "journal.db"
    with Journal.open(path) as journal:
        journal.append(a_record())
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in [*path.parent.iterdir(), path.parent.parent]}
    assert modes == {"journal.db": 0o600, "journal.db-wal": 0o600, "journal.db-shm": 0o600, "state": 0o700}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(("state", "expected"), [("/x", "/x"), ("", "/home/.local/state"), ("x", "/home/.local/state")])
def test_the_default_is_where_xdg_keeps_state(state: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home")
    monkeypatch.setenv("XDG_STATE_HOME", state)
    assert default_path() == Path(expected) / "oktsec-lint" / "journal.db"


def test_a_user_without_a_home_has_to_say_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    with pytest.raises(JournalError, match="no home directory"):
        Journal.open()


def test_every_opening_is_a_writer_of_its_own(tmp_path: Path) -> None:
    for _ in range(3):
        filled(tmp_path / "j.db", 2)
    entries = stored(tmp_path / "j.db")
    assert len({entry.writer for entry in entries}) == 3
    assert [entry.sequence for entry in entries] == [1, 2] * 3
    assert breaks(tmp_path / "j.db") == []


def test_processes_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    running = [appending(path, 60) for _ in range(4)]
    told = [line for process in running for line in process.communicate(timeout=100)[0].split()]
    assert [process.returncode for process in running] == [0] * 4
    assert len(told) == 240
    assert sorted(told) == sorted(entry.id for entry in stored(path))
    assert breaks(path) == []


def test_threads_share_a_writer(tmp_path: Path) -> None:
    told: list[str] = []
    with Journal.open(tmp_path / "j.db") as journal:
        threads = [
            threading.Thread(target=lambda: told.extend(journal.append(a_record()) for _ in range(50)))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(told) == sorted(entry.id for entry in stored(tmp_path / "j.db"))
    assert breaks(tmp_path / "j.db") == []


@pytest.mark.parametrize("after", [1, 3, 40])
def test_what_was_acknowledged_outlives_the_process(after: int, tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    running = appending(path, 1_000_000)
    assert running.stdout is not None
    told = [running.stdout.readline().strip() for _ in range(after)]
    running.kill()
    told += running.communicate(timeout=60)[0].split("\n")[:-1]
    assert running.returncode != 0
    assert set(told) <= {entry.id for entry in stored(path)}
    assert breaks(path) == []
    filled(path, 1)
    assert breaks(path) == []


FIELDS = ", ".join(Record._fields)
TAMPERING = [
    (
        f"INSERT INTO entries SELECT 9, writer, 6, previous, hash, {FIELDS} FROM entries WHERE sequence = 3",
        Fault.INSERTED,
        3,
    ),
    (f"INSERT INTO entries SELECT 9, writer, 6, hash, hash, {FIELDS} FROM entries WHERE sequence = 5", Fault.EDITED, 6),
    (
        f"INSERT INTO entries SELECT 9, 'x', 1, previous, hash, {FIELDS} FROM entries WHERE sequence = 3",
        Fault.EDITED,
        1,
    ),
    ("UPDATE entries SET reason = 'x' WHERE sequence = 3", Fault.EDITED, 3),
    ("UPDATE entries SET rules = '[ ]' WHERE sequence = 3", Fault.EDITED, 3),
    ("UPDATE entries SET agent = x'ff' WHERE sequence = 3", Fault.EDITED, 3),
    ("UPDATE entries SET agent = CAST(x'ff' AS TEXT) WHERE sequence = 3", Fault.EDITED, 3),
    ("UPDATE entries SET latency_us = 'soon' WHERE sequence = 3", Fault.EDITED, 3),
    ("UPDATE entries SET decision = 'none' WHERE sequence = 3", Fault.EDITED, 3),
    ("UPDATE entries SET sequence = 'three' WHERE sequence = 3", Fault.REORDERED, 3),
    ("DELETE FROM entries WHERE sequence = 3", Fault.REMOVED, 3),
    ("DELETE FROM entries WHERE sequence = 5", Fault.TRUNCATED, 5),
    ("DELETE FROM entries", Fault.TRUNCATED, 1),
    ("UPDATE entries SET position = 99 WHERE sequence = 3", Fault.REORDERED, 3),
    ("UPDATE entries SET sequence = 9 - sequence WHERE sequence = 3", Fault.REORDERED, 3),
    ("UPDATE writers SET sequence = 4", Fault.INSERTED, 5),
    ("UPDATE writers SET sequence = 6", Fault.TRUNCATED, 6),
    ("UPDATE writers SET hash = x'00'", Fault.EDITED, 5),
    ("DELETE FROM writers", Fault.REMOVED, 5),
]


@pytest.mark.parametrize(("statement", "fault", "number"), TAMPERING, ids=[row[0] for row in TAMPERING])
def test_tampering_is_named(statement: str, fault: Fault, number: int, journal: Path) -> None:
    writer = "x" if "'x', 1" in statement else stored(journal)[0].writer
    tamper(journal, statement)
    assert (writer, fault, number) in [(item.writer, item.fault, item.sequence) for item in breaks(journal)]


@pytest.mark.parametrize("column", [*Record._fields, "previous", "hash"])
def test_no_column_can_be_changed_unseen(column: str, journal: Path) -> None:
    tamper(journal, f"UPDATE entries SET {column} = {column} || '1' WHERE sequence = 2")
    assert [(item.sequence, item.fault) for item in breaks(journal)] == [(2, Fault.EDITED)]


def test_a_head_that_was_noted_down_tells_of_a_cut_tail_and_of_a_lost_writer(journal: Path) -> None:
    with opened(journal) as trail:
        kept = tuple(trail.heads())
    tamper(journal, "DELETE FROM entries WHERE sequence > 3")
    with opened(journal) as trail:
        third = list(trail.entries())[-1].hash
    tamper(journal, f"UPDATE writers SET sequence = 3, hash = '{third}'")
    assert breaks(journal) == []
    assert [(item.sequence, item.last, item.fault) for item in breaks(journal, kept=kept)] == [(4, 5, Fault.TRUNCATED)]
    tamper(journal, "DELETE FROM entries", "DELETE FROM writers")
    assert [(item.sequence, item.last, item.fault) for item in breaks(journal, kept=kept)] == [(1, 5, Fault.REMOVED)]


def test_checkpoints_are_signed_at_the_beginning_on_the_way_and_at_the_end(
    tmp_path: Path, keys: tuple[Path, Path]
) -> None:
    path = filled(tmp_path / "j.db", 5, key=keys[0], every=2)
    with opened(path) as trail:
        assert [item.head.sequence for item in trail.checkpoints()] == [0, 2, 4, 5]
        assert trail.examined(verifier(keys[1])) == (5, 1, (), 4)


def test_a_checkpoint_contradicts_who_writes_history_anew(tmp_path: Path, keys: tuple[Path, Path]) -> None:
    path, other = filled(tmp_path / "j.db", 5, key=keys[0], every=2), filled(tmp_path / "other.db", 0)
    with Journal.open(other) as forger:
        forger.writer = stored(path)[0].writer
        forger._hash = stored(path)[0].previous
        for index in range(5):
            forger.append(a_record(tool="nothing" if index == 2 else str(index)))
        head = forger.head()
    tamper(
        path,
        f"ATTACH '{other}' AS other",
        "DELETE FROM entries",
        "INSERT INTO entries SELECT * FROM other.entries",
        f"UPDATE writers SET sequence = {head.sequence}, hash = '{head.hash}'",
    )
    found = [(item.sequence, item.last, item.fault) for item in breaks(path, keys[1])]
    assert found == [(3, 4, Fault.REWRITTEN), (5, 5, Fault.REWRITTEN)]
    tamper(path, "DELETE FROM checkpoints WHERE sequence > 2")
    assert breaks(path, keys[1]) == []
    tamper(path, "DELETE FROM checkpoints")
    assert [item.fault for item in breaks(path, keys[1])] == [Fault.UNSIGNED]


def test_a_checkpoint_of_another_key_is_forged(tmp_path: Path, keys: tuple[Path, Path]) -> None:
    strange, _ = key_files(tmp_path, Ed25519PrivateKey.generate())
    path = filled(tmp_path / "j.db", 1, key=strange)
    assert {item.fault for item in breaks(path, keys[1])} == {Fault.FORGED, Fault.UNSIGNED}
    path = filled(tmp_path / "k.db", 1, key=keys[0])
    tamper(
        path, "UPDATE checkpoints SET time = 'x' WHERE sequence = 0", "UPDATE checkpoints SET signature = 'zz' WHERE 1"
    )
    assert {item.fault for item in breaks(path, keys[1])} == {Fault.FORGED, Fault.UNSIGNED}


def test_a_file_that_is_no_key_is_refused(tmp_path: Path, keys: tuple[Path, Path]) -> None:
    (tmp_path / "x").write_text("x")
    curve = generate_private_key(SECP256R1())
    for name, how in (("curve", pem.NoEncryption()), ("locked", pem.BestAvailableEncryption(b"x"))):
        key = curve if name == "curve" else Ed25519PrivateKey.generate()
        (tmp_path / name).write_bytes(key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, how))
    for path in (tmp_path / "x", tmp_path / "curve", tmp_path / "locked", keys[1], tmp_path / "none", tmp_path):
        with pytest.raises(JournalError):
            signer(path)
        with pytest.raises(JournalError):
            Journal.open(tmp_path / "j.db", key=path)
    with pytest.raises(JournalError):
        verifier(keys[0])
    assert not (tmp_path / "j.db").exists()


def test_without_cryptography_signing_says_what_to_install(
    keys: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.ed25519", None)
    with pytest.raises(JournalError, match="pip install cryptography"):
        signer(keys[0])


def test_a_locked_journal_refuses_and_goes_on_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    with Journal.open(path, patience=0) as journal, closing(sqlite3.connect(path, isolation_level=None)) as other:
        first = journal.append(a_record())
        other.execute("BEGIN IMMEDIATE")
        for _ in range(2):
            with pytest.raises(JournalError, match="locked"):
                journal.append(a_record())
        with pytest.raises(JournalError, match="locked"):
            Journal.open(path, patience=0)
        other.execute("COMMIT")
        second = journal.append(a_record())
    assert [entry.id for entry in stored(path)] == [first, second]
    assert breaks(path) == []


def test_a_full_journal_refuses_and_keeps_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    told: list[str] = []
    with Journal.open(path, quota=100_000) as journal:
        with pytest.raises(JournalError, match="full"):
            told.extend(journal.append(a_record(reason="x" * 1000)) for _ in range(1000))
        with pytest.raises(JournalError, match="full"):
            journal.append(a_record(reason="x" * 1000))
        writer = journal.writer
    ids = [entry.id for entry in stored(path)]
    assert len(ids) > 10
    assert ids == [f"{writer}-{number}" for number in range(1, len(ids) + 1)]
    assert breaks(path) == []
    assert path.stat().st_size <= 100_000


@pytest.mark.skipif(os.name != "posix", reason="limits of a process are a thing of POSIX")
def test_a_disk_that_takes_no_more_refuses_and_goes_on_afterwards(tmp_path: Path) -> None:
    script = """
        import resource, sys
        from pathlib import Path
        from tests.runtime.test_journal import Journal, JournalError, a_record
        with Journal.open(Path(sys.argv[1])) as journal:
            journal.append(a_record())
            _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, most))
            try:
                while True:
                    journal.append(a_record())
            except JournalError as error:
                print(error.message)
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
            print(journal.append(a_record()).partition("-")[2])
    """
    path = tmp_path / "j.db"
    command = [sys.executable, "-c", textwrap.dedent(script), str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    message, last = done.stdout.splitlines()
    assert "full" in message
    assert int(last) == len(stored(path)) > 2
    assert breaks(path) == []


def test_what_is_no_journal_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not a database, but long enough to be asked whether it is one" * 99)
    tamper(tmp_path / "other.db", "CREATE TABLE t (x)")
    tamper(filled(tmp_path / "newer.db"), "PRAGMA user_version = 99")
    for name in ("text", "other.db", "newer.db", "text/below", "."):
        with pytest.raises(JournalError):
            Journal.open(tmp_path / name)
        with pytest.raises(JournalError), opened(tmp_path / name):
            pass
    (tmp_path / "empty").touch()
    for name in ("empty", "none"):
        with pytest.raises(JournalError), opened(tmp_path / name):
            pass
    assert not (tmp_path / "none").exists()


def test_a_damaged_journal_cannot_be_read(tmp_path: Path) -> None:
    path = filled(tmp_path / "j.db", 500)
    data = path.read_bytes()
    path.write_bytes(data[:8192] + b"\xff" * (len(data) - 8192))
    with pytest.raises(JournalError):
        breaks(path)


@pytest.mark.skipif(os.name != "posix", reason="permissions of Windows are others")
def test_a_journal_that_may_not_be_written_refuses_to_open(journal: Path) -> None:
    script = """
        import os, sys
        from pathlib import Path
        from tests.runtime.test_journal import Journal, JournalError
        folder = os.open(sys.argv[1], os.O_RDONLY)
        os.fchdir(folder)
        if os.geteuid() == 0:
            os.setuid(65534)
        try:
            Journal.open(Path("journal.db"))
        except JournalError as error:
            print(error.message)
    """
    journal.chmod(0o444)
    journal.parent.chmod(0o555)
    command = [sys.executable, "-c", textwrap.dedent(script), str(journal.parent)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    journal.parent.chmod(0o755)
    assert "read-only" in done.stdout or "permission" in done.stdout or "cannot be opened" in done.stdout


def test_a_closed_journal_takes_nothing(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "j.db") as journal:
        pass
    journal.close()
    with pytest.raises(JournalError, match="closed"):
        journal.append(a_record())


def test_entries_are_found_by_what_they_are_about(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    with Journal.open(path) as journal:
        journal.append(a_record(agent="one", time=utc(10), rules=("IAP-001", "IAP-0010")))
        journal.append(a_record(server="two", time=utc(20), rules=('x"IAP-001"',)))
        journal.append(a_record(tool="three", time=utc(30), decision=Decision.BLOCKED))
    asked = [
        (Filter(agent="one"), [1]),
        (Filter(server="two"), [2]),
        (Filter(tool="three"), [3]),
        (Filter(rule="IAP-001"), [1]),
        (Filter(decision="blocked"), [3]),
        (Filter(since=utc(20)), [2, 3]),
        (Filter(until=utc(20)), [1]),
        (Filter(agent="one", decision="blocked"), []),
        (Filter(), [1, 2, 3]),
    ]
    for wanted, expected in asked:
        assert [entry.sequence for entry in stored(path, wanted)] == expected
    with opened(path) as trail:
        assert [entry.sequence for entry in trail.entries(last=2)] == [2, 3]


def test_many_may_find_it_new_at_once(tmp_path: Path) -> None:
    path, together = tmp_path / "journal.db", threading.Barrier(8)

    def begun() -> str:
        together.wait()
        with Journal.open(path) as journal:
            return journal.append(a_record())

    with ThreadPoolExecutor(8) as pool:
        entries = [future.result() for future in [pool.submit(begun) for _ in range(8)]]
    assert len(set(entries)) == 8
