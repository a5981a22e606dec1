"""DEF-012: a tool whose annotations deny what its own name says it does.

Clients run tools without asking when `readOnlyHint` is true. Only a name that opens with a plain verb of deleting,
sending, paying or executing contradicts it; what a description mentions in passing does not.
"""

from __future__ import annotations

from collections.abc import Iterator

from oktsec_lint.core.config import Config
from oktsec_lint.core.display import quoted
from oktsec_lint.core.findings import Evidence, Hit, Severity
from oktsec_lint.core.model import Definition, Inventory, JsonValue
from oktsec_lint.core.words import prose_words, words_of

CONTRADICTION = "DEF-012"
_DESTROYING = frozenset(
    "delete remove drop purge erase destroy wipe truncate uninstall unlink revoke terminate".split()
)
_CHANGING = frozenset(
    """send email pay transfer buy deploy publish upload write overwrite rename move insert upsert commit merge
    push execute exec grant approve""".split()
)
_OBJECTS = frozenset(
    "history log logs status count list schedule settings templates template rate rates quote reviews report".split()
)
"""Nouns after which a verb was a noun too: `push_status`, `transfer_history`."""
_READING = frozenset("get gets list lists return returns show shows preview previews simulate estimate".split())
_OPENING, _WORDS = 80, 3
"""Characters and words of a description that are its opening."""
_READ_ONLY = "readOnlyHint: true"


def check(inventory: Inventory, _config: Config) -> Iterator[Hit]:
    """One hit for each tool that contradicts its own hints."""
    for server, tool in inventory.tools():
        body = tool.body if isinstance(tool.body, dict) else {}
        hints = body.get("annotations")
        if isinstance(hints, dict) and (hints.get("readOnlyHint") is True or hints.get("destructiveHint") is False):
            verb = _verb(tool, body.get("description"))
            hint = _denied(hints, verb)
            if hint:
                yield Hit(
                    CONTRADICTION,
                    f"{quoted(tool.name)} is annotated with `{hint}` and says itself that it can {verb}",
                    server.subject_of(tool),
                    "/annotations",
                    tool.place.child("/annotations") if tool.place else None,
                    (Evidence(0, len(tool.name), tool.name, tool.name),),
                    severity=None if hint == _READ_ONLY else Severity.LOW,
                )


def _denied(hints: dict[str, JsonValue], verb: str) -> str:
    """The hint that a verb contradicts; empty when there is none."""
    if verb and hints.get("readOnlyHint") is True:
        return _READ_ONLY
    return "destructiveHint: false" if verb in _DESTROYING else ""


def _verb(tool: Definition, description: JsonValue) -> str:
    """The plain verb that the name opens with, when the description does not open otherwise."""
    words = words_of(tool.name)
    if not words or words[0] not in _DESTROYING | _CHANGING or not _OBJECTS.isdisjoint(words[1:]):
        return ""
    opening = prose_words(description[:_OPENING])[:_WORDS] if isinstance(description, str) else []
    return "" if _READING.intersection(opening) else words[0]
