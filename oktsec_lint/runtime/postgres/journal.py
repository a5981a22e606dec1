"""The journal in PostgreSQL as a gate writes it: a record is committed, sealed, before `append` returns.

One thread has the connection. Whoever records waits for it; those who come while it waits for a commit share the next
one, so a hundred calls at once cost two or three round trips and not a hundred.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as LateError
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self

import psycopg

from oktsec_lint.core.chain import Head
from oktsec_lint.core.display import visible_char
from oktsec_lint.core.errors import JournalError
from oktsec_lint.core.record import Entry, Record, genesis, next_entry, values_of
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.runtime.addresses import Database
from oktsec_lint.runtime.journal import utc
from oktsec_lint.runtime.signing import Signer, signer
from oktsec_lint.runtime.store import COLUMNS

from .schema import SCHEMA, prepare_journal
from .sessions import connect, failure, telling

_MOST = 1000
"""Entries of one statement."""
_HASTE = 0.05
"""Seconds that a record is waited for while the database is down."""
_PAUSE = 0.1
"""Seconds between two attempts to reach it."""
_NUL = visible_char("\0")
_FIELDS = ", ".join(f"{name} {'bigint' if name in {'sequence', 'latency_us'} else 'text'}" for name in COLUMNS)
_APPEND = f"""
WITH head AS (
  UPDATE {SCHEMA}.writers SET sequence = %s, hash = %s WHERE writer = %s AND hash = %s RETURNING 1)
INSERT INTO {SCHEMA}.entries ({", ".join(COLUMNS)})
SELECT {", ".join(f"item.{name}" for name in COLUMNS)}
FROM head, json_to_recordset(%s::json) AS item ({_FIELDS})
ORDER BY item.sequence
"""  # noqa: S608 - made of the names of our own fields
"""Inserts nothing unless the writer's head is where we left it: what was not acknowledged may have been committed."""
_HEAD = f"SELECT writer, sequence, hash FROM {SCHEMA}.writers WHERE writer = %s"  # noqa: S608
_BEGIN = f"INSERT INTO {SCHEMA}.writers (writer, sequence, hash) VALUES (%s, %s, %s)"  # noqa: S608
_CHECKPOINT = f"""
INSERT INTO {SCHEMA}.checkpoints (writer, sequence, hash, time, key, signature) VALUES (%s, %s, %s, %s, %s, %s)
"""  # noqa: S608


class _Waiting(NamedTuple):
    record: Record
    entry: Future[str]


