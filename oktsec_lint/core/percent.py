"""Percent encoding (RFC 3986 section 2.1)."""

from __future__ import annotations

_HEX = 2


def unquoted(text: str) -> str:
    """A text without percent encoding; what is not well encoded stays as it is."""
    if "%" not in text:
        return text
    first, *rest = text.encode("utf-8", "replace").split(b"%")
    out = [first]
    for part in rest:
        try:
            out += (bytes.fromhex(part[:_HEX].decode("ascii")), part[_HEX:])
        except ValueError:
            out += (b"%", part)
    return b"".join(out).decode("utf-8", "replace")
