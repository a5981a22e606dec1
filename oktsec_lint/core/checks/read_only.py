"""DEF-016: a tool that calls itself read-only and takes a switch that makes it write.

People allow a reading tool without a second thought, and a model sets what it is told to set. A tool that says under
what condition it reads (`read-only by default`, `read-only mode`) claims nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from oktsec_lint.core.config import Config
from oktsec_lint.core.display import quoted
from oktsec_lint.core.findings import Evidence, Hit
from oktsec_lint.core.model import Inventory, JsonValue
from oktsec_lint.core.words import words_of

TWO_FACED = "DEF-016"
_CONDITION = "by default|mode|unless|when|if|except|or"
_CLAIM = rf"(?i)\b(?:read-?only|only reads|never (?:writes|modifies|changes))\b(?! (?:{_CONDITION})\b)"
_WRITES = r"(?:(?:over)?writ(?:e|es|ing)|delet(?:e|es|ing|ion)|modif(?:y|ies|ying|ications?)|execut(?:e|es|ing|ion))"
_SWITCH = (
    rf"(?i)\b(?:write|delete|execut(?:e|ion)|overwrite)[_-](?:mode|access|enabled|allowed)\b"
    rf"|\b(?:allow|enable)[_-]{_WRITES}\b|\b(?:enables?|permits?|unlocks?) {_WRITES}(?! (?:protect|lock))"
)
_CHANGING = frozenset(
    "write writes delete deletes deletion execute execution exec overwrite modify modification mutate mutations".split()
)
_SWITCHING = frozenset("allow allowed enable enabled mode access force permit".split())
_OPENING = 2_000
"""Characters of a description in which the claim and the switch are looked for."""


def check(inventory: Inventory, _config: Config) -> Iterator[Hit]:
    """One hit for each tool that denies what its own parameters do."""
    for server, tool in inventory.tools():
        body = tool.body if isinstance(tool.body, dict) else {}
        text = body.get("description")
        claim = re.search(_CLAIM, text[:_OPENING]) if isinstance(text, str) else None
        if claim is not None and isinstance(text, str):
            switch = _parameter(body.get("inputSchema")) or _told(text[claim.end() : _OPENING])
            if switch:
                yield Hit(
                    TWO_FACED,
                    f"{quoted(tool.name)} says {quoted(claim[0])} of itself and offers {quoted(switch)}",
                    server.subject_of(tool),
                    "/description",
                    tool.place.child("/description") if tool.place else None,
                    (Evidence(claim.start(), claim.end(), claim[0], claim[0]),),
                )


def _told(text: str) -> str:
    """The words with which a description offers the switch itself; empty when it does not."""
    found = re.search(_SWITCH, text)
    return found[0] if found else ""


def _parameter(schema: JsonValue) -> str:
    """The first parameter that is such a switch by its name; empty when there is none."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict):
        return ""
    return next((name for name, value in properties.items() if _switches(name, value)), "")


def _switches(name: str, schema: JsonValue) -> bool:
    words = frozenset(words_of(name))
    boolean = not isinstance(schema, dict) or schema.get("type") in ("boolean", None)
    return boolean and not words.isdisjoint(_CHANGING) and not words.isdisjoint(_SWITCHING)
