"""Which requests a message answers: all that a transport has to know to tell a finished stream from a broken one."""

from __future__ import annotations

import json

NONE: frozenset[str] = frozenset()


def key_of(about: str) -> str:
    """An id in JSON as it is spelled here; empty for none."""
    return about if about.isdigit() or not about else json.dumps(json.loads(about))


def answered(line: bytes) -> frozenset[str]:
    """The ids of the requests that a message, or a batch, answers. Whether it may is the gate's decision."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return NONE
    messages = value if isinstance(value, list) else [value]
    return frozenset(json.dumps(item["id"]) for item in messages if isinstance(item, dict) and _is_answer(item))


def is_error(line: bytes) -> bool:
    """Whether a body is a JSON-RPC error, and no page of a web server."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and isinstance(value.get("error"), dict)


def _is_answer(message: dict[str, object]) -> bool:
    return "method" not in message and isinstance(message.get("id"), str | int)
