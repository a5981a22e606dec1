"""What a plain YAML scalar means to Go's yaml.v3, the library that reads the same file at runtime.

Python's YAML library reads YAML 1.1: `no` is false to it and `22:22` is 1342. A linter that saw those would judge
another configuration than the one that is enforced. Source: gopkg.in/yaml.v3, `resolve` and the typed decoding of
booleans; YAML 1.2.2 section 10.3.
"""

from __future__ import annotations

import math
import re
from typing import TypeAlias

Scalar: TypeAlias = bool | int | float | str | None

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_TRUE_WORDS = frozenset("y Y yes Yes YES on On ON".split())
_FALSE_WORDS = frozenset("n N no No NO off Off OFF".split())

_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|([1-9][0-9]*|0))", re.ASCII)
_SIGNED_DIGITS = re.compile(r"(-?)0(?:b([-+]?[01]+)|o([-+]?[0-7]+))", re.ASCII)
_BASES = (16, 2, 8, 10)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_LONGEST_NUMBER = 400
"""Longer digit runs overflow every type; the cap keeps int() away from quadratic work."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?", re.ASCII)
_BASE_60 = re.compile(r"[-+]?[0-9]+(?::[0-5]?[0-9])+(?:\.[0-9]*)?", re.ASCII)


def resolve(text: str) -> Scalar:
    """The value of a plain, untagged scalar. Dates stay text: nothing in the grammar is a date."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > _LONGEST_NUMBER:
        return text
    if text[0] not in "+-.0123456789":
        return text
    number = _dot_float(text) if text[0] == "." else _number(text)
    return text if number is None else number


def as_bool(text: str) -> bool | None:
    """The extra words that a field typed as a boolean accepts, quoted or not; None for any other text."""
    if text in _TRUE_WORDS:
        return True
    return False if text in _FALSE_WORDS else None


def other_reading(text: str) -> str:
    """What another YAML reader may take a plain scalar for, as part of a sentence; empty when all of them agree.

    A plain `8080` is a number to everybody and reads back as the same four characters, so it is not ambiguous.
    """
    if as_bool(text) is not None:
        return "a boolean"
    if _BASE_60.fullmatch(text):
        return "a number in base 60"
    if _DATE.fullmatch(text):
        return "a date"
    value = resolve(text)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return "another number" if is_number and str(value) != text else ""


def _number(text: str) -> int | float | None:
    """Underscores are dropped before anything else, as yaml.v3 does: `1_000` is 1000, and so is `1__000_`."""
    digits = text.replace("_", "")
    integer = _integer(digits)
    if integer is not None:
        return integer
    return _float(digits) if _FLOAT.fullmatch(digits) else _inner_sign(digits)


def _integer(digits: str) -> int | None:
    """None when it fits neither a signed nor (without a sign) an unsigned 64-bit integer."""
    match = _INTEGER.fullmatch(digits)
    if match is None:
        return None
    sign, *groups = match.groups()
    base, body = next((base, body) for base, body in zip(_BASES, groups, strict=True) if body is not None)
    value = int(body, base)
    highest = 2**63 - 1 if sign else 2**64 - 1
    return None if value > highest + (sign == "-") else -value if sign == "-" else value


def _dot_float(text: str) -> float | None:
    """A number that starts with its point may hold no underscore."""
    return _float(text) if _FLOAT.fullmatch(text) else None


def _inner_sign(digits: str) -> int | None:
    """`0o-7` is -7: yaml.v3 hands what follows the prefix to a parser that takes a sign of its own."""
    match = _SIGNED_DIGITS.fullmatch(digits)
    if match is None:
        return None
    sign, binary, octal = match.groups()
    body, base = (binary, 2) if binary is not None else (octal, 8)
    return None if sign and body[0] in "+-" else int(sign + body, base)


def _float(digits: str) -> float | None:
    """None when it overflows: yaml.v3 then keeps the text."""
    value = float(digits)
    return None if math.isinf(value) else value
