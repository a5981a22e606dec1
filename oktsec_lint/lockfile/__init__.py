"""`oktsec.lock` between its file and its value. `docs/lock.md` is the specification of the format."""

from __future__ import annotations

from .launches import identity
from .reading import is_day, read
from .rendering import render
from .storage import exchange, put, stored, write

__all__ = ["exchange", "identity", "is_day", "put", "read", "render", "stored", "write"]
