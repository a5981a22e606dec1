"""Keys that look like the ones that decide, and are not: one parser reads the value, another does not."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from oktsec_lint.core.model import JsonValue, pointer_to
from oktsec_lint.protocol.strictjson import Ambiguity, WireFault

_DECIDING: Mapping[str, frozenset[str]] = {
    "params": frozenset(
        "name arguments uri cursor task ref argument _meta requestId inputResponses requestState".split()
    ),
    "result": frozenset(
        """tools prompts resources resourceTemplates nextCursor instructions serverInfo protocolVersion content contents
        messages structuredContent task _meta resultType inputRequests requestState""".split()
    ),
}
"""Members of a request by which calls, reads and lists are told apart, and those of an answer that are read one way."""


def misspelt(message: Mapping[str, JsonValue]) -> WireFault | None:
    """The first key that is one of the deciding ones only to a reader who ignores case or shape."""
    for part, deciding in _DECIDING.items():
        members = message.get(part)
        for key in members if isinstance(members, dict) else ():
            if key not in deciding and _folded(key) in _FOLDED[part]:
                return WireFault(Ambiguity.CASE_VARIANT_KEY, pointer_to(part, key), key)
    return None


def _folded(key: str) -> str:
    return unicodedata.normalize("NFKC", key).casefold().strip() if not (key.isascii() and key.islower()) else key


_FOLDED = {part: frozenset(map(_folded, deciding)) for part, deciding in _DECIDING.items()}
