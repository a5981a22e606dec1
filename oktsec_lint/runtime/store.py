"""The journal as a file: SQLite in WAL mode, which several processes may write.

`docs/journal.md` describes the schema.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from oktsec_lint.core.errors import JournalError
from oktsec_lint.core.record import VERSION, Record
from oktsec_lint.core.values import NamedTuple

from .reading import Row

COLUMNS = ("writer", "sequence", "previous", "hash", *Record._fields)
"""Of an entry, in every store."""
APPLICATION = 0x6F6B746A
"""`oktj`: marks the file as a journal, in the header where SQLite has a place for it."""


class Made(NamedTuple):
    """What a file is made as, so that nothing else is taken for it."""

    what: str
    """The word for it in what people are told."""
    application: int
    version: int


JOURNAL = Made("journal", APPLICATION, VERSION)
_PAGES = 4096
"""Of the write-ahead log, before they are copied into the database: 16 MB. Copying waits for the disk, so seldom."""
_CACHED = 256
"""KiB of pages that a writer keeps in memory: it only ever adds to the end."""
_INTEGER = frozenset({"latency_us"})
_FIELDS = ", ".join(f"{name} {'INTEGER' if name in _INTEGER else 'TEXT'} NOT NULL" for name in Record._fields)
_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS entries (
  position INTEGER PRIMARY KEY, writer TEXT NOT NULL, sequence INTEGER NOT NULL, previous TEXT NOT NULL,
  hash TEXT NOT NULL, {_FIELDS}, UNIQUE (writer, sequence));
CREATE TABLE IF NOT EXISTS writers (
  writer TEXT PRIMARY KEY, sequence INTEGER NOT NULL, hash TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS checkpoints (
  writer TEXT NOT NULL, sequence INTEGER NOT NULL, hash TEXT NOT NULL, time TEXT NOT NULL, key TEXT NOT NULL,
  signature TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS head AFTER INSERT ON entries BEGIN
  UPDATE writers SET sequence = new.sequence, hash = new.hash WHERE writer = new.writer;
END;
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
COMMIT;
"""  # noqa: S608 - made of the names of our own fields


def default_path() -> Path:
    """`$XDG_STATE_HOME/oktsec-lint/journal.db`; a relative value of the variable counts as none, as XDG wants it.

    Raises JournalError for a user without a home.
    """
    state = Path(os.environ.get("XDG_STATE_HOME", ""))
    try:
        base = state if state.is_absolute() else Path.home() / ".local" / "state"
    except RuntimeError:
        raise JournalError("there is no home directory to keep the journal in", hint="name a file: --journal") from None
    return base / "oktsec-lint" / "journal.db"


def writable(path: Path, *, patience: float, quota: int) -> sqlite3.Connection:
    """The journal to write, made when there is none: the file for its owner only, as the directories on the way.

    `patience` is in seconds: how long to wait while somebody else writes. `quota` is in bytes, 0 for no limit.
    Raises JournalError.
    """
    with telling(path):
        make_private(path)
        connection = sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)
        try:
            recognise(connection, path, new=True)
            share(connection, path, patience)
            _prepare(connection, quota)
        except BaseException:
            connection.close()
            raise
        return connection


@contextmanager
def file_reading(path: Path) -> Iterator[FileReading]:
    """The journal to read, while others write or from a medium that cannot be written. Raises JournalError."""
    if not path.is_file():
        raise JournalError("there is no journal here", path=str(path))
    with telling(path):
        alone = not os.access(path.parent, os.W_OK) and not path.with_name(f"{path.name}-wal").exists()
        uri = f"{path.absolute().as_uri()}?{'immutable=1' if alone else 'mode=ro'}"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None)
    with closing(connection):
        connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
        with telling(path):
            recognise(connection, path, new=False)
        yield FileReading(path, connection)


