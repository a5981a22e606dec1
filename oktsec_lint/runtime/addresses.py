"""Where what several gateways share is kept, as values: nothing is imported for them."""

from __future__ import annotations

from oktsec_lint.core.values import NamedTuple


class Database(NamedTuple):
    """A PostgreSQL database, and the line of the configuration that names it."""

    dsn: str
    """With its variables put in: it may hold a password and is never shown."""
    path: str = ""
    line: int = 0
    """1-based; 0 when no file names it."""

    def __repr__(self) -> str:
        return f"Database({self.path}:{self.line})"


class Server(NamedTuple):
    """A Redis server, and the line of the configuration that names it."""

    url: str
    """With its variables put in: it may hold a password and is never shown."""
    path: str = ""
    line: int = 0
    """1-based; 0 when no file names it."""

    def __repr__(self) -> str:
        return f"Server({self.path}:{self.line})"
