"""The journal as a gate writes it: a record is in the file, sealed, before `append` returns."""

from __future__ import annotations

import secrets
import sqlite3
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from oktsec_lint.core.chain import Head
from oktsec_lint.core.errors import JournalError
from oktsec_lint.core.record import Record, genesis, next_entry, values_of

from .signing import Checkpoint, Signer, signer
from .store import COLUMNS, default_path, failure, telling, writable

_INSERT = f"INSERT INTO entries ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
_HASTE = 0.05
"""Seconds to wait for a lock that was not released in time before: whoever holds it may hold it for ever."""


def utc(seconds: float | None = None) -> str:
    """A time as records write it: now, or so many seconds after 1970."""
    moment = datetime.now(UTC) if seconds is None else datetime.fromtimestamp(seconds, UTC)
    return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


class Journal:
    """One writer's door to the journal. Several threads may use one; processes open one each, also after a fork."""

    shares = False
    """Whether records that are appended at once cost less each, and so are worth waiting for together."""

    def __init__(
        self, path: Path, connection: sqlite3.Connection, signer: Signer | None, every: int, patience: float
    ) -> None:
        self.path = path
        self.writer = secrets.token_hex(8)
        self._connection = connection
        self._signer = signer
        self._every = every
        self._sequence = 0
        self._hash = genesis(self.writer)
        self._signed = -1
        """The sequence of the newest checkpoint."""
        self._patience = self._waits = patience
        self._turn = threading.Lock()

    @classmethod
    def open(
        cls,
        path: Path | None = None,
        *,
        key: Path | None = None,
        every: int = 1000,
        patience: float = 2.0,
        quota: int = 0,
    ) -> Self:
        """The journal at `path` (`store.default_path` for None), made when there is none, for a new writer.

        `key` is a file with an Ed25519 private key: then a checkpoint is signed now, after `every` records, and at
        `close`. `patience` is how many seconds to wait for another process; `quota` the size in bytes that the file
        must not exceed, 0 for none. After a record was refused, the next ones are not waited for until one is written.
        Raises JournalError.
        """
        path = path or default_path()
        signs = signer(key) if key else None
        journal = cls(path, writable(path, patience=patience, quota=quota), signs, every, patience)
        try:
            journal._begin()
        except JournalError:
            journal._connection.close()
            raise
        return journal

    def append(self, record: Record) -> str:
        """Record a decision; returns the entry's id, `<writer>-<sequence>`.

        Once it has returned, the record survives the death of this process. Raises JournalError when nothing was
        recorded; the next call tries again under the same number.
        """
        with self._turn:
            entry = next_entry(self.writer, self._sequence + 1, self._hash, record)
            values = (*entry[:3], entry.hash, *values_of(entry.record or record))
            try:
                self._connection.execute(_INSERT, values)
            except sqlite3.Error as error:
                self._wait(min(_HASTE, self._patience))
                raise failure(error, self.path) from None
            self._wait(self._patience)
            self._sequence, self._hash = entry.sequence, entry.hash
            if self._signer and entry.sequence % self._every == 0:
                self._checkpoint()
            return entry.id

    async def appended(self, record: Record) -> str:
        """`append` for a coroutine. It is made to wait as everybody is: a file takes a record in microseconds."""
        return self.append(record)

    def head(self) -> Head:
        """The newest entry of this writer. Whoever keeps it elsewhere can tell when the file was cut back."""
        return Head(self.writer, self._sequence, self._hash)

    def close(self) -> None:
        """Sign what is not signed yet and let go of the file. Raises JournalError; a second call does nothing."""
        with self._turn:
            try:
                if self._sequence > self._signed >= 0:
                    self._checkpoint()
            finally:
                self._signed = -1
                self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _wait(self, seconds: float) -> None:
        """From now on, so long for another process."""
        if seconds != self._waits:
            with suppress(sqlite3.Error):
                self._connection.execute(f"PRAGMA busy_timeout = {seconds * 1000:.0f}")
                self._waits = seconds

    def _begin(self) -> None:
        with telling(self.path):
            self._connection.execute("INSERT INTO writers VALUES (?, ?, ?)", self.head())
        self._checkpoint()

    def _checkpoint(self) -> None:
        if self._signer is None:
            return
        signed: Checkpoint = self._signer.checkpoint(self.head(), utc())
        with telling(self.path):
            self._connection.execute("INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?, ?)", (*signed.head, *signed[1:]))
        self._signed = self._sequence
