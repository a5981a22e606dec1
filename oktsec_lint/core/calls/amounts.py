"""How much money a call moves: the amounts in its arguments, exactly.

Amounts are whole billionths (`UNIT`), because a sum of doubles drifts. A number that two readers could read differently
is no amount: `1e9`, `1.000,00`, `0x10`, `-5`, ` 5`, an object. Under a limit it is refused instead of guessed.
"""

from __future__ import annotations

from oktsec_lint.core.model import JsonValue, pointer_to
from oktsec_lint.core.values import NamedTuple

from .spelling import spelled

UNIT = 10**9
NAMES = frozenset({"amount", "value", "price", "cost", "total"})
"""What upstream takes for an amount; here at any depth and in any spelling."""
_DIGITS = 9
"""Decimal places of a unit. What lies beyond counts as one more unit."""
_EXACT = 1 << 53
"""The largest number that every JSON reader reads alike."""
_LONGEST = 40


class Amounts(NamedTuple):
    """The amounts of one call."""

    carried: int = 0
    """In units: for each name the sum over its occurrences, as a list of payments carries them all; of these the
    largest, as `price` and `total` of one payment are the same money."""
    pointer: str = ""
    """Where the first of them stands, in `params`."""
    unclear: str = ""
    """Where a value stands that is no canonical number; empty when there is none."""


def amounts_in(arguments: JsonValue) -> Amounts:
    """Everything under the name of an amount, whatever the order of the keys."""
    sums: dict[str, int] = {}
    places: dict[str, str] = {}
    unclear = ""
    stack: list[tuple[str, JsonValue]] = [("/arguments", arguments)]
    while stack:
        pointer, value = stack.pop()
        if isinstance(value, list):
            stack.extend((f"{pointer}/{index}", item) for index, item in reversed(list(enumerate(value))))
        elif isinstance(value, dict):
            for key, item in sorted(value.items(), reverse=True):
                below = pointer + pointer_to(key)
                stack.append((below, item))
                if (name := spelled(key)) in NAMES:
                    amount = units(item)
                    sums[name] = sums.get(name, 0) + (amount or 0)
                    places[name] = min(places.get(name, below), below)
                    unclear = min(unclear or below, below) if amount is None else unclear
    if not sums:
        return Amounts()
    name = max(sorted(sums), key=sums.__getitem__)
    return Amounts(sums[name], places[name], unclear)


def units(value: JsonValue) -> int | None:
    """An amount in units, rounded up; None for what is no canonical number of zero or more."""
    if isinstance(value, str):
        return _from_text(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _EXACT:
        return None
    if isinstance(value, int):
        return value * UNIT
    text = repr(value)
    if "e" in text:
        return int(value * UNIT) + 1
    return None if text.startswith("-") else _from_parts(*text.split("."))


def _from_text(text: str) -> int | None:
    """Digits, and after a point more digits; no sign, no leading zero, nothing else."""
    whole, point, part = text[:_LONGEST].partition(".")
    if len(text) > _LONGEST or not text.isascii() or not whole.isdigit() or (point and not part.isdigit()):
        return None
    if (len(whole) > 1 and whole[0] == "0") or int(whole) > _EXACT:
        return None
    return _from_parts(whole, part)


def _from_parts(whole: str, part: str) -> int:
    beyond = part[_DIGITS:].strip("0")
    return int(whole) * UNIT + int(part[:_DIGITS].ljust(_DIGITS, "0")) + bool(beyond)


def limit_units(value: float) -> int:
    """A limit from the configuration in units, rounded down."""
    if value == int(value):
        return int(value) * UNIT
    text = repr(value)
    if "e" in text:
        return int(value * UNIT)
    whole, _, part = text.partition(".")
    return int(whole) * UNIT + int(part[:_DIGITS].ljust(_DIGITS, "0"))
