"""Held calls in PostgreSQL: whichever gateway holds one, and wherever somebody decides about it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

import psycopg

from oktsec_lint.core.errors import JournalError
from oktsec_lint.core.held import HeldCall
from oktsec_lint.runtime.addresses import Database
from oktsec_lint.runtime.quarantine_rows import INDEX, REAL, QuarantineRows
from oktsec_lint.runtime.reading import Row

from .schema import SCHEMA, TEXT, prepare
from .sessions import connect, telling

_LOCK = 0x6F6B7471
"""Changes come one after the other. There are as many of them as people can decide about."""
_PAUSE = 1.0
"""Seconds in which a database that could not be reached is not tried again: a gateway serves others meanwhile."""
_FIELDS = ", ".join(f"{name} {'FLOAT8 NOT NULL' if name in REAL else TEXT}" for name in HeldCall._fields)
_TABLES = f"""
CREATE TABLE {SCHEMA}.calls ({_FIELDS}, PRIMARY KEY (id));
CREATE UNIQUE INDEX open ON {SCHEMA}.calls {INDEX};
CREATE INDEX ages ON {SCHEMA}.calls (time);
"""


class DatabaseQuarantine(QuarantineRows):
    """A `Quarantine`. Several threads may use one; a connection that was lost is made anew for the next question."""

    prefix = f"{SCHEMA}."

    def __init__(self, database: Database, connection: psycopg.Connection) -> None:
        super().__init__()
        self._database = database
        self._connection = connection
        self._closed = False
        self._down: tuple[float, JournalError] | None = None
        """Since when, in monotonic seconds, and why the database cannot be reached."""

    @classmethod
    def open(cls, database: Database) -> Self:
        """The quarantine in a database, its table made when there is none. Raises JournalError."""
        return cls(database, _connected(database))

    def close(self) -> None:
        with self._turn:
            self._closed = True
            self._connection.close()

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._looking(), self._connection.transaction():
            self._connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            yield

    @contextmanager
    def _looking(self) -> Iterator[None]:
        with self._turn, telling(self._database):
            if not self._closed and not self._answers():
                self._reconnect()
            yield

    def _answers(self) -> bool:
        """Whether the connection is still one: asked before anything is changed, as a change is not repeated."""
        try:
            self._connection.execute("")
        except psycopg.OperationalError:
            self._connection.close()
            return False
        return True

    def _reconnect(self) -> None:
        """Raises JournalError; at once, shortly after it did before."""
        if self._down is not None and time.monotonic() - self._down[0] < _PAUSE:
            raise self._down[1]
        try:
            self._connection, self._down = _connected(self._database), None
        except JournalError as error:
            self._down = (time.monotonic(), error)
            raise

    def _rows(self, query: str, *values: str | float) -> list[Row]:
        cursor = self._connection.execute(query.replace("?", "%s").encode(), values)
        return cursor.fetchall() if cursor.description else []

    def _damaged(self, what: str) -> JournalError:
        return JournalError(what, path=self._database.path, line=self._database.line)


def _connected(database: Database) -> psycopg.Connection:
    connection = connect(database, writes=True)
    try:
        prepare(connection, database, "calls", _TABLES)
        with telling(database):
            connection.execute("SET statement_timeout = '5s'")
    except JournalError:
        connection.close()
        raise
    return connection
