"""Where a configuration wants the journal, and what else several gateways share, to be kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.model import JsonValue
from oktsec_lint.core.variables import Expansion
from oktsec_lint.runtime.addresses import Database
from oktsec_lint.sources import LoadedConfig


def journal_place(
    opened: LoadedConfig | None, named: Path | None, environ: Mapping[str, str]
) -> Path | Database | None:
    """The file that the command line names, else the database that the configuration does; None for the usual file.

    Raises SourceError for a database without an address.
    """
    if named is not None or opened is None:
        return named
    return database(opened, environ)


def database(opened: LoadedConfig, environ: Mapping[str, str]) -> Database | None:
    """`db_dsn`, where `db_backend` is PostgreSQL. Raises SourceError when it is missing."""
    if opened.config.settings.get("db_backend") not in {"postgres", "postgresql"}:
        return None
    return Database(*_address(opened, "/db_backend", "/db_dsn", opened.config.settings.get("db_dsn"), environ))


def _address(
    opened: LoadedConfig, asks: str, pointer: str, written: JsonValue, environ: Mapping[str, str]
) -> tuple[str, str, int]:
    """An address with its variables put in, and the file and line of it. Raises SourceError when there is none."""
    given = isinstance(written, str) and written != ""
    where = opened.document.locate(pointer if given else asks)
    if not given:
        missing = pointer.rpartition("/")[2]
        raise SourceError(f"`{missing}` is missing", path=where.path, line=where.line, column=where.column)
    expand = Expansion(environ)
    address = expand(str(written))
    if expand.trouble:
        raise SourceError(expand.trouble, path=where.path, line=where.line, column=where.column)
    return address, where.path, where.line
