"""What a client gets to see of a server, line by line: recorded direct, compared with what comes through a gate."""

from __future__ import annotations

import json
import subprocess
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Message = dict[str, Any]
MODERN = "2026-07-28"
PATIENCE = 60
ABLE: Message = {"roots": {"listChanged": True}, "sampling": {}, "elicitation": {"form": {}}}
ANSWERS: Mapping[str, Message] = {
    "sampling/createMessage": {"role": "assistant", "model": "m", "content": {"type": "text", "text": "It is Paris."}},
    "elicitation/create": {"action": "accept", "content": {"name": "Ann", "username": "ann"}},
    "roots/list": {"roots": [{"uri": "file:///data", "name": "data"}]},
    "ping": {},
}
"""What the client says when the server asks."""


@dataclass
class Recording:
    """Everything that a server said in one session."""

    answers: dict[str, list[bytes]] = field(default_factory=dict)
    """By what was asked."""
    asked: list[bytes] = field(default_factory=list)
    """Requests of the server, in their order."""
    told: Counter[bytes] = field(default_factory=Counter)
    """Notifications; when they come between other lines is a matter of luck."""


class Client:
    """The client's end of a connection, in one revision of the protocol. It answers whatever the server asks."""

    def __init__(self, process: subprocess.Popen[bytes], revision: str) -> None:
        self.process, self.revision = process, revision
        self.recording = Recording()
        self._number = 0

    def send(self, message: Any) -> None:
        assert self.process.stdin is not None
        line = message if isinstance(message, bytes) else json.dumps(message, ensure_ascii=False).encode()
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def tell(self, method: str, **params: Any) -> None:
        self.send({"jsonrpc": "2.0", "method": f"notifications/{method}", "params": params})

    def request(self, method: str, number: Any = None, **params: Any) -> Message:
        """A request that nobody has sent yet."""
        self._number += 1
        if self.revision == MODERN:
            prefix = "io.modelcontextprotocol/"
            envelope = {f"{prefix}protocolVersion": MODERN, f"{prefix}clientCapabilities": ABLE}
            params = {**params, "_meta": {**envelope, **params.get("_meta", {})}}
        return {"jsonrpc": "2.0", "id": self._number if number is None else number, "method": method, "params": params}

    def ask(self, method: str, number: Any = None, **params: Any) -> Message:
        return self.exchange(self.request(method, number, **params))

    def exchange(self, request: Message) -> Message:
        """The answer to a request; it is recorded with everything that comes before it."""
        self.send(request)
        label = json.dumps([request["method"], request["id"], request["params"].get("name")])
        return self.until(label, request["id"])

    def until(self, label: str, number: Any) -> Message:
        for line in iter(self.readline, b""):
            message = json.loads(line)
            if not isinstance(message, dict) or ("method" not in message and message.get("id") == number):
                self.recording.answers.setdefault(label, []).append(line)
                return message
            self._unasked(line, message)
        raise AssertionError(f"no answer to {label}")

    def readline(self) -> bytes:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def leave(self) -> Recording:
        """Closes the connection and hears the server out."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        for line in iter(self.readline, b""):
            self._unasked(line, json.loads(line))
        assert self.process.wait(PATIENCE) == 0
        return self.recording

    def open(self) -> Message:
        if self.revision == MODERN:
            return self.ask("server/discover")
        info = {"name": "test", "version": "1"}
        answer = self.ask("initialize", protocolVersion=self.revision, capabilities=ABLE, clientInfo=info)
        self.tell("initialized")
        return answer

    def listed(self, method: str, member: str) -> list[Message]:
        """Everything that a list method lists, page by page."""
        items: list[Message] = []
        page: Message = {}
        while True:
            page = self.ask(method, **page).get("result", {})
            items += page.get(member, [])
            if page.get("nextCursor") is None:
                return items
            page = {"cursor": page["nextCursor"]}

    def _unasked(self, line: bytes, message: Message) -> None:
        if "method" not in message:
            self.recording.answers.setdefault("unasked", []).append(line)
        elif "id" not in message:
            self.recording.told[line] += 1
        else:
            self.recording.asked.append(line)
            self.send({"jsonrpc": "2.0", "id": message["id"], "result": ANSWERS[message["method"]]})


@contextmanager
def connected(command: Iterable[str], revision: str, folder: Path, environ: Mapping[str, str]) -> Iterator[Client]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([*command], cwd=folder, env=environ, **pipes) as process:  # type: ignore[call-overload]
        watch = threading.Timer(PATIENCE, process.kill)
        watch.start()
        try:
            yield Client(process, revision)
        finally:
            watch.cancel()
            process.kill()


def differences(direct: tuple[Recording, Recording], other: Recording) -> list[str]:
    """Where a recording differs from two direct ones in something that those two have in common."""
    one, two = direct
    found = [f"answered {label}" for label in one.answers.keys() ^ other.answers.keys()]
    for label in one.answers.keys() & other.answers.keys():
        found += _different(label, one.answers[label], two.answers.get(label, []), other.answers[label])
    found += _different("asked", one.asked, two.asked, other.asked)
    if one.told == two.told and one.told != other.told:
        found.append(f"told {(one.told - other.told) or (other.told - one.told)}")
    return found


def _different(label: str, one: list[bytes], two: list[bytes], other: list[bytes]) -> list[str]:
    if one == other:
        return []
    if not len(one) == len(two) == len(other):
        return [f"{label}: {len(other)} lines, not {len(one)}"]
    values = [[json.loads(line) for line in lines] for lines in (one, two, other)]
    return [] if _agrees(*values) and one != two else [f"{label}: {other!r}, not {one!r}"]


def _agrees(one: Any, two: Any, other: Any) -> bool:
    """Whether `other` is as the first two are, wherever those are the same."""
    if isinstance(one, dict) and isinstance(two, dict) and one.keys() == two.keys():
        same_keys = isinstance(other, dict) and list(one) == list(other)
        return same_keys and all(_agrees(one[key], two[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
        same_length = isinstance(other, list) and len(other) == len(one)
        return same_length and all(_agrees(*items) for items in zip(one, two, other, strict=True))
    return one != two or (type(one) is type(other) and one == other)
