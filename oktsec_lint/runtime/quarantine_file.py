"""Held calls in a file beside the journal: SQLite in WAL mode, which several processes may write."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from oktsec_lint.core.errors import JournalError
from oktsec_lint.core.held import HeldCall

from .quarantine_rows import INDEX, REAL, QuarantineRows
from .reading import Row
from .store import Made, default_path, make_private, recognise, share, telling

_MADE = Made("quarantine", 0x6F6B7471, 1)
"""`oktq`."""
_FIELDS = ", ".join(f"{name} {'REAL' if name in REAL else 'TEXT'} NOT NULL" for name in HeldCall._fields)
_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS calls ({_FIELDS}, PRIMARY KEY (id));
CREATE UNIQUE INDEX IF NOT EXISTS open ON calls {INDEX};
CREATE INDEX IF NOT EXISTS ages ON calls (time);
PRAGMA application_id = {_MADE.application};
PRAGMA user_version = {_MADE.version};
COMMIT;
"""


def beside(journal: Path | None = None) -> Path:
    """The file for the held calls of the gates that write a journal; None is `store.default_path`.

    Raises JournalError for a user without a home.
    """
    path = journal or default_path()
    return path.with_name(f"{path.stem}-quarantine.db")


class QuarantineFile(QuarantineRows):
    """A `Quarantine`. Several threads may use one; processes open one each, also after a fork."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        super().__init__()
        self.path = path
        self._connection = connection

    @classmethod
    def open(cls, path: Path, *, patience: float = 2.0) -> Self:
        """The quarantine at `path`, made when there is none, for its owner only. `patience` is how many seconds to
        wait for another process. Raises JournalError."""
        with telling(path, _MADE):
            make_private(path)
            connection = sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)
            try:
                recognise(connection, path, _MADE, new=True)
                share(connection, path, patience, _MADE)
                _prepare(connection)
            except BaseException:
                connection.close()
                raise
        return cls(path, connection)

    def close(self) -> None:
        with self._turn:
            self._connection.close()

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._turn, telling(self.path, _MADE):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                with suppress(sqlite3.Error):  # a full disk has ended the transaction already
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def _looking(self) -> Iterator[None]:
        with self._turn, telling(self.path, _MADE):
            yield

    def _rows(self, query: str, *values: str | float) -> list[Row]:
        return self._connection.execute(query, values).fetchall()

    def _damaged(self, what: str) -> JournalError:
        return JournalError(what, path=str(self.path))


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA synchronous = FULL")  # an approval that was used stays used after a power cut
    ((application,),) = connection.execute("PRAGMA application_id")
    if application != _MADE.application:
        connection.executescript(_SCHEMA)
