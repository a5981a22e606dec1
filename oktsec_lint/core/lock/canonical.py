"""One text for one JSON value (RFC 8785, the JSON Canonicalization Scheme), and the digest of it.

Key order, white space, escapes and the spelling of numbers make no difference; everything else does. One deviation: an
integer that a double cannot hold keeps its digits. RFC 8785 would write its neighbour's, and a change would be lost.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from json.encoder import encode_basestring

from oktsec_lint.core.model import JsonValue

_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode
_DELICATE = re.compile("[:\\[,]-?(?:[0-9]{16}|[0-9]+[.eE])|[\U00010000-\U0010ffff]")
"""What the standard encoder may write otherwise: numbers that are no short integers, and characters whose order in
UTF-16 is not that of their numbers. Also found inside texts, which then only costs time."""
_MOST_DIGITS = 21
_LEAST_EXPONENT = -6


def canonical(value: JsonValue) -> str:
    """The value's one text. Raises ValueError for NaN and infinities, which JSON does not have."""
    if isinstance(value, dict | list):
        text = _encode(value)
        return "".join(_written(value)) if _DELICATE.search(text) else text
    return "".join(_written(value))


def digest(value: JsonValue) -> str:
    """`sha256:` and the hexadecimal SHA-256 of the canonical text in UTF-8; lone surrogates count as WTF-8 has them."""
    return digest_of(canonical(value))


def digests(body: dict[str, JsonValue]) -> tuple[str, dict[str, str]]:
    """The digest of an object, and that of each of its members, for little more than the price of the first."""
    texts = {key: canonical(body[key]) for key in sorted(body, key=_utf16)}
    whole = ",".join(f"{encode_basestring(key)}:{text}" for key, text in texts.items())
    return digest_of(f"{{{whole}}}"), {key: digest_of(text) for key, text in texts.items()}


def digest_of(text: str) -> str:
    """The digest of a text as it is."""
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _written(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield encode_basestring(value)
    elif value is None or isinstance(value, bool):
        yield {None: "null", True: "true", False: "false"}[value]
    elif isinstance(value, int | float):
        yield number(value)
    elif isinstance(value, list):
        opening = "["
        for item in value:
            yield opening
            yield from _written(item)
            opening = ","
        yield "]" if value else "[]"
    else:
        opening = "{"
        for key in sorted(value, key=_utf16):
            yield f"{opening}{encode_basestring(key)}:"
            yield from _written(value[key])
            opening = ","
        yield "}" if value else "{}"


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")


def number(value: float) -> str:
    """A number as ECMAScript writes it (ECMA-262, Number::toString), or all digits of an integer beyond a double."""
    if isinstance(value, int):
        try:
            approximate = float(value)
        except OverflowError:
            return str(value)
        text = _double(approximate)
        return text if _means(text, value) else str(value)
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 - only NaN differs from itself
        raise ValueError("JSON has no NaN and no infinities")
    return _double(value)


def _means(text: str, value: int) -> bool:
    """Whether the shortest text of a double is the integer's own value, not a neighbour's."""
    mantissa, _, exponent = text.partition("e")
    if not exponent:
        return text == str(value)
    whole, _, fraction = mantissa.partition(".")
    return f"{whole}{fraction}{'0' * (int(exponent) - len(fraction))}" == str(value)


def _double(value: float) -> str:
    if value == 0:
        return "0"
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    point = len(digits) - len(fraction) + int(exponent or 0)
    return ("-" if value < 0 else "") + _placed(digits.rstrip("0"), point)


def _placed(digits: str, point: int) -> str:
    """Digits with the decimal point after the first `point` of them."""
    if len(digits) <= point <= _MOST_DIGITS:
        return digits + "0" * (point - len(digits))
    if 0 < point <= _MOST_DIGITS:
        return f"{digits[:point]}.{digits[point:]}"
    if _LEAST_EXPONENT < point <= 0:
        return f"0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if digits[1:] else ""
    return f"{digits[0]}{tail}e{'+' if point > 0 else '-'}{abs(point - 1)}"
