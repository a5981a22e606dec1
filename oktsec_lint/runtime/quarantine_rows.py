"""Held calls as rows of a table: what every store of them does, in the SQL that the stores have in common."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from oktsec_lint.core.errors import JournalError
from oktsec_lint.core.held import OPEN, Binding, HeldCall, State, Step, current, stepped

from .quarantine import MOST_OPEN, Decided
from .reading import Row

REAL = frozenset({"time", "expires", "decided_at"})
"""Columns that are numbers; the others are texts."""
_COLUMNS = ", ".join(HeldCall._fields)
_IS_OPEN = f"state IN ({', '.join(map(repr, map(str, OPEN)))})"
INDEX = f"({', '.join(Binding._fields)}) WHERE {_IS_OPEN}"
"""What is unique: of one binding, one call is open."""
_BOUND = " AND ".join(f"{name} = ?" for name in Binding._fields)
_ANEW = ", ".join(f"{name} = excluded.{name}" for name in HeldCall._fields if name != "id")


class QuarantineRows(ABC):
    """A `Quarantine` in a table `calls`, which `?` stands for values in."""

    prefix = ""
    """What comes before the name of the table."""

    def __init__(self) -> None:
        self._turn = threading.Lock()

    @abstractmethod
    def _changing(self) -> AbstractContextManager[None]:
        """One transaction, which nothing of another process comes between."""

    @abstractmethod
    def _looking(self) -> AbstractContextManager[None]:
        """While something is read."""

    @abstractmethod
    def _rows(self, query: str, *values: str | float) -> list[Row]:
        """What a query gives; nothing for a change."""

    @abstractmethod
    def _damaged(self, what: str) -> JournalError:
        """An error that names the store."""

    def add(self, call: HeldCall) -> HeldCall | None:
        with self._changing():
            there = self._open(call.binding, call.time)
            if there is not None:
                return there
            among = f"SELECT count(*) FROM {self.prefix}calls WHERE agent = ? AND expires > ? AND {_IS_OPEN}"  # noqa: S608
            ((number,),) = self._rows(among, call.agent, call.time)
            if not isinstance(number, int) or number >= MOST_OPEN:
                return None
            self._insert(call)
            return call

    def get(self, call_id: str, now: float) -> HeldCall | None:
        with self._looking():
            return next(self._read("WHERE id = ?", call_id, now=now), None)

    def calls(self, now: float, state: State | None = None) -> list[HeldCall]:
        stored = [*State] if state is None else [state, *OPEN] if state is State.EXPIRED else [state]
        where = f"WHERE state IN ({', '.join('?' * len(stored))}) ORDER BY time, id"
        with self._looking():
            found = [*self._read(where, *stored, now=now)]
        return [call for call in found if state in {None, call.state}]

    def decide(
        self, call_id: str, step: Step, now: float, by: str, why: str, record: Callable[[HeldCall], object]
    ) -> Decided:
        with self._changing():
            call = next(self._read("WHERE id = ?", call_id, now=now), None)
            after = None if call is None else stepped(call, step, now, by, why)
            if after is None:
                return Decided(call, changed=False)
            self._write(after)
            record(after)
            return Decided(after, changed=True)

    def take(self, binding: Binding, now: float) -> HeldCall | None:
        with self._changing():
            call = self._open(binding, now)
            used = None if call is None else stepped(call, Step.USE, now)
            if used is not None:
                self._write(used)
            return used

    def purge(self, before: float, archive: Callable[[list[HeldCall]], None] | None) -> int:
        with self._changing():
            where = "WHERE expires < ? OR decided_at BETWEEN 1 AND ? ORDER BY time, id"
            found = self._read(where, before, before, now=before)
            over = [call for call in found if call.state not in OPEN and call.decided_at < before]
            if archive is not None and over:
                archive(over)
            for call in over:
                self._rows(f"DELETE FROM {self.prefix}calls WHERE id = ?", call.id)  # noqa: S608
            return len(over)

    def _open(self, binding: Binding, now: float) -> HeldCall | None:
        """The open call of a binding; one that has expired is written down as that."""
        for call in self._read(f"WHERE {_BOUND} AND {_IS_OPEN}", *binding, now=now):
            if call.state in OPEN:
                return call
            self._write(call)
        return None

    def _read(self, where: str, *values: str | float, now: float) -> Iterator[HeldCall]:
        """Calls as they stand."""
        rows = self._rows(f"SELECT {_COLUMNS} FROM {self.prefix}calls {where}", *values)  # noqa: S608
        return (current(self._call(row), now) for row in rows)

    def _write(self, call: HeldCall) -> None:
        self._insert(call, f"ON CONFLICT (id) DO UPDATE SET {_ANEW}")

    def _insert(self, call: HeldCall, otherwise: str = "") -> None:
        places = ", ".join("?" * len(call))
        into = f"INSERT INTO {self.prefix}calls ({_COLUMNS}) VALUES ({places}) {otherwise}"  # noqa: S608
        self._rows(into, *call)

    def _call(self, row: Row) -> HeldCall:
        call = HeldCall._make(row)
        try:
            return call._replace(state=State(call.state))
        except ValueError:
            raise self._damaged("a held call is damaged: its state is none") from None
