"""Where held calls are kept: what every store of them does, whichever database it is.

`holding` says how a gate uses one: only who takes an approval may make the call.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Protocol

from oktsec_lint.core.held import Binding, HeldCall, State, Step
from oktsec_lint.core.values import NamedTuple

MOST_OPEN = 1000
"""Calls of one agent that are pending or approved at once: nobody looks at more, and an agent could fill the disk."""


def new_id() -> str:
    """An id for a held call, which no other one has."""
    return secrets.token_hex(6)


class Decided(NamedTuple):
    """What came of a decision."""

    call: HeldCall | None
    """As it stands now; None when there is none of that id."""
    changed: bool
    """Whether this decision made it so. Of two that decide at once, one is told False."""


class Quarantine(Protocol):
    """A store that several processes share. Each method is one transaction and may raise JournalError. `now` is in
    seconds since 1970; what has expired by then is given as expired, whether that was written down or not."""

    def add(self, call: HeldCall) -> HeldCall | None:
        """Keeps a pending call, as of its own `time`. Where one of the same binding is open already, that one is
        returned instead: it may even be approved by now. None when the agent has `MOST_OPEN` open already."""

    def get(self, call_id: str, now: float) -> HeldCall | None:
        """The call as it stands."""

    def calls(self, now: float, state: State | None = None) -> list[HeldCall]:
        """All of them, or those in one state, as they stand, oldest first."""

    def decide(
        self, call_id: str, step: Step, now: float, by: str, why: str, record: Callable[[HeldCall], object]
    ) -> Decided:
        """Approves or rejects. `record` is called with what the call will be, if it changes, before anybody else can
        see that; when it raises, nothing is decided."""

    def take(self, binding: Binding, now: float) -> HeldCall | None:
        """Uses up the approval for such a call; None when there is none. Given to one of all who ask."""

    def purge(self, before: float, archive: Callable[[list[HeldCall]], None] | None) -> int:
        """Removes what ended before that time, after `archive` has returned; how many. When `archive` raises, nothing
        is removed."""

    def close(self) -> None:
        """Lets go of the store; a second call does nothing."""
