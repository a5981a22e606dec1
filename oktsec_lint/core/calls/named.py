"""Entries of the configuration by the tool they are about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from oktsec_lint.core.access import names_of

from .spelling import folded

T = TypeVar("T")


class ByTool(Generic[T]):
    """Finds the entries for a tool: those that name it exactly or, when none does, those that name it in another
    spelling. `PAY` shares the limits of `pay` unless it has its own."""

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        self._exact: dict[str, list[T]] = {}
        self._folded: dict[str, list[T]] = {}
        for name, entry in entries:
            self._exact.setdefault(name, []).append(entry)
            self._folded.setdefault(folded(name), []).append(entry)

    def of(self, server: str, tool: str) -> tuple[T, ...]:
        """In the order of the tool's names, then of the configuration."""
        if not self._exact:
            return ()
        names = dict.fromkeys(names_of(server, tool))
        exact = [entry for name in names for entry in self._exact.get(name, ())]
        if exact:
            return tuple(exact)
        return tuple(entry for name in dict.fromkeys(map(folded, names)) for entry in self._folded.get(name, ()))
