"""Connections to the database of `db_dsn`, and what goes wrong with them in words that give no credential away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import conninfo

from oktsec_lint.core.errors import JournalError
from oktsec_lint.runtime.addresses import Database

_PATIENCE = "2"
"""Seconds to wait for a host, the least that libpq takes."""
_USUAL = {
    "connect_timeout": _PATIENCE,
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "5000",
    "application_name": "oktsec-lint",
}
"""What a DSN that does not say gets: a host that is gone is noticed within seconds, and an idle connection too."""


def connect(database: Database, *, writes: bool) -> psycopg.Connection:
    """A connection that commits every statement by itself. Who `writes` gets no standby. Raises JournalError."""
    with telling(database):
        given = {**_USUAL, **conninfo.conninfo_to_dict(database.dsn), "client_encoding": "utf8"}
        if writes:
            given.setdefault("target_session_attrs", "read-write")
        connection = psycopg.connect(conninfo.make_conninfo("", **given), autocommit=True)
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        connection.close()
        said = f"the database keeps texts as {encoding}, not as UTF8"
        raise JournalError(said, path=database.path, line=database.line)
    return connection


@contextmanager
def telling(database: Database) -> Iterator[None]:
    """What psycopg complains about, as a JournalError."""
    try:
        yield
    except (psycopg.DataError, UnicodeEncodeError):
        said = "a name holds a character that PostgreSQL cannot keep"
        raise JournalError(said, path=database.path, line=database.line) from None
    except psycopg.Error as error:
        raise failure(error, database) from None


def failure(error: psycopg.Error, database: Database) -> JournalError:
    """What went wrong, for people. Never the library's own text: it repeats pieces of a DSN that it misread."""
    state, text = error.sqlstate or "", str(error)
    if isinstance(error, psycopg.ProgrammingError) and not state:
        said = "`db_dsn` is no PostgreSQL connection string"
        return JournalError(said, path=database.path, line=database.line, hint=_FORM)
    said = next((said for prefix, said in _BY_STATE.items() if state.startswith(prefix)), "") if state else ""
    said = said or next((said for part, said in _BY_TEXT.items() if part in text), "")
    coded = f"the database refused (SQLSTATE {state})" if state else "the database cannot be reached"
    return JournalError(said or coded, path=database.path, line=database.line)


_FORM = "postgresql://user@host/name; a password belongs into `${VAR}` or ~/.pgpass"
_BY_STATE = {
    "53100": "the database cannot grow: its disk is full",
    "53300": "the database takes no more connections",
    "53": "the database has too little room or memory",
    "57": "the database is shutting down",
    "25006": "the database is read-only: this is a standby",
    "42501": "the database does not allow this: grant the rights in docs/scale.md",
    "42P01": "this database holds no journal",
    "3F000": "this database holds no journal",
    "3D000": "there is no database of this name",
    "28": "the database does not accept this user or password",
    "40": "the database was too busy",
    "23": "another process writes under this writer's name",
}
_BY_TEXT = {
    "authentication failed": "the database does not accept this user or password",
    "no password supplied": "the database wants a password",
    "does not exist": "there is no database or user of this name",
    "session is read-only": "the database is read-only: this is a standby",
    "certificate": "the database's certificate cannot be verified",
    "SSL": "the database and `db_dsn` do not agree about TLS",
    "translate host name": "the name of the database's host is not known",
    "resolve host": "the name of the database's host is not known",
    "refused": "nothing listens where the database should be",
    "No such file": "nothing listens where the database should be",
    "timeout": "the database does not answer",
}
"""What libpq says without a code, when there is no session yet."""
