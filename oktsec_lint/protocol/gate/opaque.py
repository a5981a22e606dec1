"""Members whose value its receiver only hands back: states and cursors.

The specification asks servers to protect such a state against changes, and a signed one has the form of a credential.
Nobody is let in by it but the server's own state, so it is read for what it says instead.
"""

from __future__ import annotations

import base64
import binascii

from oktsec_lint.core.model import JsonValue

_OPAQUE = ("requestState", "nextCursor", "cursor")
_SIGNED = 3
"""Parts of a signed token: how it is signed, what it says, the signature (RFC 7519)."""


def opened(value: JsonValue) -> JsonValue:
    """Params or a result with what its signed states and cursors say in their place."""
    if not isinstance(value, dict):
        return value
    shown = {key: _said(value[key]) for key in _OPAQUE if key in value}
    return {**value, **shown} if shown else value


def _said(token: JsonValue) -> JsonValue:
    """What a signed token says, its signature left out; anything else as it is."""
    parts = token.split(".") if isinstance(token, str) and token.startswith("eyJ") else []
    if len(parts) != _SIGNED:
        return token
    try:
        texts = [base64.b64decode(part + "=" * (-len(part) % 4), "-_", validate=True) for part in parts]
        return " ".join(text.decode() for text in texts[:2])
    except (binascii.Error, UnicodeDecodeError):
        return token
