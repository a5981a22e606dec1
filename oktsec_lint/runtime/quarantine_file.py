"""Held calls in a file beside the journal: SQLite in WAL mode, which several processes may write."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from oktsec_lint.core.errors import JournalError
from oktsec_lint.core.held import OPEN, Binding, HeldCall, State, Step, current, stepped

from .quarantine import MOST_OPEN, Decided
from .store import Made, default_path, make_private, recognise, telling

_MADE = Made("quarantine", 0x6F6B7471, 1)
"""`oktq`."""
_REAL = frozenset({"time", "expires", "decided_at"})
_COLUMNS = ", ".join(HeldCall._fields)
_FIELDS = ", ".join(f"{name} {'REAL' if name in _REAL else 'TEXT'} NOT NULL" for name in HeldCall._fields)
_IS_OPEN = f"state IN ({', '.join(map(repr, map(str, OPEN)))})"
_BOUND = " AND ".join(f"{name} = ?" for name in Binding._fields)
_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS calls ({_FIELDS}, PRIMARY KEY (id));
CREATE UNIQUE INDEX IF NOT EXISTS open ON calls ({", ".join(Binding._fields)}) WHERE {_IS_OPEN};
CREATE INDEX IF NOT EXISTS ages ON calls (time);
PRAGMA application_id = {_MADE.application};
PRAGMA user_version = {_MADE.version};
COMMIT;
"""
_SELECT = f"SELECT {_COLUMNS} FROM calls"  # noqa: S608 - names of our own fields, as everywhere in this file
_INSERT = f"INSERT INTO calls ({_COLUMNS}) VALUES ({', '.join('?' * len(HeldCall._fields))})"  # noqa: S608
_WRITE = _INSERT.replace("INSERT", "REPLACE")


def beside(journal: Path | None = None) -> Path:
    """The file for the held calls of the gates that write a journal; None is `store.default_path`.

    Raises JournalError for a user without a home.
    """
    path = journal or default_path()
    return path.with_name(f"{path.stem}-quarantine.db")


class QuarantineFile:
    """A `Quarantine`. Several threads may use one; processes open one each, also after a fork."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._turn = threading.Lock()

    @classmethod
    def open(cls, path: Path, *, patience: float = 2.0) -> Self:
        """The quarantine at `path`, made when there is none, for its owner only. `patience` is how many seconds to
        wait for another process. Raises JournalError."""
        with telling(path, _MADE):
            make_private(path)
            connection = sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)
            try:
                _prepare(connection, path)
            except BaseException:
                connection.close()
                raise
        return cls(path, connection)

    def add(self, call: HeldCall) -> HeldCall | None:
        with self._changing():
            there = self._open(call.binding, call.time)
            if there is not None:
                return there
            among = f"SELECT count(*) FROM calls WHERE agent = ? AND expires > ? AND {_IS_OPEN}"  # noqa: S608
            ((number,),) = self._connection.execute(among, (call.agent, call.time))
            if number >= MOST_OPEN:
                return None
            self._connection.execute(_INSERT, call)
            return call

    def get(self, call_id: str, now: float) -> HeldCall | None:
        with self._turn, telling(self.path, _MADE):
            return next(self._read("WHERE id = ?", call_id, now=now), None)

    def calls(self, now: float, state: State | None = None) -> list[HeldCall]:
        stored = [*State] if state is None else [state, *OPEN] if state is State.EXPIRED else [state]
        where = f"WHERE state IN ({', '.join('?' * len(stored))}) ORDER BY time, id"
        with self._turn, telling(self.path, _MADE):
            found = [*self._read(where, *stored, now=now)]
        return [call for call in found if state in {None, call.state}]

    def decide(
        self, call_id: str, step: Step, now: float, by: str, why: str, record: Callable[[HeldCall], object]
    ) -> Decided:
        with self._changing():
            call = next(self._read("WHERE id = ?", call_id, now=now), None)
            after = None if call is None else stepped(call, step, now, by, why)
            if after is None:
                return Decided(call, changed=False)
            self._write(after)
            record(after)
            return Decided(after, changed=True)

    def take(self, binding: Binding, now: float) -> HeldCall | None:
        with self._changing():
            call = self._open(binding, now)
            used = None if call is None else stepped(call, Step.USE, now)
            if used is not None:
                self._write(used)
            return used

    def purge(self, before: float, archive: Callable[[list[HeldCall]], None] | None) -> int:
        with self._changing():
            where = "WHERE expires < ?1 OR decided_at BETWEEN 1 AND ?1 ORDER BY time, id"
            found = self._read(where, before, now=before)
            over = [call for call in found if call.state not in OPEN and call.decided_at < before]
            if archive is not None and over:
                archive(over)
            self._connection.executemany("DELETE FROM calls WHERE id = ?", [(call.id,) for call in over])
            return len(over)

    def close(self) -> None:
        with self._turn:
            self._connection.close()

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One transaction, which nothing of another process comes between."""
        with self._turn, telling(self.path, _MADE):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                with suppress(sqlite3.Error):  # a full disk has ended the transaction already
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def _open(self, binding: Binding, now: float) -> HeldCall | None:
        """The open call of a binding; one that has expired is written down as that."""
        for call in self._read(f"WHERE {_BOUND} AND {_IS_OPEN}", *binding, now=now):
            if call.state in OPEN:
                return call
            self._write(call)
        return None

    def _read(self, where: str, *values: str | float, now: float) -> Iterator[HeldCall]:
        """Calls as they stand."""
        rows = self._connection.execute(f"{_SELECT} {where}", values).fetchall()
        return (current(self._call(row), now) for row in rows)

    def _write(self, call: HeldCall) -> None:
        self._connection.execute(_WRITE, call)

    def _call(self, row: tuple[object, ...]) -> HeldCall:
        call = HeldCall._make(row)
        try:
            return call._replace(state=State(call.state))
        except ValueError:
            raise JournalError("a held call is damaged: its state is none", path=str(self.path)) from None


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    recognise(connection, path, _MADE, new=True)
    ((mode,),) = connection.execute("PRAGMA journal_mode = WAL")
    if mode != "wal":
        raise JournalError("the quarantine cannot be shared on this file system", path=str(path))
    connection.execute("PRAGMA synchronous = FULL")  # an approval that was used stays used after a power cut
    ((application,),) = connection.execute("PRAGMA application_id")
    if application != _MADE.application:
        connection.executescript(_SCHEMA)
