"""The journal in PostgreSQL as `audit` reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

import psycopg
from psycopg import IsolationLevel

from oktsec_lint.runtime.addresses import Database
from oktsec_lint.runtime.reading import Row

from .schema import SCHEMA, recognise
from .sessions import connect, telling

_AT_ONCE = 1000
"""Rows that are fetched together: a journal may be larger than memory."""


@contextmanager
def database_reading(database: Database) -> Iterator[DatabaseReading]:
    """The journal to read, on a standby too. Raises JournalError."""
    with closing(connect(database, writes=False)) as connection:
        recognise(connection, database)
        yield DatabaseReading(database, connection)


class DatabaseReading:
    """The `Reading` of a database."""

    prefix = f"{SCHEMA}."
    find = "strpos"

    def __init__(self, database: Database, connection: psycopg.Connection) -> None:
        self._database = database
        self._connection = connection
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True

    def rows(self, query: str, values: Sequence[str] = ()) -> Iterator[Row]:
        with telling(self._database), self._connection.transaction(), self._connection.cursor("rows") as cursor:
            cursor.itersize = _AT_ONCE
            cursor.execute(query.replace("?", "%s").encode(), values)
            yield from cursor

    @contextmanager
    def moment(self) -> Iterator[None]:
        with telling(self._database), self._connection.transaction():
            yield