class PostgresJournal:
    """One writer's door to the journal. Threads and coroutines may share one; processes open one each."""

    shares = True

    def __init__(self, database: Database, signs: Signer | None, every: int, patience: float) -> None:
        self.writer = secrets.token_hex(8)
        self._database = database
        self._signer = signs
        self._every = every
        self._patience = patience
        self._head = Head(self.writer, 0, genesis(self.writer))
        self._doubt: Head | None = None
        """What the head is if the last statement, whose answer was lost, was committed."""
        self._signed = -1
        self._connection: psycopg.Connection | None = None
        self._down: tuple[float, JournalError] | None = None
        """Since when, in monotonic seconds, and why nothing can be recorded."""
        self._busy: float | None = None
        """Since when the database has been asked for what it has not answered."""
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._worker = threading.Thread(target=self._work, name="journal", daemon=True)
        self._closing: JournalError | None = None
        self._closed = False

    @classmethod
    def open(cls, database: Database, *, key: Path | None = None, every: int = 1000, patience: float = 2.0) -> Self:
        """The journal in a database, its tables made when there are none, for a new writer.

        `key` and `every` are as for a file. `patience` is how many seconds a record may take; while the database is
        down, records are hardly waited for. Raises JournalError.
        """
        journal = cls(database, signer(key) if key else None, every, patience)
        journal._connected()
        journal._worker.start()
        return journal

    def append(self, record: Record) -> str:
        """Record a decision; returns the entry's id, `<writer>-<sequence>`.

        Once it has returned, the record survives the death of this process and of the database. Raises JournalError
        when it is not known to be recorded, which it may be all the same when the database ends while it is asked.
        """
        entry, patience = self._asked(record)
        try:
            return entry.result(patience)
        except LateError:
            entry.cancel()
            raise self._late() from None

    async def appended(self, record: Record) -> str:
        """`append` for a coroutine: the others go on, and share a commit."""
        from asyncio import wait_for, wrap_future

        entry, patience = self._asked(record)
        try:
            return await wait_for(wrap_future(entry), patience)
        except TimeoutError:
            raise self._late() from None

    def head(self) -> Head:
        """The newest entry of this writer. Whoever keeps it elsewhere can tell when the journal was cut back."""
        return self._head

    def close(self) -> None:
        """Record what waits, sign what is not yet signed, let go. Raises JournalError; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        self._queue.put(None)
        self._worker.join()
        if self._closing is not None:
            raise self._closing

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _asked(self, record: Record) -> tuple[Future[str], float]:
        """What will be the entry's id, and how many seconds to wait for it."""
        if self._closed:
            raise self._error("the journal is closed")
        busy = self._busy
        if busy is not None and time.monotonic() - busy > self._patience:
            raise self._late()
        entry: Future[str] = Future()
        self._queue.put(_Waiting(record, entry))
        return entry, min(_HASTE, self._patience) if self._down else self._patience

    def _late(self) -> JournalError:
        down = self._down
        if down is not None:
            return down[1]
        return self._error("the database does not answer")

    def _work(self) -> None:
        last = False
        while not last:
            batch = [self._queue.get()]
            while len(batch) < _MOST:
                try:
                    batch.append(self._queue.get_nowait())
                except Empty:
                    break
            last = None in batch
            self._serve([item for item in batch if item and item.entry.set_running_or_notify_cancel()])
        self._end()

    def _serve(self, batch: Sequence[_Waiting]) -> None:
        if not batch:
            return
        self._busy = time.monotonic()
        try:
            entries = self._stored([item.record for item in batch])
            self._sign_when_due(entries[0].sequence)
        except JournalError as error:
            for item in batch:
                item.entry.set_exception(error)
            return
        finally:
            self._busy = None
        for item, entry in zip(batch, entries, strict=True):
            item.entry.set_result(entry.id)

    def _stored(self, records: Sequence[Record]) -> list[Entry]:
        """The records as committed entries. Once, a connection that turns out to be gone is replaced."""
        entries: list[Entry] = []
        for again in (False, True):
            connection = self._connected()
            if entries and self._head == _head(entries[-1]):
                break
            entries = _sealed(self._head, records)
            self._doubt = _head(entries[-1])
            try:
                if self._inserted(connection, entries):
                    self._head = self._doubt
                    break
            except psycopg.Error as error:
                lost = connection.broken
                self._disconnect()
                if again or not lost:
                    raise self._failed(failure(error, self._database)) from None
            else:
                self._disconnect()  # the head is not where we left it: to connect is to find out where it is
        else:
            raise self._failed(self._error("another process writes under this writer's name"))
        return entries

    def _inserted(self, connection: psycopg.Connection, entries: Sequence[Entry]) -> bool:
        head = _head(entries[-1])
        rows = json.dumps(
            [*map(_row, entries)], ensure_ascii=False
        )  # one value costs a fifth of an array for each column
        values = (head.sequence, head.hash, head.writer, entries[0].previous, rows)
        return connection.execute(_APPEND, values, prepare=True).rowcount == len(entries)

    def _connected(self) -> psycopg.Connection:
        """The connection, with our head where the database has it. Raises JournalError, quickly while it is down."""
        if self._connection is not None:
            return self._connection
        if self._down is not None and time.monotonic() - self._down[0] < _PAUSE:
            raise self._down[1]
        try:
            connection = connect(self._database, writes=True)
            try:
                prepare_journal(connection, self._database)
                self._resume(connection)
            except JournalError:
                connection.close()
                raise
        except JournalError as error:
            raise self._failed(error) from None
        self._connection, self._down = connection, None
        return connection

    def _resume(self, connection: psycopg.Connection) -> None:
        """Go on where the database is; under a new name, if it knows nothing of where we are.

        That is so at the beginning, and after a database came back without the last it had acknowledged.
        """
        with telling(self._database):
            row = connection.execute(_HEAD, (self.writer,)).fetchone()
            stored = Head(*row) if row else None
            if stored is not None and stored in (self._head, self._doubt):
                self._head = stored
                return
            self.writer = secrets.token_hex(8)
            self._head, self._doubt, self._signed = Head(self.writer, 0, genesis(self.writer)), None, -1
            connection.execute(_BEGIN, self._head)
        self._sign(connection)

    def _sign_when_due(self, first: int) -> None:
        if self._connection is not None and (first - 1) // self._every < self._head.sequence // self._every:
            self._sign(self._connection)

    def _sign(self, connection: psycopg.Connection) -> None:
        if self._signer is None:
            return
        signed = self._signer.checkpoint(self._head, utc())
        with telling(self._database):
            connection.execute(_CHECKPOINT, (*signed.head, *signed[1:]))
        self._signed = self._head.sequence

    def _end(self) -> None:
        try:
            if self._head.sequence > self._signed >= 0:
                self._sign(self._connected())
        except JournalError as error:
            self._closing = error
        finally:
            self._disconnect()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _error(self, message: str) -> JournalError:
        return JournalError(message, path=self._database.path, line=self._database.line)

    def _failed(self, error: JournalError) -> JournalError:
        self._down = (time.monotonic(), error)
        return error


def _head(entry: Entry) -> Head:
    return Head(entry.writer, entry.sequence, entry.hash)


def _sealed(head: Head, records: Sequence[Record]) -> list[Entry]:
    """The records as the entries after a head."""
    entries: list[Entry] = []
    for number, record in enumerate(records, head.sequence + 1):
        previous = entries[-1].hash if entries else head.hash
        entries.append(next_entry(head.writer, number, previous, _storable(record)))
    return entries


def _storable(record: Record) -> Record:
    """The record without NUL, which is no character to PostgreSQL; it is spelled out."""
    texts = [value for value in record if isinstance(value, str)]
    if not any("\0" in text for text in (*texts, *record.rules)):
        return record
    spelled = Record._make(value.replace("\0", _NUL) if type(value) is str else value for value in record)
    return spelled._replace(rules=tuple(rule.replace("\0", _NUL) for rule in record.rules))


def _row(entry: Entry) -> dict[str, str | int]:
    fields = values_of(entry.record) if entry.record is not None else ()
    return dict(zip(COLUMNS, (*entry[:3], entry.hash, *fields), strict=True))
