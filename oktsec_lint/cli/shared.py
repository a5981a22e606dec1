"""Where a configuration wants the journal, and what else several gateways share, to be kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.model import JsonValue
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.core.variables import Expansion
from oktsec_lint.runtime.addresses import Database, Server
from oktsec_lint.sources import LoadedConfig


class Shared(NamedTuple):
    """Where things are kept."""

    journal: Path | Database | None = None
    """With the held calls; None is the usual file."""
    redis: Server | None = None


def shared(opened: LoadedConfig | None, journal: Path | None, environ: Mapping[str, str]) -> Shared:
    """What the configuration says; the file that the command line names comes before its database.

    Raises SourceError for a database or a server without an address.
    """
    if opened is None:
        return Shared(journal)
    return Shared(journal or database(opened, environ), server(opened, environ))


def found(journal: Path | None, config: str | None) -> Shared:
    """The same by the configuration that is named, or found as `run` finds it. Raises OktsecError."""
    from .audit import config_path, open_config, request_of

    request = request_of((), config, (), offline=True, timeout=1.0, jobs=1)
    opened = open_config(request) if config or config_path(request) is not None else None
    return shared(opened, journal, request.environ)


def database(opened: LoadedConfig, environ: Mapping[str, str]) -> Database | None:
    """`db_dsn`, where `db_backend` is PostgreSQL. Raises SourceError when it is missing."""
    if opened.config.settings.get("db_backend") not in {"postgres", "postgresql"}:
        return None
    return Database(*_address(opened, "/db_backend", "/db_dsn", opened.config.settings.get("db_dsn"), environ))


def server(opened: LoadedConfig, environ: Mapping[str, str]) -> Server | None:
    """`rate_limit.redis_url`, where `rate_limit.backend` is Redis. Raises SourceError when it is missing."""
    section = opened.config.settings.get("rate_limit")
    if not isinstance(section, dict) or section.get("backend") != "redis":
        return None
    return Server(*_address(opened, "/rate_limit/backend", "/rate_limit/redis_url", section.get("redis_url"), environ))


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
