"""The doors to what several gateways share. What they need is imported when they are opened, and said when missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from oktsec_lint.core.errors import JournalError

from .addresses import Database
from .journal import Journal

if TYPE_CHECKING:
    from .postgres.journal import PostgresJournal
    from .postgres.reading import DatabaseReading

AnyJournal: TypeAlias = "Journal | PostgresJournal"
"""`append`, `appended`, `head` and `close` mean the same for both."""


def open_journal(place: Path | Database | None, *, key: Path | None = None) -> AnyJournal:
    """The journal in a file (`store.default_path` for None) or a database, for a new writer. Raises JournalError."""
    if not isinstance(place, Database):
        return Journal.open(place, key=key)
    with _needing("psycopg", "postgres", place):
        from .postgres.journal import PostgresJournal
    return PostgresJournal.open(place, key=key)


def shared_reading(place: Database) -> AbstractContextManager[DatabaseReading]:
    """The journal in a database, to be read. Raises JournalError."""
    with _needing("psycopg", "postgres", place):
        from .postgres.reading import database_reading
    return database_reading(place)


@contextmanager
def _needing(package: str, extra: str, place: Database) -> Iterator[None]:
    try:
        yield
    except ImportError:
        hint = f'pip install "oktsec-lint[{extra}]"'
        raise JournalError(f"this needs the package `{package}`", path=place.path, line=place.line, hint=hint) from None
