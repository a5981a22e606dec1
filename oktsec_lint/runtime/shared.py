"""The doors to what several gateways share. What they need is imported when they are opened, and said when missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from oktsec_lint.core.calls import Books, CallPolicy
from oktsec_lint.core.errors import JournalError

from .addresses import Database, Server
from .journal import Journal
from .quarantine import Quarantine

if TYPE_CHECKING:
    from .bell import Bell
    from .postgres.journal import PostgresJournal
    from .postgres.reading import DatabaseReading
    from .redis.books import RedisBooks
    from .redis.channel import Channel

AnyJournal: TypeAlias = "Journal | PostgresJournal"
"""`append`, `appended`, `head` and `close` mean the same for both."""
AnyBooks: TypeAlias = "Books | RedisBooks"
"""`admit`, `end` and `close` mean the same for both."""


def open_journal(place: Path | Database | None, *, key: Path | None = None) -> AnyJournal:
    """The journal in a file (`store.default_path` for None) or a database, for a new writer. Raises JournalError."""
    if not isinstance(place, Database):
        return Journal.open(place, key=key)
    with _needing("psycopg", "postgres", place):
        from .postgres.journal import PostgresJournal
    return PostgresJournal.open(place, key=key)


def open_quarantine(place: Path | Database | None) -> Quarantine:
    """The held calls of the gates that write a journal, in a file beside it or in its database. Raises JournalError."""
    if not isinstance(place, Database):
        from .quarantine_file import QuarantineFile, beside

        return QuarantineFile.open(beside(place))
    with _needing("psycopg", "postgres", place):
        from .postgres.quarantine import DatabaseQuarantine
    return DatabaseQuarantine.open(place)


def open_books(policy: CallPolicy, server: Server | None, *, enforce: bool, say: Callable[[str], None]) -> AnyBooks:
    """The books in Redis, or in this process without one. `say` is told when Redis cannot be asked, and when it can
    again. Raises JournalError and, for an address that is none, SourceError."""
    if server is None:
        return Books(policy)
    with _needing("redis", "redis", server):
        from .redis.books import RedisBooks
    return RedisBooks(policy, server, enforce=enforce, say=say)


def open_bell(server: Server | None) -> Bell:
    """What a gateway waits for decisions with. Raises as `open_books`."""
    from .bell import Bell

    return Bell(open_channel(server))


def open_channel(server: Server | None) -> Channel | None:
    """Where gateways tell each other of decisions; None without Redis. Raises as `open_books`."""
    if server is None:
        return None
    with _needing("redis", "redis", server):
        from .redis.channel import Channel
    return Channel(server)


def shared_reading(place: Database) -> AbstractContextManager[DatabaseReading]:
    """The journal in a database, to be read. Raises JournalError."""
    with _needing("psycopg", "postgres", place):
        from .postgres.reading import database_reading
    return database_reading(place)


@contextmanager
def _needing(package: str, extra: str, place: Database | Server) -> Iterator[None]:
    try:
        yield
    except ImportError:
        hint = f'pip install "oktsec-lint[{extra}]"'
        raise JournalError(f"this needs the package `{package}`", path=place.path, line=place.line, hint=hint) from None
