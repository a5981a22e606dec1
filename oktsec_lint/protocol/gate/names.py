"""Keys that look like the ones that decide, and are not: one parser reads the value, another does not."""

from __future__ import annotations

import unicodedata

from oktsec_lint.core.model import JsonValue, pointer_to
from oktsec_lint.protocol.strictjson import Ambiguity, WireFault

_DECIDING = frozenset("name arguments uri cursor task ref argument _meta requestId inputResponses requestState".split())
"""Members of `params` by which calls, reads and lists are told apart."""


def misspelt(params: JsonValue) -> WireFault | None:
    """The first key of `params` that is one of the deciding ones only to a reader who ignores case or shape."""
    for key in params if isinstance(params, dict) else ():
        if key not in _DECIDING and _folded(key) in _FOLDED:
            return WireFault(Ambiguity.CASE_VARIANT_KEY, pointer_to("params", key), key)
    return None


def _folded(key: str) -> str:
    return unicodedata.normalize("NFKC", key).casefold().strip() if not (key.isascii() and key.islower()) else key


_FOLDED = frozenset(map(_folded, _DECIDING))
