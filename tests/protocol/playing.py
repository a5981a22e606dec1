"""Interviews without any wire: a peer is a function from a message to what it puts on the wire for it."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from oktsec_lint.protocol.dialogue import Closed, Event, Heard, Opened, Send, Silence, Wait
from oktsec_lint.protocol.interview import THOROUGH, Listing, Plan, interview
from oktsec_lint.protocol.listing import Limits

Message = dict[str, Any]
Peer = Callable[[Message], Iterable[Message | bytes | Event]]


LIMITS = Limits()


@dataclass
class Played:
    """How an interview went."""

    listing: Listing
    sent: list[Message] = field(default_factory=list)
    opened: list[Opened] = field(default_factory=list)
    silences: int = 0

    @property
    def methods(self) -> list[str]:
        return [message.get("method", "answer") for message in self.sent]

    @property
    def names(self) -> list[str]:
        return [item.name for item in self.listing.definitions if not item.variant]

    @property
    def rules(self) -> list[str]:
        return [fault.rule for fault in self.listing.faults]


def play(peer: Peer, plan: Plan = THOROUGH, limits: Limits = LIMITS) -> Played:
    """Runs an interview to its end. Where the peer has nothing to say and no time is set, the connection closes."""
    steps = interview(plan, limits, 0.0)
    played = Played(Listing())
    inbox: deque[Event] = deque()
    now, event, command = 0.0, Event, next(steps)
    closed: Closed | None = None
    while True:
        event = Silence(now)
        match command:
            case Send(message):
                played.sent.append(message)
                inbox.extend(_events(peer(message), now))
            case Opened():
                played.opened.append(command)
            case Wait(until):
                if closed or inbox:
                    event = closed or inbox.popleft()
                elif until is None:
                    event = Closed("the script is over", now)
                else:
                    now, event = until, Silence(until)
                    played.silences += 1
                closed = event if isinstance(event, Closed) else closed
        try:
            command = steps.send(event)
        except StopIteration as end:
            played.listing = end.value
            return played


def _events(items: Iterable[Message | bytes | Event], now: float) -> Iterable[Event]:
    for item in items:
        if isinstance(item, dict):
            yield Heard(json.dumps(item).encode(), now)
        elif isinstance(item, bytes):
            yield Heard(item, now)
        else:
            yield item


def result(request: Message, value: Message) -> Message:
    return {"jsonrpc": "2.0", "id": request["id"], "result": value}


def error(request: Message, code: int = -32601, data: Any = None) -> Message:
    return {"jsonrpc": "2.0", "id": request["id"], "error": {"code": code, "message": "no", "data": data}}


def tool(name: str, **more: Any) -> Message:
    return {"name": name, "inputSchema": {"type": "object"}, **more}


def server(**answers: Callable[[Message], Iterable[Message | bytes | Event]]) -> Peer:
    """A legacy server with one tool; `tools_list=` and the like replace an answer, `/` written as `_`."""
    known = {
        "initialize": lambda request: [
            result(
                request, {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "s"}}
            )
        ],
        "tools_list": lambda request: [result(request, {"tools": [tool("read")]})],
        **answers,
    }

    def peer(message: Message) -> Iterable[Message | bytes | Event]:
        if "method" not in message or "id" not in message:
            return []
        return known.get(message["method"].replace("/", "_"), lambda request: [error(request)])(message)

    return peer


def modern(**answers: Callable[[Message], Iterable[Message | bytes | Event]]) -> Peer:
    """A server of 2026-07-28 with one tool and no handshake."""
    found = {
        "supportedVersions": ["2026-07-28"],
        "capabilities": {"tools": {}},
        "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "m"}},
        "instructions": "Be kind.",
    }
    return server(
        **{"server_discover": lambda request: [result(request, found)], "initialize": lambda r: [error(r)], **answers}
    )
