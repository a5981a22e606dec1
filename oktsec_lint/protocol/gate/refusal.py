"""What a refusal looks like on the wire. It repeats nothing of an answer to the one who is kept from it."""

from __future__ import annotations

import json

from oktsec_lint.core.model import JsonValue
from oktsec_lint.core.record import Decision
from oktsec_lint.core.surfaces import MESSAGE_WORDS

from .commands import Answer, Event, Side
from .ruling import Ruling

REFUSED, RESPONSE_REFUSED, UNREADABLE, UNSERVED = -32600, -32001, -32700, -32603


def refusal(to: Side, message_id: JsonValue, code: int, ruling: Ruling, event: Event) -> Answer:
    """The answer the README of oktsec documents, with what a maintainer needs beside it."""
    is_response = code == RESPONSE_REFUSED
    what = "blocked by oktsec (response)" if is_response else "blocked by oktsec"
    field = _specified(ruling.field) if is_response else ruling.field
    data: dict[str, JsonValue] = {"rules": list(ruling.rules), "field": field, "reason": ruling.reason}
    return Answer(to, message_id, code, f"{what}: {ruling.rule}", data, event)


def _specified(pointer: str) -> str:
    """A pointer as far as the specification's own words and indices lead; what follows is a text of the sender's."""
    head, *steps = pointer.split("/")
    for end, step in enumerate(steps):
        if step not in MESSAGE_WORDS and step != "error" and not (step.isascii() and step.isdigit()):
            return "/".join((head, *steps[:end]))
    return pointer


def unserved(asked: Event, now: float) -> Answer:
    """The answer to a request whose server did not live to give one; an observing gate gives it too."""
    outcome = Event(
        Side.SERVER, Decision.UNANSWERED, asked.method, asked.tool, asked.message_id, reason="server ended", started=now
    )
    return Answer(asked.direction, json.loads(asked.message_id), UNSERVED, "server ended", {}, outcome)
