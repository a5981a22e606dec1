"""Which texts of a message are judged as what: every string of it, by the table below.

There is no method whose content passes unread. What the specification adds later falls into the last row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from oktsec_lint.core.model import JsonValue, Subject
from oktsec_lint.core.surfaces import Surface, of_message

_ASKED: Mapping[str, str] = {
    "sampling/createMessage": "message.prompt",
}
"""Surface kind of a request's params, by method, where they are not arguments."""
_ANSWERED: Mapping[str, str] = {
    "tools/call": "message.result",
    "tasks/result": "message.result",
    "tasks/get": "message.result",
    "prompts/get": "message.prompt",
    "resources/read": "message.resource",
}
"""Surface kind of a result, by the method it answers."""
_MOST_BLOCKS = 1_000


def of_request(method: str, params: JsonValue, subject: Subject) -> Iterator[Surface]:
    """The texts of a request's params; those of a call are its arguments, and whatever it carries besides."""
    if method == "tools/call" and isinstance(params, dict):
        yield from of_message("message.argument", subject, params.get("arguments"), "/params/arguments")
        rest = {key: value for key, value in params.items() if key not in {"name", "arguments"}}
        yield from of_message("message.other", subject, rest, "/params")
    else:
        yield from of_message(_ASKED.get(method, "message.argument"), subject, params, "/params")


def of_notification(params: JsonValue, subject: Subject) -> Iterator[Surface]:
    yield from of_message("message.other", subject, params, "/params")


def of_result(method: str, result: JsonValue, subject: Subject) -> Iterator[Surface]:
    """The texts of an answer to `method`, and its text blocks once more as one text: a model reads them in a row."""
    kind = _ANSWERED.get(method, "message.other")
    yield from of_message(kind, subject, result, "/result")
    joined = _joined(result)
    if joined:
        yield Surface(kind, joined, subject, "/result/content")


def of_error(error: JsonValue, subject: Subject) -> Iterator[Surface]:
    yield from of_message("message.result", subject, error, "/error")


def _joined(result: JsonValue) -> str:
    blocks = result.get("content") if isinstance(result, dict) else None
    texts = [
        text
        for block in (blocks[:_MOST_BLOCKS] if isinstance(blocks, list) else ())
        if isinstance(block, dict) and isinstance(text := block.get("text"), str)
    ]
    return "".join(texts) if len(texts) > 1 else ""


KNOWN = frozenset(
    """initialize ping tools/list tools/call prompts/list prompts/get resources/list resources/templates/list
    resources/read resources/subscribe resources/unsubscribe completion/complete logging/setLevel tasks/list tasks/get
    tasks/result tasks/cancel server/discover subscriptions/listen""".split()
)
"""Every request that some revision of MCP lets a client send."""
