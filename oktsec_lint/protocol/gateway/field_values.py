"""Texts as values of header fields, and back ("Value Encoding" of the Streamable HTTP transport, 2026-07-28).

What a field cannot carry as it is goes in Base64 of its UTF-8, between `=?base64?` and `?=`.
"""

from __future__ import annotations

import base64
import binascii
import re

_PLAIN = re.compile(r"[\t\x20-\x7e]*")
_ENCODED = re.compile(r"=\?base64\?(.*)\?=")


def encoded(text: str) -> str:
    """A text as a field value."""
    plain = _PLAIN.fullmatch(text) and "\t" not in text and text == text.strip(" ") and not _ENCODED.fullmatch(text)
    return text if plain else f"=?base64?{_base64(text.encode(errors='replace'))}?="


def decoded(value: str) -> str | None:
    """The text in a field value; None when there are characters in it that no field may hold, or Base64 that no
    encoder writes."""
    if not _PLAIN.fullmatch(value):
        return None
    found = _ENCODED.fullmatch(value)
    if found is None:
        return value
    try:
        data = base64.b64decode(found[1], validate=True)
        return data.decode() if _base64(data) == found[1] else None
    except (binascii.Error, UnicodeDecodeError):
        return None


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
