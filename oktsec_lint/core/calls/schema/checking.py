"""One pass over one value: what it may cost, what it could not find out, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeAlias

from oktsec_lint.core.model import JsonValue

STEPS = 1_000_000
"""Most work for one value, in members and items looked at: less than a second. A schema with schemas in it counts as
several steps, a pattern too, and a text once more for every `TEXT` characters of it."""
SEVERAL = 8
TEXT = 64
DEPTH = 128
"""Schemas that may be open at once, references included. Each takes up to five frames of the interpreter's thousand."""


class TooComplexError(Exception):
    """The budget is used up. Leaves no further than `Schema.violation`."""


class Fault:
    """Something that a schema does not allow."""

    __slots__ = ("path", "said", "typed")

    def __init__(self, said: str, *, typed: bool = False) -> None:
        self.said = said
        """A clause about the value; holds names from the schema and nothing of the value."""
        self.path: list[str | int] = []
        """Where the value stands, last step first."""
        self.typed = typed
        """Whether the value is of another type altogether."""

    def under(self, token: str | int) -> Fault:
        """The fault as whoever holds the value at `token` reports it."""
        self.path.append(token)
        return self


class Run:
    """The budget and the doubts of one pass."""

    __slots__ = ("_depth", "_left", "unsure")

    def __init__(self) -> None:
        self._depth = DEPTH
        self._left = STEPS
        self.unsure = False
        """Whether something was met that could not be checked: no fault then means that none is known."""

    def spend(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise TooComplexError

    def enter(self) -> None:
        """One schema inside of another begins."""
        self._depth -= 1
        self._left -= SEVERAL
        if self._depth < 0 or self._left < 0:
            raise TooComplexError

    def leave(self) -> None:
        self._depth += 1

    def tried(self, check: Check, value: JsonValue) -> tuple[Fault | None, bool]:
        """What a check finds, and whether that is certain. Its doubts do not become those of the pass."""
        before, self.unsure = self.unsure, False
        fault = check(value, self)
        certain, self.unsure = fault is not None or not self.unsure, before
        return fault, certain


Check: TypeAlias = Callable[[JsonValue, Run], "Fault | None"]
"""A compiled schema, or one keyword of it. Keywords are only asked about values of the types they are about."""


def anything(_value: JsonValue, _run: Run) -> None:
    """Allows every value."""


def nothing(_value: JsonValue, _run: Run) -> Fault:
    """Allows no value."""
    return Fault("nothing may stand here")


def unchecked(_value: JsonValue, run: Run) -> None:
    """Stands for what cannot be checked."""
    run.unsure = True


def too_deep(_value: JsonValue, _run: Run) -> NoReturn:
    """Stands for a schema that is nested too deep to be compiled."""
    raise TooComplexError
