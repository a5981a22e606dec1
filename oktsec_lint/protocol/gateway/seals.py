"""Texts that a client keeps for us and may not change: session ids, and the states of unfinished requests.

Whoever holds the key can read them, so no gateway has to remember what another one gave out. They are signed, not
secret: nothing is in them that their holder has not said or been told.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json

from oktsec_lint.core.model import JsonValue
from oktsec_lint.protocol.wire import encode

_LONGEST = 1 << 16
_SIGNATURE = 16
"""Bytes of an HMAC-SHA-256 that are kept: 128 bits, as RFC 2104 section 5 advises at the least."""


class Seal:
    """One key's seal."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def close(self, purpose: str, value: JsonValue) -> str:
        """The value as a text of letters, digits, `-`, `_` and one point, good for this purpose only."""
        said = _text(encode(value))
        return f"{said}.{_text(self._signature(purpose, said))}"

    def open(self, purpose: str, text: str) -> JsonValue:
        """The value; None for what was not closed with this key for this purpose."""
        said, point, signature = text.partition(".")
        if not point or len(text) > _LONGEST or not text.isascii():
            return None
        if not hmac.compare_digest(_text(self._signature(purpose, said)), signature):
            return None
        try:
            value: JsonValue = json.loads(base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)))
        except (ValueError, binascii.Error):
            return None
        return value

    def _signature(self, purpose: str, said: str) -> bytes:
        return hmac.digest(self._key, f"{purpose}:{said}".encode(), "sha256")[:_SIGNATURE]


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
