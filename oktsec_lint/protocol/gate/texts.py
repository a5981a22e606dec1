"""Which texts of a message are judged as what: every string of it, by the table below.

There is no method whose content passes unread. What the specification adds later falls into the last row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from oktsec_lint.core.model import JsonValue, Subject, pointer_to
from oktsec_lint.core.surfaces import Surface, of_message

from .commands import Side
from .opaque import opened

_ASKED: Mapping[str, str] = {
    "sampling/createMessage": "message.prompt",
}
"""Surface kind of a request's params, by method, where they are not arguments."""
_ANSWERED: Mapping[str, str] = {
    "prompts/get": "message.prompt",
    "resources/read": "message.resource",
}
"""Surface kind of a result, by the method it answers, where it is not `message.result`."""
_SPOKEN = ("content", "contents", "messages")
"""Members of a result that a model reads from its first text to its last."""


_OTHER = {False: "message.other", True: "message.result"}
"""Surface kind of what is neither asked nor answered, by whether the server says it: to a model that is a result."""


def of_request(method: str, params: JsonValue, subject: Subject, *, from_server: bool = False) -> Iterator[Surface]:
    """The texts of a request's params; those of a call are its arguments, and whatever it carries besides. What a
    server asks is both: something that is to be done, and something that a model reads."""
    params = opened(params)
    if method == "tools/call" and isinstance(params, dict):
        yield from of_message("message.argument", subject, params.get("arguments"), "/params/arguments")
        rest = {key: value for key, value in params.items() if key not in {"name", "arguments"}}
        yield from of_message("message.other", subject, rest, "/params")
    else:
        kind = _ASKED.get(method, "message.argument")
        yield from of_message(kind, subject, params, "/params")
        if method in _ASKED:
            yield from _in_a_row(kind, params, "/params/messages", subject)
        elif from_server:
            yield from of_message(_OTHER[from_server], subject, params, "/params")


def of_notification(params: JsonValue, subject: Subject, *, from_server: bool = False) -> Iterator[Surface]:
    yield from of_message(_OTHER[from_server], subject, params, "/params")


def of_result(method: str, result: JsonValue, subject: Subject) -> Iterator[Surface]:
    """The texts of an answer to `method`, and its text blocks once more as one text: a model reads them in a row."""
    yield from _of_answer(_ANSWERED.get(method, "message.result"), opened(result), subject)


def of_reply(result: JsonValue, subject: Subject) -> Iterator[Surface]:
    """The texts of a client's answer to its server."""
    yield from _of_answer("message.argument", result, subject)


def _of_answer(kind: str, result: JsonValue, subject: Subject) -> Iterator[Surface]:
    yield from of_message(kind, subject, result, "/result")
    for member in _SPOKEN:
        yield from _in_a_row(kind, result, f"/result/{member}", subject)
    yield from _in_requests(result, subject)


def of_error(error: JsonValue, subject: Subject) -> Iterator[Surface]:
    yield from of_message("message.result", subject, error, "/error")


def unspecified(message: Mapping[str, JsonValue], subject: Subject, *, from_server: bool) -> Iterator[Surface]:
    """What a message says beside all that the specification knows: further members, and a method of its own."""
    more = {key: value for key, value in message.items() if key not in _ENVELOPE}
    method = message.get("method")
    if method is not None and method not in _SPECIFIED:
        more["method"] = method
    yield from of_message(_OTHER[from_server], subject, more)


def _in_a_row(kind: str, members: JsonValue, pointer: str, subject: Subject) -> Iterator[Surface]:
    """The texts of the blocks of one member as one text, where there are several: once as if a word had been cut and,
    as clients show a block on lines of its own, once as if a sentence had been."""
    whole = members if isinstance(members, dict) else {}
    blocks, first = whole.get(pointer.rpartition("/")[2]), whole.get("systemPrompt")
    texts = [text for block in (blocks if isinstance(blocks, list) else ()) for text in _spoken(block)]
    if texts and isinstance(first, str):
        texts.insert(0, first)
    if len(texts) > 1:
        yield Surface(kind, "".join(texts), subject, pointer)
        lines = [text for text in texts if text.strip()]
        if any(not (one[-1].isspace() or other[0].isspace()) for one, other in pairwise(lines)):
            yield Surface(kind, "\n".join(lines), subject, pointer)


def _in_requests(result: JsonValue, subject: Subject) -> Iterator[Surface]:
    """The same for the requests that an answer carries (`inputRequests`)."""
    requests = result.get("inputRequests") if isinstance(result, dict) else None
    for name, request in requests.items() if isinstance(requests, dict) else ():
        params = request.get("params") if isinstance(request, dict) else None
        yield from _in_a_row(
            "message.prompt", params, f"/result/inputRequests{pointer_to(name)}/params/messages", subject
        )


def _spoken(block: JsonValue) -> Iterator[str]:
    """The texts of one content block, embedded resource, tool result or prompt message."""
    if isinstance(block, dict):
        resource, content = block.get("resource"), block.get("content")
        for item in (block, resource):
            if isinstance(item, dict) and isinstance(text := item.get("text"), str):
                yield text
        for item in content if isinstance(content, list) else (content,):
            yield from _spoken(item)


_ENVELOPE = frozenset({"jsonrpc", "id", "method", "params", "result", "error"})
KNOWN = frozenset(
    """initialize ping tools/list tools/call prompts/list prompts/get resources/list resources/templates/list
    resources/read resources/subscribe resources/unsubscribe completion/complete logging/setLevel tasks/list tasks/get
    tasks/result tasks/cancel tasks/update server/discover subscriptions/listen""".split()
)
"""Every request that some revision of MCP, or an official extension, lets a client send."""
NOTIFICATIONS = frozenset(
    f"notifications/{name}" for name in ("initialized", "cancelled", "progress", "roots/list_changed", "tasks/status")
)
"""Every notification that some revision lets a client send."""
_SAID = frozenset(
    """sampling/createMessage elicitation/create roots/list notifications/message notifications/resources/updated
    notifications/resources/list_changed notifications/tools/list_changed notifications/prompts/list_changed
    notifications/elicitation/complete notifications/subscriptions/acknowledged""".split()
)
"""What a server may send besides."""
_SPECIFIED = KNOWN | NOTIFICATIONS | _SAID

ASKED_BY: Mapping[Side, frozenset[str]] = {
    Side.CLIENT: KNOWN,
    Side.SERVER: frozenset(
        """ping roots/list sampling/createMessage elicitation/create tasks/list tasks/get tasks/result
        tasks/cancel""".split()
    ),
}
"""Every request, by who may send it."""
