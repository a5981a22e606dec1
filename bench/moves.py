"""Random moves of two peers around a gate: honest conversations, and what malice or chance makes of their lines.

Everything is drawn from the given source of chance, so a seed is a conversation, and hypothesis can choose it as well.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol

from watched import FORBIDDEN, Watched

from oktsec_lint.protocol.gate import Command, Side

NAMES = ("read", "list", "write", "exec", "", "Read")
_ASKS = (
    *("tools/call",) * 6,
    *("tools/list",) * 2,
    *("initialize", "ping", "prompts/list", "prompts/get", "resources/list", "resources/read", "server/discover"),
    *("resources/templates/list", "completion/complete", "tasks/result", "own/method"),
)
_DEMANDS = ("sampling/createMessage", "elicitation/create", "roots/list", "ping", "own/demand")
_TOLD = ("notifications/initialized", "notifications/cancelled", "notifications/progress", "tools/call", "own/told")
_TELLS = (
    *("notifications/tools/list_changed", "notifications/cancelled", "notifications/progress"),
    *("notifications/message", "own/tells"),
)
_WORDS = ("a", "text", "name", "Name", "content", "tools", "Tools", "_meta", "arguments", "nextCursor", FORBIDDEN, "é")
_TEXTS = ("", "fine", "1", FORBIDDEN, "for", "bidden", "\u202e", "x" * 300, "Zm9yYmlkZGVu", "\u2028", "😀")
_RAW = (
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b",",
        b":",
        b"\\",
        b"\r",
        b"\x00",
        b"\xff",
        b"\n",
        b"null",
        b"NaN",
        b"1e999",
        b"-0",
    ),
    *(
        b'"id":1,',
        b'"method":"tools/call",',
        b'"Method":"ping",',
        b"\\ud800",
        b"\xef\xbb\xbf",
        b"[[[[",
        b"12345678901234567",
    ),
)


class Chance(Protocol):
    """What is asked of `random.Random`."""

    def random(self) -> float: ...
    def randrange(self, start: int, stop: int, /) -> int: ...
    def choice(self, seq: Any, /) -> Any: ...


class Peers:
    """Both peers of a watched gate. Every `step` is one move of one of them."""

    def __init__(self, watched: Watched, chance: Chance) -> None:
        self.watched = watched
        self.chance = chance
        self.sent: list[tuple[Side, bytes]] = []
        """Whole lines, with their ends, in the order in which they were sent."""
        self._number = 0

    def step(self) -> None:
        side = self.chance.choice((Side.CLIENT, Side.SERVER))
        line = self._line(side)
        if self.chance.random() < 0.1:
            line = self._garbled(line)
        line += b"\n"
        self.sent.append((side, line))
        self._send(side, line)

    def told(self, side: Side, text: str) -> bytes:
        """A line of one side that carries this text: an answer where the other side waits, else a notification."""
        waiting = [number for asker, number in self.watched.asked if asker is side.other]
        if waiting:
            message: Any = {"jsonrpc": "2.0", "id": json.loads(waiting[0]), "result": {"content": [{"text": text}]}}
        else:
            message = {"jsonrpc": "2.0", "method": "notifications/progress", "params": {"message": text}}
        return json.dumps(message).encode() + b"\n"

    def _send(self, side: Side, data: bytes) -> None:
        if self.chance.random() < 0.1:
            cut = self.chance.randrange(0, len(data) + 1)
            self.watched.feed(side, data[:cut])
            data = data[cut:]
        self.watched.feed(side, data)

    def _line(self, side: Side) -> bytes:
        message = self._message(side)
        if self.chance.random() < 0.2:
            message = self._bent(message)
        if self.chance.random() < 0.03:
            message = [message, self._message(side)]
        return json.dumps(message, ensure_ascii=self.chance.random() < 0.5).encode(errors="replace")

    def _message(self, side: Side) -> Any:
        moves: tuple[Callable[[Side], Any], ...] = (self._asks, self._asks, self._answers, self._answers, self._tells)
        return self.chance.choice(moves)(side)

    def _asks(self, side: Side) -> Any:
        self._number += 1
        odd = self.chance.choice((str(self._number), 1, "oktsec-list-1"))
        number = odd if self.chance.random() < 0.2 else self._number
        method = self.chance.choice(_ASKS if side is Side.CLIENT else _DEMANDS)
        return {"jsonrpc": "2.0", "id": number, "method": method, "params": self._params(method)}

    def _params(self, method: str) -> dict[str, Any]:
        if method == "tools/call":
            meta = {"_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}}
            extra = self.chance.choice(({}, {}, meta, {"task": {"ttl": 1}}, {"inputResponses": {"a": self._value(2)}}))
            return {"name": self.chance.choice(NAMES), "arguments": {"a": self._value(2)}, **extra}
        if method == "tools/list" and self.chance.random() < 0.3:
            return {"cursor": self._value(0)}
        if method == "initialize":
            return {"protocolVersion": "2025-03-26", "capabilities": {}}
        return {"a": self._value(2), "messages": [self._block(), self._block()]}

    def _answers(self, side: Side) -> Any:
        waiting = [(key, method) for key, method in self.watched.asked.items() if key[0] is side.other]
        if side is Side.SERVER and self.watched.own and self.chance.random() < 0.6:
            waiting = [((side.other, self.watched.own[-1]), "tools/list")]
        if not waiting and self.chance.random() < 0.9:
            return self._asks(side)
        key, method = self.chance.choice(waiting) if waiting else ((side.other, "1"), "ping")
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": json.loads(key[1])}
        if self.chance.random() < 0.1:
            code = self.chance.choice((-32601, -32603))
            return {**answer, "error": {"code": code, "message": self.chance.choice(_TEXTS), "data": self._value(1)}}
        return {**answer, "result": self._result(method)}

    def _result(self, method: str) -> dict[str, Any]:
        if method.endswith("/list"):
            member = {"resources/templates/list": "resourceTemplates"}.get(method, method.partition("/")[0])
            page = {member: [self._definition() for _ in range(self.chance.randrange(0, 4))]}
            return {**page, "nextCursor": "2"} if self.chance.random() < 0.2 else page
        if method in {"initialize", "server/discover"}:
            revision = self.chance.choice(("2025-11-25", "2025-03-26"))
            info = {"name": "s", "version": self.chance.choice(_TEXTS)}
            opened = {"protocolVersion": revision, "capabilities": {}, "serverInfo": info}
            return {**opened, "instructions": self._value(1)} if self.chance.random() < 0.5 else opened
        content = [self._block() for _ in range(self.chance.randrange(0, 4))]
        return {"content": content, "structuredContent": {"a": self._value(3)}}

    def _definition(self) -> Any:
        described = {"description": self.chance.choice(_TEXTS), "inputSchema": {"type": "object", "x": self._value(2)}}
        return {"name": self.chance.choice(NAMES), **described} if self.chance.random() < 0.9 else self._value(2)

    def _block(self) -> Any:
        said = self.chance.choice(_TEXTS)
        return self.chance.choice(
            (
                {"type": "text", "text": said},
                {"type": "resource", "resource": {"uri": "a:b", "text": said}},
                {"role": "user", "content": {"type": "text", "text": said}},
                {"type": "image", "data": "AAAA", "mimeType": said},
            )
        )

    def _tells(self, side: Side) -> Any:
        method = self.chance.choice(_TOLD if side is Side.CLIENT else _TELLS)
        waiting = [json.loads(number) for asker, number in self.watched.asked if asker is side]
        number = self.chance.choice(waiting or [1, "oktsec-list-1"])
        return {"jsonrpc": "2.0", "method": method, "params": {"requestId": number, "message": self._value(1)}}

    def _value(self, depth: int) -> Any:
        drawn = self.chance.random()
        if depth and drawn < 0.2:
            return {self.chance.choice(_WORDS): self._value(depth - 1) for _ in range(self.chance.randrange(0, 3))}
        if depth and drawn < 0.4:
            return [self._value(depth - 1) for _ in range(self.chance.randrange(0, 3))]
        if drawn < 0.8:
            return self.chance.choice(_TEXTS)
        return self.chance.choice((None, True, 0, -1, 1.5, 1e300, 1 << 60, 10**22, 5e-324))

    def _bent(self, message: Any) -> Any:
        """The message with one thing at some depth of it changed."""
        below = [message]
        while isinstance(below[-1], dict | list) and below[-1] and self.chance.random() < 0.7:
            inner = below[-1]
            below.append(inner[self._key(inner)])
        place = next((item for item in reversed(below) if isinstance(item, dict | list)), None)
        if not place:
            return message
        self._bend(place)
        return message

    def _key(self, place: Any) -> Any:
        return self.chance.choice(list(place)) if isinstance(place, dict) else self.chance.randrange(0, len(place))

    def _bend(self, place: Any) -> None:
        key = self._key(place)
        how = self.chance.randrange(0, 4)
        if how == 0:
            place[key] = self._value(3)
        elif how == 1:
            del place[key]
        elif isinstance(place, list):
            place.append(self._value(3))
        elif how == 2:
            place[self.chance.choice((key.upper(), key.title(), key + " ", key.replace("s", "ſ")))] = place[key]
        else:
            place[self.chance.choice(_WORDS)] = self._value(3)

    def _garbled(self, line: bytes) -> bytes:
        """The line with some of its bytes changed."""
        for _ in range(self.chance.randrange(1, 4)):
            at = self.chance.randrange(0, len(line) + 1)
            how = self.chance.randrange(0, 5)
            if how == 0:
                line = line[:at] + self.chance.choice(_RAW) + line[at:]
            elif how == 1:
                line = line[:at] + line[at + self.chance.randrange(1, 9) :]
            elif how == 2:
                line = line[:at] + bytes((self.chance.randrange(0, 256),)) + line[at + 1 :]
            elif how == 3:
                line = line[:at] + line[self.chance.randrange(0, len(line) + 1) :]
            else:
                end = min(len(line), at + self.chance.randrange(1, 40))
                line = line[:end] + line[at:end] + line[end:]
        return line


def replayed(watched: Watched, sent: list[tuple[Side, bytes]], size: int) -> list[Command]:
    """What a gate does when the same lines come in chunks of `size` bytes."""
    for side, line in sent:
        for start in range(0, len(line), size):
            watched.feed(side, line[start : start + size])
    return watched.commands
