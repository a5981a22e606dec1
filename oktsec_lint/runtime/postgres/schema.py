"""The journal's tables in PostgreSQL: those of the file in `runtime.store`, in a schema of their own.

Every text has the collation `C`, so that times compare as they are written.
"""

from __future__ import annotations

import psycopg

from oktsec_lint.core.errors import JournalError
from oktsec_lint.core.record import VERSION, Record
from oktsec_lint.runtime.addresses import Database

from .sessions import telling

SCHEMA = "oktsec_lint"
_LOCK = 0x6F6B746A
"""Of those who make the tables at the same time, all but one wait."""
TEXT = 'TEXT COLLATE "C" NOT NULL'
_FIELDS = ", ".join(f"{name} {'BIGINT NOT NULL' if name == 'latency_us' else TEXT}" for name in Record._fields)
_TABLES = f"""
CREATE TABLE {SCHEMA}.entries (
  position BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, writer {TEXT}, sequence BIGINT NOT NULL,
  previous {TEXT}, hash {TEXT}, {_FIELDS}, UNIQUE (writer, sequence));
CREATE TABLE {SCHEMA}.writers (
  writer TEXT COLLATE "C" PRIMARY KEY, sequence BIGINT NOT NULL, hash {TEXT}) WITH (fillfactor = 50);
CREATE TABLE {SCHEMA}.checkpoints (
  rowid BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, writer {TEXT}, sequence BIGINT NOT NULL, hash {TEXT},
  time {TEXT}, key {TEXT}, signature {TEXT});
CREATE TABLE {SCHEMA}.journal (version INTEGER NOT NULL);
INSERT INTO {SCHEMA}.journal VALUES ({VERSION});
"""  # noqa: S608 - made of the names of our own fields


def prepare(connection: psycopg.Connection, database: Database, table: str, tables: str) -> None:
    """Makes `tables` unless there is a `table`. Raises JournalError."""
    with telling(database):
        if _exists(connection, table):
            return
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            if not _exists(connection, table):
                if not _has_schema(connection):
                    connection.execute(f"CREATE SCHEMA {SCHEMA}")
                connection.execute(tables.encode())


def prepare_journal(connection: psycopg.Connection, database: Database) -> None:
    """The journal's tables, made when there are none. Raises JournalError."""
    prepare(connection, database, "journal", _TABLES)
    recognise(connection, database)


def recognise(connection: psycopg.Connection, database: Database) -> None:
    """Raises JournalError unless there is a journal that this version can read."""
    with telling(database):
        row = connection.execute(f"SELECT max(version) FROM {SCHEMA}.journal").fetchone()  # noqa: S608
    version = row[0] if row else None
    if not isinstance(version, int) or version > VERSION:
        hint = "install that one"
        raise JournalError("a newer oktsec-lint wrote this journal", path=database.path, line=database.line, hint=hint)


def _has_schema(connection: psycopg.Connection) -> bool:
    """Whether somebody made it before us, who may be somebody that may and we may not."""
    asked = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = %s"
    return connection.execute(asked, (SCHEMA,)).fetchone() is not None


def _exists(connection: psycopg.Connection, table: str) -> bool:
    # `to_regclass` may answer from what this session had cached before it waited for the lock.
    asked = "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = %s AND tablename = %s"
    return connection.execute(asked, (SCHEMA, table)).fetchone() is not None