class FileReading:
    """The `Reading` of a file."""

    prefix = ""
    find = "instr"

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection

    def rows(self, query: str, values: Sequence[str] = ()) -> Iterator[Row]:
        with telling(self._path):
            yield from self._connection.execute(query, values)

    @contextmanager
    def moment(self) -> Iterator[None]:
        with telling(self._path):
            self._connection.execute("BEGIN")
        try:
            yield
        finally:
            self._connection.execute("ROLLBACK")


@contextmanager
def telling(path: Path, made: Made = JOURNAL) -> Iterator[None]:
    """What SQLite and the system complain about, as a JournalError."""
    try:
        yield
    except sqlite3.Error as error:
        raise failure(error, path, made) from None
    except OSError as error:
        raise JournalError((error.strerror or str(error)).lower(), path=str(path)) from None


def failure(error: sqlite3.Error, path: Path, made: Made = JOURNAL) -> JournalError:
    """What went wrong, for people. SQLite's extended codes begin with the name of the plain one."""
    name = getattr(error, "sqlite_errorname", None) or ""
    said = next((text for code, text in _SAID.items() if name.startswith(code)), str(error))
    return JournalError(said.replace("journal", made.what), path=str(path))


_GLANCE = 0.02
"""Seconds until a file that somebody else is just making is looked at again."""
_SAID = {
    "SQLITE_BUSY": "the journal is locked by another process",
    "SQLITE_LOCKED": "the journal is locked by another process",
    "SQLITE_FULL": "the journal cannot grow: the disk or its quota is full",
    "SQLITE_READONLY": "the journal cannot be written: it is read-only",
    "SQLITE_CANTOPEN": "the journal cannot be opened",
    "SQLITE_PERM": "the journal cannot be opened: permission denied",
    "SQLITE_CORRUPT": "the journal is damaged",
    "SQLITE_NOTADB": "this is no journal",
    "SQLITE_IOERR": "the journal cannot be read or written: the disk fails or is full",
    "SQLITE_CONSTRAINT": "another process writes under this writer's name",
}


def make_private(path: Path) -> None:
    """The file for its owner only, when there is none, as the directories on the way. Raises OSError."""
    for folder in reversed([folder for folder in path.parents if not folder.exists()]):
        folder.mkdir(mode=0o700, exist_ok=True)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | getattr(os, "O_NOFOLLOW", 0), 0o600))


def recognise(connection: sqlite3.Connection, path: Path, made: Made = JOURNAL, *, new: bool) -> None:
    """Raises JournalError unless the file is what it is made as or, with `new`, holds nothing yet."""
    # Another process may be making it just now: whoever sees its tables has to see its name as well.
    ((tables,),) = connection.execute("SELECT count(*) FROM sqlite_master")
    ((application,),) = connection.execute("PRAGMA application_id")
    ((version,),) = connection.execute("PRAGMA user_version")
    if application != made.application and (application or tables or not new):
        raise JournalError(f"this is no {made.what}", path=str(path))
    if version > made.version:
        raise JournalError(f"a newer oktsec-lint wrote this {made.what}", path=str(path), hint="install that one")


def share(connection: sqlite3.Connection, path: Path, patience: float, made: Made = JOURNAL) -> None:
    """Lets several processes use the file, also when all of them find it new: for this alone SQLite does not wait.

    Raises JournalError and sqlite3.Error.
    """
    until = time.monotonic() + patience
    while True:
        try:
            ((mode,),) = connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(_GLANCE)
            continue
        if mode != "wal":
            raise JournalError(f"the {made.what} cannot be shared on this file system", path=str(path))
        return


def _prepare(connection: sqlite3.Connection, quota: int) -> None:
    """NORMAL: a killed process loses nothing, because the system holds what was written; a power cut may cost the last
    records, never the file."""
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_PAGES}")
    connection.execute(f"PRAGMA cache_size = {-_CACHED}")
    if quota:
        ((size,),) = connection.execute("PRAGMA page_size")
        connection.execute(f"PRAGMA max_page_count = {max(1, quota // size)}")
    ((application,),) = connection.execute("PRAGMA application_id")
    if application != APPLICATION:
        connection.executescript(_SCHEMA)
