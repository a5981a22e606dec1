"""How much money a call moves: the amounts in its arguments, exactly.

Amounts are whole billionths (`UNIT`), because a sum of doubles drifts. A number that two readers could read differently
is no amount: `1e9`, `1.000,00`, `0x10`, `-5`, ` 5`, an object. Under a limit it is refused instead of guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

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


_Path: TypeAlias = "tuple[_Path, str | int] | None"
"""The way to a value, last step first; a pointer is only made of one that is shown."""


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
    found = list(_named(arguments))
    if not found:
        return Amounts()
    sums: dict[str, int] = {}
    for name, _, value in found:
        sums[name] = sums.get(name, 0) + (units(value) or 0)
    largest = max(sorted(sums), key=sums.__getitem__)
    pointer = min(_pointer(path) for name, path, _ in found if name == largest)
    unclear = min((_pointer(path) for _, path, value in found if units(value) is None), default="")
    return Amounts(sums[largest], pointer, unclear)


def _named(arguments: JsonValue) -> Iterator[tuple[str, _Path, JsonValue]]:
    """The name of each amount, its path and what stands there; cheap where there is none."""
    stack: list[tuple[JsonValue, _Path]] = [(arguments, None)]
    while stack:
        value, path = stack.pop()
        if isinstance(value, dict):
            for key, item in value.items():
                if (name := spelled(key)) in NAMES:
                    yield name, (path, key), item
                if isinstance(item, dict | list):
                    stack.append((item, (path, key)))
        elif isinstance(value, list):
            stack += [(item, (path, index)) for index, item in enumerate(value) if isinstance(item, dict | list)]


def _pointer(path: _Path) -> str:
    tokens: list[str | int] = []
    while path is not None:
        path, token = path
        tokens.append(token)
    return pointer_to("arguments", *reversed(tokens))


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
