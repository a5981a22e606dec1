"""What a schema says about a value as a whole: its type, its size, which values it may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from operator import ge, gt, le, lt
from typing import Any, TypeAlias

from oktsec_lint.core.lock.canonical import canonical
from oktsec_lint.core.model import JsonValue

from .checking import SEVERAL, TEXT, Check, Fault, Run, unchecked
from .patterns import compiled

Keywords: TypeAlias = Mapping[str, JsonValue]
"""A schema that is an object."""

NOTHING = type(None)
EVERY: tuple[type, ...] = (str, int, float, bool, NOTHING, list, dict)
"""What JSON values are in Python."""
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int, float),
    "number": (int, float),
    "boolean": (bool,),
    "null": (NOTHING,),
    "array": (list,),
    "object": (dict,),
}
_NUMBERS = (int, float)

_Bound: TypeAlias = tuple[tuple[type, ...], Callable[[Any], Any] | None, Callable[[Any, Any], bool], str]
_BOUNDS: Mapping[str, _Bound] = {
    "minimum": (_NUMBERS, None, ge, "it is less than {}"),
    "maximum": (_NUMBERS, None, le, "it is more than {}"),
    "exclusiveMinimum": (_NUMBERS, None, gt, "it is not more than {}"),
    "exclusiveMaximum": (_NUMBERS, None, lt, "it is not less than {}"),
    "minLength": ((str,), len, ge, "it is shorter than {} characters"),
    "maxLength": ((str,), len, le, "it is longer than {} characters"),
    "minItems": ((list,), len, ge, "it has fewer than {} items"),
    "maxItems": ((list,), len, le, "it has more than {} items"),
    "minProperties": ((dict,), len, ge, "it has fewer than {} members"),
    "maxProperties": ((dict,), len, le, "it has more than {} members"),
}
"""Keyword to the types it is about, what is measured, how it compares, and what is said when it does not."""
_OLD_BOUNDS = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}
"""Draft 4 writes `true` here and the number there."""


def types_of(schema: Keywords) -> tuple[Mapping[type, Check], bool]:
    """For each type of value that `type` does not allow, or not always, the check that says so; and whether `type`
    can be read."""
    said = schema.get("type")
    names = said if isinstance(said, list) else [said]
    known = [name for name in names if isinstance(name, str) and name in _TYPES]
    if "type" not in schema or not known or len(known) < len(names):
        return {}, "type" not in schema
    allowed = {kind for name in known for kind in _TYPES[name]}
    fault = f"it is not of type {' or '.join(known)}"
    checks: dict[type, Check] = {kind: _never(fault) for kind in EVERY if kind not in allowed}
    if "integer" in known and "number" not in known:
        checks[float] = _whole(fault)
    return checks, True


def _never(fault: str) -> Check:
    return lambda _value, _run: Fault(fault, typed=True)


def _whole(fault: str) -> Check:
    def check(value: Any, _run: Run) -> Fault | None:
        return None if value.is_integer() else Fault(fault, typed=True)

    return check


def bounds(schema: Keywords) -> Iterator[tuple[tuple[type, ...], Check]]:
    """The limits on numbers, lengths and counts."""
    for key, (types, measure, compare, said) in _BOUNDS.items():
        if key not in schema:
            continue
        limit = schema[key]
        if isinstance(limit, bool) and key in _OLD_BOUNDS:
            limit = schema.get(_OLD_BOUNDS[key]) if limit else None
            if limit is None:
                continue
        yield types, _bound(limit, measure, compare, said) if is_number(limit) else unchecked


def _bound(limit: Any, measure: Callable[[Any], Any] | None, compare: Callable[[Any, Any], bool], said: str) -> Check:
    fault = said.format(canonical(limit))
    if measure is None:
        return lambda value, _run: None if compare(value, limit) else Fault(fault)
    return lambda value, _run: None if compare(measure(value), limit) else Fault(fault)


def is_number(value: JsonValue) -> bool:
    """Whether a value is a number that JSON can write."""
    return type(value) is int or (type(value) is float and value - value == 0)


def multiple(schema: Keywords) -> Iterator[tuple[tuple[type, ...], Check]]:
    """`multipleOf`, on the numbers as they are written: 0.3 is a multiple of 0.1."""
    if "multipleOf" not in schema:
        return
    unit: Any = schema["multipleOf"]
    if not is_number(unit) or unit <= 0:
        yield _NUMBERS, unchecked
        return
    fault = f"it is no multiple of {canonical(unit)}"
    digits, exponent = _decimal(unit)

    def check(value: Any, _run: Run) -> Fault | None:
        number, power = _decimal(value)
        least = min(power, exponent)
        remainder = number * 10 ** (power - least) % (digits * 10 ** (exponent - least))
        return Fault(fault) if remainder else None

    yield _NUMBERS, check


def _decimal(value: float) -> tuple[int, int]:
    """A number as an integer and the power of ten that it is multiplied with."""
    if isinstance(value, int):
        return value, 0
    mantissa, _, exponent = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    return int(whole + fraction), int(exponent or 0) - len(fraction)


def matching(schema: Keywords) -> Iterator[tuple[tuple[type, ...], Check]]:
    """`pattern`: found anywhere in a text."""
    if "pattern" not in schema:
        return
    search = compiled(schema["pattern"])
    if search is None:
        yield (str,), unchecked
        return

    def check(value: Any, run: Run) -> Fault | None:
        run.spend(SEVERAL + len(value) // TEXT)
        return None if search(value) else Fault("it does not match the `pattern`")

    yield (str,), check


def values(schema: Keywords) -> Iterator[tuple[tuple[type, ...], Check]]:
    """`enum` and `const`."""
    if "const" in schema:
        yield EVERY, _among([schema["const"]], "it is not the one value that is allowed")
    if "enum" in schema:
        listed = schema["enum"]
        yield (
            EVERY,
            _among(listed, "it is none of the values that are allowed") if isinstance(listed, list) else unchecked,
        )


def _among(allowed: list[JsonValue], said: str) -> Check:
    try:
        known = frozenset(map(identity, allowed))
    except ValueError:
        return unchecked

    def check(value: JsonValue, run: Run) -> Fault | None:
        return None if identity(value, run) in known else Fault(said)

    return check


def identity(value: JsonValue, run: Run | None = None) -> str | tuple[str]:
    """What two values have in common exactly when JSON Schema calls them equal: `1` and `1.0`, but not `1` and `true`.

    Raises ValueError for numbers that JSON does not have.
    """
    if isinstance(value, str):
        return value
    text = canonical(value)
    if run is not None:
        run.spend(len(text) // TEXT)
    return (text,)
