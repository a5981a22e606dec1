"""A journal that is open for reading, whatever keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

Row: TypeAlias = tuple[object, ...]


class Reading(Protocol):
    """Answers queries in the SQL that the stores have in common, with `?` for values."""

    prefix: str
    """What comes before the name of a table."""
    find: str
    """The function that finds one text in another, counting from 1."""

    def rows(self, query: str, values: Sequence[str] = ()) -> Iterable[Row]:
        """The rows, as they come. Raises JournalError, also while they are taken."""

    def moment(self) -> AbstractContextManager[None]:
        """While it lasts, every query sees the journal as it was at its beginning."""
